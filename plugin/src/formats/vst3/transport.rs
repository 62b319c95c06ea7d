//! The place in the host's song at the first frame of a block.

use vst3::Steinberg::Vst::IProcessContextRequirements_::Flags_::{
    kNeedBarPositionMusic, kNeedProjectTimeMusic, kNeedTempo, kNeedTimeSignature,
    kNeedTransportState,
};
use vst3::Steinberg::Vst::ProcessContext;
use vst3::Steinberg::Vst::ProcessContext_::StatesAndFlags_::{
    kBarPositionValid, kPlaying, kProjectTimeMusicValid, kTempoValid, kTimeSigValid,
};
use vst3::Steinberg::uint32;

use super::int;
use crate::audio::song_position::{MusicalTime, SongPosition};

/// The data that the host has to give beside the place in samples, which every host gives.
pub(super) const REQUIREMENTS: uint32 = flag(int!(
    kNeedProjectTimeMusic
        | kNeedBarPositionMusic
        | kNeedTempo
        | kNeedTimeSignature
        | kNeedTransportState
));

const fn flag(bits: i32) -> uint32 {
    bits.cast_unsigned()
}

/// `[audio]` The place that the host tells; none while it stands still.
pub(super) fn song_position(context: &ProcessContext) -> Option<SongPosition> {
    let has = |bits: i32| context.state & flag(bits) != 0;
    if !has(int!(kPlaying)) {
        return None;
    }
    #[allow(
        clippy::cast_precision_loss,
        reason = "53 bits are enough for a place in a song"
    )]
    let seconds = context.projectTimeSamples as f64 / context.sampleRate;
    let musical = has(int!(kProjectTimeMusicValid)).then(|| MusicalTime {
        quarters: context.projectTimeMusic,
        bar_start: has(int!(kBarPositionValid)).then_some(context.barPositionMusic),
        // VST3 has none.
        bar_number: None,
        tempo_bpm: has(int!(kTempoValid)).then_some(context.tempo),
        signature: has(int!(kTimeSigValid))
            .then_some([context.timeSigNumerator, context.timeSigDenominator]),
    });
    SongPosition::new(Some(seconds), musical)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(state: i32) -> ProcessContext {
        // SAFETY: a structure of numbers.
        let mut context: ProcessContext = unsafe { std::mem::zeroed() };
        context.state = flag(state);
        context.sampleRate = 48_000.0;
        context.projectTimeSamples = 48_000 * 65;
        context.projectTimeMusic = 130.0;
        context.barPositionMusic = 128.0;
        context.tempo = 120.0;
        (context.timeSigNumerator, context.timeSigDenominator) = (4, 4);
        context
    }

    #[test]
    fn position_has_the_numbers_whose_flags_are_set() {
        const PLAYING: i32 = int!(kPlaying);
        let musical = MusicalTime {
            quarters: 130.0,
            ..MusicalTime::default()
        };
        let complete = MusicalTime {
            bar_start: Some(128.0),
            tempo_bpm: Some(120.0),
            signature: Some([4, 4]),
            ..musical
        };
        let all = int!(kProjectTimeMusicValid | kBarPositionValid | kTempoValid | kTimeSigValid);
        for (state, seconds, musical) in [
            (PLAYING, Some(65.0), None),
            (
                PLAYING | int!(kProjectTimeMusicValid),
                Some(65.0),
                Some(musical),
            ),
            (PLAYING | all, Some(65.0), Some(complete)),
            // The song stands still.
            (all, None, None),
        ] {
            let expected = SongPosition::new(seconds, musical);
            assert_eq!(song_position(&context(state)), expected, "{state:b}");
        }
    }

    #[test]
    fn position_at_a_rate_of_zero_is_unknown() {
        let mut context = context(int!(kPlaying));
        for sample_rate_hz in [0.0, f64::NAN, -0.0] {
            context.sampleRate = sample_rate_hz;
            assert_eq!(song_position(&context), None, "{sample_rate_hz}");
        }
    }
}
