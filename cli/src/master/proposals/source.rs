//! The sources of proposals for a run: the assistant, references, or both.

use anyhow::{Context as _, Result, ensure};
use flow_analysis::reference::{Reference, ReferenceTarget};
use flow_analysis::report::Intensity;
use flow_analysis::solver::TONE_PARAMETERS;
use flow_params::ParameterId;

use crate::MasterArguments;
use crate::song_source::{STDIN_TWICE, SongSource};
use std::path::Path;

/// The sources that propose settings, and the share of the proposals that is applied.
pub(crate) struct ProposalSource {
    /// Whether the assistant proposes settings.
    pub(in crate::master) is_assisted: bool,
    /// How far the assistant moves the balance.
    pub(super) intensity: Intensity,
    pub(super) reference_target: ReferenceTarget,
    /// Sentences about references whose files may be incomplete.
    warning_lines: Vec<String>,
}

impl ProposalSource {
    /// Reads the references that the arguments name. One of them may be standard input, if no song is.
    ///
    /// # Errors
    ///
    /// If a reference cannot be used. Nothing has been rendered then.
    pub(in crate::master) fn new(arguments: &MasterArguments) -> Result<Self> {
        ensure!(
            arguments.amount.is_none() || !arguments.no_assist || !arguments.references.is_empty(),
            "--amount has no effect with --no-assist and without --reference"
        );
        let guesses_balance = !arguments.no_assist && arguments.references.is_empty();
        ensure!(
            arguments.intensity.is_none() || guesses_balance,
            "--intensity has no effect with --no-assist or --reference"
        );
        let mut is_stdin_used = SongSource::from_arguments(&arguments.songs)
            .iter()
            .any(SongSource::is_stdin);
        let mut read = |path: &Path| {
            ensure!(!path.is_dir(), "it is a folder, not a song");
            let source = SongSource::of_argument(path);
            ensure!(!(source.is_stdin() && is_stdin_used), STDIN_TWICE);
            is_stdin_used |= source.is_stdin();
            let stream = source.open()?.context("it is no song")?;
            flow_service::reference_file::measure(stream, &source.title(), &|_| true)
        };
        let (mut references, mut warning_lines) = (Vec::new(), Vec::new());
        for path in &arguments.references {
            let measured = read(path);
            let measured = measured
                .with_context(|| format!("the reference {} cannot be used", path.display()))?;
            let name = measured.reference.name();
            let warnings = measured.warnings.iter();
            warning_lines.extend(
                warnings.map(|warning| format!("Warning about the reference {name}: {warning}.")),
            );
            references.push(measured.reference);
        }
        Ok(Self {
            is_assisted: !arguments.no_assist,
            intensity: arguments.intensity.unwrap_or_default(),
            reference_target: ReferenceTarget {
                references: references.into(),
                amount: f32::from(arguments.amount.unwrap_or(100)) / 100.0,
            },
            warning_lines,
        })
    }

    /// Sentences about references whose files may be incomplete.
    pub(in crate::master) fn warning_lines(&self) -> Vec<String> {
        self.warning_lines.clone()
    }

    /// Whether the assistant or a reference proposes settings.
    pub(crate) fn is_active(&self) -> bool {
        self.is_assisted || !self.reference_target.is_empty()
    }

    /// Whether the references determine this parameter.
    pub(super) fn is_matched(&self, id: ParameterId) -> bool {
        !self.reference_target.is_empty() && TONE_PARAMETERS.contains(&id)
    }

    /// The names of the references, separated by commas.
    pub(crate) fn names(&self) -> Option<String> {
        let names: Vec<&str> = self
            .reference_target
            .references
            .iter()
            .map(Reference::name)
            .collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// The share of the way to the references, 1 for all of it.
    pub(crate) fn amount(&self) -> f64 {
        f64::from(self.reference_target.amount)
    }

    /// The references' integrated loudness.
    pub(crate) fn loudness_lufs(&self) -> Option<f32> {
        self.reference_target.loudness_lufs()
    }
}
