//! The window in other languages: the choice, the names of controls, texts that have room, and pictures.

use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, SnapshotResults};
use flow_params::Pillar;
use flow_plugin::editor::language::Language;
use flow_plugin::editor::model::preferences_file::PreferencesFile;

use super::check_names;
use super::text_room::crowded_texts;
use crate::fixture::{DESIGN_SIZE, EditorFixture, harness, has_label, press, with_proposals};
use crate::picture_regions::{DETAILS, PANELS, STATUS_BAR};
use crate::references::bright;
use crate::snapshots::{WARM_AND_WIDE, compare};

/// The frames in which an open menu fades in.
const STEPS: usize = 12;
/// The size of the smallest window.
const SMALL_SIZE: [f32; 2] = [930.0, 600.0];

/// Words that other languages don't have.
const ENGLISH_WORDS: [&str; 6] = ["The", "the", "is", "are", "of", "and"];

/// The translation of a text.
fn translated(language: Language, text: &'static str) -> &'static str {
    let found = language.entries().find(|(key, _)| *key == text);
    match found {
        Some((_, translation)) => translation,
        None if language == Language::ENGLISH => text,
        None => panic!("{} has no {text}", language.name()),
    }
}

/// A window in a language, with controls that are named by their English texts.
struct TranslatedWindow {
    language: Language,
    window: Harness<'static>,
    /// All texts without room or in another language.
    faulty: Vec<String>,
}

impl TranslatedWindow {
    fn new(fixture: &EditorFixture, language: Language, size: [f32; 2]) -> Self {
        let screen = fixture.screen().with_system_language(language);
        let mut window = harness(screen, size, 1.0);
        window.run();
        Self {
            language,
            window,
            faulty: Vec::new(),
        }
    }

    fn text(&self, text: &'static str) -> &'static str {
        translated(self.language, text)
    }

    fn press(&mut self, text: &'static str) {
        let label = self.text(text);
        press(&mut self.window, label);
        self.window.run_steps(STEPS);
    }

    fn open_pillar(&mut self, pillar: Pillar) {
        let label = self.text("{name} details").replace("{name}", pillar.name());
        press(&mut self.window, &label);
        self.window.run();
    }

    fn press_button(&mut self, text: &'static str) {
        let label = self.text(text);
        let role = egui::accesskit::Role::Button;
        self.window.get_by_role_and_label(role, label).click();
        self.window.run();
    }

    fn close_menu(&mut self) {
        self.window.key_press(egui::Key::Escape);
        self.window.run_steps(STEPS);
    }

    /// Fails for names that are not unique, and collects texts without room and English ones.
    fn check(&mut self, state: &str) {
        let state = format!("{} {state}", self.language.name());
        check_names(&self.window, &state);
        let mut faulty = crowded_texts(&self.window);
        if self.language != Language::ENGLISH {
            faulty.extend(self.english_labels());
        }
        let faulty = faulty.into_iter();
        self.faulty
            .extend(faulty.map(|text| format!("{state}: {text}")));
    }

    /// The labels that have a word of English.
    fn english_labels(&self) -> Vec<String> {
        let nodes = self.window.query_all_by(|node| node.label().is_some());
        let labels = nodes.filter_map(|node| node.accesskit_node().label());
        let is_english = |label: &String| {
            let mut words = label.split(|sign: char| !sign.is_alphabetic());
            words.any(|word| ENGLISH_WORDS.contains(&word))
        };
        let english = labels.filter(is_english);
        english.map(|label| format!("English: {label}")).collect()
    }
}

/// The stages of a pillar that have tabs.
fn stages(pillar: Pillar) -> &'static [&'static str] {
    match pillar {
        Pillar::VelvetCurve => &["Equalizer", "Match", "Comfort"],
        Pillar::MasterChain => &["Mid/side", "Multiband", "Glue", "Limiter"],
        _ => &[],
    }
}

#[test]
fn texts_of_pillars_and_details_have_room_in_every_language() {
    let mut faulty = Vec::new();
    for language in Language::all() {
        for size in [DESIGN_SIZE, SMALL_SIZE] {
            let mut fixture = EditorFixture::new();
            fixture.set(&WARM_AND_WIDE);
            let mut window = TranslatedWindow::new(&fixture, language, size);
            fixture.play(&mut window.window, 20.0, 2.0);
            window.check("pillars");
            for pillar in Pillar::ALL {
                window.open_pillar(pillar);
                window.check(pillar.name());
                for stage in stages(pillar) {
                    window.press_button(stage);
                    window.check(stage);
                }
                window.press("Back");
            }
            window.press("Compare");
            window.check("comparison");
            faulty.extend(window.faulty);
        }
    }
    assert!(faulty.is_empty(), "{faulty:#?}");
}

#[test]
fn texts_of_the_assistant_and_of_references_have_room_in_every_language() {
    let mut faulty = Vec::new();
    let (fixture, _) = with_proposals();
    let references = &fixture.shared.params.references;
    for language in Language::all() {
        let mut window = TranslatedWindow::new(&fixture, language, DESIGN_SIZE);
        window.check("proposals");
        window.press("Assistant details");
        window.check("assistant details");
        window.press_button("References");
        window.check("page of references");
        faulty.extend(window.faulty);
    }
    references.add(bright("Night", 4.0));
    for language in Language::all() {
        let mut window = TranslatedWindow::new(&fixture, language, DESIGN_SIZE);
        window.press("Assistant details");
        window.press_button("References");
        window.check("references");
        faulty.extend(window.faulty);
    }
    assert!(faulty.is_empty(), "{faulty:#?}");
}

#[test]
fn names_of_controls_in_menus_are_unique_in_every_language() {
    for language in Language::all() {
        let fixture = EditorFixture::new();
        let mut window = TranslatedWindow::new(&fixture, language, DESIGN_SIZE);
        for menu in [
            "More",
            "Spectrum view",
            "History range",
            "Session statistics",
        ] {
            window.press(menu);
            check_names(&window.window, menu);
            window.close_menu();
        }
        window.press("Presets");
        check_names(&window.window, "presets");
        window.press("Save as…");
        check_names(&window.window, "dialog");
    }
}

/// Chooses a language in the menu, which is open under its name in the present one.
fn choose(window: &mut Harness<'_>, menu: &str, name: &str) {
    press(window, menu);
    window.run_steps(STEPS);
    press(window, name);
    window.run_steps(STEPS);
    window.key_press(egui::Key::Escape);
    window.run_steps(STEPS);
}

#[test]
fn chosen_language_holds_in_all_windows_and_is_remembered() {
    let (fixture, other) = (EditorFixture::new(), EditorFixture::new());
    let mut window = fixture.personalized_window();
    window.run();
    let file = PreferencesFile::at_path(Some(fixture.preferences_path()));
    let mut second = harness(other.screen().with_preferences(file), DESIGN_SIZE, 1.0);
    second.run();
    assert!(has_label(&second, "Apply all"));
    choose(&mut window, "More", "Deutsch");
    second.run();
    for window in [&window, &second] {
        assert!(has_label(window, "Alle anwenden") && !has_label(window, "Apply all"));
    }
    drop(window);
    let text = std::fs::read_to_string(fixture.preferences_path()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["display"]["appearance"]["language"], "de");
    let mut window = fixture.personalized_window();
    window.run();
    assert!(has_label(&window, "Alle anwenden"));
    choose(&mut second, "Mehr", "Français");
    window.run();
    assert!(has_label(&window, "Tout appliquer"));
    choose(&mut window, "Plus", "Système");
    assert!(
        has_label(&window, "Apply all"),
        "the system of tests is English"
    );
}

#[test]
fn language_of_the_system_holds_until_another_is_chosen() {
    let fixture = EditorFixture::new();
    let german = Language::find("de").unwrap();
    let file = PreferencesFile::at_path(Some(fixture.preferences_path()));
    let screen = fixture.screen().with_preferences(file);
    let mut window = harness(screen.with_system_language(german), DESIGN_SIZE, 1.0);
    window.run();
    assert!(has_label(&window, "Alle anwenden"));
    choose(&mut window, "Mehr", "English");
    assert!(has_label(&window, "Apply all"));
}

#[test]
fn host_gets_english_names_and_values_from_a_german_window() {
    let fixture = EditorFixture::new();
    let german = Language::find("de").unwrap();
    let mut window = TranslatedWindow::new(&fixture, german, DESIGN_SIZE);
    window.press("Translation");
    window.press("Deep");
    assert_eq!(fixture.text("fltrn"), "Deep");
    let field = window.window.get_by_label("Übertragung").accesskit_node();
    assert_eq!(field.value().as_deref(), Some("Tief"));
    let param = fixture.param("fltrn");
    assert_eq!(param.id().name(), "Translation");
}

/// Pictures of the main states. Regions in `dynamic` depend on the machine.
fn pictures(code: &str) {
    let language = Language::find(code).unwrap();
    let mut results = SnapshotResults::new();
    let (mut fixture, _) = with_proposals();
    let dynamic = [PANELS, DETAILS, STATUS_BAR];
    for (size, suffix) in [(DESIGN_SIZE, ""), (SMALL_SIZE, "_75")] {
        let name = |state: &str| format!("{state}_{code}{suffix}");
        let mut window = TranslatedWindow::new(&fixture, language, size);
        fixture.play(&mut window.window, 20.0, 8.0);
        compare(&mut window.window, &name("proposing"), &dynamic);
        window.press("Assistant details");
        compare(&mut window.window, &name("assistant_details"), &dynamic);
        window.press("Back");
        window.open_pillar(Pillar::MasterChain);
        compare(&mut window.window, &name("details_master"), &dynamic);
        results.extend(window.window.take_snapshot_results());
    }
    // Without statistics of the analysis, which depend on the machine.
    let mut window = TranslatedWindow::new(&EditorFixture::new(), language, SMALL_SIZE);
    window.press("More");
    compare(&mut window.window, &format!("menu_{code}_75"), &[]);
    results.extend(window.window.take_snapshot_results());
    results.unwrap();
}

#[test]
fn pictures_in_german_match() {
    pictures("de");
}

#[test]
fn pictures_in_french_match() {
    pictures("fr");
}
