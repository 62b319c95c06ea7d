//! The six compressors of the chain as subjects of the same measurements.

use super::processing::processed_and;
use flow_audio_file::Audio;
use flow_dsp::{
    BandSettings, CompressorSettings, DynamicsSettings, GlueRatio, GlueSettings, MidSideSettings,
    MultibandSettings, QUANTUM,
    internals::{glue::Glue, mid_side::MidSide, multiband::Multiband, processor::Processor},
    math,
};
use std::f64::consts::TAU;

/// One of the six compressors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Compressor {
    Mid,
    Side,
    /// Low, mid or high band.
    Band(usize),
    Glue,
}

pub(crate) const COMPRESSORS: [Compressor; 6] = [
    Compressor::Mid,
    Compressor::Side,
    Compressor::Band(0),
    Compressor::Band(1),
    Compressor::Band(2),
    Compressor::Glue,
];

impl Compressor {
    /// A frequency in the middle of its band, Hz.
    pub(crate) fn tone_hz(self) -> f64 {
        match self {
            Self::Band(0) => 80.0,
            Self::Band(1) => 700.0,
            Self::Mid | Self::Side | Self::Glue => 1500.0,
            Self::Band(_) => 7000.0,
        }
    }

    /// Other frequencies in its band, Hz.
    pub(crate) fn tones_hz(self) -> [f64; 3] {
        match self {
            Self::Band(0) => [40.0, 80.0, 125.0],
            Self::Band(1) => [300.0, 700.0, 2000.0],
            Self::Mid | Self::Side | Self::Glue => [100.0, 1500.0, 10_000.0],
            Self::Band(_) => [4000.0, 7000.0, 12_000.0],
        }
    }

    /// Crossovers far from the measured tones.
    pub(crate) fn crossovers_hz(self) -> [f32; 2] {
        match self {
            Self::Band(0) => [500.0, 12_000.0],
            Self::Band(1) => [40.0, 12_000.0],
            _ => [40.0, 800.0],
        }
    }

    /// A tone with an envelope, placed where this compressor alone detects it.
    pub(crate) fn tone(self, rate_hz: u32, frequency_hz: f64, envelope: &[f64]) -> Audio {
        let step = frequency_hz / f64::from(rate_hz);
        let left: Vec<f32> = envelope
            .iter()
            .enumerate()
            .map(|(i, level)| math::narrow(level * (TAU * (step * math::count(i)).fract()).sin()))
            .collect();
        let right = match self {
            Self::Side => left.iter().map(|x| -x).collect(),
            _ => left.clone(),
        };
        Audio::new(rate_hz, vec![left, right])
    }

    /// The left channel at `settings`, `amount` and `mix`, without the make-up gain; bands have no mix.
    pub(crate) fn output(
        self,
        settings: CompressorSettings,
        amount: f32,
        mix: f32,
        input: &Audio,
    ) -> Vec<f32> {
        let silent = CompressorSettings {
            ratio: 1.0,
            ..settings
        };
        let mut dynamics = DynamicsSettings::default();
        match self {
            Self::Mid | Self::Side => {
                let (mid, side) = if self == Self::Mid {
                    (settings, silent)
                } else {
                    (silent, settings)
                };
                dynamics.mid_side = MidSideSettings {
                    amount,
                    mid,
                    mid_mix: mix,
                    side,
                    side_mix: mix,
                };
            }
            Self::Band(own) => {
                let [low_crossover_hz, high_crossover_hz] = self.crossovers_hz();
                dynamics.multiband = MultibandSettings {
                    amount,
                    low_crossover_hz,
                    high_crossover_hz,
                    bands: core::array::from_fn(|k| BandSettings {
                        compressor: if k == own { settings } else { silent },
                        gain_db: 0.0,
                        solo: k == own,
                    }),
                };
            }
            Self::Glue => {
                dynamics.glue = GlueSettings {
                    mix,
                    ..glue(settings, amount)
                };
            }
        }
        let (output, make_up) = self.processed(&dynamics, input);
        let left = output.channels.into_iter().next().unwrap_or_default();
        left.iter().zip(make_up).map(|(x, gain)| x / gain).collect()
    }

    /// The output of this compressor's stage, and its make-up gain at each sample.
    pub(crate) fn processed(self, dynamics: &DynamicsSettings, input: &Audio) -> (Audio, Vec<f32>) {
        match self {
            Self::Mid | Self::Side => with_make_up(dynamics.mid_side, input, MidSide::make_up_gain),
            Self::Band(_) => with_make_up(dynamics.multiband, input, Multiband::make_up_gain),
            Self::Glue => with_make_up(dynamics.glue, input, Glue::make_up_gain),
        }
    }

    /// The applied gain at each sample, dB. It is relative to the output without compression, so a band's linear filters
    /// cancel; near the tone's zero crossings the gain is a straight line.
    pub(crate) fn gains_db(
        self,
        settings: CompressorSettings,
        amount: f32,
        mix: f32,
        input: &Audio,
    ) -> Vec<f64> {
        let flat = CompressorSettings {
            ratio: 1.0,
            ..settings
        };
        let with = self.output(settings, amount, mix, input);
        let without = match self {
            Self::Glue => input.channels[0].clone(),
            _ => self.output(flat, amount, mix, input),
        };
        let mut gains = vec![0.0; with.len()];
        let mut known = 0;
        for i in 0..gains.len() {
            let around = &without[i.saturating_sub(8)..(i + 8).min(without.len())];
            let near = around.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
            if without[i].abs() > 0.2 * near && near > 1e-4 {
                gains[i] = 20.0 * (f64::from(with[i]) / f64::from(without[i])).log10();
                let (from, to) = (gains[known], gains[i]);
                for j in known + 1..i {
                    gains[j] = from + (to - from) * math::count(j - known) / math::count(i - known);
                }
                known = i;
            }
        }
        gains
    }
}

/// The ratio of the glue compressor, which has three.
pub(crate) fn glue(settings: CompressorSettings, amount: f32) -> GlueSettings {
    GlueSettings {
        amount,
        threshold_db: settings.threshold_db,
        ratio: [GlueRatio::Gentle, GlueRatio::Medium, GlueRatio::Firm]
            .into_iter()
            .find(|ratio| ratio.value() == settings.ratio)
            .expect("one of the glue compressor's ratios"),
        knee_db: settings.knee_db,
        attack_ms: settings.attack_ms,
        release_ms: settings.release_ms,
        auto_release: false,
        side_chain_high_pass_hz: 20.0,
        mix: 1.0,
    }
}

/// The output of a new processor, and its gain at each sample: straight lines between the ends of its quanta.
fn with_make_up<P: Processor + Default>(
    settings: P::Settings,
    input: &Audio,
    gain: impl Fn(&P) -> f32,
) -> (Audio, Vec<f32>) {
    let mut gains = Vec::with_capacity(input.frames());
    let mut from = 1.0;
    let output =
        processed_and(
            &mut P::default(),
            |_| settings,
            input,
            |processor, _| {
                let to = gain(processor);
                gains.extend((1..=QUANTUM).map(|i| {
                    from + (to - from) * math::narrow(math::count(i) / math::count(QUANTUM))
                }));
                from = to;
            },
        );
    (output, gains)
}
