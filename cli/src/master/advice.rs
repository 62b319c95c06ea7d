//! The findings and proposals of the assistant and the references for a song: the one source of the text and the JSON of `flow analyze` and `flow master`,
//! and of the report.

mod proposed_change;

pub(crate) use proposed_change::{ProposalOrigin, ProposedChange};

use super::remarks::Remark;
use crate::content_text::time;
use flow_analysis::features::SongPart;
use flow_analysis::report::{Analysis, Check, Finding, Grade, Proposal, Remedy, Severity};
use flow_analysis::sound_text::SoundText;
use flow_params::ParameterId;
use serde_json::{Value, json};

/// The findings and proposals for one song.
#[derive(Clone, Debug, Default)]
pub(crate) struct Advice {
    /// The content, style and energy that the assistant recognized.
    pub(crate) recognized: Option<String>,
    /// How the song sounds before the changes; none if nothing is wrong with it.
    pub(crate) sound: Option<String>,
    /// The findings that no proposal answers, the most severe first.
    pub(crate) findings: Vec<Finding>,
    /// The recommended changes, which `flow master` applies.
    pub(crate) recommended: Vec<ProposedChange>,
    /// Changes that may help, but are left to the user.
    pub(crate) possible: Vec<ProposedChange>,
    /// Changes that are a matter of taste.
    pub(crate) taste: Vec<ProposedChange>,
    /// Properties that were checked and are in order.
    pub(crate) checks: Vec<Check>,
    /// A sentence about recommended changes that would do harm to the whole song.
    pub(crate) dropped: Option<String>,
    /// The part of the song on which the changes were tried; none if nothing was.
    pub(crate) tried_part: Option<SongPart>,
    /// Whether the tracks of an album were judged together.
    pub(crate) is_of_album: bool,
    /// The reason why there are no changes.
    pub(crate) note: Option<&'static str>,
}

impl Advice {
    /// The advice of an analysis. `origin` is the source of a parameter's proposal.
    pub(crate) fn new(analysis: &Analysis, origin: impl Fn(ParameterId) -> ProposalOrigin) -> Self {
        let changes = |grade| {
            let chosen = analysis.proposals.iter().filter(|p| p.grade == grade);
            let change = |proposal: &Proposal| {
                let answer = Remedy::Proposal(proposal.id);
                let answered = analysis.findings.iter().filter(|f| f.remedy == answer);
                let answered = answered.map(|finding| finding.kind).collect();
                ProposedChange::new(proposal, origin(proposal.id), answered)
            };
            chosen.map(change).collect()
        };
        let is_unanswered = |finding: &&Finding| matches!(finding.remedy, Remedy::None(_));
        let findings = analysis.findings.iter().filter(is_unanswered);
        let sound = SoundText::new(analysis, |_| true);
        Self {
            sound: (sound.word_count() > 0).then(|| sound.sentence().to_string()),
            findings: findings.cloned().collect(),
            recommended: changes(Grade::Recommended),
            possible: changes(Grade::Possible),
            taste: changes(Grade::Taste),
            checks: analysis.checks.clone(),
            ..Self::default()
        }
    }

    /// Says once what the findings and the remarks on the recording both state, and drops the checks that a remark contradicts.
    pub(crate) fn reconcile(&mut self, measured: &mut Vec<Remark>) {
        // The analysis knows more of DC and mono than the remarks do: why nothing answers them.
        let is_found = |remark: &Remark| {
            let mut kinds = self.findings.iter().map(|finding| finding.kind);
            kinds.any(|kind| remark.is_repeated_by(kind))
        };
        measured.retain(|remark| !is_found(remark));
        let is_stated = |kind| measured.iter().any(|remark| remark.states(kind));
        self.findings.retain(|finding| !is_stated(finding.kind));
        self.checks.retain(|check| !is_stated(check.kind));
    }

    /// Whether the reason of a recommended change says what a remark says.
    pub(crate) fn repeats(&self, remark: &Remark) -> bool {
        let mut answered = self.recommended.iter().flat_map(|change| &change.answered);
        answered.any(|kind| remark.is_repeated_by(*kind))
    }

    /// One line each. `flow master` has applied the recommended changes.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        let recognized = self.recognized.iter();
        let recognized = recognized.map(|content| format!("Recognized: {content}."));
        let findings = self.findings.iter();
        let findings = findings.map(|finding| format!("Found: {}", finding.text));
        let applied = self.recommended.iter();
        let applied = applied.map(|change| format!("{}: {}", change.origin.name(), change.line()));
        let possible = self.possible.iter();
        let possible = possible.map(|change| format!("Also possible: {}", change.line()));
        let names: Vec<&str> = self.checks.iter().map(|check| check.name).collect();
        let in_order = (!names.is_empty()).then(|| format!("In order: {}.", names.join(", ")));
        let note = self.note.map(str::to_owned);
        let tried = self.tried_text().into_iter();
        let found = recognized.chain(findings).chain(applied).chain(tried);
        let found = found.chain(self.dropped.clone()).chain(note);
        found.chain(possible).chain(in_order)
    }

    /// The part on which the changes were tried, as a sentence; none if nothing was.
    pub(crate) fn tried_text(&self) -> Option<String> {
        let part = self.tried_part?;
        let place = [part.begin_s, part.end_s]
            .map(|s| time(f64::from(s)))
            .join("–");
        let is_part = part.end_s - part.begin_s < part.heard_s - 1.0;
        Some(match (self.is_of_album, is_part) {
            (true, true) => {
                format!(
                    "The album was judged as a whole, and tried on {place} of it, the loudest part."
                )
            }
            (true, false) => "The album was judged as a whole, and tried on all of it.".to_owned(),
            (false, true) => format!("Judged as a whole, and tried on {place}, the loudest part."),
            (false, false) => "Judged as a whole, and tried on all of it.".to_owned(),
        })
    }

    /// The JSON objects of all findings, those of the measurements first.
    pub(crate) fn finding_records(&self, measured: &[Remark]) -> Vec<Value> {
        let found = self.findings.iter().map(|finding| {
            json!({
                "kind": finding.kind,
                "text": finding.text,
                "severity": severity_id(finding.severity),
                "confidence": proposed_change::hundredths(finding.confidence),
                "irreversible": finding.is_irreversible,
            })
        });
        measured
            .iter()
            .map(|remark| json!(remark))
            .chain(found)
            .collect()
    }

    /// The source of a parameter's value, if a recommended change has changed it.
    pub(crate) fn origin(&self, id: ParameterId) -> Option<ProposalOrigin> {
        let mut applied = self.recommended.iter();
        applied.find(|change| change.sets(id)).map(|c| c.origin)
    }
}

fn severity_id(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Notice => "notice",
        Severity::Problem => "problem",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::master::loudness_stats::LoudnessStats;
    use crate::master::remarks;
    use flow_analysis::features::AnalysisWindow;
    use flow_analysis::pipeline::analyze;
    use flow_analysis::report::{Context, FindingKind, Message, NoProposal};
    use flow_measure::signal_faults::{ChannelFaults, SignalFaults};

    fn finding(kind: FindingKind, text: &str) -> Finding {
        Finding {
            kind,
            text: text.to_owned().into(),
            severity: Severity::Notice,
            confidence: 1.0,
            is_irreversible: false,
            remedy: Remedy::None(NoProposal::Informative),
        }
    }

    /// A song with clipped samples and a constant part in the left channel.
    fn faults(correlation: f64) -> SignalFaults {
        let channel = |clipped_runs, dc_offset_dbfs| ChannelFaults {
            rms_dbfs: -20.0,
            dc_offset_dbfs,
            clipped_runs,
        };
        SignalFaults {
            channels: vec![channel(3, -34.0), channel(0, -80.0)],
            correlation,
            has_equal_channels: false,
        }
    }

    /// The remarks on it.
    fn remarks_of(faults: &SignalFaults) -> Vec<Remark> {
        remarks::of(faults, &LoudnessStats::default())
    }

    fn measured() -> Vec<Remark> {
        remarks_of(&faults(0.5))
    }

    #[test]
    fn finding_that_was_measured_too_is_said_once() {
        let mut advice = Advice {
            findings: vec![
                finding(FindingKind::Clipping, "Peaks are cut off."),
                finding(FindingKind::EmptyChannel, "One channel is empty."),
                finding(FindingKind::Other, "The treble ends early."),
            ],
            ..Advice::default()
        };
        advice.reconcile(&mut measured());
        let left: Vec<_> = advice.findings.iter().map(|f| f.kind).collect();
        assert_eq!(left, [FindingKind::EmptyChannel, FindingKind::Other]);
        let records = advice.finding_records(&measured());
        let kinds: Vec<_> = records.iter().map(|record| &record["kind"]).collect();
        assert_eq!(kinds, ["dc-offset", "clipping", "empty-channel", "other"]);
    }

    #[test]
    fn finding_on_mono_replaces_remark_on_correlation() {
        let mut measured = remarks_of(&faults(-0.9));
        assert_eq!(measured[0].kind, remarks::MONO_COMPATIBILITY);
        let text = "One channel has inverted polarity.";
        let mut advice = Advice {
            findings: vec![finding(FindingKind::MonoCompatibility, text)],
            ..Advice::default()
        };
        advice.reconcile(&mut measured);
        assert_eq!(advice.findings.len(), 1);
        let kinds: Vec<_> = measured.iter().map(|remark| remark.kind).collect();
        assert_eq!(kinds, ["dc-offset", "clipping"]);
    }

    #[test]
    fn finding_on_dc_replaces_remark_and_keeps_its_reason() {
        let mut measured = measured();
        let text = "A constant part (DC) lies 24 dB below the peak. Low cut could correct it, but that would cost 1.0 dB of bass.";
        let mut advice = Advice {
            findings: vec![finding(FindingKind::DcOffset, text)],
            ..Advice::default()
        };
        advice.reconcile(&mut measured);
        assert_eq!(advice.findings.len(), 1);
        let kinds: Vec<_> = measured.iter().map(|remark| remark.kind).collect();
        assert_eq!(kinds, ["clipping"]);
    }

    #[test]
    fn tried_text_names_the_loudest_part() {
        let text_of = |is_of_album, begin_s, end_s, heard_s| {
            let part = SongPart {
                begin_s,
                end_s,
                heard_s,
            };
            let advice = Advice {
                tried_part: Some(part),
                is_of_album,
                ..Advice::default()
            };
            advice.tried_text().unwrap()
        };
        let text = |begin_s, end_s, heard_s| text_of(false, begin_s, end_s, heard_s);
        assert_eq!(
            text(48.2, 78.2, 150.0),
            "Judged as a whole, and tried on 0:48–1:18, the loudest part."
        );
        assert_eq!(
            text(0.0, 20.0, 20.1),
            "Judged as a whole, and tried on all of it."
        );
        assert_eq!(
            text_of(true, 48.2, 78.2, 150.0),
            "The album was judged as a whole, and tried on 0:48–1:18 of it, the loudest part."
        );
    }

    #[test]
    fn remark_that_a_change_repeats_is_the_one_it_answers() {
        let low_cut = proposed_change::tests::switch(
            ParameterId::LowCut,
            Grade::Recommended,
            vec![FindingKind::DcOffset],
        );
        let advice = Advice {
            recommended: vec![low_cut.clone()],
            ..Advice::default()
        };
        let repeated: Vec<_> = measured().iter().map(|r| advice.repeats(r)).collect();
        assert_eq!(repeated, [true, false]);
        let advice = Advice {
            possible: vec![low_cut],
            ..Advice::default()
        };
        assert!(!measured().iter().any(|remark| advice.repeats(remark)));
    }

    #[test]
    fn advice_says_how_a_song_with_damage_sounds() {
        let mut analysis = analyze(&AnalysisWindow::new(1), &Context::default());
        analysis.findings.clear();
        let sound = |analysis: &Analysis| {
            let advice = Advice::new(analysis, |_| ProposalOrigin::Assistant);
            advice.sound
        };
        assert_eq!(sound(&analysis), None);
        let mut clipped = finding(FindingKind::Clipping, "Peaks are cut off.");
        clipped.is_irreversible = true;
        analysis.findings.push(clipped);
        assert_eq!(sound(&analysis).as_deref(), Some("Clipped."));
    }

    #[test]
    fn lines_name_source_and_grade_of_changes() {
        let switch = |id, grade| proposed_change::tests::switch(id, grade, Vec::new());
        let advice = Advice {
            recognized: Some("music, rock (90 %), high energy".to_owned()),
            findings: vec![finding(
                FindingKind::Clipping,
                "12 runs of clipped samples.",
            )],
            recommended: vec![switch(ParameterId::MonoBelow, Grade::Recommended)],
            possible: vec![switch(ParameterId::LowCut, Grade::Possible)],
            checks: ["Balance", "Polarity"]
                .map(|name| Check {
                    kind: FindingKind::Other,
                    name,
                    text: Message::default(),
                })
                .into(),
            ..Advice::default()
        };
        assert_eq!(
            advice.lines().collect::<Vec<_>>(),
            [
                "Recognized: music, rock (90 %), high energy.",
                "Found: 12 runs of clipped samples.",
                "Assistant: Phase Weave · Mono below Off → On (82 % sure). The low end is wide. Measured: bass in mono −0.4 dB.",
                "Also possible: Velvet Floor · Low cut Off → On (82 % sure). The low end is wide. Measured: bass in mono −0.4 dB.",
                "In order: Balance, Polarity.",
            ]
        );
        let origin = advice.origin(ParameterId::MonoBelow);
        assert_eq!(origin, Some(ProposalOrigin::Assistant));
        assert_eq!(advice.origin(ParameterId::LowCut), None);
    }
}
