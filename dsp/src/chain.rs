//! The whole chain: host blocks in, quanta through the processors, host blocks out.
//!
//! ```text
//! input → trim → Floor → Lattice → Weave → Match → Curve → mid/side → multiband → glue → drive → gain → limiter → dither → bypass → monitor
//!   │                                                                                                              │
//!   └─ meters, delay for bypass and comparison                                                    meters ─┘
//! ```
//!
//! Everything inside works on quanta of sixteen frames counted from `reset`, whatever blocks the host sends; a block
//! only moves samples in and out. So no block split can change a bit of the output, control changes always lie on
//! the same grid, and every kernel has a fixed length. The price is fifteen samples of latency.
//!
//! What a block completes goes from stage to stage in groups of quanta, because code and coefficients of the stages
//! are more than the nearest caches hold: so they are fetched once a group. A stage still takes one quantum after the
//! other and knows nothing of what comes later, so groups can't change a bit either.

use crate::{
    ChainSettings, Monitor, QUANTUM, Readings, Spec,
    activity::ActivityMeter,
    curve::Curve,
    dither::Dither,
    floor::Floor,
    gain::Gain,
    glue::Glue,
    isa::{Isa, Level, Native},
    lattice::Lattice,
    limiter::Limiter,
    match_eq::MatchEq,
    meters::Meters,
    mid_side::MidSide,
    monitoring::Monitoring,
    multiband::Multiband,
    oversampling::OVERSAMPLING_LATENCY,
    processor::Processor,
    quantum::{Lane, Lookback, Quantum},
    ramp::Ramp,
    saturator::{Saturator, SaturatorSettings},
    weave::Weave,
};

/// Quanta at most that go through a stage before the next stage has its turn.
const GROUP: usize = 32;
/// Samples that wait for their quantum to fill.
const COLLECTING: usize = QUANTUM - 1;
/// Input beyond this (180 dBFS) is a fault, as NaN is.
const LARGEST: f32 = 1e9;
/// What is below this (−320 dBFS) is silence, at the input and before the limiter, so that neither samples nor their
/// squares are ever subnormal.
const SMALLEST: f32 = 1e-16;

/// Flow's processing, from input to output.
#[derive(Debug)]
pub struct Chain {
    spec: Spec,
    level: Level,
    fifo: Fifo,
    /// What was asked for last, and what is made of it.
    wanted: ChainSettings,
    settings: ChainSettings,
    stages: Stages,
}

/// Blocks of any size on one side, quanta on the other.
#[derive(Debug)]
struct Fifo {
    /// Of each channel: the last quantum of output, and behind it what came in, which becomes output in place. So a
    /// frame leaves [`COLLECTING`] places before the one that it came to.
    lanes: [[Lane; 1 + GROUP]; 2],
    /// Frames of an incomplete quantum.
    fill: usize,
}

#[derive(Debug)]
struct Stages {
    trim: Gain,
    floor: Floor,
    lattice: Lattice,
    weave: Weave,
    match_eq: MatchEq,
    curve: Curve,
    mid_side: MidSide,
    multiband: Multiband,
    glue: Glue,
    drive: Saturator,
    loudness_gain: Gain,
    limiter: Limiter,
    dither: Dither,
    dry: [Lookback; 2],
    dry_delay: usize,
    bypass: Ramp,
    monitoring: Monitoring,
    meters: Meters,
    activity: ActivityMeter,
}

impl Chain {
    /// Ready for a sample rate. Allocates everything.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        Self {
            spec,
            level: Level::detect(),
            fifo: Fifo::EMPTY,
            wanted: ChainSettings::default(),
            settings: ChainSettings::default(),
            stages: Stages::new(spec),
        }
    }

    /// Ready for another sample rate. Allocates.
    pub fn prepare(&mut self, spec: Spec) {
        let level = self.level;
        *self = Self::new(spec);
        self.level = level;
    }

    /// Uses another instruction-set level than the machine's best, which only tests and benchmarks need.
    ///
    /// # Panics
    /// If this machine doesn't have the level.
    pub fn use_level(&mut self, level: Level) {
        assert!(
            Level::available().contains(&level),
            "{level:?} is not available here"
        );
        self.level = level;
    }

    /// As new: silent memory, meters at zero, and the next `process` takes its settings at once, without ramps.
    /// Never allocates.
    pub fn reset(&mut self) {
        self.fifo = Fifo::EMPTY;
        self.stages.reset();
    }

    /// Processes in place: one slice for each of one or two channels, all of one length, which may be anything.
    ///
    /// Settings take effect from the next multiple of sixteen samples after `reset` on, and then ramp. NaN, infinity
    /// and absurd values at the input count as silence. Never allocates, locks, waits or calls the system.
    pub fn process(
        &mut self,
        settings: &ChainSettings,
        monitor: Monitor,
        channels: &mut [&mut [f32]],
    ) {
        let mono = channels.len() == 1;
        let (left, right) = match channels {
            [left] => (&mut **left, None),
            [left, right, ..] => (&mut **left, Some(&mut **right)),
            [] => return,
        };
        match self.level {
            Level::Baseline => self.run::<Native>(settings, monitor, mono, left, right),
            // SAFETY: a level is only ever set when this machine has its features.
            #[cfg(target_arch = "x86_64")]
            Level::V3 => unsafe { self.run_v3(settings, monitor, mono, left, right) },
        }
        let (activity, limiter_gain) = self.stages.activity.take();
        self.stages.meters.update(mono, activity, limiter_gain);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,bmi1,bmi2")]
    fn run_v3(
        &mut self,
        s: &ChainSettings,
        m: Monitor,
        mono: bool,
        left: &mut [f32],
        right: Option<&mut [f32]>,
    ) {
        self.run::<crate::isa::Fused>(s, m, mono, left, right);
    }

    #[inline(always)]
    fn run<I: Isa>(
        &mut self,
        settings: &ChainSettings,
        monitor: Monitor,
        mono: bool,
        left: &mut [f32],
        mut right: Option<&mut [f32]>,
    ) {
        let frames = right
            .as_ref()
            .map_or(left.len(), |right| right.len().min(left.len()));
        let mut done = 0;
        while done < frames {
            let fill = self.fifo.fill;
            if fill == 0 && self.wanted != *settings {
                self.wanted = *settings;
                self.settings = settings.sanitised();
            }
            // A quantum keeps the settings that it began with; others wait until it is complete.
            let quanta = if self.wanted == *settings { GROUP } else { 1 };
            let count = (quanta * QUANTUM - fill).min(frames - done);
            let here = done..done + count;
            self.fifo.write(0, &left[here.clone()]);
            self.fifo.write(
                1,
                right
                    .as_ref()
                    .map_or(&left[here.clone()], |right| &right[here.clone()]),
            );
            let complete = (fill + count) / QUANTUM;
            if complete > 0 {
                let lanes = self
                    .fifo
                    .lanes
                    .each_mut()
                    .map(|lanes| &mut lanes[1..=complete]);
                self.stages
                    .process::<I>(&self.settings, monitor, mono, lanes);
            }
            self.fifo.read(0, &mut left[here.clone()]);
            if let Some(right) = &mut right {
                self.fifo.read(1, &mut right[here]);
            }
            self.fifo.advance(count);
            done += count;
        }
    }

    /// Delay from input to output, constant for a sample rate whatever the settings.
    #[must_use]
    pub fn latency_samples(&self) -> u32 {
        u32::try_from(COLLECTING + self.stages.latency_samples()).unwrap_or(u32::MAX)
    }

    /// The same for a chain that would be ready for this sample rate.
    #[must_use]
    pub fn latency_samples_at(sample_rate_hz: f64) -> u32 {
        let saturators = 2 * OVERSAMPLING_LATENCY;
        let samples = COLLECTING + saturators + Limiter::latency_samples_at(sample_rate_hz);
        u32::try_from(samples).unwrap_or(u32::MAX)
    }

    /// The sample rate that the chain is ready for.
    #[must_use]
    pub fn spec(&self) -> Spec {
        self.spec
    }

    /// The meters' figures after the last call of `process`.
    #[must_use]
    pub fn readings(&self) -> &Readings {
        self.stages.meters.readings()
    }

    /// Lets the meters begin anew, and nothing else. Never allocates.
    pub fn forget_meters(&mut self) {
        self.stages.meters.reset();
    }
}

impl Fifo {
    const EMPTY: Self = Self {
        lanes: [[[0.0; QUANTUM]; 1 + GROUP]; 2],
        fill: 0,
    };

    /// Frames that came in.
    fn write(&mut self, c: usize, frames: &[f32]) {
        let lanes = self.lanes[c].as_flattened_mut();
        lanes[QUANTUM + self.fill..][..frames.len()].copy_from_slice(frames);
    }

    /// What leaves instead of them.
    fn read(&self, c: usize, frames: &mut [f32]) {
        let lanes = self.lanes[c].as_flattened();
        frames.copy_from_slice(&lanes[QUANTUM + self.fill - COLLECTING..][..frames.len()]);
    }

    /// Leaves behind what was read, and keeps the last quantum of output and the incomplete one of input.
    fn advance(&mut self, frames: usize) {
        let end = self.fill + frames;
        let complete = end / QUANTUM;
        for lanes in &mut self.lanes {
            lanes.copy_within(complete..(complete + 2).min(1 + GROUP), 0);
        }
        self.fill = end % QUANTUM;
    }
}

impl Stages {
    fn new(spec: Spec) -> Self {
        let mut stages = Self {
            trim: Gain::new(),
            floor: Floor::new(),
            lattice: Lattice::new(),
            weave: Weave::new(),
            match_eq: MatchEq::new(),
            curve: Curve::new(),
            mid_side: MidSide::new(),
            multiband: Multiband::new(),
            glue: Glue::new(),
            drive: Saturator::new(),
            loudness_gain: Gain::new(),
            limiter: Limiter::new(),
            dither: Dither::new(),
            dry: core::array::from_fn(|_| Lookback::new(0, 0.0)),
            dry_delay: 0,
            bypass: Ramp::new(),
            monitoring: Monitoring::new(),
            meters: Meters::new(spec),
            activity: ActivityMeter::default(),
        };
        stages.trim.prepare(spec);
        stages.floor.prepare(spec);
        stages.lattice.prepare(spec);
        stages.weave.prepare(spec);
        stages.match_eq.prepare(spec);
        stages.curve.prepare(spec);
        stages.mid_side.prepare(spec);
        stages.multiband.prepare(spec);
        stages.glue.prepare(spec);
        stages.drive.prepare(spec);
        stages.loudness_gain.prepare(spec);
        stages.limiter.prepare(spec);
        stages.dither.prepare(spec);
        stages.bypass.prepare(spec);
        stages.monitoring.prepare(spec);
        stages.dry_delay = stages.latency_samples();
        stages.dry = core::array::from_fn(|_| Lookback::new(stages.dry_delay, 0.0));
        stages
    }

    fn reset(&mut self) {
        self.trim.reset();
        self.floor.reset();
        self.lattice.reset();
        self.weave.reset();
        self.match_eq.reset();
        self.curve.reset();
        self.mid_side.reset();
        self.multiband.reset();
        self.glue.reset();
        self.drive.reset();
        self.loudness_gain.reset();
        self.limiter.reset();
        self.dither.reset();
        self.dry.iter_mut().for_each(Lookback::reset);
        self.bypass.reset();
        self.monitoring.reset();
        self.meters.reset();
        self.activity = ActivityMeter::default();
    }

    fn latency_samples(&self) -> usize {
        self.trim.latency_samples()
            + self.floor.latency_samples()
            + self.lattice.latency_samples()
            + self.weave.latency_samples()
            + self.match_eq.latency_samples()
            + self.curve.latency_samples()
            + self.mid_side.latency_samples()
            + self.multiband.latency_samples()
            + self.glue.latency_samples()
            + self.drive.latency_samples()
            + self.loudness_gain.latency_samples()
            + self.limiter.latency_samples()
            + self.dither.latency_samples()
    }

    #[inline(always)]
    fn process<I: Isa>(
        &mut self,
        settings: &ChainSettings,
        monitor: Monitor,
        mono: bool,
        mut lanes: [&mut [Lane]; 2],
    ) {
        let count = lanes[0].len();
        let (mut dry, mut input) = ([Quantum::SILENCE; GROUP], [Quantum::SILENCE; GROUP]);
        let (dry, input) = (&mut dry[..count], &mut input[..count]);
        for c in 0..2 {
            for (q, lane) in lanes[c].iter().enumerate() {
                for i in 0..QUANTUM {
                    // Also false for NaN.
                    let sound = lane[i].abs() < LARGEST;
                    let heard = if sound { lane[i] } else { 0.0 };
                    dry[q].channels[c][i] = heard;
                    input[q].channels[c][i] = if heard.abs() > SMALLEST { heard } else { 0.0 };
                }
                self.dry[c].push(&dry[q].channels[c]);
                dry[q].channels[c] = self.dry[c].delayed(self.dry_delay);
            }
        }

        let mut output = [Quantum::SILENCE; GROUP];
        let output = &mut output[..count];
        output.copy_from_slice(input);
        let activity = &mut self.activity;
        I::run(&mut self.trim, settings.trim_db, output, |_| ());
        I::run(&mut self.floor, settings.floor, output, |floor| {
            activity.floor.see(floor.added_peaks());
        });
        I::run(&mut self.lattice, settings.lattice, output, |lattice| {
            activity.lattice.see([lattice.harmonics_peak()]);
        });
        I::run(&mut self.weave, settings.weave, output, |weave| {
            activity.weave.see(weave.safety_gains());
        });
        let gains_db = settings.curve.match_gains_db();
        I::run(&mut self.match_eq, gains_db, output, |_| ());
        let style = settings.style_target;
        I::run(&mut self.curve, (settings.curve, style), output, |curve| {
            activity.comfort.see(curve.comfort_gains());
        });
        let dynamics = settings.dynamics.switched();
        I::run(&mut self.mid_side, dynamics.mid_side, output, |mid_side| {
            activity.mid_side.see(mid_side.lowest_gains())
        });
        I::run(
            &mut self.multiband,
            dynamics.multiband,
            output,
            |multiband| activity.multiband.see(multiband.lowest_gains()),
        );
        I::run(&mut self.glue, dynamics.glue, output, |glue| {
            activity.glue.see([glue.lowest_gain()]);
        });
        let drive = SaturatorSettings::plain(dynamics.drive);
        I::run(&mut self.drive, drive, output, |drive| {
            activity.drive.see([drive.added_peak()]);
        });
        for channel in output.iter_mut().flat_map(|quantum| &mut quantum.channels) {
            for sample in channel {
                *sample = if sample.abs() > SMALLEST {
                    *sample
                } else {
                    0.0
                };
            }
        }
        let gain_db = settings.loudness_gain_db;
        I::run(&mut self.loudness_gain, gain_db, output, |_| ());
        I::run(&mut self.limiter, settings.limiter, output, |limiter| {
            activity.limiter.see([limiter.lowest_gain()]);
        });
        I::run(&mut self.dither, settings.dither, output, |_| ());
        for (dry, output) in dry.iter().zip(&mut *output) {
            let bypass = self.bypass.advance(if settings.bypass { 1.0 } else { 0.0 });
            // At 1 the output is the dry signal.
            if !bypass.is(0.0) {
                let mut bypassed = *dry;
                bypass.crossfade(output, &mut bypassed);
                *output = bypassed;
            }
        }

        self.meters.process::<I>(mono, input, output);
        for (q, (dry, output)) in dry.iter().zip(output).enumerate() {
            self.monitoring
                .process(monitor, self.meters.readings(), dry, output);
            for (lanes, channel) in lanes.iter_mut().zip(&output.channels) {
                lanes[q] = *channel;
            }
        }
    }
}
