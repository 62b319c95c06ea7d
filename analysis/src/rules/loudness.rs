//! Loudness and dynamics against the delivery profile.

use super::notes::{Notes, ramp, trust};
use flow_params::ParameterId;

use crate::effect_model::{apply, simulate};
use crate::features::{SongLoudness, Summary};
use crate::report::{Context, ParameterChange, Severity, Value};

/// More than this is not left to the limiter.
const MOST_LIMITING_DB: f32 = 6.0;
/// From here on glue takes a part of it.
const MUCH_LIMITING_DB: f32 = 4.0;
/// Less isn't worth a change.
const LEAST_DB: f32 = 0.5;
/// Peak to loudness ratio of music that was compressed hard.
const DENSE_PLR_DB: f32 = 8.0;

/// A loudness to get to.
struct Aim {
    lufs: f32,
    /// Whose it is.
    name: String,
    /// How much of the way.
    amount: f32,
}

impl Aim {
    /// The destination's; where that asks for none, the references'.
    fn of(context: &Context) -> Option<Self> {
        let Context {
            delivery,
            reference_target: goal,
            ..
        } = context;
        let of_delivery = delivery.target_lufs.map(|lufs| Self {
            lufs,
            name: delivery.name.to_owned(),
            amount: 1.0,
        });
        of_delivery.or_else(|| {
            let name = if goal.amount == 1.0 {
                goal.name()
            } else {
                format!("{:.0} % of the way to {}", 100.0 * goal.amount, goal.name())
            };
            goal.loudness_lufs().map(|lufs| Self {
                lufs,
                name,
                amount: goal.amount,
            })
        })
    }
}

/// With all other proposals in `notes`, whose changes of loudness count.
pub(crate) fn judge(summary: &Summary, song: &SongLoudness, context: &Context, notes: &mut Notes) {
    let settings = &context.settings;
    let delivery = &context.delivery;
    if summary.plr_db < DENSE_PLR_DB {
        notes.damage(
            Severity::Notice,
            trust(summary),
            format!(
                "Peaks are only {:.1} dB above the loudness: compression can't be undone.",
                summary.plr_db
            ),
        );
    }
    if summary.true_peak_dbtp > 0.0 {
        notes.find(
            Severity::Notice,
            1.0,
            format!("True peaks of {:+.1} dBTP come in.", summary.true_peak_dbtp),
        );
    }
    let ceiling_db = settings.limiter.ceiling_db.min(delivery.ceiling_dbtp);
    if settings.limiter.ceiling_db > delivery.ceiling_dbtp {
        let values = [settings.limiter.ceiling_db, delivery.ceiling_dbtp].map(Value::TruePeak);
        let said = [
            format!("Ceiling above {} dBTP", delivery.ceiling_dbtp),
            format!(
                "{} asks for at most {} dBTP.",
                delivery.name, delivery.ceiling_dbtp
            ),
        ];
        notes.propose(ParameterId::Ceiling, values, 1.0, said);
    }
    let Some(Aim { lufs, name, amount }) = Aim::of(context) else {
        return;
    };
    // What was heard came before the chain: what comes out of it has all settings in it, and all else that is proposed.
    let then = apply(settings, &notes.proposals);
    let changed = simulate(summary, &then);
    let now_lufs = song.lufs + changed.loudness_lu;
    // The way is that of the song without the gain, wherever that is now: the same amount is always the same loudness.
    let own_lufs = now_lufs - settings.loudness_gain_db;
    let missing_db = own_lufs + amount * (lufs - own_lufs) - now_lufs;
    let of_it = format!(
        "The whole song will have about {now_lufs:.1} LUFS ({:.1} to {:.1})",
        song.low_lufs + changed.loudness_lu,
        song.high_lufs + changed.loudness_lu,
    );
    // A part isn't the song.
    let confidence = trust(summary) * (0.9 - 0.3 * ramp(song.interval_lu(), 2.0, 8.0));
    if missing_db < -LEAST_DB {
        // No error: services turn down what is louder, and gain is lowered only if asked.
        let over_db = -missing_db;
        let text = format!("{of_it}, {over_db:.1} LU above {name}.");
        notes.info(text.clone());
        if context.allow_gain_reduction {
            let gain_db = (settings.loudness_gain_db + missing_db).max(-24.0);
            let values = [settings.loudness_gain_db, gain_db].map(Value::Decibels);
            let said = [format!("{over_db:.1} LU over target"), text];
            notes.propose(ParameterId::LoudnessGain, values, confidence, said);
        }
        return;
    }
    if missing_db < LEAST_DB {
        return;
    }
    let peak_dbtp = summary.true_peak_dbtp + changed.loudness_lu - settings.loudness_gain_db;
    let wanted_db = settings.loudness_gain_db + missing_db;
    let gain_db = wanted_db
        .min(ceiling_db - peak_dbtp + MOST_LIMITING_DB)
        .min(24.0);
    let text = format!("{of_it}, {missing_db:.1} LU below {name}.");
    notes.find(Severity::Notice, confidence, text.clone());
    if gain_db < wanted_db - LEAST_DB {
        notes.info(format!(
            "The whole {missing_db:.1} dB would take more than {MOST_LIMITING_DB:.0} dB of limiting."
        ));
    }
    if gain_db - settings.loudness_gain_db < LEAST_DB {
        return;
    }
    let values = [settings.loudness_gain_db, gain_db].map(Value::Decibels);
    let said = [format!("{missing_db:.1} LU under target"), text];
    notes.propose(ParameterId::LoudnessGain, values, confidence, said);

    let limiting_db = peak_dbtp + gain_db - ceiling_db;
    let glue = settings.dynamics.glue;
    if limiting_db > MUCH_LIMITING_DB && summary.plr_db > 12.0 && glue.amount == 0.0 {
        let said = [
            format!("Peaks {limiting_db:.1} dB over"),
            format!(
                "The limiter would take {limiting_db:.1} dB off peaks; a little glue before it shares the work."
            ),
        ];
        let amounts = [0.0, 40.0].map(Value::Percent);
        notes.propose(ParameterId::GlueAmount, amounts, 0.8 * confidence, said);
        // The loudest tenth of the moments is about at the threshold: 1 to 2 dB of reduction.
        let threshold_db = (summary.loud_rms_db + settings.trim_db)
            .round()
            .clamp(-60.0, 0.0);
        let [from, to] = [glue.threshold_db, threshold_db].map(Value::Decibels);
        if let Some(proposal) = notes
            .proposals
            .last_mut()
            .filter(|p| p.id == ParameterId::GlueAmount)
        {
            proposal.linked.push(ParameterChange {
                id: ParameterId::GlueThreshold,
                from,
                to,
            });
        }
    }
}
