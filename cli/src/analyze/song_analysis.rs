//! The analysis of one song, as JSON and as text.

use crate::content_text::content_text;
use crate::master::advice::{Advice, ProposalOrigin, ProposedChange};
use crate::master::job_pool::MemoryBudget;
use crate::master::loudness_stats::LoudnessStats;
use crate::master::progress::SongProgress;
use crate::master::proposals::AnalyzedSong;
use crate::master::remarks::{self, Remark};
use crate::messages::{HEADING_STYLE, printable};
use crate::song_source::SongSource;
use crate::stored_song::{StoredSong, temporary_folder};
use anyhow::{Context as _, Result};
use flow_analysis::prediction::STYLES;
use flow_analysis::report::{Analysis, ContentClass, Context, Intensity, TrialResult};
use flow_analysis::sound_text::SoundText;
use flow_analysis::trial::try_proposals;
use flow_audio_file::StoreOptions;
use flow_dsp::Delivery;
use flow_inference::NetworkPredictor;
use flow_params::number::number;
use serde_json::{Map, Value, json};

/// The measurements of a song, and its analysis for a delivery.
pub(super) struct SongAnalysis {
    delivery: Delivery,
    intensity: Intensity,
    sample_rate_hz: u32,
    channel_count: usize,
    seconds: f64,
    warnings: Vec<String>,
    measured: LoudnessStats,
    /// The faults of the recording.
    faults: Vec<Remark>,
    analysis: Analysis,
    advice: Advice,
}

impl SongAnalysis {
    /// Reads, measures and analyzes a song.
    ///
    /// # Errors
    ///
    /// If the song cannot be read, or if the network fails.
    pub(super) fn of(
        source: &SongSource,
        context: &Context,
        network: &mut NetworkPredictor,
        memory: &MemoryBudget,
        progress: &SongProgress<'_>,
    ) -> Result<Self> {
        progress.phase("reading");
        let stream = source.open()?;
        let _memory = memory.wait_for(stream.as_ref());
        let song = StoredSong::read(stream, &StoreOptions::in_folder(&temporary_folder(), 1))?;
        let audio = song.audio;
        progress.phase("analyzing");
        let analyzed = AnalyzedSong::of(&audio)?;
        let analysis = network.analyze(&analyzed.window, context);
        let analysis = analysis.context("the network cannot analyze the song")?;
        let analysis = try_proposals(analysis, context.settings, analyzed.excerpt);
        let mut faults = remarks::of(&song.faults, &song.measured);
        let mut advice = Advice::new(&analysis, |_| ProposalOrigin::Assistant);
        advice.tried_part = analysis.trial.map(|_| analyzed.excerpt_part);
        advice.reconcile(&mut faults);
        Ok(Self {
            delivery: context.delivery,
            intensity: context.intensity,
            sample_rate_hz: audio.sample_rate_hz,
            channel_count: audio.channel_count(),
            seconds: audio.seconds(),
            warnings: song.warnings,
            measured: song.measured,
            faults,
            analysis,
            advice,
        })
    }

    /// The JSON object of the song.
    pub(super) fn record(&self, source: &SongSource) -> Value {
        let analysis = &self.analysis;
        let predicted = analysis.prediction.as_ref();
        json!({
            "song": source.path().display().to_string(),
            "song_url": source.url(),
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
            "intensity": self.intensity,
            "findings": self.advice.finding_records(&self.faults),
            "proposals": self.advice.recommended,
            "also_possible": self.advice.possible,
            "starting_point": self.advice.taste,
            "checks": self.advice.checks,
            "tried": analysis.trial,
            "tried_part": self.advice.tried_part,
        })
    }

    /// The text for the terminal.
    pub(super) fn text(&self, title: &str) -> String {
        let analysis = &self.analysis;
        let mut lines = vec![heading(title)];
        lines.push(format!("  {}", content_text(analysis)));
        if analysis.is_conclusive() {
            let sound = SoundText::new(analysis, |_| true).sentence();
            lines.push(format!("  {sound}"));
        }
        // Rounded first, so that no minute has 60 seconds.
        let tenths = (10.0 * self.seconds).round();
        lines.push(format!(
            "  {:.0}:{:04.1}, {} kHz, {}",
            (tenths / 600.0).floor(),
            (tenths % 600.0) / 10.0,
            f64::from(self.sample_rate_hz) / 1000.0,
            if self.channel_count == 1 {
                "mono"
            } else {
                "stereo"
            },
        ));
        lines.extend(self.advice.tried_text().map(|text| format!("  {text}")));
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
        lines.extend(self.advice_lines());
        lines.push(String::new());
        lines.join("\n")
    }

    fn advice_lines(&self) -> Vec<String> {
        let advice = &self.advice;
        let faults = self.faults.iter().filter(|fault| !advice.repeats(fault));
        let faults = faults.map(|fault| fault.text.as_str());
        let findings = faults.chain(advice.findings.iter().map(|finding| &*finding.text));
        let findings: Vec<String> = findings.map(|text| format!("    {text}")).collect();
        let changes = |changes: &[ProposedChange]| -> Vec<String> {
            changes.iter().flat_map(change_lines).collect()
        };
        let mut recommended = changes(&advice.recommended);
        if recommended.is_empty() {
            recommended.push("    none".to_owned());
        } else if let Some(tried) = &self.analysis.trial {
            recommended.push(format!("    {}", trial_line(tried)));
        }
        let checks = advice.checks.iter();
        let checks = checks.map(|check| format!("    {}: {}", check.name, check.text));
        let sections = [
            ("Findings".to_owned(), findings),
            (
                format!("Recommended for {}", self.delivery.name),
                recommended,
            ),
            ("Also possible".to_owned(), changes(&advice.possible)),
            (
                "A starting point, as a matter of taste".to_owned(),
                changes(&advice.taste),
            ),
            ("In order".to_owned(), checks.collect()),
        ];
        let mut lines = Vec::new();
        for (title, texts) in sections {
            if !texts.is_empty() {
                lines.push(format!("  {}", heading(&title)));
                lines.extend(texts);
            }
        }
        lines
    }
}

fn change_lines(change: &ProposedChange) -> Vec<String> {
    let certainty = change
        .certainty()
        .map(|certainty| format!(" ({certainty})"));
    let mut lines = vec![format!(
        "    {}{}",
        change.values(),
        certainty.unwrap_or_default()
    )];
    lines.push(format!("      {}", change.reason));
    let measured = change.measured();
    lines.extend(measured.map(|measured| format!("      {measured}")));
    lines
}

/// The measured effect of all recommended changes together.
fn trial_line(tried: &TrialResult) -> String {
    let figure = |before: f32, after: f32, unit: &str| {
        let [before, after] = [before, after].map(|x| number(f64::from(x), 1));
        format!("{before} → {after} {unit}")
    };
    let (before, after) = (&tried.before, &tried.after);
    format!(
        "All together, in the loudest part: {}, PLR {}, limiting {}.",
        figure(before.loudness_lufs, after.loudness_lufs, "LUFS"),
        figure(before.plr_db, after.plr_db, "dB"),
        figure(before.limiting_db, after.limiting_db, "dB")
    )
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
