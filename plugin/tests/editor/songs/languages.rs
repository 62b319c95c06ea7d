//! The app's own parts in other languages: texts that have room, and states without an English word.

use std::collections::BTreeSet;
use std::path::PathBuf;

use egui::pos2;
use egui_kittest::kittest::{NodeT, Queryable};
use flow_analysis::report::Message;
use flow_plugin::editor::file_drop::DraggedFiles;
use flow_plugin::editor::language::Language;
use flow_plugin::standalone::audio_settings::{
    AudioOptions, AudioSettings, AudioStart, AudioSystem, Backend, JackServer,
};

use super::{APP_SIZE, AppFixture, write_song};
use crate::accessibility::text_room::crowded_texts;
use crate::fixture::{has_label, press, wait_for_label};

/// Names of devices, files and units in the states of the test.
const NAMES: &str = "Interface Built microphone speakers Monitor ALSA wav flac flow notes Dawn recording kHz ms LU Chain";

/// A system without JACK, on which nothing but the default output runs.
struct SmallSystem;

impl AudioSystem for SmallSystem {
    fn jack(&self) -> Option<JackServer> {
        None
    }

    fn check(&self, settings: &AudioSettings) -> Result<(), Message> {
        match settings.output {
            None => Ok(()),
            Some(_) => Err(Message::default()),
        }
    }

    fn nearest_block_frames(&self, _: &AudioSettings) -> Option<u32> {
        None
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|sign: char| !sign.is_alphabetic());
    let words = words.filter(|word| word.chars().count() > 1);
    words.map(str::to_lowercase)
}

/// The words on the screen that are in no text of the language, and are no names.
fn foreign_words(app: &AppFixture, language: Language) -> BTreeSet<String> {
    let mut known: BTreeSet<String> = words(NAMES).collect();
    known.extend(language.entries().flat_map(|(_, text)| words(text)));
    known.extend(
        flow_params::presets::all()
            .iter()
            .flat_map(|preset| words(&preset.name)),
    );
    let nodes = app.window.query_all_by(|node| node.label().is_some());
    let labels = nodes.filter_map(|node| node.accesskit_node().label());
    let mut foreign = BTreeSet::new();
    // A path has the words of the machine's folders.
    for label in labels.filter(|label| !label.contains("/tmp")) {
        let unknown = words(&label).filter(|word| !known.contains(word));
        foreign.extend(unknown.map(|word| format!("{word} in “{label}”")));
    }
    foreign
}

#[test]
fn states_of_the_app_have_no_english_word_in_other_languages() {
    let mut foreign = BTreeSet::new();
    for language in Language::all().filter(|language| *language != Language::ENGLISH) {
        let saved = AudioSettings {
            backend: Backend::System,
            output: Some("Monitor".to_owned()),
            ..AudioSettings::default()
        };
        let start = AudioStart::new(&AudioOptions::default(), Ok(Some(saved)), &SmallSystem);
        let mut app = AppFixture::started(language, APP_SIZE, None, start);
        app.play();
        let mut check = |app: &AppFixture, state: &str| {
            let words = foreign_words(app, language).into_iter();
            foreign.extend(words.map(|word| format!("{} {state}: {word}", language.name())));
        };
        let text = |key| translated(language, key);
        check(&app, "note of other devices");
        press(&mut app.window, text("Record…"));
        check(&app, "record");
        press(&mut app.window, text("Audio…"));
        wait_for_label(&mut app.window, "Built-in microphone");
        check(&app, "audio");
        let drop_song = |app: &mut AppFixture, path: PathBuf| {
            let at = pos2(200.0, 400.0);
            let files = DraggedFiles {
                paths: vec![path],
                at,
            };
            app.drops.drop_files(files);
            app.window.step();
        };
        let missing = app.fixture.folder.path().join("notes.wav");
        for content in [None, Some(""), Some("no song at all, only a text")] {
            if let Some(content) = content {
                std::fs::write(&missing, content).unwrap();
            }
            drop_song(&mut app, missing.clone());
            check(&app, "opening");
            app.play_until(|app| {
                has_label(&app.window, "notes.wav: ") || has_label(&app.window, "notes.wav\u{a0}: ")
            });
            check(&app, "no song");
        }
        let song = write_song(&app.fixture, "Dawn.wav", 2.0);
        drop_song(&mut app, song);
        app.play_until(|app| has_label(&app.window, "Dawn.wav, 0:00 / "));
        press(&mut app.window, text("Render…"));
        app.window.run();
        check(&app, "render");
        press(&mut app.window, text("Render"));
        app.play_until(|app| has_label(&app.window, "LUFS, "));
        check(&app, "rendered");
    }
    assert!(foreign.is_empty(), "{foreign:#?}");
}

/// The translation of a text.
fn translated(language: Language, text: &'static str) -> &'static str {
    let found = language.entries().find(|(key, _)| *key == text);
    found.map_or(text, |(_, translation)| translation)
}

#[test]
fn texts_of_the_app_have_room_in_every_language() {
    let mut crowded = Vec::new();
    for language in Language::all() {
        // The smallest window has three quarters of the size.
        for scale in [1.0, 0.75] {
            let mut app = AppFixture::in_language(language, APP_SIZE.map(|px| px * scale), None);
            app.play();
            let mut check = |app: &AppFixture, state: &str| {
                let texts = crowded_texts(&app.window).into_iter();
                crowded.extend(texts.map(|text| format!("{} {state}: {text}", language.name())));
            };
            check(&app, "strip");
            press(&mut app.window, translated(language, "Record…"));
            app.window.run();
            check(&app, "record");
            press(&mut app.window, translated(language, "Audio…"));
            wait_for_label(&mut app.window, "Built-in microphone");
            app.window.run();
            check(&app, "audio");
            press(&mut app.window, "JACK");
            app.window.run();
            check(&app, "JACK");
        }
    }
    assert!(crowded.is_empty(), "{crowded:#?}");
}
