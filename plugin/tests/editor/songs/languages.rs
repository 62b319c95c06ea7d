//! The app's own parts in other languages: texts that have room.

use flow_plugin::editor::language::Language;

use super::{APP_SIZE, AppFixture};
use crate::accessibility::text_room::crowded_texts;
use crate::fixture::{press, wait_for_label};

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
