use super::*;

const RATE_HZ: f32 = 48_000.0;

fn in_four_four(quarters: f64) -> MusicalTime {
    MusicalTime {
        quarters,
        bar_start: None,
        bar_number: None,
        tempo_bpm: Some(120.0),
        signature: Some([4, 4]),
    }
}

/// The place some frames after the first frame of a block.
fn after(frames: usize, seconds: Option<f64>, musical: Option<MusicalTime>) -> PointPosition {
    let mut clock = SongClock::new(RATE_HZ);
    clock.set(SongPosition::new(seconds, musical));
    clock.advance(frames);
    clock.ago(0)
}

fn bar_of(musical: MusicalTime) -> Option<[f32; 2]> {
    after(0, None, Some(musical)).bar
}

#[test]
fn position_advances_with_the_frames_of_a_block() {
    let musical = in_four_four(130.0);
    let position = after(0, Some(65.0), Some(musical));
    assert_eq!(position.seconds, Some(65.0));
    assert_eq!(position.bar, Some([33.0, 3.0]));
    // Half a second is a beat, and one and a half seconds reach the next bar.
    let position = after(24_000, Some(65.0), Some(musical));
    assert_eq!(position.bar, Some([33.0, 4.0]));
    let position = after(72_000, Some(65.0), Some(musical));
    assert_eq!(
        (position.seconds, position.bar),
        (Some(66.5), Some([34.0, 2.0]))
    );
}

#[test]
fn clock_gives_the_place_of_an_earlier_frame_of_the_block() {
    let mut clock = SongClock::new(RATE_HZ);
    clock.set(SongPosition::new(Some(10.0), None));
    clock.advance(36_000);
    clock.advance(12_000);
    assert_eq!(clock.ago(12_000).seconds, Some(10.75));
    clock.set(None);
    clock.advance(48_000);
    assert!(!clock.ago(0).is_known());
}

#[test]
fn bar_of_the_host_is_preferred_to_that_of_the_signature() {
    let mut musical = in_four_four(130.0);
    (musical.bar_start, musical.bar_number) = (Some(129.0), Some(40));
    assert_eq!(bar_of(musical), Some([41.0, 2.0]));
    // Beats are those of the signature's lower number: an eighth note in 6/8.
    musical.signature = Some([6, 8]);
    musical.quarters = 131.5;
    assert_eq!(bar_of(musical), Some([41.0, 6.0]));
    // A VST3 host tells no number.
    musical.bar_number = None;
    assert_eq!(bar_of(musical), Some([44.0, 6.0]));
}

#[test]
fn bar_start_that_a_host_leaves_at_zero_counts_from_there() {
    let mut musical = in_four_four(130.0);
    (musical.bar_start, musical.bar_number) = (Some(0.0), Some(0));
    assert_eq!(bar_of(musical), Some([33.0, 3.0]));
}

#[test]
fn position_before_the_song_has_bars_below_one() {
    let position = after(24_000, Some(-2.0), Some(in_four_four(-4.0)));
    assert_eq!(
        (position.seconds, position.bar),
        (Some(-1.5), Some([0.0, 2.0]))
    );
    let mut musical = in_four_four(-7.0);
    (musical.bar_start, musical.bar_number) = (Some(-8.0), Some(-2));
    assert_eq!(bar_of(musical), Some([-1.0, 2.0]));
}

#[test]
fn tempo_that_is_none_lets_the_bar_stand_until_the_next_block() {
    for tempo_bpm in [0.0, -120.0, 1e9, f64::NAN, f64::INFINITY] {
        let mut musical = in_four_four(130.0);
        musical.tempo_bpm = Some(tempo_bpm);
        let position = after(480_000, Some(65.0), Some(musical));
        assert_eq!(position.bar, Some([33.0, 3.0]), "{tempo_bpm}");
        assert_eq!(position.seconds, Some(75.0), "{tempo_bpm}");
    }
}

#[test]
fn signature_that_is_none_leaves_the_bar_of_the_host_or_no_bar() {
    for signature in [[0, 0], [4, 0], [0, 4], [-4, 4], [i32::MAX, i32::MIN]] {
        let mut musical = in_four_four(130.0);
        musical.signature = Some(signature);
        assert_eq!(bar_of(musical), None, "{signature:?}");
        (musical.bar_start, musical.bar_number) = (Some(128.0), Some(32));
        assert_eq!(bar_of(musical), Some([33.0, 3.0]), "{signature:?}");
    }
}

#[test]
fn numbers_that_are_no_place_are_unknown() {
    const STRANGE: [f64; 8] = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN,
        1e12,
        -1e12,
        f64::MIN_POSITIVE,
    ];
    for seconds in STRANGE {
        for quarters in STRANGE {
            for bar_start in [None, Some(seconds), Some(1e5)] {
                for bar_number in [None, Some(i32::MAX), Some(i32::MIN), Some(0)] {
                    let musical = MusicalTime {
                        quarters,
                        bar_start,
                        bar_number,
                        ..in_four_four(0.0)
                    };
                    let position = after(usize::MAX, Some(seconds), Some(musical));
                    let numbers = [position.seconds]
                        .into_iter()
                        .chain(position.bar.unwrap_or_default().map(Some));
                    for number in numbers.flatten() {
                        assert!(number.is_finite(), "{musical:?}");
                    }
                }
            }
        }
    }
    assert_eq!(SongPosition::new(Some(f64::NAN), None), None);
    assert_eq!(SongPosition::new(None, Some(in_four_four(1e12))), None);
}

#[test]
fn place_that_a_host_rounds_down_to_just_before_a_bar_line_is_on_it() {
    for error in [1e-9, 1e-12] {
        assert_eq!(bar_of(in_four_four(4.0 - error)), Some([2.0, 1.0]));
        assert_eq!(bar_of(in_four_four(-error)), Some([1.0, 1.0]));
    }
    // A host that tells no signature.
    let mut musical = in_four_four(8.0 - 1e-9);
    (musical.bar_start, musical.bar_number) = (Some(8.0), Some(2));
    musical.signature = None;
    assert_eq!(bar_of(musical), Some([3.0, 1.0]));
    musical.quarters = 7.5;
    assert_eq!(bar_of(musical), None);
}
