//! The chain's contract: exact when neutral, the same for every block split, as new after reset, robust to invalid input.

mod common;

use common::{chain, delayed, master, play, run};
use flow_audio_file::Audio;
use flow_dsp::{
    Chain, ChainSettings, Compare, CurveSettings, DitherDepth, MatchSettings, Monitor, SimdLevel,
    SoloStage, StyleTarget,
};
use flow_testkit::{
    settings::{everything_on, random, undithered},
    signals,
    signals::Noise,
};
use proptest::prelude::*;

const MONO: Monitor = Monitor {
    compare: Compare::Off,
    auto_gain: false,
    delta: false,
    mono: true,
    solo: None,
};
const DELTA: Monitor = Monitor {
    delta: true,
    mono: false,
    ..MONO
};

fn music(seconds: f64) -> Audio {
    flow_demo_song::demo_excerpt(48_000, 10.0, seconds)
}

#[test]
fn neutral_chain_delays_by_its_latency_bit_for_bit() {
    for rate in [
        22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000, 384_000,
    ] {
        let input = signals::white_noise(rate, 2, 0.1, 0.2, 1);
        let output = master(&ChainSettings::default(), &input);
        let latency = chain(rate).latency_samples();
        assert_eq!(output, delayed(&input, latency), "{rate} Hz");
        if rate >= 44_100 {
            let ms = 1000.0 * f64::from(latency) / f64::from(rate);
            assert!(ms <= 4.9, "{ms} ms at {rate} Hz");
        }
    }
}

#[test]
fn bypassed_chain_outputs_the_delayed_input_bit_for_bit() {
    let input = signals::white_noise(48_000, 2, 0.2, 4.0, 2);
    let settings = ChainSettings {
        bypass: true,
        ..everything_on()
    };
    assert_eq!(
        master(&settings, &input),
        delayed(&input, chain(48_000).latency_samples())
    );
}

#[test]
fn chain_after_reset_equals_a_new_one() {
    let input = music(0.5);
    let mut used = chain(48_000);
    run(&mut used, &everything_on(), MONO, &input, &[100]);
    used.reset();
    let again = play(&mut used, &everything_on(), &input);
    assert_eq!(again, master(&everything_on(), &input));
    let mut fresh = chain(48_000);
    play(&mut fresh, &everything_on(), &input);
    assert_eq!(used.readings(), fresh.readings());
}

#[test]
fn chain_at_different_instruction_sets_agrees_within_120_db() {
    let input = music(1.0);
    let settings = undithered(everything_on());
    let outputs: Vec<Audio> = SimdLevel::available()
        .iter()
        .map(|&level| {
            let mut chain = chain(48_000);
            chain.use_level(level);
            play(&mut chain, &settings, &input)
        })
        .collect();
    for output in &outputs {
        assert!(output.difference_db(&outputs[0]) < -120.0);
    }
}

#[test]
fn chain_with_mono_input_equals_the_left_of_two_equal_channels() {
    let left = music(0.5).channels.swap_remove(0);
    let mono = Audio::new(48_000, vec![left.clone()]);
    let stereo = Audio::new(48_000, vec![left.clone(), left]);
    let settings = undithered(everything_on());
    assert_eq!(
        master(&settings, &mono).channels[0],
        master(&settings, &stereo).channels[0]
    );
}

/// Invalid samples count as silence and have no effect afterwards. The limiter's release is the longest memory, and
/// silence doesn't start it.
#[test]
fn chain_after_nan_and_infinity_equals_one_after_silence() {
    for fault in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
        let sound = music(1.0);
        let mut faulty = sound.clone();
        let mut silent = sound.clone();
        for (a, b) in faulty.channels.iter_mut().zip(&mut silent.channels) {
            a[5_000..9_000].fill(fault);
            b[5_000..9_000].fill(0.0);
        }
        let output = master(&everything_on(), &faulty);
        assert!(output.is_finite());
        assert_eq!(output, master(&everything_on(), &silent));
    }
}

/// Subnormal numbers are up to a hundred times slower than others, so none may enter or leave the processors.
#[test]
fn chain_after_a_decaying_tail_outputs_exact_zeros() {
    let mut tail = signals::white_noise(48_000, 2, 4.0, 1.0, 3);
    for channel in &mut tail.channels {
        let mut level = 1.0_f64;
        for sample in channel.iter_mut() {
            *sample = flow_dsp::math::narrow(f64::from(*sample) * level);
            // It decays by 400 dB a second and is subnormal after two seconds.
            level *= 0.999_04;
        }
    }
    let settings = undithered(everything_on());
    let output = master(&settings, &tail);
    let subnormal = output
        .channels
        .iter()
        .flatten()
        .filter(|x| x.is_subnormal())
        .count();
    assert_eq!(subnormal, 0);
    assert!(
        output
            .channels
            .iter()
            .all(|c| c[c.len() - 48_000..].iter().all(|&x| x == 0.0))
    );
}

/// A subnormal sample counts as silence on every path, bypass included.
#[test]
fn chain_with_subnormal_input_outputs_silence() {
    let mut noise = Noise::new(8);
    let mut subnormal = || f32::from_bits(noise.bits() & 0x807f_ffff | 1);
    let channels = [(); 2].map(|()| (0..9_600).map(|_| subnormal()).collect());
    let input = Audio::new(48_000, channels.into());
    let bypassed = ChainSettings {
        bypass: true,
        ..everything_on()
    };
    for settings in [
        ChainSettings::default(),
        bypassed,
        undithered(everything_on()),
    ] {
        for monitor in [Monitor::default(), DELTA] {
            let output = run(&mut chain(48_000), &settings, monitor, &input, &[512]);
            let samples = output.channels.iter().flatten();
            assert_eq!(samples.filter(|&&x| x != 0.0).count(), 0, "{settings:?}");
        }
    }
    // Dither is off, because it adds noise to silence.
    let silence = Audio::silence(48_000, 2, input.frames());
    assert_eq!(
        master(&everything_on(), &input),
        master(&everything_on(), &silence)
    );
}

/// The smallest normal numbers pass, and don't become subnormal while bypass fades in and out.
#[test]
fn bypass_with_smallest_normal_samples_outputs_no_subnormal_number() {
    let smallest = [1.0, -1.5, 3.0].map(|factor| factor * f32::MIN_POSITIVE);
    let samples = (0..9_600).map(|i| smallest[i % 3]).collect();
    let input = Audio::from_mono(48_000, 2, samples);
    let bypass = |bypass| ChainSettings {
        bypass,
        ..ChainSettings::default()
    };
    let changes = [
        (0, bypass(false)),
        (3_000, bypass(true)),
        (6_000, bypass(false)),
    ];
    let output = split(&mut chain(48_000), &changes, &input, &[512]);
    let subnormal = |x: &f32| x.is_subnormal();
    assert!(!output.channels.iter().flatten().any(subnormal));
    let always = master(&bypass(true), &input);
    let latency = chain(48_000).latency_samples();
    assert_eq!(always, delayed(&input, latency));
}

/// A tail ends at any settings: no subnormal number comes out, and silence becomes exact. The time is only reported,
/// because other work shares the machine.
#[test]
fn chain_at_any_settings_ends_a_tail_in_exact_zeros() {
    let mut noise = Noise::new(77);
    let loud = signals::white_noise(48_000, 2, 0.5, 0.5, 4);
    let mut worst = 0.0_f64;
    for _ in 0..12 {
        let settings = undithered(random(&mut noise));
        let mut chain = chain(48_000);
        let mut seconds = |input: &Audio| {
            let start = std::time::Instant::now();
            let output = play(&mut chain, &settings, input);
            (start.elapsed().as_secs_f64(), output)
        };
        let (busy, _) = seconds(&loud);
        let mut tails = Vec::new();
        // A low cut near 10 Hz leaves −245 dBFS, which decays by 6 dB a second.
        for _ in 0..40 {
            let (tail, output) = seconds(&Audio::silence(48_000, 2, 24_000));
            tails.push((tail, output));
        }
        for (tail, output) in &tails {
            worst = worst.max(tail / busy);
            let subnormal = |x: &f32| x.is_subnormal();
            assert!(
                !output.channels.iter().flatten().any(subnormal),
                "{settings:?}"
            );
        }
        let end = &tails[39].1;
        assert!(
            end.channels.iter().flatten().all(|&x| x == 0.0),
            "{settings:?}"
        );
    }
    println!("half a second of tail took at most {worst:.2} times as long as noise");
}

#[test]
fn monitor_states_replace_the_output_without_clicks() {
    let input = music(6.0);
    let settings = ChainSettings {
        loudness_gain_db: 6.0,
        ..ChainSettings::default()
    };
    let plain = master(&settings, &input);
    let dry = delayed(&input, chain(48_000).latency_samples());
    let last = 200_000..280_000;
    let listen = |monitor: Monitor| {
        let mut chain = chain(48_000);
        let mut output = input.range(0, 192_000);
        output = play(&mut chain, &settings, &output);
        let rest = input.range(192_000, input.frames());
        output.append(&run(&mut chain, &settings, monitor, &rest, &[512]));
        output
    };
    let step = |audio: &Audio| {
        let steps = audio.channels[0].windows(2).map(|w| (w[1] - w[0]).abs());
        steps.fold(0.0_f32, f32::max)
    };

    let [delta, mono] = [DELTA, MONO].map(listen);
    for i in last.clone() {
        for c in 0..2 {
            assert!(
                (delta.channels[c][i] - (plain.channels[c][i] - dry.channels[c][i])).abs() < 1e-6
            );
            let half_sum = 0.5 * (plain.channels[0][i] + plain.channels[1][i]);
            assert!((mono.channels[c][i] - half_sum).abs() < 1e-6);
        }
    }
    let [processed, original] = [Compare::Processed, Compare::Original].map(|compare| {
        listen(Monitor {
            compare,
            ..Monitor::default()
        })
    });
    let gain = processed.channels[0][210_000] / plain.channels[0][210_000];
    // The louder side is turned down by the measured difference, about the added 6 dB, and stays there.
    assert!((-7.0..-5.0).contains(&(20.0 * gain.log10())), "{gain}");
    for i in last {
        assert!((processed.channels[1][i] - gain * plain.channels[1][i]).abs() < 1e-6);
        assert_eq!(original.channels[0][i], dry.channels[0][i]);
    }
    for audio in [&delta, &mono, &processed, &original] {
        assert!(
            step(audio) <= 1.05 * step(&plain).max(step(&dry)),
            "a click"
        );
    }
}

/// The chain of a solo as settings, written out for each stage.
fn alone(stage: SoloStage, of: &ChainSettings) -> ChainSettings {
    let mut alone = ChainSettings {
        trim_db: of.trim_db,
        style_target: of.style_target,
        loudness_gain_db: of.loudness_gain_db,
        limiter: of.limiter,
        dither: of.dither,
        ..ChainSettings::default()
    };
    match stage {
        SoloStage::Equalizer => {
            alone.curve = CurveSettings {
                comfort: 0.0,
                matching: MatchSettings::default(),
                ..of.curve
            };
        }
        SoloStage::Match => alone.curve.matching = of.curve.matching,
        SoloStage::Comfort => alone.curve.comfort = of.curve.comfort,
        SoloStage::MidSide => alone.dynamics.mid_side = of.dynamics.mid_side,
        SoloStage::Multiband => alone.dynamics.multiband = of.dynamics.multiband,
        SoloStage::Glue => alone.dynamics.glue = of.dynamics.glue,
        SoloStage::Limiter => {}
    }
    alone
}

fn soloing(stage: SoloStage) -> Monitor {
    Monitor {
        solo: Some(stage),
        ..Monitor::default()
    }
}

#[test]
fn solo_of_a_stage_is_the_chain_with_that_stage_alone() {
    let input = music(2.0);
    let settings = everything_on();
    let mut all = Vec::new();
    for stage in SoloStage::ALL {
        let mut chain = chain(48_000);
        let heard = run(&mut chain, &settings, soloing(stage), &input, &[512]);
        let expected = master(&alone(stage, &settings), &input);
        assert!(heard == expected, "{stage:?}");
        // Comfort has found nothing yet, and is as if it weren't there.
        if stage != SoloStage::Comfort {
            assert!(!all.contains(&heard), "{stage:?} isn't heard");
            all.push(heard);
        }
    }
    // A pillar that is off stays off.
    let mut off = settings;
    off.curve.on = false;
    let solo = soloing(SoloStage::Match);
    let heard = run(&mut chain(48_000), &off, solo, &input, &[512]);
    assert!(Some(&heard) == all.last(), "the limiter alone");
}

#[test]
fn bypass_in_any_monitor_state_gives_the_exact_input() {
    let input = music(3.0);
    let settings = ChainSettings {
        loudness_gain_db: 6.0,
        bypass: true,
        ..ChainSettings::default()
    };
    let dry = delayed(&input, chain(48_000).latency_samples());
    let compares = [Compare::Off, Compare::Processed, Compare::Original];
    for (auto_gain, delta) in [(false, false), (true, false), (false, true)] {
        for compare in compares {
            let monitor = Monitor {
                compare,
                auto_gain,
                delta,
                mono: true,
                solo: Some(SoloStage::Glue),
            };
            let output = run(&mut chain(48_000), &settings, monitor, &input, &[512]);
            assert_eq!(output.channels, dry.channels, "{monitor:?}");
        }
    }
}

/// Arbitrary settings.
fn settings() -> impl Strategy<Value = ChainSettings> {
    any::<u32>().prop_map(|seed| random(&mut Noise::new(seed | 1)))
}

/// Changes of the settings at sample positions, and a grid of blocks between them.
fn split(
    chain: &mut Chain,
    changes: &[(usize, ChainSettings)],
    input: &Audio,
    blocks: &[usize],
) -> Audio {
    let mut output = Audio::new(input.sample_rate_hz, vec![Vec::new(), Vec::new()]);
    let mut start = 0;
    for (i, (_, settings)) in changes.iter().enumerate() {
        let end = changes.get(i + 1).map_or(input.frames(), |next| next.0);
        let part = input.range(start, end);
        output.append(&run(chain, settings, Monitor::default(), &part, blocks));
        start = end;
    }
    output
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn chain_with_any_block_split_is_bit_identical(
        changes in prop::collection::vec((1_usize..9_600, settings()), 1..5),
        blocks in prop::collection::vec(1_usize..700, 1..6),
    ) {
        let mut changes = changes;
        changes.sort_by_key(|change| change.0);
        changes[0].0 = 0;
        changes.dedup_by_key(|change| change.0);
        let input = signals::white_noise(48_000, 2, 0.2, 1.5, 5);
        let whole = split(&mut chain(48_000), &changes, &input, &[9_600]);
        let parts = split(&mut chain(48_000), &changes, &input, &blocks);
        prop_assert_eq!(whole.first_difference(&parts), None);
        prop_assert!(whole.is_finite());
    }

    /// Equal channels stay bit-identical. Dither is off, because it differs between the channels.
    #[test]
    fn chain_with_equal_channels_outputs_equal_channels(
        first in settings(),
        second in settings(),
        seed in 1_u32..1000,
    ) {
        let left = signals::white_noise(48_000, 1, 0.2, 1.0, seed).channels.swap_remove(0);
        let input = Audio::new(48_000, vec![left.clone(), left]);
        let changes = [(0, undithered(first)), (4_800, undithered(second))];
        let output = split(&mut chain(48_000), &changes, &input, &[512]);
        prop_assert_eq!(&output.channels[0], &output.channels[1]);
    }

    /// Checks the sample peak; limiter.rs checks true peaks.
    #[test]
    fn chain_at_any_settings_keeps_samples_below_the_ceiling(settings in settings(), seed in 1_u32..1000) {
        let settings = ChainSettings { bypass: false, ..settings };
        let input = signals::white_noise(44_100, 2, 0.2, 2.0, seed);
        let output = master(&settings, &input);
        // Dither and shaped noise add at most 16 LSB of 16 bits.
        let noise = if settings.dither.depth == DitherDepth::Off { 1e-6 } else { 5e-4 };
        let ceiling = 10.0_f32.powf(settings.limiter.ceiling_db / 20.0);
        prop_assert!(output.sample_peak() <= ceiling + noise);
    }
}

/// Stages whose settings stay neutral are left out after a while. Settings without effect that keep changing prevent it.
#[test]
fn chain_that_leaves_resting_stages_out_gives_the_bits_of_one_that_does_not() {
    let input = music(1.2);
    let without_effect = |settings: &mut ChainSettings, step: f32| {
        settings.floor.low_cut.frequency_hz += step;
        settings.weave.mono_below_hz += step;
        settings.style_target = StyleTarget::Electronic;
        settings.dynamics.mid_side.mid_mix -= 0.01 * step;
        settings.dynamics.multiband.low_crossover_hz += step;
        settings.dynamics.glue.mix -= 0.01 * step;
    };
    let play = |is_restless: bool| {
        let mut chain = chain(48_000);
        let mut output = input.clone();
        let [left, right] = &mut output.channels[..] else {
            panic!("stereo")
        };
        let blocks = left.chunks_mut(256).zip(right.chunks_mut(256));
        for (block, (left, right)) in blocks.enumerate() {
            // Half a second of rest, then 0.1 s in which both have the same settings, then everything sets in.
            let mut settings = undithered(everything_on());
            if block < 113 {
                settings = ChainSettings::default();
            }
            if is_restless && block < 94 && block % 2 == 0 {
                without_effect(&mut settings, 1.0);
            }
            chain.process(&settings, Monitor::default(), &mut [left, right]);
        }
        output
    };
    assert_eq!(play(true), play(false));
}
