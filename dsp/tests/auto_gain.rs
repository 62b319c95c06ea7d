//! Auto gain: what is heard stays as loud as the input, whatever is turned.

mod common;

use common::{chain, run};
use flow_audio_file::Audio;
use flow_dsp::{ChainSettings, Compare, LimiterStyle, Monitor};
use flow_measure::loudness;
use flow_testkit::settings::{everything_on, undithered};

const AUTO_GAIN: Monitor = Monitor {
    compare: Compare::Off,
    auto_gain: true,
    delta: false,
    mono: false,
    solo: None,
};
/// The master of a comparison.
const MASTER: Monitor = Monitor {
    compare: Compare::Processed,
    auto_gain: false,
    delta: false,
    mono: false,
    solo: None,
};
const RATE_HZ: usize = 48_000;

fn integrated_lufs(audio: &Audio) -> f64 {
    loudness::loudness(audio).integrated_lufs
}

/// Four settings of different loudness, from about 6 dB louder to 20 dB quieter than the input.
fn settings() -> [ChainSettings; 4] {
    let (mut louder, mut quieter) = (ChainSettings::default(), ChainSettings::default());
    louder.loudness_gain_db = 9.0;
    louder.limiter.style = LimiterStyle::Loud;
    quieter.trim_db = -20.0;
    [
        louder,
        undithered(everything_on()),
        quieter,
        ChainSettings::default(),
    ]
}

#[test]
fn auto_gain_of_changing_settings_keeps_the_loudness_of_the_input_within_half_a_lu() {
    let input = flow_demo_song::demo_excerpt(48_000, 10.0, 16.0);
    let mut chain = chain(48_000);
    for (i, settings) in settings().into_iter().enumerate() {
        let start = 4 * i * RATE_HZ;
        let part = input.range(start, start + 4 * RATE_HZ);
        let output = run(&mut chain, &settings, AUTO_GAIN, &part, &[512]);
        // A second is left to the gain.
        let [heard, given] = [output, part].map(|audio| {
            let settled = audio.range(RATE_HZ, audio.frames());
            integrated_lufs(&settled)
        });
        assert!((heard - given).abs() < 0.5, "{i}: {heard} of {given} LUFS");
    }
}

#[test]
fn auto_gain_switched_on_and_off_moves_in_a_ramp() {
    let input = flow_demo_song::demo_excerpt(48_000, 10.0, 2.0);
    let settings = ChainSettings {
        loudness_gain_db: 6.0,
        ..ChainSettings::default()
    };
    let play = |is_switched: bool| {
        let mut chain = chain(48_000);
        let mut output = input.range(0, 0);
        for second in 0..4 {
            let part = input.range(second * RATE_HZ / 2, (second + 1) * RATE_HZ / 2);
            let monitor = if is_switched && second % 2 == 1 {
                AUTO_GAIN
            } else {
                Monitor::default()
            };
            output.append(&run(&mut chain, &settings, monitor, &part, &[512]));
        }
        output
    };
    let (plain, switched) = (play(false), play(true));
    let step = |audio: &Audio| {
        let steps = audio.channels[0].windows(2).map(|w| (w[1] - w[0]).abs());
        steps.fold(0.0_f32, f32::max)
    };
    assert!(step(&switched) <= 1.05 * step(&plain), "a click");
    assert_eq!(
        switched.channels[0][..RATE_HZ / 2],
        plain.channels[0][..RATE_HZ / 2]
    );
}

/// Plays a part of the song, and returns what is heard.
fn hear(
    chain: &mut flow_dsp::Chain,
    settings: &ChainSettings,
    monitor: Monitor,
    from_s: usize,
    to_s: usize,
) -> Audio {
    let song = flow_demo_song::demo_excerpt(48_000, 10.0, 16.0);
    let part = song.range(from_s * RATE_HZ, to_s * RATE_HZ);
    run(chain, settings, monitor, &part, &[512])
}

/// 6 dB louder than the input.
fn louder() -> ChainSettings {
    ChainSettings {
        loudness_gain_db: 6.0,
        ..ChainSettings::default()
    }
}

#[test]
fn auto_gain_after_bypass_is_that_of_before_at_once() {
    let bypassed = ChainSettings {
        bypass: true,
        ..louder()
    };
    let mut chain = chain(48_000);
    hear(&mut chain, &louder(), AUTO_GAIN, 0, 4);
    let before_db = chain.readings().monitor_gain_db;
    assert!((-7.0..-5.0).contains(&before_db), "{before_db}");
    hear(&mut chain, &bypassed, AUTO_GAIN, 4, 8);
    assert_eq!(chain.readings().monitor_gain_db, 0.0, "bypass is exact");
    run(
        &mut chain,
        &louder(),
        AUTO_GAIN,
        &flow_demo_song::demo_excerpt(48_000, 18.0, 0.1),
        &[512],
    );
    let after_db = chain.readings().monitor_gain_db;
    assert!((after_db - before_db).abs() < 0.3, "{after_db}");
}

#[test]
fn comparison_after_bypass_plays_the_master_as_loud_as_the_input() {
    let bypassed = ChainSettings {
        bypass: true,
        ..louder()
    };
    let mut chain = chain(48_000);
    hear(&mut chain, &louder(), Monitor::default(), 0, 4);
    hear(&mut chain, &bypassed, Monitor::default(), 4, 8);
    hear(&mut chain, &louder(), MASTER, 8, 9);
    let gain_db = chain.readings().monitor_gain_db;
    assert!((-7.0..-5.0).contains(&gain_db), "{gain_db}");
}

#[test]
fn comparison_follows_a_change_of_the_settings_for_3_s() {
    let neutral = ChainSettings::default();
    let mut chain = chain(48_000);
    hear(&mut chain, &neutral, MASTER, 0, 4);
    let gain_db = chain.readings().monitor_gain_db;
    assert!(gain_db.abs() < 0.05, "{gain_db}");
    hear(&mut chain, &louder(), MASTER, 4, 7);
    let gain_db = chain.readings().monitor_gain_db;
    assert!((-7.0..-5.0).contains(&gain_db), "{gain_db}");
    hear(&mut chain, &louder(), MASTER, 7, 8);
    let settled_db = chain.readings().monitor_gain_db;
    hear(&mut chain, &louder(), MASTER, 8, 12);
    assert_eq!(chain.readings().monitor_gain_db, settled_db);
}

#[test]
fn comparison_under_automation_keeps_its_gain() {
    let mut chain = chain(48_000);
    hear(&mut chain, &louder(), MASTER, 0, 4);
    let begin_db = chain.readings().monitor_gain_db;
    let song = flow_demo_song::demo_excerpt(48_000, 14.0, 2.0);
    for block in 0..200_u8 {
        let mut settings = louder();
        settings.loudness_gain_db += 0.01 * f32::from(block);
        let start = 480 * usize::from(block);
        let part = song.range(start, start + 480);
        run(&mut chain, &settings, MASTER, &part, &[480]);
        assert_eq!(chain.readings().monitor_gain_db, begin_db, "block {block}");
    }
}

#[test]
fn comparison_keeps_its_gain_when_the_meters_are_reset() {
    let mut chain = chain(48_000);
    hear(&mut chain, &louder(), MASTER, 0, 5);
    let before_db = chain.readings().monitor_gain_db;
    assert!((-7.0..-5.0).contains(&before_db), "{before_db}");
    chain.reset_meters();
    hear(&mut chain, &louder(), MASTER, 5, 6);
    assert_eq!(chain.readings().monitor_gain_db, before_db);
}

#[test]
fn auto_gain_takes_the_level_out_of_the_difference() {
    let delta = Monitor {
        delta: true,
        ..AUTO_GAIN
    };
    let quieter = ChainSettings {
        trim_db: -6.0,
        ..ChainSettings::default()
    };
    let mut chain = chain(48_000);
    hear(&mut chain, &quieter, delta, 0, 4);
    let heard = hear(&mut chain, &quieter, delta, 4, 6);
    let peak = heard.channels.iter().flatten().map(|x| x.abs());
    let peak = peak.fold(0.0, f32::max);
    assert!(peak < 0.02, "{peak} of a mere change of level");
}

#[test]
fn tap_in_any_monitor_state_gets_the_master() {
    let song = flow_demo_song::demo_excerpt(48_000, 10.0, 2.0);
    let tapped = |monitor: Monitor| {
        let mut chain = chain(48_000);
        let mut taken = Vec::new();
        let mut audio = song.clone();
        let [left, right] = audio.channels.as_mut_slice() else {
            panic!("stereo")
        };
        for (left, right) in left.chunks_mut(500).zip(right.chunks_mut(500)) {
            let settings = louder();
            chain.process_with_tap(&settings, monitor, &mut [left, right], &mut |quanta| {
                taken.extend(quanta.iter().map(|quantum| quantum.channels));
            });
        }
        (taken, audio)
    };
    let (master, output) = tapped(Monitor::default());
    let left: Vec<f32> = master.iter().flat_map(|[left, _]| *left).collect();
    // The output begins with the 15 samples that the chain collects.
    assert_eq!(left[..90_000], output.channels[0][15..90_015]);
    for compare in [Compare::Off, Compare::Processed, Compare::Original] {
        let monitor = Monitor {
            compare,
            auto_gain: true,
            delta: compare == Compare::Off,
            mono: true,
            solo: None,
        };
        assert!(tapped(monitor).0 == master, "{monitor:?}");
    }
}
