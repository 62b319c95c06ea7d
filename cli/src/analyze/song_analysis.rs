//! The analysis of one song, as JSON and as text.

use crate::content_text::content_text;
use crate::master::job_pool::MemoryBudget;
use crate::master::loudness_stats::LoudnessStats;
use crate::master::progress::SongProgress;
use crate::master::proposals::listen;
use crate::master::remarks::{self, Remark};
use crate::messages::{HEADING_STYLE, printable};
use crate::song_source::SongSource;
use crate::stored_song::{StoredSong, store_options, temporary_folder};
use anyhow::{Context as _, Result};
use flow_analysis::prediction::STYLES;
use flow_analysis::report::{Analysis, ContentClass, Context, Proposal};
use flow_analysis::trial::try_proposals;
use flow_dsp::Delivery;
use flow_inference::NetworkPredictor;
use flow_params::number::{number, with_true_minus};
use serde_json::{Map, Value, json};
use std::path::Path;

/// The measurements of a song, and its analysis for a delivery.
pub(super) struct SongAnalysis {
    delivery: &'static Delivery,
    sample_rate_hz: u32,
    channel_count: usize,
    seconds: f64,
    warnings: Vec<String>,
    measured: LoudnessStats,
    /// The faults of the recording.
    faults: Vec<Remark>,
    analysis: Analysis,
}

impl SongAnalysis {
    /// Reads, measures and analyzes a song.
    ///
    /// # Errors
    ///
    /// If the song cannot be read, or if the network fails.
    pub(super) fn of(
        source: &SongSource,
        delivery: &'static Delivery,
        network: &mut NetworkPredictor,
        memory: &MemoryBudget,
        progress: &SongProgress<'_>,
    ) -> Result<Self> {
        progress.phase("reading");
        let stream = source.open()?;
        let _memory = memory.wait_for(stream.as_ref());
        let song = StoredSong::read(stream, &store_options(&temporary_folder(), 1))?;
        let audio = song.audio;
        progress.phase("analyzing");
        let context = Context {
            delivery: *delivery,
            ..Context::default()
        };
        let heard = listen(&audio)?;
        let analysis = network.analyze(&heard.window, &context);
        let analysis = analysis.context("the network cannot analyze the song")?;
        let mut analysis = try_proposals(analysis, context.settings, heard.excerpt);
        let faults = remarks::of(&song.faults, song.measured.lufs_i);
        let is_measured = |kind| faults.iter().any(|fault| fault.states(kind));
        analysis
            .findings
            .retain(|finding| !is_measured(finding.kind));
        Ok(Self {
            delivery,
            sample_rate_hz: audio.sample_rate_hz,
            channel_count: audio.channel_count(),
            seconds: audio.seconds(),
            warnings: song.warnings,
            measured: song.measured,
            faults,
            analysis,
        })
    }

    /// The JSON object of the song.
    pub(super) fn record(&self, path: &Path) -> Value {
        let analysis = &self.analysis;
        let faults = self.faults.iter().map(|fault| json!(fault));
        let findings = analysis.findings.iter().map(|finding| {
            json!({
                "kind": finding.kind,
                "text": finding.text,
                "severity": format!("{:?}", finding.severity).to_lowercase(),
                "confidence": hundredths(finding.confidence),
                "irreversible": finding.is_irreversible,
            })
        });
        let predicted = analysis.prediction.as_ref();
        json!({
            "song": path.display().to_string(),
            "sample_rate_hz": self.sample_rate_hz,
            "channels": self.channel_count,
            "seconds": (1000.0 * self.seconds).round() / 1000.0,
            "warnings": self.warnings,
            "measured": self.measured,
            "content": content_id(analysis.content),
            "style": predicted.and_then(|p| p.likely_style()).map(|(name, _)| name),
            "style_probabilities": predicted.map(|p| {
                let named = STYLES.iter().zip(p.style);
                named.map(|(name, p)| ((*name).to_owned(), json!(hundredths(p)))).collect::<Map<_, _>>()
            }),
            "energy": predicted.map(|p| hundredths(p.activity.energy)),
            "density": predicted.map(|p| hundredths(p.activity.density)),
            "profile": self.delivery.id,
            "findings": faults.chain(findings).collect::<Vec<_>>(),
            "proposals": analysis.proposals.iter().map(proposal_record).collect::<Vec<_>>(),
        })
    }

    /// The text for the terminal.
    pub(super) fn text(&self, title: &str) -> String {
        let analysis = &self.analysis;
        let mut lines = vec![heading(title)];
        lines.push(format!("  {}", content_text(analysis)));
        lines.push(format!(
            "  {:.0}:{:04.1}, {} kHz, {}",
            (self.seconds / 60.0).floor(),
            self.seconds % 60.0,
            f64::from(self.sample_rate_hz) / 1000.0,
            if self.channel_count == 1 {
                "mono"
            } else {
                "stereo"
            },
        ));
        let measured = &self.measured;
        for (name, value, decimals) in [
            ("LUFS-I", measured.lufs_i, 2),
            ("LRA", measured.lra, 2),
            ("dBTP", measured.dbtp, 2),
            ("PLR", measured.plr, 2),
            ("correlation", measured.correlation, 3),
        ] {
            lines.push(format!("  {name:<12}{:>9}", number(value, decimals)));
        }
        let warnings = self.warnings.iter().map(|w| printable(w));
        lines.extend(warnings.map(|warning| format!("  Warning: {warning}.")));
        let faults = self.faults.iter().map(|fault| fault.text.clone());
        let findings: Vec<String> = faults
            .chain(analysis.findings.iter().map(|finding| finding.text.clone()))
            .collect();
        if !findings.is_empty() {
            lines.push(format!("  {}", heading("Findings")));
            lines.extend(findings.iter().map(|text| format!("    {text}")));
        }
        lines.push(format!(
            "  {}",
            heading(&format!("Proposals for {}", self.delivery.name))
        ));
        if analysis.proposals.is_empty() {
            lines.push("    none".to_owned());
        }
        for proposal in &analysis.proposals {
            let changes: Vec<String> = proposal
                .changes()
                .map(|change| {
                    let (from, to) = (change.from.to_string(), change.to.to_string());
                    let name = change.id.name();
                    format!(
                        "{name} {} → {}",
                        with_true_minus(&from),
                        with_true_minus(&to)
                    )
                })
                .collect();
            lines.push(format!(
                "    {} ({:.0} % sure)",
                changes.join(", "),
                100.0 * proposal.confidence
            ));
            lines.push(format!("      {}", proposal.reason));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

fn proposal_record(proposal: &Proposal) -> Value {
    let changes = proposal.changes().map(|change| {
        json!({
            "id": change.id.as_str(),
            "name": change.id.name(),
            "from": change.from.to_string(),
            "to": change.to.to_string(),
        })
    });
    json!({
        "changes": changes.collect::<Vec<_>>(),
        "finding": proposal.finding,
        "reason": proposal.reason,
        "confidence": hundredths(proposal.confidence),
        "effect": proposal.effect.descriptions(),
    })
}

fn content_id(content: ContentClass) -> &'static str {
    match content {
        ContentClass::Silence => "silence",
        ContentClass::TooShort { .. } => "too_short",
        ContentClass::TestTone { .. } => "test_tone",
        ContentClass::SteadyNoise => "steady_noise",
        ContentClass::Speech => "speech",
        ContentClass::SingleInstrument => "single_instrument",
        ContentClass::Music => "music",
    }
}

fn hundredths(value: f32) -> f64 {
    (100.0 * f64::from(value)).round() / 100.0
}

fn heading(text: &str) -> String {
    format!("{HEADING_STYLE}{text}{HEADING_STYLE:#}")
}
