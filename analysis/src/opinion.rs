//! What a network says of a window.

use serde::{Deserialize, Serialize};

use crate::correction::Correction;

/// What of music a network tells apart, in the order of its outputs. The last one: music of no such style, or who knows.
pub const STYLES: [&str; 5] = ["electronic", "ambient", "orchestral", "rock", "unsure"];

/// A style is named from this probability on.
pub const NAMED_FROM: f32 = 0.6;

/// How music moves, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pattern {
    /// Little (0) to much (1) of it is as loud as its loudest moments.
    pub energy: f32,
    /// None (0) to ten or more (1) onsets a second.
    pub density: f32,
}

/// What a network says of a window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opinion {
    /// What is wrong.
    pub correction: Correction,
    /// Probabilities of [`STYLES`]; they add up to 1.
    pub style: [f32; STYLES.len()],
    /// How it moves.
    pub pattern: Pattern,
}

impl Opinion {
    /// The style that it is likely to be, with its probability; none if that can't be said.
    #[must_use]
    pub fn likely_style(&self) -> Option<(&'static str, f32)> {
        let named = STYLES.iter().zip(self.style).take(STYLES.len() - 1);
        let best = named.max_by(|a, b| a.1.total_cmp(&b.1))?;
        (best.1 >= NAMED_FROM).then_some((best.0, best.1))
    }

    /// How it moves, in two words.
    #[must_use]
    pub fn energy_word(&self) -> &'static str {
        match self.pattern.energy {
            e if e < 0.33 => "low energy",
            e if e < 0.66 => "medium energy",
            _ => "high energy",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_are_named_only_when_they_are_likely() {
        let opinion = |style| Opinion {
            correction: Correction::default(),
            style,
            pattern: Pattern {
                energy: 0.5,
                density: 0.5,
            },
        };
        let named = |style| opinion(style).likely_style();
        assert_eq!(
            named([0.7, 0.1, 0.1, 0.05, 0.05]),
            Some(("electronic", 0.7))
        );
        assert_eq!(named([0.5, 0.4, 0.05, 0.0, 0.05]), None);
        assert_eq!(
            named([0.05, 0.05, 0.05, 0.05, 0.8]),
            None,
            "unsure is no style"
        );
    }
}
