//! The progress of the assistant's listening, with one heading and one line of text for each state.

use std::sync::Arc;

use flow_analysis::report::{Analysis, ContentClass, Proposal, capitalize};
use flow_analysis::sound_text::SoundText;
use flow_service::Report;

use crate::editor::language::{text, translate, translate_message};

/// The progress of listening.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ListeningState {
    /// The analysis is off.
    Off,
    /// The host has not activated the plug-in.
    NoAudio,
    /// The host's sample rate isn't supported, so audio passes unchanged.
    UnsupportedRate,
    /// *Listen* was not pressed, or *Stop* was.
    Idle,
    /// No audio has arrived since *Listen*.
    Waiting,
    /// The audio is silent.
    Silence,
    /// Audio is being collected.
    Listening {
        /// Share of the audio that an analysis needs, 0 to 1.
        progress: f32,
    },
    /// The proposals are played on the audio before they are shown.
    Trying {
        /// Share of the work that is done, 0 to 1.
        progress: f32,
    },
    /// The audio is not music: a tone, noise or speech. Listening goes on.
    NotMusic {
        /// The analysis of that audio.
        analysis: Arc<Analysis>,
        /// Share of the audio that the next analysis needs, 0 to 1.
        progress: f32,
    },
    /// The analysis of music or of a single instrument is there.
    Ready(Arc<Analysis>),
}

/// Longest reference name that is shown beside the number of others, characters.
const MAX_NAME_CHARS: usize = 10;

/// Length of the audio that an analysis needs, rounded for display, s.
const NEEDED_S: f32 = 10.0;

impl ListeningState {
    /// Derives the state from the service's report, which is `None` before the first activation.
    #[must_use]
    pub(crate) fn new(is_on: bool, is_listening: bool, report: Option<&Report>) -> Self {
        let Some(report) = report.filter(|_| is_on) else {
            return if is_on { Self::NoAudio } else { Self::Off };
        };
        let progress = report.progress;
        match (report.analysis.clone(), report.trial_progress) {
            (Some(analysis), _) if analysis.is_conclusive() => Self::Ready(analysis),
            (_, Some(progress)) => Self::Trying { progress },
            _ if !is_listening => Self::Idle,
            (Some(analysis), _) if analysis.content == ContentClass::Silence => Self::Silence,
            (Some(analysis), _) if !matches!(analysis.content, ContentClass::TooShort { .. }) => {
                Self::NotMusic { analysis, progress }
            }
            _ if progress > 0.0 => Self::Listening { progress },
            _ => Self::Waiting,
        }
    }

    /// The analysis that proposals come from.
    #[must_use]
    pub(crate) fn analysis(&self) -> Option<&Analysis> {
        match self {
            Self::Ready(analysis) => Some(analysis),
            _ => None,
        }
    }

    /// Whether *Listen* would have an effect.
    #[must_use]
    pub(crate) fn can_listen(&self) -> bool {
        !matches!(self, Self::Off | Self::UnsupportedRate)
    }

    /// The share of the needed audio or of the trial, 0 to 1, in the states that show a progress bar.
    #[must_use]
    pub(crate) fn progress(&self) -> Option<f32> {
        match self {
            Self::Listening { progress }
            | Self::Trying { progress }
            | Self::NotMusic { progress, .. } => Some(*progress),
            Self::Waiting | Self::Silence => Some(0.0),
            _ => None,
        }
    }

    /// How the mix sounds, after an analysis. `open` are the undecided proposals.
    #[must_use]
    pub(crate) fn sound(&self, open: &[Proposal]) -> Option<SoundText> {
        let is_open = |proposal: &Proposal| open.iter().any(|other| other.id == proposal.id);
        self.analysis().map(|a| SoundText::new(a, is_open))
    }

    /// The state in two or three words; after an analysis how the mix sounds.
    #[must_use]
    pub(crate) fn heading(&self, open: &[Proposal]) -> String {
        match self {
            Self::Off => text!("Switched off").into(),
            Self::NoAudio => text!("No audio yet").into(),
            Self::UnsupportedRate => text!("Unsupported sample rate").into(),
            Self::Idle => text!("Play the loud part").into(),
            Self::Waiting => text!("Waiting for sound").into(),
            Self::Silence => text!("Silence").into(),
            Self::Listening { .. } => text!("Listening").into(),
            Self::Trying { .. } => text!("Trying the proposals").into(),
            Self::NotMusic { analysis, .. } => match analysis.content {
                ContentClass::TestTone { .. } => text!("A test tone"),
                ContentClass::Speech => text!("Speech"),
                _ => text!("Noise"),
            }
            .into(),
            Self::Ready(_) => {
                let sound = self.sound(open).map(|sound| sound.sentence());
                sound.as_ref().map_or_else(String::new, translate_message)
            }
        }
    }

    /// One line of explanation or instruction; after an analysis what it judged and by which measure. `style_name` is the
    /// style target that the rules compare with.
    #[must_use]
    pub(crate) fn explanation(&self, style_name: &str) -> String {
        match self {
            Self::Off => text!("Analysis is off. The menu at the top right switches it on.").into(),
            Self::NoAudio => text!("The host has not started the audio.").into(),
            Self::UnsupportedRate => {
                text!("Audio passes unchanged. Set the host to a rate from 8 to 768 kHz.").into()
            }
            Self::Idle => {
                text!("Then press Listen: ten seconds of sound are enough, thirty are better.")
                    .into()
            }
            Self::Waiting => {
                text!("Play the loud part: ten seconds of sound are enough, thirty are better.")
                    .into()
            }
            Self::Silence => text!("The input is silent. Is the song playing?").into(),
            Self::Listening { progress } => {
                text!(
                    "Heard {heard} of {needed} s of sound.",
                    heard = format!("{:.0}", NEEDED_S * progress),
                    needed = NEEDED_S
                )
            }
            Self::Trying { .. } => {
                text!("Each is played on the part that was heard before it is shown.").into()
            }
            Self::NotMusic { analysis, .. } => {
                let finding = analysis.findings.first();
                finding.map_or_else(String::new, |finding| translate_message(&finding.text))
            }
            Self::Ready(analysis) => basis_lines(analysis, style_name).swap_remove(0),
        }
    }
}

/// The measure of an analysis and the analyzed part in one line, from the longest to the shortest wording.
#[must_use]
pub(crate) fn basis_lines(analysis: &Analysis, style_name: &str) -> Vec<String> {
    let part = part_text(analysis);
    let is_mix = analysis.content == ContentClass::Music;
    let (measure, note) = match (&analysis.reference_match, &analysis.prediction) {
        (Some(matched), _) => {
            let name = join_names(&matched.names);
            let note = (!is_mix).then(|| text!("matched, not a mix"));
            (text!("Towards {name}", name), note)
        }
        (None, None) if is_single(analysis) => (
            text!("A single instrument").to_owned(),
            Some(text!("loudness only")),
        ),
        (None, None) => (text!("Rules only: {style_name}", style_name), None),
        (None, Some(prediction)) => {
            let measure = match prediction.likely_style() {
                Some((name, probability)) => {
                    let percent = 100.0 * probability;
                    format!("{} {percent:.0} %", capitalize(translate(name)))
                }
                None => text!("Style: unsure").into(),
            };
            (measure, Some(translate(prediction.energy_word())))
        }
    };
    let mut lines = Vec::new();
    lines.extend(note.map(|note| format!("{measure} · {note} · {part}")));
    lines.push(format!("{measure} · {part}"));
    lines.push(measure);
    lines
}

/// The analyzed part, from the first sound after *Listen* on: "0:48–1:18".
#[must_use]
pub(crate) fn part_text(analysis: &Analysis) -> String {
    let part = analysis.part.map(|part| [part.begin_s, part.end_s]);
    part.map_or_else(String::new, |ends| ends.map(minutes).join("–"))
}

/// A sentence about the analyzed part; `None` for silence.
#[must_use]
pub(crate) fn judged_text(analysis: &Analysis) -> Option<String> {
    let part = analysis.part?;
    let text = part_text(analysis);
    Some(if part.heard_s - (part.end_s - part.begin_s) < 1.0 {
        text!("Judged on {text} after Listen, all that was heard.", text)
    } else {
        let heard = minutes(part.heard_s);
        text!(
            "Judged on {text} after Listen, the loudest part of {heard}.",
            text,
            heard
        )
    })
}

/// "1:05".
fn minutes(seconds: f32) -> String {
    let minutes = (seconds.round() / 60.0).floor();
    format!("{minutes:.0}:{:02.0}", seconds.round() - 60.0 * minutes)
}

/// "Night", "Night +2": only the name is cut, never the number of others.
fn join_names(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first, more @ ..] if first.chars().count() > MAX_NAME_CHARS => {
            let first: String = first.chars().take(MAX_NAME_CHARS - 1).collect();
            format!("{first}… +{}", more.len())
        }
        [first, more @ ..] => format!("{first} +{}", more.len()),
    }
}

/// Whether the audio is a single instrument, which is not compared with mixes.
#[must_use]
pub(crate) fn is_single(analysis: &Analysis) -> bool {
    analysis.content == ContentClass::SingleInstrument
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow_analysis::features::{AnalysisWindow, SongPart};
    use flow_analysis::pipeline::analyze;
    use flow_analysis::report::Context;

    fn report_of(content: ContentClass, progress: f32) -> Report {
        let analysis = analyze(&AnalysisWindow::new(1), &Context::default());
        Report {
            progress,
            analysis: Some(Arc::new(Analysis {
                content,
                ..analysis
            })),
            ..Report::default()
        }
    }

    #[test]
    fn listening_state_of_each_report_has_heading_and_explanation() {
        let short = ContentClass::TooShort {
            seconds: 4.0,
            needed: 10.24,
        };
        let tone = ContentClass::TestTone { hz: 1000.0 };
        for (is_on, is_listening, report, heading) in [
            (false, true, Some(Report::default()), "Switched off"),
            (true, true, None, "No audio yet"),
            (true, false, Some(Report::default()), "Play the loud part"),
            (true, true, Some(Report::default()), "Waiting for sound"),
            (
                true,
                true,
                Some(report_of(ContentClass::Silence, 0.0)),
                "Silence",
            ),
            (true, true, Some(report_of(short, 0.4)), "Listening"),
            (true, true, Some(report_of(tone, 0.4)), "A test tone"),
            (
                true,
                true,
                Some(report_of(ContentClass::SteadyNoise, 0.4)),
                "Noise",
            ),
            (
                true,
                true,
                Some(report_of(ContentClass::Speech, 0.4)),
                "Speech",
            ),
            (
                true,
                true,
                Some(report_of(ContentClass::SingleInstrument, 1.0)),
                "No change is recommended.",
            ),
            // A pause keeps the analysis.
            (
                true,
                false,
                Some(report_of(ContentClass::Music, 1.0)),
                "No change is needed.",
            ),
        ] {
            let state = ListeningState::new(is_on, is_listening, report.as_ref());
            assert_eq!(state.heading(&[]), heading);
            assert!(!state.explanation("Rock").is_empty(), "{heading}");
        }
        let report = report_of(short, 0.4);
        let listening = ListeningState::new(true, true, Some(&report));
        assert_eq!(listening.explanation("Rock"), "Heard 4 of 10 s of sound.");
        // The trial of the proposals takes a while after the audio is complete.
        let report = Report {
            progress: 1.0,
            trial_progress: Some(0.25),
            ..Report::default()
        };
        let trying = ListeningState::new(true, true, Some(&report));
        assert_eq!(trying.heading(&[]), "Trying the proposals");
        assert_eq!(trying.progress(), Some(0.25));
        // The first report of silence is still too short to be classified as silence.
        let report = report_of(short, 0.0);
        assert_eq!(
            ListeningState::new(true, true, Some(&report)),
            ListeningState::Waiting
        );
    }

    #[test]
    fn join_names_of_several_references_cuts_the_first_name() {
        let names =
            |names: &[&str]| join_names(&names.iter().map(|n| (*n).into()).collect::<Vec<_>>());
        assert_eq!(names(&["Night"]), "Night");
        assert_eq!(names(&["Night", "Day", "Noon"]), "Night +2");
        assert_eq!(names(&["A long way home", "Day"]), "A long wa… +1");
    }

    #[test]
    fn judged_text_names_the_loudest_part() {
        let mut analysis = analyze(&AnalysisWindow::new(1), &Context::default());
        assert_eq!(judged_text(&analysis), None);
        let part = |begin_s, end_s, heard_s| {
            Some(SongPart {
                begin_s,
                end_s,
                heard_s,
            })
        };
        analysis.part = part(48.2, 78.2, 150.6);
        assert_eq!(part_text(&analysis), "0:48–1:18");
        assert_eq!(
            judged_text(&analysis).unwrap(),
            "Judged on 0:48–1:18 after Listen, the loudest part of 2:31."
        );
        analysis.part = part(0.0, 10.24, 10.24);
        assert_eq!(
            judged_text(&analysis).unwrap(),
            "Judged on 0:00–0:10 after Listen, all that was heard."
        );
    }

    #[test]
    fn explanation_without_network_names_the_rules_and_their_style() {
        let report = report_of(ContentClass::Music, 1.0);
        let explanation = ListeningState::new(true, true, Some(&report)).explanation("Rock");
        assert!(
            explanation.starts_with("Rules only: Rock · "),
            "{explanation}"
        );
    }

    #[test]
    fn basis_lines_become_shorter_and_keep_the_measure() {
        let report = report_of(ContentClass::SingleInstrument, 1.0);
        let analysis = report.analysis.unwrap();
        let lines = basis_lines(&analysis, "Rock");
        assert_eq!(lines.len(), 3);
        assert!(lines.is_sorted_by_key(|line| std::cmp::Reverse(line.len())));
        assert!(lines[0].contains("loudness only"), "{lines:?}");
        assert_eq!(lines[2], "A single instrument");
    }
}
