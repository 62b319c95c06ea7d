//! How a mix sounds, in one sentence of words for the ear: "Thin, bright and quiet."
//!
//! The words come from the damage and from the recommended proposals, so the sentence and the proposals always agree.

use std::cmp::Reverse;

use flow_dsp::{ANCHOR_EDGES_HZ, BellChannels, MATCH_HZ};
use flow_params::{MATCH_BANDS, ParameterId, ParameterValue};

use crate::features::Anchor;
use crate::message::{Message, key, message};
use crate::report::{
    Analysis, ContentClass, Finding, FindingKind, Grade, NoProposal, ParameterChange, Proposal,
    Remedy, Severity, Value,
};
use crate::rules::{loud_moments, shape};

/// Smaller changes of an anchor by Match give no word, dB.
const MIN_MATCH_DB: f32 = 0.5;

/// A property of the sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sound {
    Clipped,
    OneSided,
    Mono,
    BandLimited,
    OverCompressed,
    OutOfPhase,
    WeakInMono,
    DcOffset,
    Rumbling,
    Thin,
    Boomy,
    SubHeavy,
    Hollow,
    Boxy,
    Muddy,
    Nasal,
    Resonant,
    Distant,
    Forward,
    Dull,
    Harsh,
    Dark,
    Bright,
    Sibilant,
    Narrow,
    Wide,
    Peaky,
    HighCeiling,
    Quiet,
    Loud,
}

/// Words of the same or of opposite meaning: only the first one of a pair is said.
const EXCLUSIVE: [[Sound; 2]; 9] = [
    [Sound::Thin, Sound::Boomy],
    [Sound::Hollow, Sound::Boxy],
    [Sound::Muddy, Sound::Boxy],
    [Sound::Dull, Sound::Harsh],
    [Sound::Dull, Sound::Dark],
    [Sound::Dull, Sound::Bright],
    [Sound::Dark, Sound::Bright],
    [Sound::Narrow, Sound::Wide],
    [Sound::Quiet, Sound::Loud],
];

/// Words that stand at the end of a sentence.
const PHRASES: [&str; 2] = [DC_OFFSET, HIGH_CEILING];
const DC_OFFSET: &str = key!("with a DC offset");
const HIGH_CEILING: &str = key!("with too high a ceiling");

impl Sound {
    fn word(self) -> &'static str {
        match self {
            Self::Clipped => key!("clipped"),
            Self::OneSided => key!("one-sided"),
            Self::Mono => key!("mono"),
            Self::BandLimited => key!("band-limited"),
            Self::OverCompressed => key!("over-compressed"),
            Self::OutOfPhase => key!("out of phase"),
            Self::WeakInMono => key!("weak in mono"),
            Self::DcOffset => DC_OFFSET,
            Self::Rumbling => key!("rumbling"),
            Self::Thin => key!("thin"),
            Self::Boomy => key!("boomy"),
            Self::SubHeavy => key!("sub-heavy"),
            Self::Hollow => key!("hollow"),
            Self::Boxy => key!("boxy"),
            Self::Muddy => key!("muddy"),
            Self::Nasal => key!("nasal"),
            Self::Resonant => key!("resonant"),
            Self::Distant => key!("distant"),
            Self::Forward => key!("forward"),
            Self::Dull => key!("dull"),
            Self::Harsh => key!("harsh"),
            Self::Dark => key!("dark"),
            Self::Bright => key!("bright"),
            Self::Sibilant => key!("sibilant"),
            Self::Narrow => key!("narrow"),
            Self::Wide => key!("too wide"),
            Self::Peaky => key!("peaky"),
            Self::HighCeiling => HIGH_CEILING,
            Self::Quiet => key!("quiet"),
            Self::Loud => key!("too loud"),
        }
    }

    /// The word against references, which measure balance and width only.
    fn comparative(self) -> Option<&'static str> {
        Some(match self {
            Self::Thin => key!("thinner"),
            Self::Boomy => key!("boomier"),
            Self::Hollow => key!("hollower"),
            Self::Boxy => key!("boxier"),
            Self::Dull => key!("duller"),
            Self::Harsh => key!("harsher"),
            Self::Dark => key!("darker"),
            Self::Bright => key!("brighter"),
            Self::Narrow => key!("narrower"),
            Self::Wide => key!("wider"),
            _ => return None,
        })
    }

    fn excludes(self, other: Self) -> bool {
        let is_pair = |pair: &[Self; 2]| *pair == [self, other] || *pair == [other, self];
        self == other || EXCLUSIVE.iter().any(is_pair)
    }

    /// The sound of an anchor that is too soft, and of one that is too loud.
    fn of_anchor(anchor: Anchor) -> [Self; 2] {
        match anchor {
            Anchor::Body => [Self::Thin, Self::Boomy],
            Anchor::Soul => [Self::Hollow, Self::Boxy],
            Anchor::Silk => [Self::Dull, Self::Harsh],
            Anchor::Air => [Self::Dark, Self::Bright],
        }
    }

    /// The sound of a fault that no setting repairs.
    fn of_damage(finding: &Finding) -> Option<Self> {
        let is_fault = finding.severity == Severity::Problem
            && finding.remedy == Remedy::None(NoProposal::NotAdjustable);
        if !finding.is_irreversible && !is_fault {
            return None;
        }
        match finding.kind {
            FindingKind::Clipping => Some(Self::Clipped),
            FindingKind::EmptyChannel => Some(Self::OneSided),
            FindingKind::EqualChannels => Some(Self::Mono),
            FindingKind::MissingTreble => Some(Self::BandLimited),
            FindingKind::Compression => Some(Self::OverCompressed),
            FindingKind::MonoCompatibility => Some(Self::OutOfPhase),
            FindingKind::DcOffset
            | FindingKind::Width
            | FindingKind::Loudness
            | FindingKind::Other => None,
        }
    }

    /// The sound that a proposal changes, the most important property first. `answers_dc`: it removes a constant part.
    fn of_proposal(proposal: &Proposal, answers_dc: bool) -> Vec<Self> {
        use ParameterId as P;
        let rises = rise(proposal.from, proposal.to) > 0.0;
        let either = |[low, high]: [Self; 2]| vec![if rises { low } else { high }];
        match proposal.id {
            P::Depth | P::Body => either(Self::of_anchor(Anchor::Body)),
            P::Soul => either(Self::of_anchor(Anchor::Soul)),
            P::Silk => either(Self::of_anchor(Anchor::Silk)),
            P::Sheen | P::Air => either(Self::of_anchor(Anchor::Air)),
            P::Presence => either([Self::Distant, Self::Forward]),
            P::Width => either([Self::Narrow, Self::Wide]),
            P::LoudnessGain => either([Self::Quiet, Self::Loud]),
            P::MatchAmount => of_match(proposal),
            P::LowCut | P::LowCutFrequency if answers_dc => vec![Self::DcOffset],
            P::LowCut | P::LowCutFrequency => vec![Self::Rumbling],
            P::MonoBelow => vec![Self::WeakInMono],
            P::MonoSafety => vec![Self::OutOfPhase],
            P::Warmth => vec![Self::SubHeavy],
            P::Comfort => vec![Self::Sibilant],
            P::GlueAmount => vec![Self::Peaky],
            P::Ceiling => vec![Self::HighCeiling],
            P::Bell2Gain => vec![of_bell(proposal)],
            P::MultibandAmount => {
                let held = loud_moments::held_moments(proposal).unwrap_or_default();
                vec![[Self::Boomy, Self::Muddy, Self::Harsh][held.min(2)]]
            }
            _ => Vec::new(),
        }
    }
}

/// How far a value rises; negative if it falls.
fn rise(from: Value, to: Value) -> f32 {
    match (from.into(), to.into()) {
        (ParameterValue::Number(from), ParameterValue::Number(to)) => to - from,
        (ParameterValue::Switch(from), ParameterValue::Switch(to)) => {
            f32::from(u8::from(to)) - f32::from(u8::from(from))
        }
        _ => 0.0,
    }
}

/// The sound against references, the largest difference first. A trial has measured it; before, the bands of Match tell it.
fn of_match(proposal: &Proposal) -> Vec<Sound> {
    let measured_db = proposal.effect.anchors_db;
    let changes_db = if measured_db == [0.0; 4] {
        match_gains_db(proposal)
    } else {
        measured_db
    };
    let mut changes: Vec<(Anchor, f32)> = Anchor::ALL.into_iter().zip(changes_db).collect();
    changes.sort_by(|(_, a), (_, b)| b.abs().total_cmp(&a.abs()));
    let largest_db = changes.first().map_or(0.0, |(_, db)| db.abs());
    // The largest difference is named however small it is.
    let least_db = MIN_MATCH_DB.min(largest_db);
    let audible = changes.into_iter();
    let audible = audible.filter(|(_, db)| *db != 0.0 && db.abs() >= least_db);
    let sound = |(anchor, db): (Anchor, f32)| {
        let [soft, loud] = Sound::of_anchor(anchor);
        if db > 0.0 { soft } else { loud }
    };
    audible.map(sound).collect()
}

/// The mean change of each anchor by the bands of Match, dB.
fn match_gains_db(proposal: &Proposal) -> [f32; 4] {
    let share = |value: Value| match value {
        Value::Percent(percent) => percent / 100.0,
        _ => 0.0,
    };
    let [from, to] = [proposal.from, proposal.to].map(share);
    let gain_db = |change: &ParameterChange| {
        let (Value::Decibels(before), Value::Decibels(after)) = (change.from, change.to) else {
            return 0.0;
        };
        to * after - from * before
    };
    let anchor_at = |hz: f32| ANCHOR_EDGES_HZ.partition_point(|edge_hz| *edge_hz <= hz);
    Anchor::ALL.map(|anchor| {
        let bands = MATCH_BANDS.into_iter().zip(MATCH_HZ);
        let bands = bands.filter(|(_, hz)| anchor_at(*hz) == anchor as usize);
        let change = |id| proposal.linked.iter().find(|change| change.id == id);
        let gains = bands.filter_map(|(id, _)| change(id).map(gain_db));
        let (sum, count) = gains.fold((0.0, 0.0_f32), |(sum, n), db| (sum + db, n + 1.0));
        sum / count.max(1.0)
    })
}

/// The sound that the second bell lowers.
fn of_bell(proposal: &Proposal) -> Sound {
    let linked = |id| proposal.linked.iter().find(|change| change.id == id);
    let number = |id| match linked(id).map(|change| change.to.into()) {
        Some(ParameterValue::Number(number)) => number,
        _ => 0.0,
    };
    let is_of_side = matches!(
        linked(ParameterId::Bell2Channels).map(|change| change.to),
        Some(Value::Choice(position, _)) if position == BellChannels::Side as usize
    );
    if is_of_side {
        Sound::Wide
    } else if number(ParameterId::Bell2Q) > shape::PLACE_Q {
        Sound::Resonant
    } else if number(ParameterId::Bell2Frequency) <= shape::MUD_HZ {
        Sound::Muddy
    } else {
        Sound::Nasal
    }
}

/// How a mix sounds: the words of the sentence, the most severe first.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundText {
    words: Vec<Word>,
    /// The references that some words compare with.
    references: Message,
    /// The sentence without words.
    otherwise: Message,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Word {
    text: &'static str,
    is_comparative: bool,
}

impl SoundText {
    /// Describes the mix of an analysis. `is_open` says of a proposal whether the user hasn't decided on it yet.
    #[must_use]
    pub fn new(analysis: &Analysis, is_open: impl Fn(&Proposal) -> bool) -> Self {
        let proposals = analysis.proposals.iter();
        let open: Vec<&Proposal> = proposals.filter(|proposal| is_open(proposal)).collect();
        let mut found: Vec<(Severity, Sound, bool)> = Vec::new();
        for finding in &analysis.findings {
            let sound = Sound::of_damage(finding);
            found.extend(sound.map(|sound| (finding.severity, sound, false)));
        }
        for proposal in open.iter().filter(|p| p.grade == Grade::Recommended) {
            let remedy = Remedy::Proposal(proposal.id);
            let answered = analysis.findings.iter().filter(|f| f.remedy == remedy);
            let severities = answered.clone().map(|finding| finding.severity);
            let severity = severities.max().unwrap_or(Severity::Info);
            let answers_dc = answered
                .clone()
                .any(|finding| finding.kind == FindingKind::DcOffset);
            let is_compared = analysis.reference_match.is_some()
                && matches!(proposal.id, ParameterId::MatchAmount | ParameterId::Width);
            let sounds = Sound::of_proposal(proposal, answers_dc).into_iter();
            found.extend(sounds.map(|sound| (severity, sound, is_compared)));
        }
        found.sort_by_key(|(severity, ..)| Reverse(*severity));
        let mut said: Vec<Sound> = Vec::new();
        let mut words = Vec::new();
        for (_, sound, is_compared) in found {
            if said.iter().any(|other| other.excludes(sound)) {
                continue;
            }
            said.push(sound);
            let comparative = sound.comparative().filter(|_| is_compared);
            words.push(Word {
                text: comparative.unwrap_or(sound.word()),
                is_comparative: comparative.is_some(),
            });
        }
        Self {
            words,
            references: references(analysis),
            otherwise: otherwise(analysis, &open),
        }
    }

    /// The number of words.
    #[must_use]
    pub fn word_count(&self) -> usize {
        self.words.len()
    }

    /// The whole sentence.
    #[must_use]
    pub fn sentence(&self) -> Message {
        self.say(self.words.len(), true)
    }

    /// The sentence of the `count` most severe words, which doesn't name the references.
    #[must_use]
    pub fn shortened(&self, count: usize) -> Message {
        self.say(count, false)
    }

    fn say(&self, count: usize, has_references: bool) -> Message {
        let words = &self.words[..count.min(self.words.len())];
        let Some(first) = words.first() else {
            return self.otherwise.clone();
        };
        let sentence = |is_comparative: bool| {
            let words = words.iter();
            let words = words.filter(|word| word.is_comparative == is_comparative);
            let mut words: Vec<&'static str> = words.map(|word| word.text).collect();
            // "Thin and with a DC offset." reads better than the other order.
            words.sort_by_key(|word| PHRASES.contains(word));
            let words_of = Message::list(&words).capitalized();
            match words[..] {
                [] => None,
                _ if is_comparative && has_references => Some(message!(
                    "{words} than {references}.",
                    words = words_of,
                    references = self.references.clone()
                )),
                _ => Some(message!("{words}.", words = words_of)),
            }
        };
        let mut text = sentence(first.is_comparative).unwrap_or_default();
        if let Some(other) = sentence(!first.is_comparative) {
            text += Message::from(" ".to_owned());
            text += other;
        }
        text
    }
}

/// The names of the references.
fn references(analysis: &Analysis) -> Message {
    let names = analysis.reference_match.iter().flat_map(|m| &m.names);
    let names: Vec<&String> = names.collect();
    match names[..] {
        [only] => only.clone().into(),
        _ => message!("the references"),
    }
}

/// The sentence without words.
fn otherwise(analysis: &Analysis, open: &[&Proposal]) -> Message {
    let is_recommended = |proposal: &Proposal| proposal.grade == Grade::Recommended;
    if open.iter().any(|proposal| is_recommended(proposal)) {
        return message!("Changes are recommended.");
    }
    if analysis.proposals.iter().any(is_recommended) {
        return if open.is_empty() {
            message!("Everything is decided.")
        } else {
            message!("The rest is optional.")
        };
    }
    let is_judged = analysis.content == ContentClass::Music || analysis.reference_match.is_some();
    let is_left = |finding: &Finding| {
        let is_answered = match &finding.remedy {
            Remedy::Proposal(_) => true,
            Remedy::None(reason) => matches!(
                reason,
                NoProposal::AlreadySet | NoProposal::Limited | NoProposal::DecidedBy(_)
            ),
        };
        finding.severity > Severity::Info && !is_answered
    };
    let is_possible = |proposal: &&Proposal| proposal.grade == Grade::Possible;
    if is_judged && !analysis.findings.iter().any(is_left) && !open.iter().any(is_possible) {
        message!("No change is needed.")
    } else {
        message!("No change is recommended.")
    }
}

/// Whether a proposal has a word.
#[cfg(test)]
pub(crate) fn has_word(proposal: &Proposal) -> bool {
    !Sound::of_proposal(proposal, false).is_empty()
}

#[cfg(test)]
mod tests;
