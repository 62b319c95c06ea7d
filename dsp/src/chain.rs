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
    ChainSettings, Monitor, QUANTUM, Readings, SAMPLE_RATES_HZ, Spec,
    block::processor::Processor,
    block::quantum::{Lane, Lookback, Quantum},
    block::ramp::Ramp,
    filter::oversampling::OVERSAMPLING_LATENCY,
    lanes,
    meter::activity::ActivityMeter,
    meter::meters::Meters,
    simd::{
        isa::{Baseline, Isa},
        level::SimdLevel,
    },
    stage::dither::Dither,
    stage::gain::Gain,
    stage::glue::Glue,
    stage::harmonic_lattice::Lattice,
    stage::limiter::Limiter,
    stage::match_eq::MatchEq,
    stage::mid_side::MidSide,
    stage::monitoring::Monitoring,
    stage::multiband::Multiband,
    stage::phase_weave::Weave,
    stage::saturator::{Saturator, SaturatorSettings},
    stage::velvet_curve::Curve,
    stage::velvet_floor::Floor,
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
    level: SimdLevel,
    fifo: Fifo,
    /// What was asked for last, and what is made of it.
    wanted: ChainSettings,
    settings: ChainSettings,
    stages: Box<Stages>,
}

/// Blocks of any size on one side, quanta on the other. The samples are on the heap, as those of [`Groups`] are.
#[derive(Debug)]
struct Fifo {
    /// Of each channel: the last quantum of output, and behind it what came in, which becomes output in place. So a
    /// frame leaves [`COLLECTING`] places before the one that it came to.
    lanes: Box<[[Lane; 1 + GROUP]; 2]>,
    /// Frames of an incomplete quantum.
    fill: usize,
}

/// The larger ones each have their own place on the heap, so that none of them is ever moved over the stack.
#[derive(Debug)]
struct Stages {
    trim: Gain,
    floor: Box<Floor>,
    lattice: Box<Lattice>,
    weave: Box<Weave>,
    match_eq: Box<MatchEq>,
    curve: Box<Curve>,
    mid_side: Box<MidSide>,
    multiband: Box<Multiband>,
    glue: Box<Glue>,
    drive: Box<Saturator>,
    loudness_gain: Gain,
    limiter: Box<Limiter>,
    dither: Dither,
    dry: [Lookback; 2],
    dry_delay: usize,
    bypass: Ramp,
    monitoring: Monitoring,
    meters: Box<Meters>,
    activity: ActivityMeter,
    groups: Box<Groups>,
}

/// The quanta of a group on their way through the stages. Only [`Stages::process`] reads them, and overwrites them each
/// time; they are kept because 12 kB are much for the stack of a host's thread.
#[derive(Debug)]
struct Groups {
    dry: [Quantum; GROUP],
    input: [Quantum; GROUP],
    output: [Quantum; GROUP],
}

impl Chain {
    /// Ready for a sample rate. Allocates everything.
    ///
    /// # Panics
    /// If the rate is none of [`SAMPLE_RATES_HZ`].
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        check(spec);
        Self {
            spec,
            level: SimdLevel::detect(),
            fifo: Fifo::new(),
            wanted: ChainSettings::default(),
            settings: ChainSettings::default(),
            stages: Stages::boxed(spec),
        }
    }

    /// Ready for another sample rate. Allocates.
    ///
    /// # Panics
    /// If the rate is none of [`SAMPLE_RATES_HZ`].
    pub fn prepare(&mut self, spec: Spec) {
        check(spec);
        self.spec = spec;
        self.fifo.reset();
        self.wanted = ChainSettings::default();
        self.settings = ChainSettings::default();
        self.stages.prepare(spec);
    }

    /// Uses another instruction-set level than the machine's best, which only tests and benchmarks need.
    ///
    /// # Panics
    /// If this machine doesn't have the level.
    pub fn use_level(&mut self, level: SimdLevel) {
        assert!(
            SimdLevel::available().contains(&level),
            "{level:?} is not available here"
        );
        self.level = level;
    }

    /// As new: silent memory, meters at zero, and the next `process` takes its settings at once, without ramps.
    /// Never allocates.
    pub fn reset(&mut self) {
        self.fifo.reset();
        self.stages.reset();
    }

    /// Processes in place: one slice for each of one or two channels, all of one length, which may be anything.
    ///
    /// Settings take effect from the next multiple of sixteen samples after `reset` on, and then ramp. NaN, infinity,
    /// absurd values and subnormal numbers at the input count as silence. The output never has any of them. Never allocates, locks, waits or calls the system.
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
            SimdLevel::Baseline => self.run::<Baseline>(settings, monitor, mono, left, right),
            // SAFETY: a level is only ever set when this machine has its features.
            #[cfg(target_arch = "x86_64")]
            SimdLevel::V3 => unsafe { self.run_v3(settings, monitor, mono, left, right) },
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
        self.run::<crate::simd::isa::Fused>(s, m, mono, left, right);
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

    /// The delay that a chain has at a sample rate, samples; 0 at a rate that is none of [`SAMPLE_RATES_HZ`].
    #[must_use]
    pub fn latency_samples_at(sample_rate_hz: f64) -> u32 {
        if !SAMPLE_RATES_HZ.contains(&sample_rate_hz) {
            return 0;
        }
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

fn check(Spec { sample_rate_hz }: Spec) {
    assert!(
        SAMPLE_RATES_HZ.contains(&sample_rate_hz),
        "the sample rate {sample_rate_hz} Hz is outside {SAMPLE_RATES_HZ:?}"
    );
}

impl Fifo {
    /// Silence. Allocates.
    #[inline(never)]
    fn new() -> Self {
        Self {
            lanes: Box::new([[[0.0; QUANTUM]; 1 + GROUP]; 2]),
            fill: 0,
        }
    }

    /// Silence again.
    fn reset(&mut self) {
        self.lanes.as_flattened_mut().fill([0.0; QUANTUM]);
        self.fill = 0;
    }

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
        for lanes in self.lanes.iter_mut() {
            lanes.copy_within(complete..(complete + 2).min(1 + GROUP), 0);
        }
        self.fill = end % QUANTUM;
    }
}

impl Groups {
    /// Allocates.
    #[inline(never)]
    fn boxed() -> Box<Self> {
        const SILENCE: [Quantum; GROUP] = [Quantum::SILENCE; GROUP];
        Box::new(Self {
            dry: SILENCE,
            input: SILENCE,
            output: SILENCE,
        })
    }
}

/// Zero in the place of a subnormal number, and every other number, −0 too, as it is.
///
/// It looks at the bits, because on a thread that treats subnormal numbers as zero (DAZ) no comparison of values tells
/// them from zero, while a copy keeps them.
#[inline(always)]
fn flushed(sample: f32) -> f32 {
    let magnitude = sample.to_bits() & 0x7fff_ffff;
    // Zero wraps round to the highest number.
    if magnitude.wrapping_sub(1) < f32::MIN_POSITIVE.to_bits() - 1 {
        0.0
    } else {
        sample
    }
}

/// A stage that is not yet prepared. A function of its own, so that the stack holds one stage at a time. Allocates.
#[inline(never)]
fn boxed<P: Processor + Default>() -> Box<P> {
    Box::default()
}

impl Stages {
    /// Allocates.
    #[inline(never)]
    fn boxed(spec: Spec) -> Box<Self> {
        let mut stages = Box::new(Self {
            trim: Gain::new(),
            floor: boxed(),
            lattice: boxed(),
            weave: boxed(),
            match_eq: boxed(),
            curve: boxed(),
            mid_side: boxed(),
            multiband: boxed(),
            glue: boxed(),
            drive: boxed(),
            loudness_gain: Gain::new(),
            limiter: boxed(),
            dither: Dither::new(),
            dry: core::array::from_fn(|_| Lookback::new(0, 0.0)),
            dry_delay: 0,
            bypass: Ramp::new(),
            monitoring: Monitoring::new(),
            meters: Box::new(Meters::new(spec)),
            activity: ActivityMeter::default(),
            groups: Groups::boxed(),
        });
        stages.prepare(spec);
        stages
    }

    /// As new at another sample rate. Allocates.
    fn prepare(&mut self, spec: Spec) {
        self.trim.prepare(spec);
        self.floor.prepare(spec);
        self.lattice.prepare(spec);
        self.weave.prepare(spec);
        self.match_eq.prepare(spec);
        self.curve.prepare(spec);
        self.mid_side.prepare(spec);
        self.multiband.prepare(spec);
        self.glue.prepare(spec);
        self.drive.prepare(spec);
        self.loudness_gain.prepare(spec);
        self.limiter.prepare(spec);
        self.dither.prepare(spec);
        self.bypass.prepare(spec);
        self.monitoring.prepare(spec);
        self.meters.prepare(spec);
        self.dry_delay = self.latency_samples();
        self.dry = core::array::from_fn(|_| Lookback::new(self.dry_delay, 0.0));
        self.activity = ActivityMeter::default();
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
        let Groups { dry, input, output } = &mut *self.groups;
        let (dry, input) = (&mut dry[..count], &mut input[..count]);
        for c in 0..2 {
            for (q, lane) in lanes[c].iter().enumerate() {
                for i in 0..QUANTUM {
                    // Also false for NaN.
                    let sound = lane[i].abs() < LARGEST;
                    let heard = flushed(if sound { lane[i] } else { 0.0 });
                    dry[q].channels[c][i] = heard;
                    input[q].channels[c][i] = if heard.abs() > SMALLEST { heard } else { 0.0 };
                }
                self.dry[c].push(&dry[q].channels[c]);
                dry[q].channels[c] = self.dry[c].delayed(self.dry_delay);
            }
        }

        let output = &mut output[..count];
        output.copy_from_slice(input);
        let activity = &mut self.activity;
        I::run(&mut self.trim, settings.trim_db, output, |_| ());
        I::run(&mut *self.floor, settings.floor, output, |floor| {
            activity.floor.see(floor.added_peaks());
        });
        I::run(&mut *self.lattice, settings.lattice, output, |lattice| {
            activity.lattice.see([lattice.harmonics_peak()]);
        });
        I::run(&mut *self.weave, settings.weave, output, |weave| {
            activity.weave.see(weave.safety_gains());
        });
        let gains_db = settings.curve.match_gains_db();
        I::run(&mut *self.match_eq, gains_db, output, |_| ());
        let style = settings.style_target;
        I::run(&mut *self.curve, (settings.curve, style), output, |curve| {
            activity.comfort.see(curve.comfort_gains());
        });
        let dynamics = settings.dynamics.switched();
        I::run(&mut *self.mid_side, dynamics.mid_side, output, |mid_side| {
            activity.mid_side.see(mid_side.lowest_gains())
        });
        I::run(
            &mut *self.multiband,
            dynamics.multiband,
            output,
            |multiband| activity.multiband.see(multiband.lowest_gains()),
        );
        I::run(&mut *self.glue, dynamics.glue, output, |glue| {
            activity.glue.see([glue.lowest_gain()]);
        });
        let drive = SaturatorSettings::plain(dynamics.drive);
        I::run(&mut *self.drive, drive, output, |drive| {
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
        I::run(&mut *self.limiter, settings.limiter, output, |limiter| {
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
                // A crossfade or a monitor gain can make a subnormal number of a tiny sample.
                lanes[q] = lanes!(i => flushed(channel[i]));
            }
        }
    }
}
