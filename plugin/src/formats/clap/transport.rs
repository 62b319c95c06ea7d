//! The place in the host's song at the first frame of a block.

use clap_sys::events::{
    CLAP_TRANSPORT_HAS_BEATS_TIMELINE, CLAP_TRANSPORT_HAS_SECONDS_TIMELINE,
    CLAP_TRANSPORT_HAS_TEMPO, CLAP_TRANSPORT_HAS_TIME_SIGNATURE, CLAP_TRANSPORT_IS_PLAYING,
    clap_event_transport,
};
use clap_sys::fixedpoint::{CLAP_BEATTIME_FACTOR, CLAP_SECTIME_FACTOR};

use crate::audio::song_position::{MusicalTime, SongPosition};

/// `[audio]` The place that the transport tells; none while it stands still.
pub(super) fn song_position(transport: &clap_event_transport) -> Option<SongPosition> {
    let has = |flag: u32| transport.flags & flag != 0;
    if !has(CLAP_TRANSPORT_IS_PLAYING) {
        return None;
    }
    let seconds = has(CLAP_TRANSPORT_HAS_SECONDS_TIMELINE)
        .then(|| fixed_point(transport.song_pos_seconds, CLAP_SECTIME_FACTOR));
    // Wrappers of other formats tell the start of the bar and leave its number at 0, which only the first bar has.
    let is_counted = transport.bar_number != 0 || transport.bar_start <= 0;
    let musical = has(CLAP_TRANSPORT_HAS_BEATS_TIMELINE).then(|| MusicalTime {
        quarters: fixed_point(transport.song_pos_beats, CLAP_BEATTIME_FACTOR),
        bar_start: Some(fixed_point(transport.bar_start, CLAP_BEATTIME_FACTOR)),
        bar_number: is_counted.then_some(transport.bar_number),
        tempo_bpm: has(CLAP_TRANSPORT_HAS_TEMPO).then_some(transport.tempo),
        signature: has(CLAP_TRANSPORT_HAS_TIME_SIGNATURE)
            .then(|| [transport.tsig_num, transport.tsig_denom].map(i32::from)),
    });
    SongPosition::new(seconds, musical)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "53 bits are enough for a place in a song"
)]
fn fixed_point(number: i64, factor: i64) -> f64 {
    number as f64 / factor as f64
}

#[cfg(test)]
mod tests {
    use clap_sys::events::clap_event_header;

    use super::*;

    fn transport(flags: u32) -> clap_event_transport {
        clap_event_transport {
            header: clap_event_header {
                size: 0,
                time: 0,
                space_id: 0,
                type_: 0,
                flags: 0,
            },
            flags,
            song_pos_beats: 130 * CLAP_BEATTIME_FACTOR,
            song_pos_seconds: 65 * CLAP_SECTIME_FACTOR,
            tempo: 120.0,
            tempo_inc: 0.0,
            loop_start_beats: 0,
            loop_end_beats: 0,
            loop_start_seconds: 0,
            loop_end_seconds: 0,
            bar_start: 128 * CLAP_BEATTIME_FACTOR,
            bar_number: 32,
            tsig_num: 4,
            tsig_denom: 4,
        }
    }

    #[test]
    fn position_has_the_numbers_whose_flags_are_set() {
        const PLAYING: u32 = CLAP_TRANSPORT_IS_PLAYING;
        let musical = MusicalTime {
            quarters: 130.0,
            bar_start: Some(128.0),
            bar_number: Some(32),
            tempo_bpm: None,
            signature: None,
        };
        let complete = MusicalTime {
            tempo_bpm: Some(120.0),
            signature: Some([4, 4]),
            ..musical
        };
        let all = CLAP_TRANSPORT_HAS_TEMPO
            | CLAP_TRANSPORT_HAS_BEATS_TIMELINE
            | CLAP_TRANSPORT_HAS_SECONDS_TIMELINE
            | CLAP_TRANSPORT_HAS_TIME_SIGNATURE;
        for (flags, seconds, musical) in [
            (PLAYING, None, None),
            (
                PLAYING | CLAP_TRANSPORT_HAS_SECONDS_TIMELINE,
                Some(65.0),
                None,
            ),
            (
                PLAYING | CLAP_TRANSPORT_HAS_BEATS_TIMELINE,
                None,
                Some(musical),
            ),
            (PLAYING | all, Some(65.0), Some(complete)),
            // The song stands still.
            (all, None, None),
        ] {
            let expected = SongPosition::new(seconds, musical);
            assert_eq!(song_position(&transport(flags)), expected, "{flags:b}");
        }
    }

    #[test]
    fn bar_whose_number_is_missing_is_counted_by_the_signature() {
        let all = CLAP_TRANSPORT_IS_PLAYING
            | CLAP_TRANSPORT_HAS_BEATS_TIMELINE
            | CLAP_TRANSPORT_HAS_TIME_SIGNATURE;
        let mut transport = transport(all);
        let known = song_position(&transport);
        transport.bar_number = 0;
        assert_eq!(song_position(&transport), known);
    }
}
