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
