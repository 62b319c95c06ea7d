//! Bands of a power spectrum: mel triangles, third octaves, and the four anchors that third octaves belong to.

use std::f64::consts::LOG2_10;
use std::ops::Range;

use flow_dsp::ANCHOR_EDGES_HZ;
use flow_dsp::math::{count, exp2, log2, narrow, samples};
use serde::{Deserialize, Serialize};

use super::units::FRAME_S;

use crate::message::key;

/// Mel bands, from 30 Hz to 16 kHz.
pub const MEL_BANDS: usize = 64;

/// Third octaves from 25 Hz to 20 kHz, those of [`flow_dsp::StyleTarget`].
pub const THIRD_OCTAVES: usize = 30;

/// Twelfth octaves in which resonances are looked for, from 252 Hz to 7.2 kHz. Below, steady tones of basses fill a band.
pub(super) const RESONANCE_BANDS: usize = 59;

const MEL_LOW_HZ: f64 = 30.0;
const MEL_HIGH_HZ: f64 = 16_000.0;

/// Upper limit of all bands, so that all rates from 44.1 kHz on agree, Hz.
const HIGHEST_HZ: f64 = 22_050.0;

/// The four parts of Velvet Curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Anchor {
    /// Below 200 Hz.
    Body,
    /// 200 Hz to 2 kHz.
    Soul,
    /// 2 to 8 kHz.
    Silk,
    /// Above 8 kHz.
    Air,
}

impl Anchor {
    /// From low to high.
    pub const ALL: [Self; 4] = [Self::Body, Self::Soul, Self::Silk, Self::Air];

    /// Display name.
    #[must_use]
    pub fn name(self) -> &'static str {
        flow_params::ANCHORS[self as usize].name()
    }

    /// Frequency range as text.
    #[must_use]
    pub fn place(self) -> &'static str {
        match self {
            Self::Body => key!("below 200 Hz"),
            Self::Soul => key!("between 200 Hz and 2 kHz"),
            Self::Silk => key!("between 2 and 8 kHz"),
            Self::Air => key!("above 8 kHz"),
        }
    }

    /// Its third octaves: those whose center lies in it.
    #[must_use]
    pub fn third_octaves(self) -> Range<usize> {
        let anchor = self as usize;
        let centers = flow_dsp::StyleTarget::third_octaves_hz();
        let band_at = |hz: f32| centers.partition_point(|center| *center < hz);
        let first = anchor
            .checked_sub(1)
            .map_or(0, |below| band_at(ANCHOR_EDGES_HZ[below]));
        let edge = ANCHOR_EDGES_HZ.get(anchor);
        first..edge.map_or(THIRD_OCTAVES, |hz| band_at(*hz))
    }
}

/// Shares of neighboring bins that make up one band.
#[derive(Clone, Debug)]
struct Band {
    first_bin: usize,
    shares: Vec<f32>,
}

/// Bands of spectra with bins of 10 Hz.
#[derive(Clone, Debug)]
pub(super) struct Bands<const N: usize> {
    bands: Vec<Band>,
}

impl<const N: usize> Bands<N> {
    /// The power of each band; 0 above half the sample rate.
    pub(super) fn powers(&self, spectrum: &[f32]) -> [f32; N] {
        let mut powers = [0.0; N];
        for (power, band) in powers.iter_mut().zip(&self.bands) {
            let bins = &spectrum[band.first_bin..][..band.shares.len()];
            *power = bins.iter().zip(&band.shares).map(|(p, s)| p * s).sum();
        }
        powers
    }

    /// Number of complete bands below half the sample rate.
    pub(super) fn count(&self) -> usize {
        let is_carried = |band: &&Band| !band.shares.is_empty();
        self.bands.iter().take_while(is_carried).count()
    }

    /// `share` of each bin's power for each band, between edges in Hz.
    fn new(
        rate_hz: f64,
        bins: usize,
        edges_hz: impl Fn(usize) -> (f64, f64),
        share: impl Fn(usize, f64) -> f64,
    ) -> Self {
        let bands = (0..N).map(|band| {
            let (low_hz, high_hz) = edges_hz(band);
            if high_hz > 0.5 * rate_hz {
                return Band {
                    first_bin: 0,
                    shares: Vec::new(),
                };
            }
            let first_bin = samples((low_hz * FRAME_S).floor());
            let last_bin = samples((high_hz * FRAME_S).ceil()).min(bins - 1);
            Band {
                first_bin,
                shares: (first_bin..=last_bin)
                    .map(|bin| narrow(share(band, count(bin))))
                    .collect(),
            }
        });
        Self {
            bands: bands.collect(),
        }
    }
}

fn mel(hz: f64) -> f64 {
    // 2595 log₁₀(1 + f/700), O'Shaughnessy.
    2595.0 / LOG2_10 * log2(1.0 + hz / 700.0)
}

fn hz(mel: f64) -> f64 {
    700.0 * (exp2(mel * LOG2_10 / 2595.0) - 1.0)
}

impl Bands<MEL_BANDS> {
    /// Triangles on the mel scale. Between the first and the last center they add up to 1, so powers add up too.
    pub(super) fn mel(rate_hz: f64, bins: usize) -> Self {
        let (low, high) = (mel(MEL_LOW_HZ), mel(MEL_HIGH_HZ));
        let step = (high - low) / count(MEL_BANDS + 1);
        let corner = move |i: usize| low + step * count(i);
        Self::new(
            rate_hz,
            bins,
            |band| (hz(corner(band)), hz(corner(band + 2))),
            |band, bin| {
                let distance = (mel(bin / FRAME_S) - corner(band + 1)).abs() / step;
                (1.0 - distance).max(0.0)
            },
        )
    }
}

impl Bands<THIRD_OCTAVES> {
    /// IEC 61260-1, base ten. A bin that an edge cuts counts for its share on either side, as in `models/styles/`.
    pub(super) fn third_octaves(rate_hz: f64, bins: usize) -> Self {
        let edge_hz = |i: usize| {
            let decades = (count(i) - 16.5) / 10.0;
            (1000.0 * exp2(decades * LOG2_10)).min(HIGHEST_HZ)
        };
        Self::new(
            rate_hz,
            bins,
            |band| (edge_hz(band), edge_hz(band + 1)),
            |band, bin| {
                let (low, high) = (edge_hz(band) * FRAME_S, edge_hz(band + 1) * FRAME_S);
                ((bin + 0.5).min(high) - (bin - 0.5).max(low)).max(0.0)
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_flat_spectrum_add_up() {
        let flat = vec![1.0; 2401];
        let mel: f32 = Bands::mel(48_000.0, 2401).powers(&flat).iter().sum();
        // The outer halves of the first and the last triangle are missing.
        assert!((mel - 1540.0).abs() < 20.0, "{mel}");
        let thirds: f32 = Bands::third_octaves(48_000.0, 2401)
            .powers(&flat)
            .iter()
            .sum();
        assert!((thirds - (22_050.0 - 22.4) / 10.0).abs() < 0.1, "{thirds}");
    }

    #[test]
    fn third_octaves_of_tones_match_those_of_styles() {
        let bands = Bands::third_octaves(48_000.0, 2401);
        for (i, center_hz) in flow_dsp::StyleTarget::third_octaves_hz().iter().enumerate() {
            let mut tone = vec![0.0; 2401];
            tone[samples(f64::from(*center_hz) * FRAME_S)] = 1.0;
            let powers = bands.powers(&tone);
            let best = (0..THIRD_OCTAVES).max_by(|a, b| powers[*a].total_cmp(&powers[*b]));
            // Bins are wider than the three lowest bands.
            assert!(i < 3 || best == Some(i), "{center_hz} Hz");
        }
        let of_anchors: usize = Anchor::ALL.iter().map(|a| a.third_octaves().len()).sum();
        assert_eq!(of_anchors, THIRD_OCTAVES);
    }

    #[test]
    fn count_at_low_rate_excludes_high_bands() {
        assert_eq!(Bands::third_octaves(44_100.0, 2206).count(), 30);
        // The band at 10 kHz ends at 11.2.
        assert_eq!(Bands::third_octaves(22_050.0, 1103).count(), 26);
        assert_eq!(Bands::mel(44_100.0, 2206).count(), MEL_BANDS);
        // The bands of the spectral flux.
        assert_eq!(Bands::mel(22_050.0, 1103).count(), 56);
    }

    #[test]
    fn texts_of_anchors_state_their_edges() {
        let numbers = |text: &str| -> Vec<f32> {
            let words = text.split(|c: char| !c.is_ascii_digit());
            words.filter_map(|word| word.parse().ok()).collect()
        };
        // 200 Hz, 2 kHz and 8 kHz.
        let edges = flow_dsp::ANCHOR_EDGES_HZ.map(|hz| if hz < 1000.0 { hz } else { hz / 1000.0 });
        let of_anchors = [&edges[..1], &edges[..2], &edges[1..], &edges[2..]];
        for (anchor, edges) in Anchor::ALL.into_iter().zip(of_anchors) {
            let effect = flow_params::ANCHORS[anchor as usize].effect();
            for text in [anchor.place(), effect] {
                assert_eq!(numbers(text), edges, "{text}");
            }
        }
    }
}
