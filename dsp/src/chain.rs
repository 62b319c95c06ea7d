//! The whole chain: host blocks in, quanta through the processors, host blocks out.
//!
//! ```text
//! input → trim → Floor → Lattice → Weave → Curve → mid/side → multiband → glue → drive → gain → limiter → dither → bypass → monitor
//!   │                                                                                                              │
//!   └─ meters, spectrum, delay for bypass and comparison                                          meters, spectrum ─┘
//! ```
//!
//! Everything inside works on quanta of sixteen frames counted from `reset`, whatever blocks the host sends; a block
//! only moves samples in and out. So no block split can change a bit of the output, control changes always lie on
//! the same grid, and every kernel has a fixed length. The price is fifteen samples of latency.

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
    meters::Meters,
    mid_side::MidSide,
    monitoring::Monitoring,
    multiband::Multiband,
    processor::Processor,
    quantum::{Lookback, Quantum},
    ramp::Ramp,
    saturator::{Saturator, SaturatorSettings},
    spectrum::{Spectrum, SpectrumFrame},
    weave::Weave,
};

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
    input: Quantum,
    output: Quantum,
    fill: usize,
}

#[derive(Debug)]
struct Stages {
    trim: Gain,
    floor: Floor,
    lattice: Lattice,
    weave: Weave,
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
    spectra: Spectra,
}

/// Spectra of input and output, made only while somebody wants them.
#[derive(Debug)]
struct Spectra {
    wanted: bool,
    analysers: [Spectrum; 2],
    frames: [SpectrumFrame; 2],
    fresh: [bool; 2],
}

/// Which signal a spectrum is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tap {
    /// As it comes in.
    Input,
    /// As it leaves, before monitor states.
    Output,
}

impl Chain {
    /// Ready for a sample rate. Allocates everything.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        Self {
            spec,
            level: Level::detect(),
            fifo: Fifo {
                input: Quantum::SILENCE,
                output: Quantum::SILENCE,
                fill: 0,
            },
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
        self.fifo = Fifo {
            input: Quantum::SILENCE,
            output: Quantum::SILENCE,
            fill: 0,
        };
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
        let activity = self.stages.activity.take();
        self.stages.meters.update(mono, activity);
        self.stages.spectra.analyse_one();
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
            let count = (QUANTUM - fill).min(frames - done);
            let here = done..done + count;
            let [in_left, in_right] = &mut self.fifo.input.channels;
            in_left[fill..fill + count].copy_from_slice(&left[here.clone()]);
            let second = right
                .as_ref()
                .map_or(&left[here.clone()], |right| &right[here.clone()]);
            in_right[fill..fill + count].copy_from_slice(second);

            self.fifo.fill += count;
            let mut last = None;
            if self.fifo.fill == QUANTUM {
                self.fifo.fill = 0;
                let processed =
                    self.stages
                        .process::<I>(&self.settings, monitor, mono, self.fifo.input);
                last = Some(core::mem::replace(&mut self.fifo.output, processed));
            }
            // The frame that fills a quantum gets the first of that quantum; the frames before it get the rest of
            // the one before.
            let earlier = last.as_ref().unwrap_or(&self.fifo.output);
            let from_earlier = count - usize::from(last.is_some());
            for (c, channel) in [Some(&mut *left), right.as_deref_mut()]
                .into_iter()
                .flatten()
                .enumerate()
            {
                let out = &mut channel[here.clone()];
                out[..from_earlier]
                    .copy_from_slice(&earlier.channels[c][fill + 1..fill + 1 + from_earlier]);
                if last.is_some() {
                    out[from_earlier] = self.fifo.output.channels[c][0];
                }
            }
            done += count;
        }
    }

    /// Delay from input to output, constant for a sample rate whatever the settings.
    #[must_use]
    pub fn latency_samples(&self) -> u32 {
        u32::try_from(COLLECTING + self.stages.latency_samples()).unwrap_or(u32::MAX)
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

    /// Starts or stops making spectra. While nobody wants them they cost nothing.
    pub fn want_spectra(&mut self, wanted: bool) {
        self.stages.spectra.wanted = wanted;
    }

    /// The newest spectrum of a tap, once. At most one spectrum is made in a call of `process`.
    pub fn take_spectrum(&mut self, tap: Tap) -> Option<&SpectrumFrame> {
        self.stages.spectra.take(tap)
    }
}

impl Stages {
    fn new(spec: Spec) -> Self {
        let mut stages = Self {
            trim: Gain::new(),
            floor: Floor::new(),
            lattice: Lattice::new(),
            weave: Weave::new(),
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
            activity: ActivityMeter::new(),
            spectra: Spectra::new(spec),
        };
        stages.trim.prepare(spec);
        stages.floor.prepare(spec);
        stages.lattice.prepare(spec);
        stages.weave.prepare(spec);
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
        self.activity = ActivityMeter::new();
        self.spectra.reset();
    }

    fn latency_samples(&self) -> usize {
        self.trim.latency_samples()
            + self.floor.latency_samples()
            + self.lattice.latency_samples()
            + self.weave.latency_samples()
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
        raw: Quantum,
    ) -> Quantum {
        let mut input = raw;
        let mut dry = raw;
        for (c, memory) in self.dry.iter_mut().enumerate() {
            for (heard, processed) in dry.channels[c].iter_mut().zip(&mut input.channels[c]) {
                // Also false for NaN.
                let sound = heard.abs() < LARGEST;
                *heard = if sound { *heard } else { 0.0 };
                *processed = if heard.abs() > SMALLEST { *heard } else { 0.0 };
            }
            memory.push(&dry.channels[c]);
            dry.channels[c] = memory.delayed(self.dry_delay);
        }

        let mut output = input;
        I::run(&mut self.trim, settings.trim_db, &mut output);
        I::run(&mut self.floor, settings.floor, &mut output);
        I::run(&mut self.lattice, settings.lattice, &mut output);
        I::run(&mut self.weave, settings.weave, &mut output);
        I::run(
            &mut self.curve,
            (settings.curve, settings.style_target),
            &mut output,
        );
        let dynamics = settings.dynamics.switched();
        I::run(&mut self.mid_side, dynamics.mid_side, &mut output);
        I::run(&mut self.multiband, dynamics.multiband, &mut output);
        I::run(&mut self.glue, dynamics.glue, &mut output);
        I::run(
            &mut self.drive,
            SaturatorSettings::plain(dynamics.drive),
            &mut output,
        );
        self.activity.observe(
            (&self.floor, &self.lattice, &self.weave, &self.curve),
            (&self.mid_side, &self.multiband, &self.glue, &self.drive),
        );
        for channel in &mut output.channels {
            for sample in channel {
                *sample = if sample.abs() > SMALLEST {
                    *sample
                } else {
                    0.0
                };
            }
        }
        I::run(
            &mut self.loudness_gain,
            settings.loudness_gain_db,
            &mut output,
        );
        I::run(&mut self.limiter, settings.limiter, &mut output);
        I::run(&mut self.dither, settings.dither, &mut output);
        let bypass = self.bypass.advance(if settings.bypass { 1.0 } else { 0.0 });
        // At 1 the output is the dry signal.
        let mut bypassed = dry;
        if !bypass.is(0.0) {
            bypass.crossfade(&output, &mut bypassed);
            output = bypassed;
        }

        self.meters
            .process::<I>(mono, &input, &output, self.limiter.lowest_gain());
        self.spectra.push(&input, &output);
        self.monitoring
            .process(monitor, self.meters.readings(), &dry, &mut output);
        output
    }
}

impl Spectra {
    fn new(spec: Spec) -> Self {
        let analyser = Spectrum::new(spec);
        let frame = analyser.frame(spec);
        Self {
            wanted: false,
            analysers: [analyser.clone(), analyser],
            frames: [frame.clone(), frame],
            fresh: [false; 2],
        }
    }

    fn reset(&mut self) {
        self.analysers.iter_mut().for_each(Spectrum::reset);
        self.fresh = [false; 2];
    }

    #[inline(always)]
    fn push(&mut self, input: &Quantum, output: &Quantum) {
        if self.wanted {
            self.analysers[0].push(input);
            self.analysers[1].push(output);
        }
    }

    fn analyse_one(&mut self) {
        if !self.wanted {
            return;
        }
        if let Some(i) = self.analysers.iter().position(Spectrum::due) {
            self.analysers[i].analyse(&mut self.frames[i]);
            self.fresh[i] = true;
        }
    }

    fn take(&mut self, tap: Tap) -> Option<&SpectrumFrame> {
        let i = match tap {
            Tap::Input => 0,
            Tap::Output => 1,
        };
        core::mem::take(&mut self.fresh[i]).then_some(&self.frames[i])
    }
}
