//! How far the assistant is with listening, and what it says of that: one heading and one line for each case.

use flow_analysis::report::{Analysis, ContentClass};
use flow_service::Report;

/// Where listening stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ListeningState<'a> {
    /// The analysis is switched off.
    Off,
    /// The host has not begun to play.
    NoAudio,
    /// Nobody asked it to listen.
    Idle,
    /// It listens, and nothing has sounded.
    Waiting,
    /// The song plays, and nothing is to be heard.
    Silence,
    /// Something sounds.
    Listening {
        /// Sound so far, 0 to 1 of what an analysis takes.
        progress: f32,
    },
    /// What sounded is no mix; it goes on listening.
    NoMix {
        /// What it was.
        analysis: &'a Analysis,
        /// As above, of what came after it.
        progress: f32,
    },
    /// There is an analysis, of music or of a single instrument.
    Ready(&'a Analysis),
}

/// Letters of a name for which there is room beside others.
const ROOM: usize = 10;

/// Seconds of sound that an analysis takes, for people.
const SECONDS: f32 = 10.0;

impl<'a> ListeningState<'a> {
    /// By what the service reports; none before the first activation.
    #[must_use]
    pub(crate) fn of(is_on: bool, is_listening: bool, report: Option<&'a Report>) -> Self {
        let Some(report) = report.filter(|_| is_on) else {
            return if is_on { Self::NoAudio } else { Self::Off };
        };
        let progress = report.progress;
        match report.analysis.as_deref() {
            Some(analysis) if analysis.is_conclusive() => Self::Ready(analysis),
            _ if !is_listening => Self::Idle,
            Some(analysis) if analysis.content == ContentClass::Silence => Self::Silence,
            Some(analysis) if !matches!(analysis.content, ContentClass::TooShort { .. }) => {
                Self::NoMix { analysis, progress }
            }
            _ if progress > 0.0 => Self::Listening { progress },
            _ => Self::Waiting,
        }
    }

    /// The analysis that stays, if there is one.
    #[must_use]
    pub(crate) fn ready(&self) -> Option<&'a Analysis> {
        match self {
            Self::Ready(analysis) => Some(analysis),
            _ => None,
        }
    }

    /// How much of what is needed was heard, where that is worth a bar.
    #[must_use]
    pub(crate) fn progress(&self) -> Option<f32> {
        match self {
            Self::Listening { progress } | Self::NoMix { progress, .. } => Some(*progress),
            Self::Waiting | Self::Silence => Some(0.0),
            _ => None,
        }
    }

    /// In two or three words. `style_name`: what is compared with where no network has an opinion.
    #[must_use]
    pub(crate) fn heading(&self, style_name: &str) -> String {
        match self {
            Self::Off => "Switched off".into(),
            Self::NoAudio => "No audio yet".into(),
            Self::Idle => "Play the loud part".into(),
            Self::Waiting => "Waiting for sound".into(),
            Self::Silence => "Silence".into(),
            Self::Listening { .. } => "Listening".into(),
            Self::NoMix { analysis, .. } => match analysis.content {
                ContentClass::TestTone { .. } => "A test tone",
                ContentClass::Speech => "Speech",
                _ => "Noise",
            }
            .into(),
            Self::Ready(analysis) => match (&analysis.reference_match, &analysis.prediction) {
                (Some(led), _) => format!("Towards {}", told(&led.names)),
                (None, None) if is_single(analysis) => "A single instrument".into(),
                (None, None) => format!("Against {style_name}"),
                (None, Some(opinion)) => match opinion.likely_style() {
                    Some((name, probability)) => format!("{} {probability:.2}", capital(name)),
                    None => "Style: unsure".into(),
                },
            },
        }
    }

    /// What is to be done or known, in a line.
    #[must_use]
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Off => {
                "Analysis is off: the menu at the end of the first line has its switch.".into()
            }
            Self::NoAudio => "The host has not started the audio.".into(),
            Self::Idle => {
                "Then press Listen: ten seconds of sound are enough, thirty are better.".into()
            }
            Self::Waiting => {
                "Play the loud part: ten seconds of sound are enough, thirty are better.".into()
            }
            Self::Silence => "There is nothing to hear: is the song playing?".into(),
            Self::Listening { progress } => {
                format!(
                    "Heard {:.0} of {SECONDS:.0} s of sound.",
                    SECONDS * progress
                )
            }
            Self::NoMix { analysis, .. } => {
                let said = analysis.findings.first();
                said.map_or_else(String::new, |finding| finding.text.clone())
            }
            Self::Ready(analysis) => {
                let seconds = format!("{:.0} s", analysis.summary.seconds);
                match &analysis.prediction {
                    None if analysis.reference_match.is_some()
                        && analysis.content != ContentClass::Music =>
                    {
                        format!("no mix, led all the same · {seconds}")
                    }
                    None if is_single(analysis) => format!("loudness only · {seconds}"),
                    None => format!("rules only · {seconds}"),
                    Some(opinion) => format!("{} · {seconds}", opinion.energy_word()),
                }
            }
        }
    }
}

/// "Night", "Night +2": how many there are is never cut off.
fn told(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first, more @ ..] if first.chars().count() > ROOM => {
            let first: String = first.chars().take(ROOM - 1).collect();
            format!("{first}… +{}", more.len())
        }
        [first, more @ ..] => format!("{first} +{}", more.len()),
    }
}

/// Whether it is of one instrument, which is not compared with mixes.
#[must_use]
pub(crate) fn is_single(analysis: &Analysis) -> bool {
    analysis.content == ContentClass::SingleInstrument
}

/// With a capital letter.
#[must_use]
pub(crate) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use flow_analysis::features::AnalysisWindow;
    use flow_analysis::pipeline::analyze;
    use flow_analysis::report::Context;

    fn heard(heard: ContentClass, progress: f32) -> Report {
        let analysis = analyze(&AnalysisWindow::new(1), &Context::default());
        Report {
            progress,
            analysis: Some(Arc::new(Analysis {
                content: heard,
                ..analysis
            })),
            ..Report::default()
        }
    }

    #[test]
    fn every_case_has_a_heading_and_a_line() {
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
                Some(heard(ContentClass::Silence, 0.0)),
                "Silence",
            ),
            (true, true, Some(heard(short, 0.4)), "Listening"),
            (true, true, Some(heard(tone, 0.4)), "A test tone"),
            (
                true,
                true,
                Some(heard(ContentClass::SteadyNoise, 0.4)),
                "Noise",
            ),
            (true, true, Some(heard(ContentClass::Speech, 0.4)), "Speech"),
            (
                true,
                true,
                Some(heard(ContentClass::SingleInstrument, 1.0)),
                "A single instrument",
            ),
            // What was heard stays when listening is paused.
            (
                true,
                false,
                Some(heard(ContentClass::Music, 1.0)),
                "Against Rock",
            ),
        ] {
            let hearing = ListeningState::of(is_on, is_listening, report.as_ref());
            assert_eq!(hearing.heading("Rock"), heading);
            assert!(!hearing.line().is_empty(), "{heading}");
        }
        let report = heard(short, 0.4);
        let listening = ListeningState::of(true, true, Some(&report));
        assert_eq!(listening.line(), "Heard 4 of 10 s of sound.");
        // The first look at silence comes before the second that knows it for silence: neither has heard anything.
        let report = heard(short, 0.0);
        assert_eq!(
            ListeningState::of(true, true, Some(&report)),
            ListeningState::Waiting
        );
    }

    #[test]
    fn who_leads_is_said() {
        let names = |names: &[&str]| told(&names.iter().map(|n| (*n).into()).collect::<Vec<_>>());
        assert_eq!(names(&["Night"]), "Night");
        assert_eq!(names(&["Night", "Day", "Noon"]), "Night +2");
        assert_eq!(names(&["A long way home", "Day"]), "A long wa… +1");
    }

    #[test]
    fn a_missing_network_is_said() {
        let report = heard(ContentClass::Music, 1.0);
        let hearing = ListeningState::of(true, true, Some(&report));
        assert!(
            hearing.line().starts_with("rules only"),
            "{}",
            hearing.line()
        );
    }
}
