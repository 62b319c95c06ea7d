//! The recognized content of a song, as text.

use flow_analysis::report::{Analysis, ContentClass};

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
