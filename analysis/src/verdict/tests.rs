//! Deviations in words.

use super::*;

fn text(above_db: f32, change_db: [f32; 2]) -> Text {
    let deviation = Deviation {
        anchor: Some(Anchor::Silk),
        above_db,
        sd_db: None,
        comparison: "similar music",
    };
    deviation.text(change_db)
}

#[test]
fn text_of_opposing_change_states_deviation() {
    let text = text(3.06, [0.0, -2.0]);
    assert_eq!(text.short, "Silk 3.1 dB above");
    assert_eq!(
        text.sentence,
        "Silk is 3.1 dB above similar music between 2 and 8 kHz."
    );
}

#[test]
fn text_of_smaller_correction_says_current_setting_is_too_strong() {
    let text = text(3.0, [-6.0, -2.0]);
    assert!(
        text.sentence.ends_with("corrects too much."),
        "{}",
        text.sentence
    );
}

#[test]
fn text_of_change_in_direction_of_deviation_names_part_of_anchor() {
    assert_eq!(text(3.0, [0.0, 1.0]).short, "Part of Silk is off");
    assert_eq!(text(0.1, [0.0, -1.0]).short, "Part of Silk is off");
}

#[test]
fn verdict_without_enough_confidence_gives_reason_instead_of_proposal() {
    let values = [0.0, -2.0].map(Value::Decibels);
    for (confidence, remedy) in [
        (0.4, Remedy::None(NoProposal::Uncertain)),
        (0.6, Remedy::Proposal(ParameterId::Silk)),
    ] {
        let mut verdicts = Verdicts::default();
        verdicts.add(Verdict {
            severity: Severity::Notice,
            confidence,
            text: text(3.0, [0.0, -2.0]),
            remedy: Ok(Change::new(ParameterId::Silk, values, confidence)),
        });
        assert_eq!(verdicts.findings[0].remedy, remedy);
        let is_proposed = !verdicts.proposals.is_empty();
        assert_eq!(is_proposed, matches!(remedy, Remedy::Proposal(_)));
    }
}
