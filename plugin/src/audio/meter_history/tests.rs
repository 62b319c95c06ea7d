use flow_dsp::math::{count, narrow};

use super::*;

fn loudness(history: &MeterHistory) -> Vec<f32> {
    history.iter().map(|point| point.short_term_lufs).collect()
}

fn observe(writer: &mut HistoryWriter, history: &MeterHistory, lufs: f32) {
    let mut readings = Readings::default();
    readings.output.short_term_lufs = lufs;
    writer.observe(4800, &readings, history);
}

#[test]
fn history_beyond_its_capacity_keeps_the_latest_points() {
    let (history, mut writer) = (MeterHistory::new(), HistoryWriter::new(48_000.0));
    for i in 0..1300_u16 {
        observe(&mut writer, &history, f32::from(i));
    }
    let latest: Vec<f32> = (100..1300_u16).map(f32::from).collect();
    assert_eq!(loudness(&history), latest);
    assert_eq!(loudness(&history), latest, "reading must not consume");
}

#[test]
fn song_history_has_a_point_for_each_second_since_its_begin() {
    let (history, mut writer) = (MeterHistory::new(), HistoryWriter::new(48_000.0));
    let mut readings = Readings::default();
    readings.output.short_term_lufs = -14.0;
    for tenth in 0..35_u8 {
        readings.activity.glue_gain_db = if tenth == 12 { -5.0 } else { -1.0 };
        writer.observe(4800, &readings, &history);
    }
    let glue = |point: HistoryPoint| point.gain_db(GainStage::Glue);
    let gains_db: Vec<f32> = history.song().points.into_iter().map(glue).collect();
    assert_eq!(gains_db, [-1.0, -5.0, -1.0]);
    history.begin_song();
    assert_eq!(history.song().points.len(), 0);
    for _ in 0..10 {
        writer.observe(4800, &readings, &history);
    }
    assert_eq!(history.song().points.len(), 1);
    assert_eq!(history.song().dropped_seconds, 0);
    for _ in 0..10 * (SONG_POINTS + 5) {
        writer.observe(4800, &readings, &history);
    }
    let song = history.song();
    assert_eq!(
        (song.points.len(), song.dropped_seconds),
        (SONG_POINTS, 6),
        "the first and five more are gone"
    );
}

#[test]
fn begin_of_a_song_drops_the_begun_second() {
    let (history, mut writer) = (MeterHistory::new(), HistoryWriter::new(48_000.0));
    let mut readings = Readings::default();
    readings.output.short_term_lufs = -14.0;
    readings.activity.glue_gain_db = -9.0;
    // The second time, no whole second has passed in between.
    for _ in 0..2 {
        for _ in 0..7 {
            writer.observe(4800, &readings, &history);
        }
        history.begin_song();
    }
    readings.activity.glue_gain_db = -1.0;
    for _ in 0..9 {
        writer.observe(4800, &readings, &history);
    }
    assert_eq!(history.song().points.len(), 0);
    writer.observe(4800, &readings, &history);
    let points = history.song().points;
    assert_eq!(points.len(), 1);
    assert_eq!(points[0].gain_db(GainStage::Glue), -1.0);
}

#[test]
fn history_of_a_silent_run_holds_one_point() {
    const SILENT: f32 = f32::NEG_INFINITY;
    let (history, mut writer) = (MeterHistory::new(), HistoryWriter::new(48_000.0));
    for lufs in [SILENT, SILENT, -14.0, SILENT, SILENT, SILENT, -20.0] {
        observe(&mut writer, &history, lufs);
    }
    assert_eq!(loudness(&history), [-14.0, SILENT, -20.0]);
}

#[test]
fn history_point_holds_the_lowest_gain_of_each_stage() {
    let (history, mut writer) = (MeterHistory::new(), HistoryWriter::new(48_000.0));
    let mut readings = Readings::default();
    readings.output.short_term_lufs = -14.0;
    readings.activity.weave_side_gains_db = [-1.0, -2.0, -3.0];
    readings.activity.comfort_gains_db = [-4.0, -5.0, -6.0, -7.0];
    readings.activity.mid_side_gains_db = [-8.0, -9.0];
    readings.activity.multiband_gains_db = [-10.0, -11.0, -12.0];
    readings.activity.glue_gain_db = -13.0;
    readings.limiter_gain_db = -14.0;
    writer.observe(2400, &readings, &history);
    readings.activity = flow_dsp::Activity::default();
    readings.limiter_gain_db = 0.0;
    writer.observe(2400, &readings, &history);
    let point = history.iter().next().unwrap();
    let gains_db = GainStage::ALL.map(|stage| point.gain_db(stage));
    let expected = std::array::from_fn(|stage| -1.0 - narrow(count(stage)));
    assert_eq!(gains_db, expected);
    assert_eq!(point.short_term_lufs, -14.0);
}

#[test]
fn points_have_the_song_position_at_their_end() {
    let (history, mut writer) = (MeterHistory::new(), HistoryWriter::new(48_000.0));
    let mut readings = Readings::default();
    readings.output.short_term_lufs = -14.0;
    // A block of 1.5 s in an offline render, as three calls.
    writer.set_song_position(SongPosition::new(Some(20.0), None));
    for _ in 0..3 {
        writer.observe(24_000, &readings, &history);
    }
    let seconds: Vec<Option<f32>> = history.iter().map(|point| point.position.seconds).collect();
    let expected: Vec<Option<f32>> = (1..=15_u8)
        .map(|tenth| Some(narrow(20.0 + f64::from(tenth) / 10.0)))
        .collect();
    assert_eq!(seconds, expected);
    let song = history.song().points;
    assert_eq!(song.len(), 1);
    assert_eq!(song[0].position.seconds, Some(21.0));
    // The transport stops.
    writer.set_song_position(None);
    writer.observe(4800, &readings, &history);
    let last = history.iter().last().unwrap();
    assert_eq!(last.position, PointPosition::default());
}

#[test]
fn points_of_one_long_call_all_hold_its_gains() {
    let (history, mut writer) = (MeterHistory::new(), HistoryWriter::new(8000.0));
    let mut readings = Readings::default();
    readings.output.short_term_lufs = -14.0;
    readings.limiter_gain_db = -3.0;
    writer.observe(1600, &readings, &history);
    readings.limiter_gain_db = -1.0;
    writer.observe(800, &readings, &history);
    let gains_db = history
        .iter()
        .map(|point| point.gain_db(GainStage::Limiter));
    assert_eq!(gains_db.collect::<Vec<_>>(), [-3.0, -3.0, -1.0]);
}
