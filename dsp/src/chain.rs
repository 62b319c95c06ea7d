//! The whole chain: host blocks in, quanta through the stages, host blocks out.
//!
//! ```text
//! input → trim → Floor → Lattice → Weave → Match → bells → Curve → mid/side → multiband → glue → drive → gain → limiter → dither → bypass → monitor
//!   │                                                                                                                      │
//!   └─ meters, delay for bypass and comparison                                                                      meters ─┘
//! ```
//!
//! The stages work on quanta of sixteen frames, counted from `reset`, whatever blocks the host sends. So no block split can
//! change a bit of the output, control changes lie on one grid, and every kernel has a fixed length. The price is a
//! latency of fifteen samples.
//!
//! The complete quanta of a block go from stage to stage in groups, because code and coefficients of all stages exceed the
//! nearest caches. A stage processes its quanta one after the other, so the groups can't change a bit either.

mod fifo;
mod stages;

use crate::{
    ChainSettings, Monitor, QUANTUM, Readings, SAMPLE_RATES_HZ, Spec,
    block::{
        lookback::Lookback,
        quantum::{Lane, Quantum},
        ramp::Ramp,
    },
    filter::oversampling::OVERSAMPLING_LATENCY,
    meter::{activity::ActivityMeter, meters::Meters},
    simd::{
        isa::{Baseline, Isa},
        level::SimdLevel,
    },
    stage::{
        flush_to_zero::{flush_subnormal, flush_to_zero},
        limiter::Limiter,
        monitoring::Monitoring,
    },
};
use fifo::{COLLECTING, Fifo, GROUP};
use stages::Stages;

/// Input beyond this (180 dBFS) counts as silence, as NaN does.
const LARGEST: f32 = 1e9;

/// Flow's processing, from input to output.
#[derive(Debug)]
pub struct Chain {
    spec: Spec,
    level: SimdLevel,
    fifo: Fifo,
    /// The settings of the last call.
    requested: ChainSettings,
    /// The same within their ranges, with the switched-off dynamics at 0.
    settings: ChainSettings,
    path: Box<SignalPath>,
}

/// The stages and the parts around them.
#[derive(Debug)]
struct SignalPath {
    stages: Stages,
    dry: [Lookback; 2],
    dry_delay: usize,
    bypass: Ramp,
    monitoring: Monitoring,
    /// The newest quantum of output, before monitor states.
    unmonitored: Quantum,
    meters: Box<Meters>,
    activity: ActivityMeter,
    groups: Box<Groups>,
}

/// The quanta of a group on their way through the stages.
///
/// [`SignalPath::process`] overwrites them each time; they are kept because 12 kB are much for the stack of a host's
/// thread.
#[derive(Debug)]
struct Groups {
    dry: [Quantum; GROUP],
    input: [Quantum; GROUP],
    output: [Quantum; GROUP],
}

impl Chain {
    /// A chain for a sample rate. Allocates everything.
    ///
    /// # Panics
    /// If the rate is outside [`SAMPLE_RATES_HZ`].
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        check(spec);
        Self {
            spec,
            level: SimdLevel::detect(),
            fifo: Fifo::new(),
            requested: ChainSettings::default(),
            settings: ChainSettings::default(),
            path: SignalPath::boxed(spec),
        }
    }

    /// Changes the sample rate, and resets. Allocates.
    ///
    /// # Panics
    /// If the rate is outside [`SAMPLE_RATES_HZ`].
    pub fn prepare(&mut self, spec: Spec) {
        check(spec);
        self.spec = spec;
        self.fifo.reset();
        self.requested = ChainSettings::default();
        self.settings = ChainSettings::default();
        self.path.prepare(spec);
    }

    /// Selects another instruction-set level than the machine's best, for tests and benchmarks.
    ///
    /// # Panics
    /// If this machine doesn't have the level.
    pub fn use_level(&mut self, level: SimdLevel) {
        assert!(
            SimdLevel::available().contains(&level),
            "{level:?} is not available on this machine"
        );
        self.level = level;
    }

    /// Clears all memory and the meters. The next `process` takes its settings at once, without ramps. Never allocates.
    pub fn reset(&mut self) {
        self.reset_audio();
        self.path.meters.reset();
    }

    /// As [`reset`](Self::reset), but the meters keep what they have measured since their last reset: integrated loudness, range,
    /// maxima and peaks. The output is that after `reset`, bit for bit. Never allocates.
    pub fn reset_audio(&mut self) {
        self.fifo.reset();
        self.path.reset();
    }

    /// Processes in place: one slice for each of one or two channels, of one length, which may be anything.
    ///
    /// Settings take effect from the next multiple of sixteen samples after `reset` on, and then ramp. NaN, infinity,
    /// values beyond 180 dBFS and subnormal numbers in the input count as silence; the output has none of them. Never
    /// allocates, locks, waits or calls the system.
    pub fn process(
        &mut self,
        settings: &ChainSettings,
        monitor: Monitor,
        channels: &mut [&mut [f32]],
    ) {
        self.process_with_tap(settings, monitor, channels, &mut |_| {});
    }

    /// As [`process`](Self::process), and passes the output before monitor states other than a solo to `tap`, in whole quanta.
    /// A mono signal has two equal channels there.
    pub fn process_with_tap(
        &mut self,
        settings: &ChainSettings,
        monitor: Monitor,
        channels: &mut [&mut [f32]],
        tap: &mut dyn FnMut(&[Quantum]),
    ) {
        let soloed;
        let settings = match monitor.solo {
            Some(stage) => {
                soloed = settings.soloed(stage);
                &soloed
            }
            None => settings,
        };
        let mono = channels.len() == 1;
        let (left, right) = match channels {
            [left] => (&mut **left, None),
            [left, right, ..] => (&mut **left, Some(&mut **right)),
            [] => return,
        };
        match self.level {
            SimdLevel::Baseline => self.run::<Baseline>(settings, monitor, mono, left, right, tap),
            // SAFETY: `use_level` and `SimdLevel::detect` only give levels that this machine has.
            #[cfg(target_arch = "x86_64")]
            SimdLevel::V3 => unsafe { self.run_v3(settings, monitor, mono, left, right, tap) },
        }
        let (activity, limiter_gain) = self.path.activity.take();
        let monitor_gain = self.path.monitoring.gain();
        self.path
            .meters
            .update(mono, activity, limiter_gain, monitor_gain);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,bmi1,bmi2")]
    fn run_v3(
        &mut self,
        settings: &ChainSettings,
        monitor: Monitor,
        mono: bool,
        left: &mut [f32],
        right: Option<&mut [f32]>,
        tap: &mut dyn FnMut(&[Quantum]),
    ) {
        self.run::<crate::simd::isa::FusedMultiplyAdd>(settings, monitor, mono, left, right, tap);
    }

    #[inline(always)]
    fn run<I: Isa>(
        &mut self,
        settings: &ChainSettings,
        monitor: Monitor,
        mono: bool,
        left: &mut [f32],
        mut right: Option<&mut [f32]>,
        tap: &mut dyn FnMut(&[Quantum]),
    ) {
        let frames = right
            .as_ref()
            .map_or(left.len(), |right| right.len().min(left.len()));
        let mut done = 0;
        while done < frames {
            let fill = self.fifo.fill;
            if fill == 0 && self.requested != *settings {
                // The loudness match keeps its gain through bypass.
                let before = ChainSettings {
                    bypass: settings.bypass,
                    ..self.requested
                };
                if before != *settings {
                    self.path.meters.restart_loudness_match();
                }
                self.requested = *settings;
                self.settings = settings.sanitized();
                self.settings.dynamics = self.settings.dynamics.switched();
            }
            // A quantum keeps the settings that it began with; new ones wait until it is complete.
            let quanta = if self.requested == *settings {
                GROUP
            } else {
                1
            };
            let count = (quanta * QUANTUM - fill).min(frames - done);
            let range = done..done + count;
            self.fifo.write(0, &left[range.clone()]);
            self.fifo.write(
                1,
                right
                    .as_ref()
                    .map_or(&left[range.clone()], |right| &right[range.clone()]),
            );
            let complete = (fill + count) / QUANTUM;
            if complete > 0 {
                let lanes = self.fifo.quanta(complete);
                self.path
                    .process::<I>(&self.settings, monitor, mono, lanes, tap);
            }
            self.fifo.read(0, &mut left[range.clone()]);
            if let Some(right) = &mut right {
                self.fifo.read(1, &mut right[range]);
            }
            self.fifo.advance(count);
            done += count;
        }
    }

    /// Ends monitor states without their crossfade, from the next sample on: the output that waits is replaced by the one before
    /// monitor states. A solo is a setting of the stages: only [`reset`](Self::reset) ends it without a glide. Never allocates.
    pub fn end_monitoring_at_once(&mut self) {
        self.path.monitoring.reset();
        let waiting = self.path.unmonitored.channels;
        self.fifo
            .replace_output(waiting.map(|lane| lane.map(flush_subnormal)));
    }

    /// The delay from input to output, samples; constant for a sample rate, whatever the settings.
    #[must_use]
    pub fn latency_samples(&self) -> u32 {
        u32::try_from(COLLECTING + self.path.dry_delay).unwrap_or(u32::MAX)
    }

    /// The delay of a chain at a sample rate, samples; 0 at a rate outside [`SAMPLE_RATES_HZ`].
    #[must_use]
    pub fn latency_samples_at(sample_rate_hz: f64) -> u32 {
        if !SAMPLE_RATES_HZ.contains(&sample_rate_hz) {
            return 0;
        }
        let saturators = 2 * OVERSAMPLING_LATENCY;
        let samples = COLLECTING + saturators + Limiter::latency_samples_at(sample_rate_hz);
        u32::try_from(samples).unwrap_or(u32::MAX)
    }

    /// The sample rate that the chain is prepared for.
    #[must_use]
    pub fn spec(&self) -> Spec {
        self.spec
    }

    /// The readings of the meters after the last call of `process`.
    #[must_use]
    pub fn readings(&self) -> &Readings {
        self.path.meters.readings()
    }

    /// Resets the meters and nothing else: monitor states keep their gains. Never allocates.
    pub fn reset_meters(&mut self) {
        self.path.meters.reset_readings();
    }
}

fn check(Spec { sample_rate_hz }: Spec) {
    assert!(
        SAMPLE_RATES_HZ.contains(&sample_rate_hz),
        "the sample rate {sample_rate_hz} Hz is outside {SAMPLE_RATES_HZ:?}"
    );
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

impl SignalPath {
    /// Allocates.
    #[inline(never)]
    fn boxed(spec: Spec) -> Box<Self> {
        let mut path = Box::new(Self {
            stages: Stages::new(),
            dry: core::array::from_fn(|_| Lookback::new(0, 0.0)),
            dry_delay: 0,
            bypass: Ramp::new(),
            monitoring: Monitoring::default(),
            unmonitored: Quantum::SILENCE,
            meters: Box::new(Meters::new(spec)),
            activity: ActivityMeter::default(),
            groups: Groups::boxed(),
        });
        path.prepare(spec);
        path
    }

    /// Changes the sample rate, and resets. Allocates.
    fn prepare(&mut self, spec: Spec) {
        self.stages.prepare(spec);
        self.bypass.prepare(spec);
        self.monitoring.prepare(spec);
        self.unmonitored = Quantum::SILENCE;
        self.meters.prepare(spec);
        self.dry_delay = self.stages.latency_samples();
        self.dry = core::array::from_fn(|_| Lookback::new(self.dry_delay, 0.0));
        self.activity = ActivityMeter::default();
    }

    /// Clears all memory. The meters keep their measures.
    fn reset(&mut self) {
        self.stages.reset();
        self.dry.iter_mut().for_each(Lookback::reset);
        self.bypass.reset();
        self.monitoring.reset();
        self.unmonitored = Quantum::SILENCE;
        self.meters.clear_memory();
        self.activity = ActivityMeter::default();
    }

    #[inline(always)]
    fn process<I: Isa>(
        &mut self,
        settings: &ChainSettings,
        monitor: Monitor,
        mono: bool,
        mut lanes: [&mut [Lane]; 2],
        tap: &mut dyn FnMut(&[Quantum]),
    ) {
        // Bypass is the exact input, whatever is listened to.
        let monitor = if settings.bypass {
            Monitor::default()
        } else {
            monitor
        };
        let count = lanes[0].len();
        let Groups { dry, input, output } = &mut *self.groups;
        let (dry, input) = (&mut dry[..count], &mut input[..count]);
        for c in 0..2 {
            for sample in lanes[c].as_flattened_mut() {
                // False for NaN too.
                let is_valid = sample.abs() < LARGEST;
                *sample = flush_subnormal(if is_valid { *sample } else { 0.0 });
            }
            for (q, lane) in lanes[c].iter().enumerate() {
                self.dry[c].push(lane);
                dry[q].channels[c] = self.dry[c].delayed(self.dry_delay);
                input[q].channels[c] = flush_to_zero(lane);
            }
        }

        let output = &mut output[..count];
        output.copy_from_slice(input);
        self.stages
            .process::<I>(settings, &mut self.activity, output);
        let mut are_bypassed = [false; GROUP];
        for ((dry, output), is_bypassed) in dry.iter().zip(&mut *output).zip(&mut are_bypassed) {
            let bypass = self.bypass.advance(if settings.bypass { 1.0 } else { 0.0 });
            *is_bypassed = !bypass.is(0.0);
            // At 1 the output is the dry signal.
            if *is_bypassed {
                bypass.crossfade_to::<I>(output, *dry);
            }
        }

        self.meters
            .process::<I>(mono, input, output, &are_bypassed[..count]);
        tap(output);
        if let Some(newest) = output.last() {
            self.unmonitored = *newest;
        }
        for (q, (dry, output)) in dry.iter().zip(output).enumerate() {
            self.monitoring
                .process::<I>(monitor, &self.meters, dry, output);
            for (lanes, channel) in lanes.iter_mut().zip(&output.channels) {
                lanes[q] = *channel;
            }
        }
        // A crossfade or a monitor gain can make a tiny sample subnormal.
        for lanes in &mut lanes {
            for sample in lanes.as_flattened_mut() {
                *sample = flush_subnormal(*sample);
            }
        }
    }
}
