//! Measurements of the built plug-in with impulses, tones and steps.

use anyhow::{Context, Result};
use flow_audio_file::{
    Audio, StoreOptions, StoredAudio, db_to_gain, gain_to_db, seconds_to_samples,
};
use flow_cli::plugin_session::PluginSession;
use flow_cli::setting::Setting;
use std::f64::consts::TAU;
use std::path::Path;

/// The sample rate of all measurements.
pub(crate) const RATE_HZ: u32 = 48_000;
/// The level is lowered by this before the limiter, and raised after it, while other stages are measured.
const HEADROOM_DB: f64 = 24.0;
/// The amplitude of impulses: below full scale with every boost, and well above rounding errors.
const IMPULSE: f32 = 0.1;
const IMPULSE_FRAMES: usize = 65_536;
/// The silence before an impulse.
const LEAD_FRAMES: usize = 480;

/// Ids of parameters with the texts of their values. All others are at their defaults.
pub(crate) type Settings<'a> = &'a [(&'a str, &'a str)];

/// Mid (half the sum) or side (half the difference).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Mid,
    Side,
}

impl Part {
    /// The other part.
    fn other(self) -> Self {
        match self {
            Self::Mid => Self::Side,
            Self::Side => Self::Mid,
        }
    }

    /// Audio that has only this part.
    pub(crate) fn audio(self, samples: &[f64]) -> Audio {
        let channel = |sign: f64| samples.iter().map(|s| narrow(sign * s)).collect();
        let sign = if self == Self::Mid { 1.0 } else { -1.0 };
        Audio::new(RATE_HZ, vec![channel(1.0), channel(sign)])
    }

    /// This part of stereo audio.
    pub(crate) fn of(self, audio: &Audio) -> Vec<f64> {
        let sign = if self == Self::Mid { 0.5 } else { -0.5 };
        let pairs = audio.channels[0].iter().zip(&audio.channels[1]);
        pairs
            .map(|(left, right)| 0.5 * f64::from(*left) + sign * f64::from(*right))
            .collect()
    }
}

/// The plug-in under measurement.
pub(crate) struct PluginMeasurement {
    session: PluginSession,
}

impl PluginMeasurement {
    pub(crate) fn open(clap: &Path) -> Result<Self> {
        Ok(Self {
            session: PluginSession::open(clap, 512)?,
        })
    }

    /// The output of a new instance, with its latency compensated.
    pub(crate) fn render(&mut self, settings: Settings<'_>, input: &Audio) -> Result<Audio> {
        self.session.reset()?;
        for (id, text) in settings {
            self.session.set(&Setting::new(id.parse()?, text))?;
        }
        let store = StoreOptions {
            memory_bytes: u64::MAX,
            folder: std::env::temp_dir(),
        };
        let input = StoredAudio::store(input, &store)?;
        let rendered = self.session.render(&input, &[], &store, &|_, _| ())?;
        Ok(rendered.audio.range(0, usize::MAX)?)
    }

    /// The output of the stages before the limiter, which gets too low a level to act.
    pub(crate) fn render_unlimited(
        &mut self,
        settings: Settings<'_>,
        input: &Audio,
    ) -> Result<Audio> {
        let lower = format!("-{HEADROOM_DB} dB");
        let settings = [settings, &[("gain", lower.as_str())]].concat();
        Ok(self.render(&settings, input)?.gained(HEADROOM_DB))
    }

    /// The gain in dB of linear stages from one part of the input to the same part of the output.
    pub(crate) fn response(
        &mut self,
        settings: Settings<'_>,
        part: Part,
        frequencies_hz: &[f64],
    ) -> Result<Vec<(f64, f64)>> {
        let mut impulse = vec![0.0; IMPULSE_FRAMES];
        impulse[LEAD_FRAMES] = f64::from(IMPULSE);
        let output = self.render_unlimited(settings, &part.audio(&impulse))?;
        let output = part.of(&output);
        let gain_db = |hz: f64| gain_to_db(transform(&output, hz) / f64::from(IMPULSE));
        Ok(frequencies_hz
            .iter()
            .map(|hz| (*hz, gain_db(*hz)))
            .collect())
    }

    /// The last of two seconds of output for tones, each with a frequency in whole Hz and a peak level in dBFS.
    pub(crate) fn tones(&mut self, settings: Settings<'_>, tones: &[(f64, f64)]) -> Result<Second> {
        let mut input = tone(2.0, tones[0].0, tones[0].1);
        for (hz, level_db) in &tones[1..] {
            let more = tone(2.0, *hz, *level_db);
            input
                .iter_mut()
                .zip(more)
                .for_each(|(sum, sample)| *sum += sample);
        }
        let output = self.render_unlimited(settings, &Part::Mid.audio(&input))?;
        Ok(Second(Part::Mid.of(&output).split_off(RATE_HZ as usize)))
    }

    /// The levels of the first ten harmonics of a tone in dBFS.
    pub(crate) fn harmonics(
        &mut self,
        settings: Settings<'_>,
        frequency_hz: f64,
        level_db: f64,
    ) -> Result<Vec<f64>> {
        let second = self.tones(settings, &[(frequency_hz, level_db)])?;
        let harmonics = (1..=10).map(|n| second.level_db(f64::from(n) * frequency_hz));
        Ok(harmonics.collect())
    }

    /// Output against input of a slow tone's rising half, up to this amplitude.
    pub(crate) fn transfer(
        &mut self,
        settings: Settings<'_>,
        largest: f64,
    ) -> Result<Vec<(f64, f64)>> {
        const HZ: f64 = 100.0;
        let second = self.tones(settings, &[(HZ, gain_to_db(largest))])?;
        let period = f64::from(RATE_HZ) / HZ;
        let output = |frame: f64| (largest * (TAU * frame / period).sin(), frame);
        let frames = (0..=60).map(|i| (-0.25 + f64::from(i) / 120.0) * period);
        let points = frames.map(output).map(|(input, frame)| {
            // In the second period the rising half is complete.
            let at = index(period + frame);
            (input, second.0[at])
        });
        Ok(points.collect())
    }

    /// The level of each period in dBFS without the make-up gain, for a tone that steps through levels. A steady tone in the
    /// other part, far below every threshold, shows the make-up gain.
    pub(crate) fn steps(
        &mut self,
        settings: Settings<'_>,
        part: Part,
        steps: &Steps,
    ) -> Result<Vec<f64>> {
        const PILOT_DBFS: f64 = -70.0;
        let samples = steps.samples();
        let seconds = samples.len() as f64 / f64::from(RATE_HZ);
        let pilot = tone(seconds, steps.frequency_hz, PILOT_DBFS);
        let mut input = part.audio(&samples);
        let other = part.other();
        let added = other.audio(&pilot);
        for (channel, added) in input.channels.iter_mut().zip(&added.channels) {
            channel
                .iter_mut()
                .zip(added)
                .for_each(|(sum, sample)| *sum += sample);
        }
        let output = self.render_unlimited(settings, &input)?;
        let [levels, pilots] =
            [part, other].map(|part| levels_db(&part.of(&output), steps.window()));
        let levels = levels.into_iter().zip(pilots);
        Ok(levels
            .map(|(level, pilot)| level - (pilot - PILOT_DBFS))
            .collect())
    }

    /// The reduction of the glue compressor in dB at the end of an input, by the plug-in's own meter.
    pub(crate) fn glue_gain_db(&mut self, settings: Settings<'_>, input: &Audio) -> Result<f64> {
        self.render_unlimited(settings, input)?;
        let readings = self
            .session
            .readings()
            .context("the plug-in has no readings")?;
        Ok(f64::from(readings.activity.glue_gain_db))
    }
}

/// A tone that steps through levels in dBFS, each with its duration in seconds.
pub(crate) struct Steps<'a> {
    pub(crate) frequency_hz: f64,
    pub(crate) levels: &'a [(f64, f64)],
}

impl Steps<'_> {
    pub(crate) fn samples(&self) -> Vec<f64> {
        let seconds: f64 = self.levels.iter().map(|step| step.1).sum();
        let mut samples = tone(seconds, self.frequency_hz, 0.0);
        let mut from = 0;
        for (level_db, seconds) in self.levels {
            let to = (from + seconds_to_samples(*seconds, RATE_HZ)).min(samples.len());
            let gain = db_to_gain(*level_db);
            samples[from..to]
                .iter_mut()
                .for_each(|sample| *sample *= gain);
            from = to;
        }
        samples
    }

    /// The samples of a period.
    pub(crate) fn window(&self) -> usize {
        index(f64::from(RATE_HZ) / self.frequency_hz)
    }

    /// The duration of a period in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        1.0 / self.frequency_hz
    }
}

/// One second of output. Over this time, tones at whole Hz are orthogonal.
pub(crate) struct Second(Vec<f64>);

impl Second {
    /// The peak level of a tone at a frequency in whole Hz, in dBFS.
    pub(crate) fn level_db(&self, frequency_hz: f64) -> f64 {
        gain_to_db(2.0 * transform(&self.0, frequency_hz) / self.0.len() as f64)
    }
}

/// A sine with this peak level in dBFS.
pub(crate) fn tone(seconds: f64, frequency_hz: f64, level_db: f64) -> Vec<f64> {
    let step = frequency_hz / f64::from(RATE_HZ);
    let amplitude = db_to_gain(level_db);
    let frames = seconds_to_samples(seconds, RATE_HZ);
    (0..frames)
        .map(|i| amplitude * (TAU * (step * i as f64).fract()).sin())
        .collect()
}

/// The level of each window in dBFS: the peak level of a sine with the same power.
pub(crate) fn levels_db(samples: &[f64], window: usize) -> Vec<f64> {
    let power = |window: &[f64]| window.iter().map(|s| s * s).sum::<f64>() / window.len() as f64;
    samples
        .chunks_exact(window)
        .map(|w| 10.0 * (2.0 * power(w)).log10())
        .collect()
}

/// Frequencies with equal distances on a logarithmic axis.
pub(crate) fn hertz(from: f64, to: f64) -> Vec<f64> {
    const POINTS: u32 = 120;
    (0..=POINTS)
        .map(|i| from * (to / from).powf(f64::from(i) / f64::from(POINTS)))
        .collect()
}

/// The magnitude of the Fourier transform at a frequency.
fn transform(samples: &[f64], frequency_hz: f64) -> f64 {
    let (sin, cos) = (TAU * frequency_hz / f64::from(RATE_HZ)).sin_cos();
    // A recursive phasor. Its rounding error is below 1e-10 over a second.
    let (mut a, mut b) = (1.0, 0.0);
    let (mut real, mut imaginary) = (0.0, 0.0);
    for sample in samples {
        real += sample * a;
        imaginary += sample * b;
        (a, b) = (a * cos - b * sin, a * sin + b * cos);
    }
    f64::hypot(real, imaginary)
}

fn narrow(value: f64) -> f32 {
    flow_dsp::math::narrow(value)
}

/// Rounds a number of frames, which is 0 or more.
pub(crate) fn index(value: f64) -> usize {
    flow_dsp::math::samples(value)
}
