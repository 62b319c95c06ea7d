//! Single places of the spectrum that stick out of the song's own shape: mud, a honk, sides that are too loud in one band.
//! A free bell holds them, as a possible change.

use flow_dsp::BellChannels;
use flow_params::{Kind, ParameterId, Pillar};

use super::stereo;
use crate::features::{Anchor, Summary};
use crate::finding_text::Text;
use crate::message::{key, message};
use crate::report::{Context, FindingKind, Grade, NoProposal, ParameterChange, Severity, Value};
use crate::verdict::{Change, Verdict, Verdicts, duration_confidence};

/// A place that may stick out.
struct Place {
    name: &'static str,
    /// The name with its article.
    article_name: &'static str,
    /// The lower of its two third octaves.
    band: usize,
    hz: f32,
    /// Level above the two third octaves on each side that 95 of 100 songs stay below, dB.
    usual_db: f32,
}

/// The center of mud, Hz.
pub(crate) const MUD_HZ: f32 = 280.0;

const PLACES: [Place; 2] = [
    Place {
        name: key!("mud"),
        article_name: key!("mud"),
        band: 10,
        hz: MUD_HZ,
        usual_db: 4.5,
    },
    Place {
        name: key!("honk"),
        article_name: key!("a honk"),
        band: 15,
        hz: 900.0,
        usual_db: 4.0,
    },
];
/// Q of a bell over two third octaves.
pub(crate) const PLACE_Q: f32 = 1.4;
/// The largest cut, dB.
const MAX_CUT_DB: f32 = 4.0;
/// Certainty of a change that is only possible.
const CONFIDENCE: f32 = 0.6;

/// Side minus mid of the anchors above the bass that 98 of 100 songs stay below, and the center of a bell over each, dB and Hz.
const USUAL_SIDE_DB: [(Anchor, f32, f32); 3] = [
    (Anchor::Soul, 1.3, 630.0),
    (Anchor::Silk, 1.9, 4000.0),
    (Anchor::Air, 0.5, 12_000.0),
];
/// Q of a bell over an anchor.
const ANCHOR_Q: f32 = 0.5;

/// Evaluates the places. `is_answered`: a change of the balance answers the same already, or the bell is needed elsewhere.
pub(crate) fn evaluate(
    summary: &Summary,
    context: &Context,
    is_answered: bool,
    verdicts: &mut Verdicts,
) {
    // With an inverted channel the sides are the middle.
    if is_answered || stereo::is_inverted(summary) {
        return;
    }
    let bands = &summary.third_octaves_db;
    let median = &context.settings.style_target.figures().third_octaves_db[2];
    let level = |band: usize| bands[band] - median[band];
    let above = |place: &Place| {
        let band = place.band;
        let around = [band - 2, band - 1, band + 2, band + 3].map(level);
        0.5 * (level(band) + level(band + 1)) - 0.25 * around.iter().sum::<f32>()
    };
    let over = |place: &Place| above(place) - place.usual_db;
    let worst = PLACES.iter().max_by(|a, b| over(a).total_cmp(&over(b)));
    if let Some(place) = worst.filter(|place| over(place) > 0.0) {
        let above_db = above(place);
        let cut_db = (0.5 * above_db).min(MAX_CUT_DB);
        verdicts.add(Verdict {
            kind: FindingKind::Other,
            severity: Severity::Info,
            confidence: duration_confidence(summary) * CONFIDENCE,
            text: Text {
                short: message!(
                    "{db} dB of {sound}",
                    db = format!("{above_db:.1}"),
                    sound = place.name
                ),
                sentence: message!(
                    "Around {hz} Hz the song is {db} dB louder than beside it, more than in 95 of 100 songs: that may be {sound}.",
                    hz = format!("{:.0}", place.hz),
                    db = format!("{above_db:.1}"),
                    sound = place.article_name
                ),
            },
            remedy: bell(context, place.hz, PLACE_Q, BellChannels::Stereo, -cut_db),
        });
        return;
    }
    for (anchor, usual_db, hz) in USUAL_SIDE_DB {
        let side_db = summary.anchor_side_db[anchor as usize];
        if side_db <= usual_db || summary.anchors_db[anchor as usize] < -30.0 {
            continue;
        }
        let cut_db = (side_db - usual_db + 1.0).min(MAX_CUT_DB);
        verdicts.add(Verdict {
            kind: FindingKind::Other,
            severity: Severity::Info,
            confidence: duration_confidence(summary) * CONFIDENCE,
            text: Text {
                short: message!("Sides of {name} loud", name = anchor.name()),
                sentence: message!(
                    "The sides of {name} are {db} dB above the middle {place}, more than in 98 of 100 songs.",
                    name = anchor.name(),
                    db = format!("{side_db:.1}"),
                    place = anchor.place()
                ),
            },
            remedy: bell(context, hz, ANCHOR_Q, BellChannels::Side, -cut_db),
        });
        return;
    }
}

/// A cut by the second free bell, unless it is in use.
pub(crate) fn bell(
    context: &Context,
    hz: f32,
    q: f32,
    channels: BellChannels,
    gain_db: f32,
) -> Result<Change, NoProposal> {
    let curve = &context.settings.curve;
    if !curve.on {
        return Err(NoProposal::PillarOff(Pillar::VelvetCurve));
    }
    let now = curve.bells[1];
    if now.gain_db != 0.0 {
        let third_octave = 2.0_f32.powf(1.0 / 3.0);
        let is_there = (now.frequency_hz / hz).max(hz / now.frequency_hz) <= third_octave;
        let answers = is_there && now.gain_db * gain_db > 0.0 && now.channels == channels;
        return Err(if answers {
            NoProposal::AlreadySet
        } else {
            NoProposal::InUse(key!("Bell 2"))
        });
    }
    let gains = [now.gain_db, (10.0 * gain_db).round() / 10.0].map(Value::Decibels);
    let choice = |channels: BellChannels| {
        let position = channels as usize;
        match ParameterId::Bell2Channels.kind() {
            Kind::Choice(choice) => Value::Choice(position, choice.names[position]),
            Kind::Number(_) | Kind::Switch(_) => unreachable!("it is a choice"),
        }
    };
    let linked = [
        (
            ParameterId::Bell2Frequency,
            Value::Hertz(now.frequency_hz),
            Value::Hertz(hz),
        ),
        (
            ParameterId::Bell2Q,
            Value::QualityFactor(now.q),
            Value::QualityFactor(q),
        ),
        (
            ParameterId::Bell2Channels,
            choice(now.channels),
            choice(channels),
        ),
    ];
    Ok(Change {
        linked: linked
            .into_iter()
            .map(|(id, from, to)| ParameterChange { id, from, to })
            .collect(),
        ..Change::new(ParameterId::Bell2Gain, gains, CONFIDENCE).graded(Grade::Possible)
    })
}
