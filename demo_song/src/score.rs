//! The arrangement: instruments, notes and times.

use crate::{
    mixer::{Mixer, Placement},
    voices,
};

/// 104 beats a minute, four to the bar.
const BEAT_SECONDS: f64 = 60.0 / 104.0;
pub(super) const BAR_SECONDS: f64 = 4.0 * BEAT_SECONDS;
const EIGHTH_SECONDS: f64 = BEAT_SECONDS / 2.0;
const SIXTEENTH_SECONDS: f64 = BEAT_SECONDS / 4.0;
const LAST_BAR: u32 = 16;
/// The last chord rings out over one more bar.
pub(super) const SECONDS: f64 = BAR_SECONDS * 17.0;

/// Am7, Fmaj7, Cadd9, G: bass note, then the chord from below.
const CHORDS: [(i32, [i32; 4]); 4] = [
    (33, [57, 60, 64, 67]),
    (29, [53, 57, 60, 64]),
    (36, [52, 55, 60, 62]),
    (31, [50, 55, 59, 62]),
];

/// The chorus melody over four bars: (eighth, length in eighths, note).
const MELODY: [(u32, f64, i32); 16] = [
    (0, 2.8, 76),
    (3, 0.9, 74),
    (4, 1.9, 72),
    (6, 1.8, 69),
    (8, 2.8, 72),
    (11, 0.9, 69),
    (12, 1.9, 72),
    (14, 1.8, 74),
    (16, 1.9, 76),
    (18, 1.9, 79),
    (20, 1.9, 76),
    (22, 0.9, 74),
    (23, 0.9, 72),
    (24, 2.9, 74),
    (27, 0.9, 71),
    (28, 3.6, 74),
];

/// Eighths of a bar on which the bass plays, with its length in eighths and the step above the root.
const BASS_LINE: [(u32, f64, i32); 5] = [
    (0, 1.6, 0),
    (3, 0.8, 0),
    (4, 1.4, 0),
    (6, 0.8, 12),
    (7, 0.8, 7),
];

#[derive(Clone, Copy, PartialEq)]
enum Section {
    Intro,
    Verse,
    Chorus,
    Break,
}

fn section(bar: u32) -> Section {
    match bar {
        0..2 => Section::Intro,
        2..6 => Section::Verse,
        10..12 => Section::Break,
        _ => Section::Chorus,
    }
}

/// Plays the arrangement into a mixer.
pub(super) struct Score<'s> {
    mixer: &'s mut Mixer,
    rate_hz: f64,
}

impl<'s> Score<'s> {
    pub(super) fn new(mixer: &'s mut Mixer) -> Self {
        let rate_hz = mixer.rate_hz;
        Self { mixer, rate_hz }
    }

    pub(super) fn play(mut self) {
        for bar in 0..LAST_BAR {
            let start = f64::from(bar) * BAR_SECONDS;
            // One chord a bar, four bars a round.
            let (root, chord) = CHORDS[(bar % 4) as usize];
            self.pads(start, bar, chord, BAR_SECONDS + 0.25);
            self.plucks(start, bar, chord);
            if section(bar) == Section::Verse || section(bar) == Section::Chorus {
                self.bass(start, root);
                self.drums(start, bar);
            }
        }
        for chorus in [6, 12] {
            self.melody(f64::from(chorus) * BAR_SECONDS);
            let place = Placement {
                pan: 0.25,
                gain: 0.20,
                send: 0.3,
            };
            let crash = voices::crash(self.rate_hz);
            self.mixer
                .play(true, f64::from(chorus) * BAR_SECONDS, 2.5, place, crash);
        }
        for (side, seed) in [(-0.7, 901), (0.7, 902)] {
            let place = Placement {
                pan: side,
                gain: 0.10,
                send: 0.3,
            };
            let riser = voices::riser(self.rate_hz, BAR_SECONDS, seed);
            self.mixer
                .play(false, 11.0 * BAR_SECONDS, BAR_SECONDS, place, riser);
        }
        self.ending();
    }

    fn pads(&mut self, start: f64, bar: u32, chord: [i32; 4], length: f64) {
        let (gain, brightness) = match section(bar) {
            Section::Intro => (0.085, 900.0),
            Section::Verse => (0.075, 1500.0),
            Section::Chorus => (0.125, 3800.0),
            Section::Break => (0.095, 1400.0),
        };
        for (voice, note) in (0..).zip(chord) {
            for (side, pan) in [(0, -0.85), (1, 0.85)] {
                let seed = 10 * (bar % 4) + 2 * voice + side;
                let pad = voices::pad(self.rate_hz, note, length, brightness, seed);
                self.mixer.play(
                    false,
                    start,
                    length,
                    Placement {
                        pan,
                        gain,
                        send: 0.25,
                    },
                    pad,
                );
            }
        }
    }

    fn plucks(&mut self, start: f64, bar: u32, chord: [i32; 4]) {
        let (gain, every) = match section(bar) {
            Section::Intro => (0.07, 2),
            Section::Verse => (0.05, 4),
            Section::Chorus => (0.07, 1),
            Section::Break => (0.085, 2),
        };
        // Up and down the chord, an octave higher.
        const ORDER: [usize; 6] = [0, 1, 2, 3, 2, 1];
        for (step, sixteenth) in (0..16u32).step_by(every).enumerate() {
            let note = chord[ORDER[step % ORDER.len()]] + 12;
            let at = start + f64::from(sixteenth) * SIXTEENTH_SECONDS;
            let pan = if step % 2 == 0 { -0.55 } else { 0.55 };
            // Two echoes of a dotted eighth, on alternating sides.
            let echoes =
                [(0.0, pan, 1.0), (1.0, -pan, 0.4), (2.0, pan, 0.16)].map(|(echo, pan, level)| {
                    (
                        at + echo * 3.0 * SIXTEENTH_SECONDS,
                        Placement {
                            pan,
                            gain: gain * level,
                            send: 0.5,
                        },
                    )
                });
            self.mixer
                .play_copies(false, 1.2, &echoes, voices::pluck(note));
        }
    }

    fn bass(&mut self, start: f64, root: i32) {
        for (eighth, length, step) in BASS_LINE {
            let length = length * EIGHTH_SECONDS;
            let bass = voices::bass(self.rate_hz, root + step, length);
            let at = start + f64::from(eighth) * EIGHTH_SECONDS;
            self.mixer.play(
                false,
                at,
                length,
                Placement {
                    pan: 0.0,
                    gain: 0.34,
                    send: 0.0,
                },
                bass,
            );
        }
    }

    fn drums(&mut self, start: f64, bar: u32) {
        let chorus = section(bar) == Section::Chorus;
        let kicks: &[f64] = if chorus {
            &[0.0, 1.0, 2.0, 3.0]
        } else {
            &[0.0, 1.75, 2.5]
        };
        for beat in kicks {
            let at = start + beat * BEAT_SECONDS;
            let frame = self.mixer.frame_at(at);
            self.mixer.kicks.push(frame);
            let kick = voices::kick(self.rate_hz);
            self.mixer.play(
                true,
                at,
                0.9,
                Placement {
                    pan: 0.0,
                    gain: 0.46,
                    send: 0.02,
                },
                kick,
            );
        }
        // The snare starts in the third bar of the verse.
        let snares: &[f64] = match bar {
            0..4 => &[],
            9 | 15 => &[1.0, 3.0, 3.5, 3.75],
            _ => &[1.0, 3.0],
        };
        for (index, beat) in (0..).zip(snares) {
            let snare = voices::snare(self.rate_hz, 40 + 4 * bar + index);
            let place = Placement {
                pan: 0.05,
                gain: if chorus { 0.40 } else { 0.31 },
                send: 0.22,
            };
            self.mixer
                .play(true, start + beat * BEAT_SECONDS, 0.8, place, snare);
        }
        for eighth in 0..8u32 {
            let off_beat = eighth % 2 == 1;
            let open = chorus && off_beat;
            let (decay, gain) = if open {
                (0.14, 0.12)
            } else {
                (0.032, if off_beat { 0.10 } else { 0.14 })
            };
            // A late off-beat swings a little.
            let swing = if off_beat { 0.012 } else { 0.0 };
            let hat = voices::hat(self.rate_hz, decay, 400 + 8 * bar + eighth);
            let at = start + f64::from(eighth) * EIGHTH_SECONDS + swing;
            self.mixer.play(
                true,
                at,
                0.7,
                Placement {
                    pan: -0.3,
                    gain,
                    send: 0.05,
                },
                hat,
            );
        }
    }

    fn melody(&mut self, start: f64) {
        for (eighth, length, note) in MELODY {
            let length = length * EIGHTH_SECONDS;
            let at = start + f64::from(eighth) * EIGHTH_SECONDS;
            let lead = voices::lead(self.rate_hz, note, length);
            self.mixer.play(
                false,
                at,
                length,
                Placement {
                    pan: 0.1,
                    gain: 0.15,
                    send: 0.35,
                },
                lead,
            );
        }
    }

    /// Plays the last chord.
    fn ending(&mut self) {
        let start = f64::from(LAST_BAR) * BAR_SECONDS;
        let (root, chord) = CHORDS[0];
        self.pads(start, 0, chord, BAR_SECONDS - 0.4);
        let kick = voices::kick(self.rate_hz);
        self.mixer.play(
            true,
            start,
            0.9,
            Placement {
                pan: 0.0,
                gain: 0.46,
                send: 0.05,
            },
            kick,
        );
        let length = BAR_SECONDS - 0.9;
        let bass = voices::bass(self.rate_hz, root, length);
        self.mixer.play(
            false,
            start,
            length,
            Placement {
                pan: 0.0,
                gain: 0.3,
                send: 0.0,
            },
            bass,
        );
        for (index, note) in (0..).zip(chord) {
            let at = start + 0.06 * f64::from(index);
            self.mixer.play(
                false,
                at,
                1.6,
                Placement {
                    pan: 0.0,
                    gain: 0.08,
                    send: 0.6,
                },
                voices::pluck(note + 12),
            );
        }
    }
}
