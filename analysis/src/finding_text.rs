//! The texts of findings and proposals: a deviation in words.

use crate::features::Anchor;
use crate::message::{Message, key, message};

/// Smaller deviations of a whole anchor don't explain a change in it, dB.
pub(crate) const MIN_DEVIATION_DB: f32 = 0.3;

/// Larger changes, in deviations of a whole anchor, are made for a part of it.
const MOST_OF_DEVIATION: f32 = 2.0;

/// A finding in words.
#[derive(Clone)]
pub(crate) struct Text {
    /// A few words with a number.
    pub(crate) short: Message,
    /// A sentence with numbers.
    pub(crate) sentence: Message,
}

/// The level of an anchor or of the side signal against a comparison.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deviation<'a> {
    /// The anchor; `None` for the side signal.
    pub(crate) anchor: Option<Anchor>,
    /// Level above the comparison, dB. Negative is below.
    pub(crate) above_db: f32,
    /// Other anchors that the same change brings back, with their levels above the comparison, dB.
    pub(crate) others: &'a [(Anchor, f32)],
    /// The comparison, such as "similar music".
    pub(crate) comparison: &'a Message,
}

impl Deviation<'_> {
    /// States the deviation, and how a change between two values fits it, which are 0 for neutral. A change that does not
    /// oppose the deviation of the whole anchor corrects only a part of it.
    pub(crate) fn text(self, [from, to]: [f32; 2]) -> Text {
        let Self {
            above_db,
            comparison,
            ..
        } = self;
        let (name, place) = match self.anchor {
            Some(anchor) => (anchor.name(), anchor.place()),
            None => (key!("Sides"), key!("above the bass")),
        };
        let comparison = comparison.clone();
        let opposes = to == 0.0 || (to > 0.0) == (above_db < 0.0);
        if self.anchor.is_none() && above_db.abs() < MIN_DEVIATION_DB {
            return Text {
                short: message!("Sides match"),
                sentence: message!(
                    "The sides match {comparison} without a change of width.",
                    comparison
                ),
            };
        }
        let explains = (to - from).abs() <= MOST_OF_DEVIATION * above_db.abs();
        if !opposes || !explains || above_db.abs() < MIN_DEVIATION_DB {
            return part_text(name, place, comparison, to > from);
        }
        let (side, db) = (side(above_db), format!("{:.1}", above_db.abs()));
        let mut sentence = match self.anchor {
            Some(_) => message!(
                "{name} is {db} dB {side} {comparison} {place}.",
                name,
                db,
                side,
                comparison,
                place
            ),
            None => message!(
                "The sides are {db} dB {side} {comparison} {place}.",
                db,
                side,
                comparison,
                place
            ),
        };
        for (anchor, above_db) in self.others {
            sentence += message!(
                " {name} is {db} dB {side} it.",
                name = anchor.name(),
                db = format!("{:.1}", above_db.abs()),
                side = self::side(*above_db)
            );
        }
        let is_excess = from != to && (from > to) != (above_db > 0.0);
        if is_excess {
            sentence += message!(" The current setting corrects too much.");
        }
        Text {
            short: short_deviation(name, above_db),
            sentence,
        }
    }
}

/// States that a part of an anchor, or of the sides, is too soft or too loud: its mean doesn't show it.
fn part_text(
    name: &'static str,
    place: &'static str,
    comparison: Message,
    is_too_soft: bool,
) -> Text {
    if is_too_soft {
        return Text {
            short: message!("{name} partly too soft", name),
            sentence: message!(
                "In {name}, some frequencies {place} are softer than in {comparison}. This change raises them together with the other changes: \
                 try them together, then press Compare.",
                name,
                place,
                comparison
            ),
        };
    }
    Text {
        short: message!("{name} partly too loud", name),
        sentence: message!(
            "In {name}, some frequencies {place} are louder than in {comparison}. This change lowers them together with the other changes: \
                 try them together, then press Compare.",
            name,
            place,
            comparison
        ),
    }
}

/// A deviation in a few words.
pub(crate) fn short_deviation(name: &'static str, above_db: f32) -> Message {
    let db = format!("{:.1}", above_db.abs());
    if above_db > 0.0 {
        message!("{name} {db} dB above", name, db)
    } else {
        message!("{name} {db} dB below", name, db)
    }
}

/// The side of a comparison on which a level lies.
pub(crate) fn side(above_db: f32) -> &'static str {
    if above_db > 0.0 {
        key!("above")
    } else {
        key!("below")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(above_db: f32, change: [f32; 2]) -> Text {
        let deviation = Deviation {
            anchor: Some(Anchor::Silk),
            above_db,
            others: &[],
            comparison: &"similar music".into(),
        };
        deviation.text(change)
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
    fn text_of_change_that_the_deviation_does_not_explain_names_the_side_of_a_part() {
        for (above_db, change, expected) in [
            (3.0, [0.0, 1.0], "Silk partly too soft"),
            (0.1, [0.0, -1.0], "Silk partly too loud"),
            (-0.4, [0.0, 2.2], "Silk partly too soft"),
        ] {
            let text = text(above_db, change);
            assert_eq!(text.short, expected);
            assert!(
                text.sentence.contains("try them together"),
                "{}",
                text.sentence
            );
        }
    }
}
