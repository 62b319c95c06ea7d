//! Instructions per processor, counted by callgrind, exactly repeatable on one machine and compiler.
//!
//! Each benchmark processes one second of noise at 48 kHz in stereo, so 48 000 instructions are one per frame. The limits
//! are about 10 % above the counts; a change that raises one gives its reason.

// The benchmark macros generate public modules that nothing can document.
#![allow(missing_docs)]

use flow_dsp::{
    Baseline, Chain, ChainSettings, DitherDepth, DitherSettings, LimiterSettings, Monitor, QUANTUM,
    Quantum, SimdLevel, Spec,
    internals::{
        dither::Dither, drive::Drive, free_bells::FreeBells, gain::Gain, glue::Glue,
        harmonic_lattice::HarmonicLattice, isa::Isa, limiter::Limiter, match_eq::MatchEq,
        meters::Meters, mid_side::MidSide, multiband::Multiband, phase_weave::PhaseWeave,
        processor::Processor, velvet_curve::VelvetCurve, velvet_floor::VelvetFloor,
    },
};
use flow_testkit::settings::everything_on;
use gungraun::{
    Callgrind, EntryPoint, EventKind, LibraryBenchmarkConfig, library_benchmark,
    library_benchmark_group, main,
};
use std::hint::black_box;

const SPEC: Spec = Spec {
    sample_rate_hz: 48_000.0,
};
const FRAMES: usize = 48_000;

/// The limit of instructions for a second. It holds for x86-64-v3; other levels are only counted.
fn limit(per_frame: u64) -> u64 {
    if SimdLevel::detect() == SimdLevel::Baseline {
        return u64::MAX;
    }
    per_frame * FRAMES as u64
}

/// One second of white noise at about −5 dBFS.
fn noise() -> Vec<Quantum> {
    let mut state = 1_u32;
    let mut sample = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f32::from(u16::try_from(state >> 16).unwrap_or(0)) / 32_768.0 - 1.0) * 0.97
    };
    (0..FRAMES / QUANTUM)
        .map(|_| Quantum {
            channels: [(); 2].map(|()| [(); QUANTUM].map(|()| sample())),
        })
        .collect()
}

/// A processor with its settings, or the meters.
trait Stage {
    fn run<I: Isa>(&mut self, quantum: &mut Quantum);
}

impl<P: Processor> Stage for (P, P::Settings) {
    #[inline(always)]
    fn run<I: Isa>(&mut self, quantum: &mut Quantum) {
        self.0.process::<I>(black_box(self.1), quantum);
    }
}

impl Stage for Meters {
    #[inline(always)]
    fn run<I: Isa>(&mut self, quantum: &mut Quantum) {
        let quanta = core::slice::from_ref(quantum);
        self.process::<I>(false, quanta, quanta, &[false]);
    }
}

/// Runs a stage with the target features that the chain selects. It lies outside the benchmark functions, because callgrind
/// doesn't count functions that are nested in them.
fn run_at_best_level<S: Stage>(stage: &mut S, quanta: &mut [Quantum]) {
    #[cfg(target_arch = "x86_64")]
    if SimdLevel::detect() == SimdLevel::V3 {
        // SAFETY: the level was detected.
        return unsafe { run_v3(stage, quanta) };
    }
    quanta
        .iter_mut()
        .for_each(|quantum| stage.run::<Baseline>(quantum));
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,bmi1,bmi2")]
fn run_v3<S: Stage>(stage: &mut S, quanta: &mut [Quantum]) {
    for quantum in quanta {
        stage.run::<flow_dsp::internals::isa::FusedMultiplyAdd>(quantum);
    }
}

/// A benchmark of a stage with its limit of instructions per frame.
macro_rules! stage_benchmark {
    ($name:ident, $stage:ty, $prepared:expr, $limit:expr) => {
        #[library_benchmark(
                            config = LibraryBenchmarkConfig::default().tool(
                                Callgrind::default().hard_limits([(EventKind::Ir, limit($limit))])
                            )
                        )]
        #[bench::noise_48k(($prepared, noise()))]
        fn $name(mut state: ($stage, Vec<Quantum>)) -> ($stage, Vec<Quantum>) {
            run_at_best_level(&mut state.0, &mut state.1);
            state
        }
    };
}

fn prepared<P: Processor + Default>(settings: P::Settings) -> (P, P::Settings) {
    let mut processor = P::default();
    processor.prepare(SPEC);
    (processor, settings)
}

const DITHER: DitherSettings = DitherSettings {
    depth: DitherDepth::Bits24,
    noise_shaping: false,
};
const SHAPED: DitherSettings = DitherSettings {
    depth: DitherDepth::Bits16,
    noise_shaping: true,
};

/// Benchmarks of processors with their settings and their limits of instructions per frame.
macro_rules! processor_benchmarks {
    ($($name:ident: $processor:ty, $settings:expr, $limit:expr;)+) => {
        $(stage_benchmark!(
            $name,
            ($processor, <$processor as Processor>::Settings),
            prepared::<$processor>($settings),
            $limit
        );)+
    };
}

processor_benchmarks! {
    gain: Gain, 3.0, 4;
    floor: VelvetFloor, everything_on().floor, 119;
    lattice: HarmonicLattice, everything_on().lattice, 195;
    // Shelves that leave the middle alone: the side's bands are measured and filtered apart.
    weave: PhaseWeave, everything_on().weave, 159;
    curve: VelvetCurve, (everything_on().curve, everything_on().style_target), 121;
    match_eq: MatchEq, everything_on().curve.match_gains_db(), 73;
    // With several codegen units it takes 2 fewer, and the whole library a third more time to compile.
    free_bells: FreeBells, everything_on().curve.free_bells(), 33;
    // The make-up gain takes 4 to 10 instructions of each compressor. One codegen unit takes 1 more, as above.
    mid_side: MidSide, everything_on().dynamics.mid_side, 77;
    multiband: Multiband, everything_on().dynamics.multiband, 175;
    glue: Glue, everything_on().dynamics.glue, 73;
    drive: Drive, 0.3, 123;
    limiter: Limiter, LimiterSettings::default(), 140;
    dither_24_bit: Dither, DITHER, 17;
    // Errors in one row per channel would take fewer instructions, but 15 ns instead of 11, because they wait.
    dither_shaped: Dither, SHAPED, 58;
}
stage_benchmark!(meters, Meters, Meters::new(SPEC), 144);

/// A chain with its settings, and a second of audio.
struct Playback {
    chain: Chain,
    settings: ChainSettings,
    channels: [Vec<f32>; 2],
}

fn playback(settings: ChainSettings, gain: f32) -> Playback {
    let quanta = noise();
    let channel = |c: usize| {
        let samples = quanta.iter().flat_map(|quantum| quantum.channels[c]);
        samples.map(|sample| gain * sample).collect()
    };
    let mut playback = Playback {
        chain: Chain::new(SPEC),
        settings,
        channels: [channel(0), channel(1)],
    };
    // The first second is for ramps, and for stages to come to rest.
    let channels = playback.channels.clone();
    play(&mut playback);
    playback.channels = channels;
    playback
}

fn play(playback: &mut Playback) {
    let settings = black_box(&playback.settings);
    let [left, right] = &mut playback.channels;
    for (left, right) in left.chunks_mut(512).zip(right.chunks_mut(512)) {
        let monitor = Monitor::default();
        playback
            .chain
            .process(settings, monitor, &mut [left, right]);
    }
}

/// Benchmarks of the chain with its settings, the gain of the noise, and the limit of instructions per frame.
macro_rules! chain_benchmarks {
    ($($name:ident: $settings:expr, $gain:expr, $limit:expr;)+) => {
        $(
            #[library_benchmark(
                config = LibraryBenchmarkConfig::default().tool(
                    Callgrind::default().hard_limits([(EventKind::Ir, limit($limit))])
                )
            )]
            #[bench::blocks_of_512(playback($settings, $gain))]
            fn $name(mut state: Playback) -> Playback {
                play(&mut state);
                state
            }
        )+
    };
}

chain_benchmarks! {
    chain_with_everything_on: everything_on(), 1.0, 1560;
    chain_at_defaults: ChainSettings::default(), 0.25, 208;
    chain_in_silence: ChainSettings::default(), 0.0, 94;
}

library_benchmark_group!(
    name = processors,
    benchmarks = [
        gain,
        floor,
        lattice,
        weave,
        curve,
        match_eq,
        free_bells,
        mid_side,
        multiband,
        glue,
        drive,
        limiter,
        dither_24_bit,
        dither_shaped,
        meters,
        chain_with_everything_on,
        chain_at_defaults,
        chain_in_silence
    ]
);

main!(
    config = LibraryBenchmarkConfig::default()
        .tool(Callgrind::default().entry_point(EntryPoint::Default)),
    library_benchmark_groups = processors
);
