use super::*;

fn shouted(text: &'static str) -> &'static str {
    match text {
        "{name} is {db} dB {side}." => "{side}: {db} dB, {name}!",
        "above" => "ABOVE",
        other => other,
    }
}

#[test]
fn message_reads_in_english_and_is_translated_with_its_words() {
    let side = key!("above");
    let db = format!("{:.1}", 3.06);
    let mut message = message!("{name} is {db} dB {side}.", name = "Silk", db, side);
    assert_eq!(message, "Silk is 3.1 dB above.");
    message += message!(" It is too much.");
    assert_eq!(message.to_string(), "Silk is 3.1 dB above. It is too much.");
    let translated = message.translated(&shouted);
    assert_eq!(translated, "ABOVE: 3.1 dB, Silk! It is too much.");
    assert_eq!(serde_json::to_value(&message).unwrap(), *message);
}

#[test]
fn text_of_a_song_is_not_translated() {
    let name = Message::from("above {name}".to_owned());
    assert_eq!(name.translated(&shouted), "above {name}");
}

#[test]
fn capitalized_words_begin_with_a_capital_in_every_language() {
    let words = message!(
        "{name} is {db} dB {side}.",
        name = "Silk",
        db = "3".to_owned(),
        side = key!("above")
    );
    let message = message!(
        "{words}",
        words = Message::list(&["above", "Air"]).capitalized()
    );
    assert_eq!(message, "Above and Air");
    assert_eq!(message.translated(&shouted), "ABOVE and Air");
    let message = message!("{words}", words = words.capitalized());
    assert_eq!(
        message.translated(&|text| if text == "above" { "über" } else { text }),
        "Silk is 3 dB über."
    );
    assert_eq!(capitalize("übersteuert"), "Übersteuert");
}

#[test]
fn list_of_words_ends_with_and() {
    assert_eq!(Message::list(&[]), "");
    assert_eq!(Message::list(&["Body"]), "Body");
    assert_eq!(Message::list(&["Body", "Air"]), "Body and Air");
    assert_eq!(
        Message::list(&["Body", "Silk", "Air"]),
        "Body, Silk and Air"
    );
}
