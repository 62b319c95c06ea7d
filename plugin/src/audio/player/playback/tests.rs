use std::ops::Range;

use flow_audio_file::Audio;
use rtrb::RingBuffer;
use triple_buffer::{Input, triple_buffer};

use super::*;

/// Frames of a crossfade at 48 kHz.
const FADE: usize = 240;
const FADE_FRAMES: u32 = 240;
const SONG_FRAMES: u32 = 10_000;

struct Rig {
    playback: Playback,
    songs: Producer<NumberedSong>,
    returned: Consumer<Box<DecodedSong>>,
    transport: Input<Transport>,
    place: Arc<SharedPlace>,
    choice: SourceChoice,
}

/// A stereo song whose samples tell their frame: rising at the left, falling at the right.
fn ramp(frames: u32) -> Box<DecodedSong> {
    let left = (0..frames).map(ramp_sample).collect::<Vec<f32>>();
    let right = left.iter().map(|sample| -sample).collect();
    Box::new(Audio::new(48_000, vec![left, right]).into())
}

#[allow(clippy::cast_precision_loss, reason = "a few thousand frames")]
fn ramp_sample(frame: u32) -> f32 {
    0.1 + frame as f32 * 1e-5
}

impl Rig {
    fn new() -> Self {
        let (songs, song_consumer) = RingBuffer::new(2);
        let (returned_producer, returned) = RingBuffer::new(2);
        let (transport, output) = triple_buffer(&Transport::default());
        let place = Arc::new(SharedPlace::default());
        let playback = Playback::new(song_consumer, returned_producer, output, place.clone());
        Self {
            playback,
            songs,
            returned,
            transport,
            place,
            choice: SourceChoice::Song,
        }
    }

    /// With a song that plays from its start on.
    fn playing() -> Self {
        let mut rig = Self::new();
        rig.songs.push((1, Some(ramp(SONG_FRAMES)))).unwrap();
        rig.set(Transport::default());
        rig
    }

    /// Lets song 1 play with these other wishes.
    fn set(&mut self, transport: Transport) {
        self.transport.write(Transport {
            song: 1,
            is_playing: true,
            ..transport
        });
    }

    /// The left channel of so many frames, processed in blocks of `block` frames, with a constant input.
    fn run(&mut self, frames: usize, block: usize) -> Vec<f32> {
        let (mut left, mut right) = (vec![INPUT; frames], vec![-INPUT; frames]);
        for (left, right) in left.chunks_mut(block).zip(right.chunks_mut(block)) {
            self.playback.process(&mut [left, right], self.choice);
        }
        assert!(left.iter().zip(&right).all(|(l, r)| *l == -r));
        left
    }

    fn frame(&self) -> u32 {
        self.place.load().frame
    }
}

/// The live input of the left channel.
const INPUT: f32 = 0.8;

fn song(frames: Range<u32>) -> Vec<f32> {
    frames.map(ramp_sample).collect()
}

/// The largest step between neighbors.
fn largest_step(samples: &[f32]) -> f32 {
    let steps = samples.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    steps.fold(0.0, f32::max)
}

/// The largest step of a crossfade between two sources that differ by 1: the steepest slope of 3x² − 2x³ over 240 frames.
const FADE_STEP: f32 = 1.5 / 240.0 + 1e-5;

#[test]
fn input_without_a_song_passes_bit_by_bit() {
    let mut rig = Rig::new();
    assert_eq!(rig.run(1000, 64), [INPUT; 1000]);
    assert_eq!(rig.place.load(), Place::default());
}

#[test]
fn song_replaces_input_after_two_crossfades_and_has_its_own_samples() {
    let mut rig = Rig::playing();
    let output = rig.run(3000, 512);
    // The song's own begin is a step.
    assert!(largest_step(&output[..2 * FADE]) <= FADE_STEP);
    // Input to silence, then silence to the song's first frame.
    assert_eq!(output[2 * FADE..], song(0..3000 - 2 * FADE_FRAMES));
    assert_eq!(output[FADE], 0.0);
    assert_eq!(rig.frame(), 3000 - 2 * FADE_FRAMES);
}

#[test]
fn position_is_that_of_the_sounding_song() {
    let mut rig = Rig::playing();
    assert_eq!(rig.playback.position_s(), None);
    rig.run(2 * FADE + 4800, 512);
    assert_eq!(rig.playback.position_s(), Some(0.1));
    rig.transport.write(Transport::default());
    rig.run(1200, 512);
    assert_eq!(rig.playback.position_s(), None, "paused");
}

#[test]
fn playback_in_any_blocks_has_the_same_samples() {
    let run = |block: usize| {
        let mut rig = Rig::playing();
        let mut output = rig.run(1200, block);
        rig.set(Transport {
            seek: 1,
            seek_frame: 5000,
            loop_frames: Some([5000, 5700]),
            ..Transport::default()
        });
        output.extend(rig.run(6000, block));
        rig.transport.write(Transport::default());
        output.extend(rig.run(1200, block));
        output
    };
    let expected = run(1200);
    for block in [1, 16, 37, 64, 240, 511] {
        assert_eq!(run(block), expected, "blocks of {block}");
    }
}

#[test]
fn pause_and_play_lose_no_sample() {
    let mut rig = Rig::playing();
    rig.run(1000, 100);
    let paused_at = rig.frame();
    rig.transport.write(Transport {
        song: 1,
        ..Transport::default()
    });
    let output = rig.run(600, 100);
    assert!(largest_step(&output) <= FADE_STEP);
    assert_eq!(output[FADE..], [0.0; 600 - FADE]);
    assert_eq!(rig.frame(), paused_at);
    rig.set(Transport::default());
    let output = rig.run(1000, 100);
    let end = paused_at + 1000 - FADE_FRAMES;
    assert_eq!(output[FADE..], song(paused_at..end));
}

#[test]
fn seek_crossfades_and_continues_exactly_at_its_target() {
    let mut rig = Rig::playing();
    let before = rig.run(1000, 100);
    rig.set(Transport {
        seek: 1,
        seek_frame: 7000,
        ..Transport::default()
    });
    let output = rig.run(1000, 100);
    let joined = [&before[2 * FADE..], &output].concat();
    assert!(largest_step(&joined) <= FADE_STEP);
    assert_eq!(output[FADE..], song(7000..7000 + 1000 - FADE_FRAMES));
    assert_eq!(rig.place.load().seek, 1);
}

#[test]
fn seek_while_paused_plays_from_its_target() {
    let mut rig = Rig::new();
    rig.songs.push((1, Some(ramp(SONG_FRAMES)))).unwrap();
    let seek = Transport {
        song: 1,
        seek: 1,
        seek_frame: 4000,
        ..Transport::default()
    };
    rig.transport.write(seek);
    let output = rig.run(1000, 100);
    assert_eq!(output[FADE..], [0.0; 1000 - FADE]);
    assert_eq!((rig.frame(), rig.place.load().seek), (4000, 1));
    rig.set(seek);
    assert_eq!(
        rig.run(1000, 100)[FADE..],
        song(4000..4000 + 1000 - FADE_FRAMES)
    );
}

#[test]
fn loop_plays_its_section_in_exact_periods() {
    let mut rig = Rig::playing();
    let section = [2000, 2960];
    rig.set(Transport {
        seek: 1,
        seek_frame: 2000,
        loop_frames: Some(section),
        ..Transport::default()
    });
    let output = rig.run(2 * FADE + 5 * 960, 128);
    let played = &output[2 * FADE..];
    for period in played.chunks(960) {
        // The crossfade to the start lies before the end.
        assert_eq!(period[..960 - FADE], song(2000..2960 - FADE_FRAMES));
    }
    assert!(largest_step(played) <= FADE_STEP);
}

#[test]
fn playing_beyond_the_loop_goes_on_to_the_end_and_then_to_the_loop() {
    let mut rig = Rig::playing();
    rig.set(Transport {
        seek: 1,
        seek_frame: 9000,
        loop_frames: Some([2000, 4000]),
        ..Transport::default()
    });
    let output = rig.run(2 * FADE + 1000 + FADE + 500, 100);
    let played = &output[2 * FADE..];
    assert_eq!(played[..1000], song(9000..10_000));
    assert_eq!(played[1000 + FADE..], song(2000..2500));
}

#[test]
fn song_at_its_end_stays_silent_until_a_seek() {
    let mut rig = Rig::playing();
    let output = rig.run(2 * FADE + 11_000, 100);
    assert_eq!(output[2 * FADE..][..10_000], song(0..10_000));
    assert_eq!(output[2 * FADE + 10_000..], [0.0; 1000]);
    assert_eq!(rig.frame(), SONG_FRAMES);
    rig.set(Transport {
        seek: 1,
        ..Transport::default()
    });
    assert_eq!(rig.run(600, 100)[FADE..], song(0..600 - FADE_FRAMES));
}

#[test]
fn another_song_and_no_song_return_the_last_one() {
    let mut rig = Rig::playing();
    let mut output = rig.run(1000, 100);
    rig.songs.push((2, Some(ramp(500)))).unwrap();
    output.extend(rig.run(1000, 100));
    assert_eq!(rig.returned.pop().unwrap().frames(), SONG_FRAMES);
    // The transport is still that of the first song.
    assert_eq!(output[1000 + FADE..], [0.0; 1000 - FADE]);
    assert_eq!(rig.place.load().song, 2);
    rig.songs.push((3, None)).unwrap();
    output.extend(rig.run(1000, 100));
    assert_eq!(rig.returned.pop().unwrap().frames(), 500);
    assert_eq!(output[2000 + FADE..], [INPUT; 1000 - FADE]);
    assert!(largest_step(&output[2 * FADE..]) <= FADE_STEP);
}

#[test]
fn song_without_room_for_the_last_one_waits() {
    let mut rig = Rig::playing();
    rig.run(1000, 100);
    for number in 2..4 {
        rig.songs.push((number, Some(ramp(100)))).unwrap();
        rig.run(1000, 100);
    }
    rig.songs.push((4, Some(ramp(100)))).unwrap();
    assert_eq!(rig.run(1000, 100)[FADE..], [0.0; 1000 - FADE]);
    assert_eq!(rig.place.load().song, 3);
    assert!(rig.returned.pop().is_ok());
    rig.run(1000, 100);
    assert_eq!(rig.place.load().song, 4);
}

#[test]
fn transports_of_any_values_keep_samples_finite_and_bounded() {
    let mut rig = Rig::playing();
    for (index, loop_frames) in [
        None,
        Some([0, 0]),
        Some([5, 3]),
        Some([u32::MAX, u32::MAX]),
        Some([0, u32::MAX]),
        Some([9999, 10_000]),
        Some([100, 101]),
    ]
    .into_iter()
    .enumerate()
    {
        for seek_frame in [0, 9999, 10_000, u32::MAX] {
            let seek = rig.place.load().seek.wrapping_add(1);
            rig.set(Transport {
                seek,
                seek_frame,
                loop_frames,
                ..Transport::default()
            });
            let output = rig.run(3000, 100);
            assert!(output.iter().all(|s| (0.0..=0.8).contains(s)), "{index}");
        }
    }
}

#[test]
fn song_that_is_not_wanted_waits_at_its_place_behind_the_input() {
    let mut rig = Rig::playing();
    rig.choice = SourceChoice::Input;
    assert_eq!(rig.run(3000, 100), [INPUT; 3000]);
    assert_eq!((rig.place.load().song, rig.frame()), (1, 0));
    rig.choice = SourceChoice::Song;
    let output = rig.run(1000, 100);
    assert_eq!(output[FADE..], song(0..1000 - FADE_FRAMES));
    let heard = rig.frame();
    rig.choice = SourceChoice::Input;
    let output = rig.run(1000, 100);
    assert!(largest_step(&output) <= FADE_STEP);
    assert_eq!(output[FADE..], [INPUT; 1000 - FADE]);
    assert_eq!(rig.frame(), heard);
    // A seek meanwhile is the next place.
    rig.set(Transport {
        seek: 1,
        seek_frame: 4000,
        ..Transport::default()
    });
    assert_eq!(rig.run(300, 100), [INPUT; 300]);
    assert_eq!(rig.place.load().seek, 1);
    rig.choice = SourceChoice::Song;
    assert_eq!(rig.run(1000, 100)[FADE..], song(4000..4760));
}

#[test]
fn song_has_its_gain_and_changes_it_without_a_step() {
    let mut rig = Rig::playing();
    rig.set(Transport {
        gain: 0.5,
        ..Transport::default()
    });
    let gained = |gain: f32, frames: Range<u32>| -> Vec<f32> {
        song(frames).iter().map(|sample| gain * sample).collect()
    };
    // It begins with its gain.
    assert_eq!(rig.run(3000, 100)[2 * FADE..], gained(0.5, 0..2520));
    let settled = 4 * FADE;
    rig.set(Transport {
        gain: 2.0,
        ..Transport::default()
    });
    let output = rig.run(2000, 77);
    assert!(
        largest_step(&output) < 1.5 / 960.0,
        "{}",
        largest_step(&output)
    );
    assert_eq!(output[settled..], gained(2.0, 2520..4520)[settled..]);
    // The next song has its own, and the gain of the last one doesn't change while it fades out.
    rig.songs.push((2, Some(ramp(SONG_FRAMES)))).unwrap();
    rig.transport.write(Transport {
        song: 2,
        is_playing: true,
        gain: 8.0,
        ..Transport::default()
    });
    let output = rig.run(1000, 1000);
    assert_eq!(output[2 * FADE..], gained(8.0, 0..520));
    let last = gained(2.0, 4520..4760);
    let mut pairs = output.iter().zip(&last);
    assert!(pairs.all(|(sample, last)| *sample <= *last));
}

#[test]
fn song_unheard_takes_its_gain_at_once() {
    let mut rig = Rig::playing();
    rig.run(1000, 100);
    rig.choice = SourceChoice::Input;
    rig.run(1000, 100);
    let paused_at = rig.frame();
    rig.set(Transport {
        gain: 0.25,
        ..Transport::default()
    });
    rig.choice = SourceChoice::Song;
    let expected: Vec<f32> = song(paused_at..paused_at + 260)
        .iter()
        .map(|sample| 0.25 * sample)
        .collect();
    assert_eq!(rig.run(500, 100)[FADE..], expected);
}

#[test]
fn song_of_another_rate_is_silent() {
    let mut rig = Rig::playing();
    rig.run(2000, 100);
    let heard = rig.frame();
    rig.playback.prepare(44_100.0);
    assert_eq!(rig.run(1000, 100), [0.0; 1000]);
    assert_eq!(rig.frame(), heard);
    // At its own rate it goes on.
    rig.playback.prepare(48_000.0);
    assert_eq!(rig.run(1000, 100)[FADE..], song(heard..heard + 760));
}

#[test]
fn mono_song_is_half_the_sum_of_its_channels() {
    let mut rig = Rig::playing();
    rig.run(2000, 100);
    rig.choice = SourceChoice::MonoSong;
    // Left and right of the song cancel each other.
    assert_eq!(rig.run(2000, 100)[4 * FADE..], [0.0; 2000 - 4 * FADE]);
}

#[test]
fn stop_at_once_leaves_nothing_of_the_song() {
    let mut rig = Rig::playing();
    rig.run(2000, 100);
    let heard = rig.frame();
    rig.playback.stop_at_once();
    rig.choice = SourceChoice::Input;
    assert_eq!(rig.run(1000, 100), [INPUT; 1000]);
    assert_eq!(rig.frame(), heard);
}
