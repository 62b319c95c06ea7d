//! The recognized content of a song and places in it, as text.

use flow_analysis::report::{Analysis, ContentClass};

/// A time such as 3:07 or 1:03:07.
pub(crate) fn time(seconds: f64) -> String {
    let whole = seconds.round();
    let (hours, minutes) = ((whole / 3600.0).floor(), (whole / 60.0).floor() % 60.0);
    if hours > 0.0 {
        format!("{hours}:{minutes:02}:{:02}", whole % 60.0)
    } else {
        format!("{minutes}:{:02}", whole % 60.0)
    }
}

/// The content, and for music its style and energy.
pub(crate) fn content_text(analysis: &Analysis) -> String {
    let content = match analysis.content {
        ContentClass::Silence => "silence".to_owned(),
        ContentClass::TooShort { needed, .. } => {
            format!("too short for an analysis, which needs {needed:.0} s of sound")
        }
        ContentClass::TestTone { hz } => format!("a test tone near {hz:.0} Hz"),
        ContentClass::SteadyNoise => "steady noise".to_owned(),
        ContentClass::Speech => "speech".to_owned(),
        ContentClass::SingleInstrument => "a single instrument".to_owned(),
        ContentClass::Music => "music".to_owned(),
    };
    let Some(prediction) = &analysis.prediction else {
        return content;
    };
    let style = prediction.likely_style().map_or_else(
        || "no certain style".to_owned(),
        |(name, probability)| format!("{name} ({:.0} %)", 100.0 * probability),
    );
    format!("{content}, {style}, {}", prediction.energy_word())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_has_hours_from_one_on() {
        assert_eq!(time(7.4), "0:07");
        assert_eq!(time(187.0), "3:07");
        assert_eq!(time(3787.0), "1:03:07");
    }
}
