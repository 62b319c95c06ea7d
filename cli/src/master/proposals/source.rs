//! The sources of proposals for a run: the assistant, references, or both.

use anyhow::{Context as _, Result};
use flow_analysis::reference::{Reference, ReferenceTarget};
use flow_analysis::solver::TONE_PARAMETERS;
use flow_params::ParameterId;

use crate::MasterArguments;

/// The sources that propose settings, and the share of the proposals that is applied.
pub(crate) struct ProposalSource {
    pub(super) is_assisted: bool,
    pub(super) reference_target: ReferenceTarget,
}

impl ProposalSource {
    /// Reads the references that the arguments name.
    ///
    /// # Errors
    ///
    /// If a reference cannot be used. Nothing has been rendered then.
    pub(in crate::master) fn new(arguments: &MasterArguments) -> Result<Self> {
        let references = arguments.references.iter().map(|path| {
            let read = flow_service::reference_file::read(path, &|_| true);
            read.with_context(|| format!("the reference {} cannot be used", path.display()))
        });
        Ok(Self {
            is_assisted: arguments.assist,
            reference_target: ReferenceTarget {
                references: references.collect::<Result<_>>()?,
                amount: f32::from(arguments.amount) / 100.0,
            },
        })
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
