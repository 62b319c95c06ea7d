//! Loudness and dynamics against the delivery profile.

use flow_dsp::ChainSettings;
use flow_params::ParameterId;
use flow_params::number::number;

use super::dynamics;
use crate::effect_model::{apply, simulate};
use crate::features::{SongLoudness, Summary};
use crate::finding_text::Text;
use crate::message::{Message, key, message};
use crate::report::{Context, FindingKind, Grade, MIN_CHANGE_DB, NoProposal, Severity, Value};
use crate::verdict::{Change, Verdict, Verdicts, duration_confidence, ramp};

/// Limiting that proposals cause at most, dB.
const MAX_LIMITING_DB: f32 = 6.0;
/// Limiting from which glue is proposed, dB.
const HEAVY_LIMITING_DB: f32 = 4.0;

/// The target loudness.
struct LoudnessTarget {
    lufs: f32,
    /// The user's own target, the delivery profile, or the references.
    name: Message,
    /// Share of the difference to remove.
    amount: f32,
}

impl LoudnessTarget {
    /// The user's own target, or the delivery profile's. Without both, the references'.
    fn new(context: &Context) -> Option<Self> {
        let (delivery, references) = (context.delivery, &context.reference_target);
        if let Some(lufs) = context.own_target_lufs {
            return Some(Self {
                lufs,
                name: message!(
                    "your own target of {lufs} LUFS",
                    lufs = number(f64::from(lufs), 1)
                ),
                amount: 1.0,
            });
        }
        if let Some(lufs) = delivery.target_lufs {
            return Some(Self {
                lufs,
                name: delivery.name.into(),
                amount: 1.0,
            });
        }
        let (amount, name) = (references.amount, references.name());
        Some(Self {
            lufs: references.loudness_lufs()?,
            name: if amount == 1.0 {
                name
            } else {
                message!(
                    "{percent} % of the way to {name}",
                    percent = format!("{:.0}", 100.0 * amount),
                    name
                )
            },
            amount,
        })
    }
}

/// Evaluates ceiling and loudness with all recommended proposals in `verdicts` applied.
pub(crate) fn evaluate(
    summary: &Summary,
    song: &SongLoudness,
    context: &Context,
    verdicts: &mut Verdicts,
) {
    let settings = &context.settings;
    let [min_gain_db, max_gain_db] = ChainSettings::LOUDNESS_GAIN_DB;
    let gain_db = settings.loudness_gain_db;
    let ceiling_dbtp = evaluate_ceiling(context, verdicts);
    let Some(target) = LoudnessTarget::new(context) else {
        return;
    };
    // The analysis reads the chain's input: its output includes all settings and recommended proposals.
    let recommended = verdicts.proposals.iter();
    let recommended = recommended.filter(|proposal| proposal.grade == Grade::Recommended);
    let change = simulate(summary, &apply(settings, recommended));
    let now_lufs = song.lufs + change.loudness_lu;
    // The share counts from the loudness without the gain, so that equal amounts give equal loudness at any gain.
    let own_lufs = now_lufs - gain_db;
    let missing_db = own_lufs + target.amount * (target.lufs - own_lufs) - now_lufs;
    let lufs = |lufs: f32| number(f64::from(lufs), 1);
    let others_lu = change.loudness_lu - simulate(summary, settings).loudness_lu;
    let the = if others_lu.abs() < 0.05 {
        key!("The whole song")
    } else {
        key!("With the other recommended changes, the whole song")
    };
    let describe = |off_db: f32, side: &'static str| {
        let (now, off, target) = (lufs(now_lufs), format!("{off_db:.1}"), target.name.clone());
        if song.interval_lu() == 0.0 {
            return message!(
                "{the} has {now} LUFS, {off} LU {side} {target}.",
                the,
                now,
                off,
                side,
                target
            );
        }
        message!(
            "{the} will have about {now} LUFS ({low} to {high}), {off} LU {side} {target}.",
            the,
            now,
            low = lufs(song.low_lufs + change.loudness_lu),
            high = lufs(song.high_lufs + change.loudness_lu),
            off,
            side,
            target
        )
    };
    // A part predicts the song with an uncertainty.
    let confidence =
        duration_confidence(summary) * (0.9 - 0.3 * ramp(song.interval_lu(), 2.0, 8.0));
    let gain_change = |to_db: f32| {
        let values = [gain_db, to_db].map(Value::Decibels);
        Change::new(ParameterId::LoudnessGain, values, confidence)
    };
    if missing_db < -MIN_CHANGE_DB {
        // Services turn louder songs down themselves, so the gain is lowered on request only.
        let over_db = -missing_db;
        let mut sentence = describe(over_db, key!("above"));
        if !context.allow_gain_reduction {
            sentence += message!(
                " It is left so: most services turn a louder song down themselves, without any loss."
            );
        }
        let verdict = Verdict {
            kind: FindingKind::Loudness,
            severity: Severity::Info,
            confidence: 1.0,
            text: Text {
                short: message!("{lu} LU over target", lu = format!("{over_db:.1}")),
                sentence,
            },
            remedy: if context.allow_gain_reduction {
                Ok(gain_change((gain_db + missing_db).max(min_gain_db)))
            } else {
                Err(NoProposal::Informative)
            },
        };
        verdicts.add(verdict);
        return;
    }
    if missing_db < MIN_CHANGE_DB {
        return;
    }
    let peak_dbtp = summary.true_peak_dbtp + change.loudness_lu - gain_db;
    let wanted_db = gain_db + missing_db;
    let to_db = wanted_db
        .min(ceiling_dbtp - peak_dbtp + MAX_LIMITING_DB)
        .min(max_gain_db);
    let is_worthwhile = to_db - gain_db >= MIN_CHANGE_DB;
    let verdict = Verdict {
        kind: FindingKind::Loudness,
        severity: Severity::Notice,
        confidence,
        text: Text {
            short: message!("{lu} LU under target", lu = format!("{missing_db:.1}")),
            sentence: describe(missing_db, key!("below")),
        },
        remedy: if is_worthwhile {
            Ok(gain_change(to_db))
        } else {
            Err(NoProposal::TooMuchLimiting)
        },
    };
    verdicts.add(verdict);
    if to_db < wanted_db - MIN_CHANGE_DB {
        let sentence = if to_db == max_gain_db {
            message!(
                "{name} goes up to {most} dB, and the target needs {wanted} dB.",
                name = ParameterId::LoudnessGain.name(),
                most = format!("{max_gain_db:.0}"),
                wanted = format!("{wanted_db:.1}")
            )
        } else {
            message!(
                "A gain of {wanted} dB would take more than {most} dB of limiting, so less is proposed.",
                wanted = format!("{wanted_db:.1}"),
                most = format!("{MAX_LIMITING_DB:.0}")
            )
        };
        let verdict = Verdict {
            kind: FindingKind::Loudness,
            severity: Severity::Info,
            confidence: 1.0,
            text: Text {
                short: Message::default(),
                sentence,
            },
            remedy: Err(NoProposal::Informative),
        };
        verdicts.add(verdict);
    }
    if is_worthwhile {
        let limiting_db = peak_dbtp + to_db - ceiling_dbtp;
        propose_glue(summary, context, limiting_db, 0.8 * confidence, verdicts);
    }
}

/// Proposes the delivery profile's ceiling if the present one is higher, and gives the one that then applies, dBTP.
fn evaluate_ceiling(context: &Context, verdicts: &mut Verdicts) -> f32 {
    let (delivery, now_dbtp) = (&context.delivery, context.settings.limiter.ceiling_db);
    if now_dbtp > delivery.ceiling_dbtp {
        let values = [now_dbtp, delivery.ceiling_dbtp].map(Value::TruePeak);
        let most = number(f64::from(delivery.ceiling_dbtp), 1);
        let text = Text {
            short: message!("Ceiling above {most} dBTP", most = most.clone()),
            sentence: message!(
                "{delivery} asks for at most {most} dBTP, so that lossy coding has room for its own peaks.",
                delivery = delivery.name,
                most
            ),
        };
        verdicts.propose(Change::new(ParameterId::Ceiling, values, 1.0), text);
    }
    now_dbtp.min(delivery.ceiling_dbtp)
}

/// Proposes glue for dynamic music that the limiter would reduce heavily.
fn propose_glue(
    summary: &Summary,
    context: &Context,
    limiting_db: f32,
    confidence: f32,
    verdicts: &mut Verdicts,
) {
    let is_proposed = verdicts
        .proposals
        .iter()
        .any(|p| p.id == ParameterId::GlueAmount);
    if limiting_db <= HEAVY_LIMITING_DB
        || summary.plr_db <= 12.0
        || context.settings.dynamics.glue.amount != 0.0
        || is_proposed
    {
        return;
    }
    let Ok(change) = dynamics::glue(summary, context, 0.0, confidence) else {
        return;
    };
    let text = Text {
        short: message!("Peaks {db} dB over", db = format!("{limiting_db:.1}")),
        sentence: message!(
            "The limiter would take {db} dB off peaks; a little glue before it shares the work.",
            db = format!("{limiting_db:.1}")
        ),
    };
    verdicts.propose(change, text);
}
