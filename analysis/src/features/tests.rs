//! Features of known signals, at all sample rates and block sizes.

use flow_audio_file::Audio;
use flow_demo_song::{CHORUS_SECONDS, demo_excerpt};
use flow_dsp::Spec;
use flow_dsp::math::narrow;
use flow_testkit::signals::{Noise, sine, white_noise};
use proptest::prelude::*;

use super::*;

fn frames_of(audio: &Audio, mut piece: impl FnMut() -> usize) -> Vec<Frame> {
    let mut extractor = Extractor::new(Spec {
        sample_rate_hz: f64::from(audio.sample_rate_hz),
    });
    let channels = audio.slices();
    let (left, right) = (channels[0], channels[channels.len() - 1]);
    let mut frames = Vec::new();
    let mut at = 0;
    while at < left.len() {
        let until = left.len().min(at + piece().max(1));
        extractor.push(&left[at..until], &right[at..until], |f, _| {
            frames.push(f.clone());
        });
        at = until;
    }
    frames
}

pub(crate) fn window_of(audio: &Audio) -> AnalysisWindow {
    let mut window = AnalysisWindow::default();
    frames_of(audio, || 512).iter().for_each(|f| window.push(f));
    window
}

fn summary_of(audio: &Audio) -> Summary {
    window_of(audio).summary()
}

/// White noise through a −3 dB per octave filter (Kellet).
pub(crate) fn pink_noise(sample_rate_hz: u32, seconds: f64) -> Audio {
    let mut noise = Noise::new(7);
    let frames = flow_audio_file::seconds_to_samples(seconds, sample_rate_hz);
    let channel = |noise: &mut Noise| {
        let mut b = [0.0_f64; 3];
        (0..frames)
            .map(|_| {
                let white = noise.bipolar();
                b[0] = 0.997_65 * b[0] + white * 0.099_046;
                b[1] = 0.963_00 * b[1] + white * 0.296_516;
                b[2] = 0.570_00 * b[2] + white * 1.052_691;
                flow_dsp::math::narrow(0.05 * (b[0] + b[1] + b[2] + white * 0.1848))
            })
            .collect::<Vec<f32>>()
    };
    let channels = vec![channel(&mut noise), channel(&mut noise)];
    Audio::new(sample_rate_hz, channels)
}

#[test]
fn summary_of_sine_in_both_channels_has_its_level() {
    let s = summary_of(&sine(48_000, 2, 12.0, 1000.0, 0.1, 0.0));
    // −20 dBFS: both channels of 1 kHz add to −20 LUFS.
    assert!((s.integrated_lufs + 20.0).abs() < 0.1, "{s:?}");
    assert!((s.true_peak_dbtp + 20.0).abs() < 0.2 && (s.plr_db).abs() < 0.3);
    assert!((s.crest_db - 3.0).abs() < 0.2);
    assert!(s.correlation > 0.999 && s.side_db < -90.0);
    assert!(s.strongest_share > 0.99 && s.strongest_hz == 1000.0);
    assert!(s.third_octaves_db[16] > -0.1 && s.onsets_per_second == 0.0);
    assert!(s.loudness_range_lu < 0.1 && s.clipped_runs_per_second == 0.0);
    assert!(s.anchor_dynamics_db[1] < 0.1);
}

#[test]
fn pitch_of_tone_is_found_and_of_noise_is_not() {
    for rate in [22_050, 44_100, 48_000, 96_000, 192_000] {
        let pitch = |audio: &Audio| {
            let frame = frames_of(audio, || 512)[5].clone();
            (frame.periodicity, frame.pitch_hz)
        };
        for hz in [80.0, 220.0, 441.0, 900.0] {
            let (periodicity, found_hz) = pitch(&sine(rate, 2, 1.0, hz, 0.1, 0.0));
            assert!(periodicity > 0.9, "{rate} {hz}: {periodicity}");
            // A tenth of a semitone.
            assert!(
                (found_hz / narrow(hz)).log2().abs() < 0.1 / 12.0,
                "{rate} {hz}: {found_hz}"
            );
        }
        let (periodicity, _) = pitch(&white_noise(rate, 2, 1.0, 0.1, 5));
        assert!(periodicity < 0.3, "{rate}: {periodicity}");
        assert_eq!(pitch(&Audio::silence(rate, 2, rate as usize)), (0.0, 0.0));
    }
}

#[test]
fn mid_level_of_sine_is_its_mean_square() {
    let frames = frames_of(&sine(48_000, 2, 1.0, 1000.0, 1.0, 0.0), || 512);
    let power: f32 = frames[5].thirds_mid.iter().sum();
    assert!((power - 0.5).abs() < 1e-3, "{power}");
    let mel: f64 = frames[5]
        .mel_mid_db
        .iter()
        .map(|l| 10_f64.powf(f64::from(*l) / 10.0))
        .sum();
    assert!((mel - 0.5).abs() < 1e-2, "{mel}");
    assert!(frames[5].mel_side_db.iter().all(|l| *l == FLOOR_DB));
}

#[test]
fn summary_of_pink_noise_is_flat_and_uncorrelated() {
    let s = summary_of(&pink_noise(48_000, 14.0));
    let level = s.third_octaves_db[3..28].iter();
    for (i, level) in level.enumerate() {
        // 28 bands from 30 Hz on share the power; the filter is good to half a decibel, the noise to a bit more.
        assert!((level + 14.6).abs() < 1.5, "{i} {level}");
    }
    assert!(s.correlation.abs() < 0.05 && s.side_db.abs() < 0.3, "{s:?}");
    assert!(s.anchor_dynamics_db[2] < 1.5, "{s:?}");
}

#[test]
fn summary_of_single_and_inverted_channels_shows_imbalance() {
    let tone = sine(48_000, 1, 12.0, 440.0, 0.5, 0.0);
    let x = tone.slices()[0].to_vec();
    let left_only = Audio::new(48_000, vec![x.clone(), vec![0.0; x.len()]]);
    let s = summary_of(&left_only);
    assert!(s.balance_db > 90.0 && s.correlation == 0.0 && s.side_db.abs() < 0.1);
    let inverted = Audio::new(48_000, vec![x.clone(), x.iter().map(|x| -x).collect()]);
    let s = summary_of(&inverted);
    assert!(s.correlation < -0.999 && s.side_db > 90.0);
}

#[test]
fn music_has_onsets_and_dynamics_and_its_own_loudness() {
    let audio = demo_excerpt(48_000, CHORUS_SECONDS, 14.0);
    let s = summary_of(&audio);
    assert!((1.0..8.0).contains(&s.onsets_per_second), "{s:?}");
    assert!(s.anchor_dynamics_db[3] > 3.0, "{s:?}");
    let reference = flow_measure::loudness::loudness(&audio);
    assert!(
        (f64::from(s.integrated_lufs) - reference.integrated_lufs).abs() < 0.3,
        "{s:?}"
    );
    let true_peak = flow_measure::true_peak::true_peak_dbtp(&audio);
    assert!(
        (f64::from(s.true_peak_dbtp) - true_peak).abs() < 0.2,
        "{true_peak}"
    );
    assert!(s.clipped_runs_per_second == 0.0);
}

/// Tones that come and go, each between left and right in its own way: the same sound at every rate.
fn pulsing_tones(sample_rate_hz: u32, seconds: f64) -> Audio {
    let frames = flow_audio_file::seconds_to_samples(seconds, sample_rate_hz);
    let mut channels = vec![vec![0.0; frames]; 2];
    for (i, hz) in [
        55.0, 110.0, 220.0, 523.0, 1000.0, 2100.0, 3300.0, 5000.0, 8000.0,
    ]
    .iter()
    .enumerate()
    {
        for n in 0..frames {
            let t = n as f64 / f64::from(sample_rate_hz);
            let pulse = (std::f64::consts::PI * t * (1.0 + i as f64 / 4.0))
                .sin()
                .powi(4);
            let tone = 0.1 * pulse * (std::f64::consts::TAU * (hz * t).fract()).sin();
            let pan = i as f64 / 8.0;
            channels[0][n] += flow_dsp::math::narrow(tone * pan);
            channels[1][n] += flow_dsp::math::narrow(tone * (1.0 - pan));
        }
    }
    Audio::new(sample_rate_hz, channels)
}

#[test]
fn every_sample_rate_gives_the_same_features() {
    let reference = window_of(&pulsing_tones(48_000, 12.0));
    let a = reference.summary();
    for rate in [22_050, 44_100, 88_200, 96_000, 192_000, 384_000] {
        let window = window_of(&pulsing_tones(rate, 12.0));
        let b = window.summary();
        assert_eq!(reference.frames().len(), window.frames().len());
        // K-weighting's shelf, by the bilinear transform, lies a little differently at each rate.
        let tolerance = if rate < 44_100 { 0.15 } else { 0.05 };
        assert!(
            (a.integrated_lufs - b.integrated_lufs).abs() < tolerance,
            "{rate} {} {}",
            a.integrated_lufs,
            b.integrated_lufs
        );
        for band in 3..26 {
            let difference = a.third_octaves_db[band] - b.third_octaves_db[band];
            assert!(
                difference.abs() < tolerance,
                "{rate} Hz, band {band}: {difference} dB"
            );
        }
        for (x, y) in reference.frames().iter().zip(window.frames()) {
            for band in 0..50 {
                let difference = x.mel_mid_db[band] - y.mel_mid_db[band];
                assert!(
                    x.mel_mid_db[band] < -60.0 || difference.abs() < 0.1,
                    "{rate} Hz, mel {band}: {difference} dB"
                );
            }
        }
        assert!(
            (a.correlation - b.correlation).abs() < 0.001 && (a.side_db - b.side_db).abs() < 0.01
        );
        assert_eq!(a.onsets_per_second, b.onsets_per_second);
    }
}

#[test]
fn frames_at_fractional_hop_do_not_drift() {
    // 47 952 Hz (pull-down): a hop is 1918.08 samples.
    let frames = frames_of(&Audio::silence(47_952, 2, 47_952 * 40), || 4096);
    assert_eq!(frames.len(), 40 * FRAMES_PER_SECOND - 2);
}

#[test]
fn window_of_silence_has_no_frames_and_counts_them() {
    let window = window_of(&Audio::silence(48_000, 2, 48_000));
    assert_eq!(window.frames().len(), 0);
    assert_eq!(window.silent_frames(), 23);
    let s = window.summary();
    assert_eq!(s.integrated_lufs, f32::NEG_INFINITY);
    assert_eq!(
        (s.true_peak_dbtp, s.plr_db, s.correlation),
        (FLOOR_DB, 0.0, 0.0)
    );
    assert!(s.third_octaves_db.iter().all(|l| l.is_finite()));
}

#[test]
fn extractor_with_nan_counts_it_as_silence() {
    let mut audio = white_noise(48_000, 2, 1.0, 0.1, 3);
    let clean = frames_of(&audio, || 512);
    for (i, bad) in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30]
        .iter()
        .enumerate()
    {
        audio.channels[i % 2][1000 * (i + 1)] = *bad;
    }
    let frames = frames_of(&audio, || 512);
    for (frame, clean) in frames.iter().zip(&clean) {
        assert!(frame.mel_mid_db.iter().all(|l| l.is_finite()));
        assert!((frame.weighted / clean.weighted - 1.0).abs() < 0.02);
    }
}

#[test]
fn clipped_runs_at_any_level_and_rate_are_counted() {
    for rate in [44_100, 96_000] {
        let mut audio = demo_excerpt(rate, CHORUS_SECONDS, 12.0);
        let peak = audio.sample_peak();
        for channel in &mut audio.channels {
            for x in channel.iter_mut() {
                *x = 0.6 * x.clamp(-0.3 * peak, 0.3 * peak) / peak;
            }
        }
        let clipped = |audio: &Audio| summary_of(audio).clipped_runs_per_second;
        let at_first = clipped(&audio);
        assert!(at_first > 5.0, "{rate} {at_first}");
        let samples = audio.channels.iter_mut().flatten();
        samples.for_each(|x| *x *= 0.13);
        assert_eq!(clipped(&audio), at_first);
    }
    // Rounding to 16 bits makes tops of low tones flat, but not of music.
    let mut with_music = demo_excerpt(48_000, CHORUS_SECONDS, 12.0);
    for x in with_music.channels.iter_mut().flatten() {
        *x = (*x * 32_767.0).round() / 32_767.0;
    }
    assert_eq!(summary_of(&with_music).clipped_runs_per_second, 0.0);
}

#[test]
fn mel_starts_end_at_newest_frame() {
    let mut window = window_of(&demo_excerpt(48_000, CHORUS_SECONDS, 12.0));
    let mut values = Box::new([0.0; MEL_VALUES]);
    assert!(window.is_enough());
    let starts = window.mel_starts();
    // 12 s are two parts of 10.24 s.
    assert_eq!(starts, [0, window.frames().len() - MEL_FRAMES]);
    window.write_mel(starts[1], &mut values);
    let newest = window.frames().back().unwrap();
    let shift_db = values[(MEL_FRAMES - 1) * MEL_BANDS] - newest.mel_mid_db[0];
    let last = values[MEL_VALUES - 1] - newest.mel_side_db[MEL_BANDS - 1];
    assert!((last - shift_db).abs() < 1e-4);
    // The loudness of the demo song is nearly the nominal one.
    assert!(shift_db.abs() < 6.0, "{shift_db}");
    window.clear();
    assert!(window.mel_starts().is_empty());
}

#[test]
fn silence_gate_lies_60_db_below_the_loudest_frame() {
    for gain in [1.0, 0.03] {
        let mut audio = sine(48_000, 2, 4.0, 1000.0, gain, 0.0);
        for channel in &mut audio.channels {
            channel[48_000..96_000].iter_mut().for_each(|x| *x *= 3e-3);
            channel[96_000..144_000].iter_mut().for_each(|x| *x *= 3e-4);
        }
        let window = window_of(&audio);
        assert_eq!(window.silent_frames(), 25, "{gain}");
    }
}

#[test]
fn mel_spectra_of_softer_audio_are_the_same() {
    let mut audio = demo_excerpt(48_000, CHORUS_SECONDS, 11.0);
    let mel = |audio: &Audio| {
        let mut values = Box::new([0.0; MEL_VALUES]);
        window_of(audio).write_mel(0, &mut values);
        values
    };
    let loud = mel(&audio);
    let samples = audio.channels.iter_mut().flatten();
    samples.for_each(|x| *x *= 0.03);
    let soft = mel(&audio);
    // The floor of the network.
    let audible = loud.iter().zip(soft.iter()).filter(|(a, _)| **a > -100.0);
    let differences = audible.map(|(a, b)| (a - b).abs());
    assert!(differences.fold(0.0, f32::max) < 0.01);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn frames_of_any_block_sizes_are_equal(pieces in prop::collection::vec(1_usize..5000, 1..40), rate in prop::sample::select(vec![22_050_u32, 44_100, 47_952, 96_000])) {
        let audio = white_noise(rate, 2, 0.5, 0.5, 11);
        let whole = frames_of(&audio, || usize::MAX / 2);
        let mut next = pieces.iter().cycle();
        let split = frames_of(&audio, || *next.next().unwrap());
        prop_assert_eq!(whole, split);
    }
}

/// A song of more than 90 s, whose quiet begin the window has dropped at its end.
fn long_song() -> Audio {
    let mut song = flow_demo_song::demo_song(48_000);
    for channel in &mut song.channels {
        let whole = channel.clone();
        let quiet = whole.iter().map(|x| 0.2 * x);
        *channel = quiet
            .chain(whole.iter().copied())
            .chain(whole.iter().copied())
            .collect();
    }
    song
}

#[test]
fn song_summary_of_live_window_has_balance_and_loudness_of_whole_song() {
    let song = long_song();
    let [left, right] = song.slices()[..] else {
        panic!("stereo")
    };
    let live = AnalysisWindow::default().with_recording(Spec::default(), left, right);
    let part = live.summary();
    let live = live.song_summary(&part);
    let whole = AnalysisWindow::of(Spec::default(), left, right).summary();
    let most = |a: &[f32], b: &[f32]| {
        let differences = a.iter().zip(b).map(|(a, b)| (a - b).abs());
        differences.fold(0.0, f32::max)
    };
    assert!(
        most(&live.anchors_db, &whole.anchors_db) < 0.05,
        "{live:?} {whole:?}"
    );
    assert!(
        most(&part.anchors_db, &whole.anchors_db) > 0.2,
        "{part:?} {whole:?}"
    );
    let audible = |s: &Summary| s.third_octaves_db.map(|db| db.max(-60.0));
    assert!(
        most(&audible(&live), &audible(&whole)) < 0.2,
        "{live:?} {whole:?}"
    );
    assert!((live.side_db - whole.side_db).abs() < 0.1);
    assert!((live.integrated_lufs - whole.integrated_lufs).abs() < 0.05);
    assert_eq!(
        (live.seconds, live.true_peak_dbtp),
        (whole.seconds, whole.true_peak_dbtp)
    );
}

#[test]
fn song_loudness_after_full_pass_and_silence_is_exact() {
    let song = long_song();
    let frames = frames_of(&song, || 4096);
    let mut window = AnalysisWindow::default();
    frames.iter().for_each(|frame| window.push(frame));
    assert!(window.song().unwrap().interval_lu() > 0.1);
    let silent = Frame {
        weighted: 0.0,
        ..frames[0].clone()
    };
    let ends = (0..50).filter(|_| {
        window.push(&silent);
        window.ends_song()
    });
    assert_eq!(ends.count(), 1, "it ends once");
    let heard = window.song().unwrap();
    let measured = flow_measure::loudness::loudness(&song).integrated_lufs;
    assert_eq!(heard.interval_lu(), 0.0);
    assert!(
        (f64::from(heard.lufs) - measured).abs() < 0.05,
        "{heard:?} {measured}"
    );
    // The song goes on.
    window.push(&frames[0]);
    assert!(window.song().unwrap().interval_lu() > 0.1);
}

#[test]
fn part_of_window_counts_from_first_sound() {
    let song = demo_excerpt(48_000, CHORUS_SECONDS, 4.0);
    let frames = frames_of(&song, || 4096);
    let silent = Frame {
        weighted: 0.0,
        ..frames[0].clone()
    };
    let mut window = AnalysisWindow::new(50);
    assert_eq!(window.part(), None);
    (0..75).for_each(|_| window.push(&silent));
    frames[..60].iter().for_each(|frame| window.push(frame));
    (0..25).for_each(|_| window.push(&silent));
    let part = window.part().unwrap();
    let expected = SongPart {
        begin_s: 0.4,
        end_s: 2.4,
        heard_s: 2.4,
    };
    assert_eq!(part, expected);
}
