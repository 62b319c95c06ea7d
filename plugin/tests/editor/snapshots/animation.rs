//! The steps of the README's first master, from *Listen* to *Compare*, with a soft and thin demo song whose master reaches its
//! target. `UPDATE_SNAPSHOTS=force` stores them as an animation.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use flow_audio_file::Audio;
use gif::{DisposalMethod, Encoder, Frame, Repeat};
use image::RgbaImage;
use image::imageops::{FilterType, resize};

use crate::fixture::{
    DESIGN_SIZE, EditorFixture, draw_until, has_label, press, thin_song, use_f32_model,
};

/// The size of the animation, pixels.
const SIZE: [u16; 2] = [930, 600];

/// The music between two pictures, frames.
const STEP_FRAMES: usize = 5760;

/// The time that a picture is shown, ms: as long as its music lasts.
const STEP_MS: u16 = 120;

/// The music between two pictures of the master, in steps, and its pictures: the whole song.
const MASTER: [usize; 2] = [22, 12];

/// The loudness target of the delivery, LUFS.
const TARGET_LUFS: f32 = -14.0;

/// While the assistant listens, this many steps of music pass between two pictures.
const FAST: usize = 10;

/// The pictures of the assistant that listens. Their music lies in the song's loud part.
const LISTENED: usize = 11;

/// The colors of a picture are chosen from a tenth of its pixels.
const PALETTE_SPEED: i32 = 10;

/// A playing window, whose pictures become an animation.
struct Animation {
    fixture: EditorFixture,
    window: Harness<'static>,
    song: Audio,
    played_frames: usize,
    /// The animation; `None` if it isn't stored.
    encoder: Option<Encoder<BufWriter<File>>>,
    last: Option<RgbaImage>,
}

impl Animation {
    /// Plays some steps of the song.
    fn play(&mut self, steps: usize) {
        for _ in 0..steps {
            let at = self.played_frames % (self.song.frames() - STEP_FRAMES);
            let music = self.song.range(at, at + STEP_FRAMES);
            self.fixture.play_audio(&mut self.window, music);
            self.played_frames += STEP_FRAMES;
        }
    }

    /// Adds the present picture. Pixels that stay as they are become transparent, which takes less space.
    fn add_picture(&mut self, shown_ms: u16) {
        let Some(encoder) = &mut self.encoder else {
            return;
        };
        let [width, height] = SIZE;
        let drawn = self.window.render().unwrap();
        let picture = resize(&drawn, width.into(), height.into(), FilterType::Triangle);
        let mut changes = picture.clone();
        if let Some(last) = &self.last {
            for (pixel, before) in changes.pixels_mut().zip(last.pixels()) {
                if pixel == before {
                    pixel.0[3] = 0;
                }
            }
        }
        let mut frame = Frame::from_rgba_speed(width, height, &mut changes, PALETTE_SPEED);
        frame.delay = shown_ms / 10;
        frame.dispose = DisposalMethod::Keep;
        encoder.write_frame(&frame).unwrap();
        self.last = Some(picture);
    }

    /// The integrated loudness on the screen, LUFS.
    fn integrated_lufs(&self) -> f32 {
        let node = self.window.get_by_label_contains("LUFS, integrated ");
        let label = node.accesskit_node().value().unwrap_or_default();
        let (_, number) = label.split_once("integrated ").unwrap();
        let number = number.split(' ').next().unwrap_or_default();
        number.replace('−', "-").parse().unwrap()
    }

    /// Plays the song for some pictures.
    fn show(&mut self, pictures: usize) {
        for _ in 0..pictures {
            self.play(1);
            self.add_picture(STEP_MS);
        }
    }
}

/// The animation in `docs`.
fn encoder() -> Encoder<BufWriter<File>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/first-master.gif");
    let file = BufWriter::new(File::create(path).unwrap());
    let mut encoder = Encoder::new(file, SIZE[0], SIZE[1], &[]).unwrap();
    encoder.set_repeat(Repeat::Infinite).unwrap();
    encoder
}

#[test]
fn moving_picture_of_first_master_shows_each_step() {
    use_f32_model();
    let fixture = EditorFixture::new();
    fixture.set(&[("deliv", "Spotify"), ("style", "Electronic")]);
    let window = fixture.window(DESIGN_SIZE, 1.0);
    let is_stored = std::env::var_os("UPDATE_SNAPSHOTS").is_some();
    let mut animation = Animation {
        fixture,
        window,
        song: thin_song(),
        played_frames: 0,
        encoder: is_stored.then(encoder),
        last: None,
    };
    animation.play(FAST);
    animation.show(6);
    press(&mut animation.window, "Listen");
    for _ in 0..LISTENED {
        animation.play(FAST);
        animation.add_picture(2 * STEP_MS);
    }
    // The analysis begins after ten seconds, and later on a busy machine. So it may recommend several changes or one.
    let apply_button = |window: &Harness<'_>| {
        let mut labels = ["Apply all ", "Apply 1"].into_iter();
        labels.find(|label| has_label(window, label))
    };
    draw_until(&mut animation.window, "Apply", |window| {
        apply_button(window).is_some()
    });
    let label = apply_button(&animation.window).unwrap();
    animation.show(12);
    animation.window.get_by_label_contains(label).click();
    animation.window.run_steps(2);
    assert!(animation.fixture.has_host_events(), "nothing is applied");
    animation.show(8);
    // The figures are those of the whole song, mastered.
    press(&mut animation.window, "Reset");
    animation.played_frames = 0;
    let [steps, pictures] = MASTER;
    for _ in 0..pictures {
        animation.play(steps);
        animation.add_picture(2 * STEP_MS);
    }
    let lufs = animation.integrated_lufs();
    assert!(
        (lufs - TARGET_LUFS).abs() < 1.0,
        "the master has {lufs} LUFS"
    );
    press(&mut animation.window, "Compare");
    animation.show(6);
    // Both are as loud as each other: the match is within its limit.
    assert!(
        has_label(&animation.window, "Original") && !has_label(&animation.window, "by 12.0 dB")
    );
    press(&mut animation.window, "Master");
    animation.show(8);
}
