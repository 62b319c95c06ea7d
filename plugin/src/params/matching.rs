//! Match, Velvet Curve's fine equaliser. Its parameters came later than the pillar's own, so they stand at the end.

use flow_analysis::solver::{MATCH_ID, MATCH_IDS};
use flow_dsp::{MATCH_BANDS, MatchSettings};
use nice_plug::prelude::{FloatParam, Param, ParamPtr, Params};

use super::kinds::{decibels, finite, fraction, percent};

/// How people call the bands of [`MATCH_HZ`](flow_dsp::MATCH_HZ).
pub(crate) const LABELS: [&str; MATCH_BANDS] = [
    "40 Hz", "60 Hz", "90 Hz", "130 Hz", "190 Hz", "280 Hz", "410 Hz", "600 Hz", "880 Hz",
    "1.3 kHz", "1.9 kHz", "2.8 kHz", "4.1 kHz", "6 kHz", "9 kHz", "13.5 kHz",
];

/// Match.
pub struct MatchParams {
    /// How much of what the bands say, 0 to 150 %.
    pub amount: FloatParam,
    /// At [`MATCH_HZ`](flow_dsp::MATCH_HZ), −12 to +12 dB each.
    pub bands: [FloatParam; MATCH_BANDS],
}

impl Default for MatchParams {
    fn default() -> Self {
        let settings = MatchSettings::default();
        Self {
            amount: percent("Match", settings.amount, 0.0..=1.5),
            bands: std::array::from_fn(|i| {
                let name = format!("Match {}", LABELS[i]);
                decibels(&name, settings.bands_db[i], -12.0..=12.0)
            }),
        }
    }
}

impl MatchParams {
    pub(super) fn settings(&self) -> MatchSettings {
        MatchSettings {
            amount: fraction(&self.amount),
            bands_db: std::array::from_fn(|i| finite(&self.bands[i])),
        }
    }
}

// By hand, because the bands are one array.
// SAFETY: the pointers are to fields of `self`, as those that the derive makes.
unsafe impl Params for MatchParams {
    fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        let entry =
            |(id, param): (&str, &FloatParam)| (id.to_owned(), param.as_ptr(), String::new());
        let amount = std::iter::once((MATCH_ID, &self.amount));
        amount
            .chain(MATCH_IDS.into_iter().zip(&self.bands))
            .map(entry)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_called_by_their_frequencies() {
        for (label, hz) in LABELS.iter().zip(flow_dsp::MATCH_HZ) {
            let plain = if hz < 1000.0 {
                format!("{hz} Hz")
            } else {
                format!("{} kHz", hz / 1000.0)
            };
            assert_eq!(*label, plain);
        }
    }
}
