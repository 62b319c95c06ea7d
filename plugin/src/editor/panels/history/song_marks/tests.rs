use flow_dsp::math::{count, narrow};

use super::*;

/// The distance of two points, s.
const TENTH: f32 = 0.1;
const DISTANCE: f32 = 46.0;

/// Positions at ten points per second from some seconds on, in 4/4 at 120 beats per minute.
fn played(from_s: f32, points: usize) -> Vec<PointPosition> {
    let at = |point: usize| {
        let seconds = from_s + TENTH * narrow(count(point));
        let beats = 2.0 * seconds;
        let bar = (beats / 4.0).floor();
        PointPosition {
            seconds: Some(seconds),
            bar: Some([bar + 1.0, beats - 4.0 * bar + 1.0]),
        }
    };
    (0..points).map(at).collect()
}

fn in_seconds(mut positions: Vec<PointPosition>) -> Vec<PointPosition> {
    positions
        .iter_mut()
        .for_each(|position| position.bar = None);
    positions
}

/// The marks for two pixels a point.
fn marks(positions: &[PointPosition]) -> SongMarks {
    let x = |point| 2.0 * narrow(count(point));
    SongMarks::new(positions, TENTH, true, (DISTANCE, &x))
}

fn labels(marks: &SongMarks) -> Vec<&str> {
    marks
        .labels
        .iter()
        .map(|(_, label)| label.as_str())
        .collect()
}

#[test]
fn bars_are_marked_at_a_readable_distance() {
    // A bar is 20 points or 40 pixels long.
    let marks = marks(&played(60.1, 100));
    assert_eq!(labels(&marks), ["31", "33", "35"]);
    assert!(marks.has_bars);
    assert_eq!(marks.parts, [[0.0, 198.0]]);
    assert!(marks.breaks.is_empty());
}

#[test]
fn times_are_marked_where_a_host_tells_no_bars() {
    let marks = marks(&in_seconds(played(57.05, 100)));
    assert_eq!(labels(&marks), ["0:57", "1:00", "1:05"]);
    assert!(!marks.has_bars);
}

#[test]
fn marks_of_all_ranges_stand_apart() {
    // 575 pixels for 30 s, two minutes and half an hour.
    for (points, point_s) in [(300, 0.1), (1200, 0.1), (1800, 1.0)] {
        let at = |point: usize| {
            let seconds = point_s * narrow(count(point)) - 3.0;
            let beats = 130.0 / 60.0 * seconds;
            let bar = (beats / 4.0).floor();
            PointPosition {
                seconds: Some(seconds),
                bar: Some([bar + 1.0, beats - 4.0 * bar + 1.0]),
            }
        };
        let bars: Vec<PointPosition> = (0..points).map(at).collect();
        for positions in [bars.clone(), in_seconds(bars)] {
            let x = |point: usize| narrow(575.0 * count(point) / count(points));
            let marks = SongMarks::new(&positions, point_s, true, (DISTANCE, &x));
            let places: Vec<f32> = marks.labels.iter().map(|(x, _)| *x).collect();
            assert!(places.len() >= 4, "{points}: {marks:?}");
            for pair in places.windows(2) {
                assert!(pair[1] - pair[0] >= DISTANCE, "{points}: {marks:?}");
            }
        }
    }
}

#[test]
fn jump_loop_and_stop_are_breaks() {
    let none = PointPosition::default();
    for (pause, at) in [(vec![], 100.0), (vec![none; 20], 140.0)] {
        let mut positions = played(60.1, 50);
        positions.extend(pause);
        positions.extend(played(8.1, 50));
        let marks = marks(&positions);
        assert_eq!(marks.breaks, [at]);
        assert_eq!(marks.parts, [[0.0, 98.0], [at, at + 98.0]]);
        assert!(marks.labels.contains(&(at, "5".to_owned())), "{marks:?}");
    }
    // A loop of a second, whose host tells bars only.
    let mut loops = Vec::new();
    for _ in 0..4 {
        loops.extend(played(16.1, 10));
    }
    loops
        .iter_mut()
        .for_each(|position| position.seconds = None);
    assert_eq!(marks(&loops).breaks, [20.0, 40.0, 60.0]);
}

#[test]
fn first_part_of_a_cut_history_has_no_label_at_its_begin() {
    let positions = played(60.5, 100);
    let x = |point| 2.0 * narrow(count(point));
    let marks = SongMarks::new(&positions, TENTH, false, (DISTANCE, &x));
    assert_eq!(labels(&marks), ["33", "35"]);
}

#[test]
fn song_that_stands_still_or_jumps_all_the_time_has_no_marks() {
    let still = vec![played(60.1, 1)[0]; 1200];
    assert_eq!(marks(&still), SongMarks::default());
    let jumps: Vec<PointPosition> = (0..1200_usize)
        .map(|point| PointPosition {
            seconds: Some(narrow(count(point * 7919 % 1000))),
            bar: None,
        })
        .collect();
    assert_eq!(marks(&jumps), SongMarks::default());
    assert_eq!(marks(&[]), SongMarks::default());
    // It goes on.
    let mut positions = played(60.1, 50);
    positions.extend(&still[..50]);
    positions.extend(played(60.2, 50));
    let marks = marks(&positions);
    assert_eq!(marks.breaks.len(), 1, "{marks:?}");
    assert_eq!(marks.parts.len(), 2, "{marks:?}");
}

#[test]
fn bars_of_any_number_keep_the_marks_apart_and_finite() {
    for bar in [-1e6_f32, -3.0, 1e6] {
        for rate in [0.0, 1.0, 1e4] {
            let mut positions = played(60.1, 1200);
            for (point, position) in positions.iter_mut().enumerate() {
                position.bar = Some([bar + rate * narrow(count(point)), 1.0]);
            }
            let marks = marks(&positions);
            for pair in marks.labels.windows(2) {
                assert!(pair[1].0 - pair[0].0 >= DISTANCE, "{marks:?}");
            }
            assert!(marks.labels.iter().all(|(x, _)| x.is_finite()));
        }
    }
}

#[test]
fn position_in_words_is_the_bar_or_the_time() {
    let describe = |seconds, bar| describe_position(PointPosition { seconds, bar });
    let bar = describe(Some(5.0), Some([33.0, 4.9]));
    assert_eq!(bar.as_deref(), Some("bar 33, beat 4"));
    let count_in = describe(None, Some([-1.0, 1.0]));
    assert_eq!(count_in.as_deref(), Some("bar −1, beat 1"));
    assert_eq!(describe(Some(65.9), None).as_deref(), Some("song at 1:05"));
    assert_eq!(describe(Some(-2.5), None).as_deref(), Some("song at −0:03"));
    assert_eq!(describe(None, None), None);
}
