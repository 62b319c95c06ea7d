//! Loudness and dynamics against the delivery profile.

use super::{Notes, ramp, trust};
use crate::analysis::{Context, Pillar, Severity, Value};
use crate::features::Summary;

/// More than this is not left to the limiter.
const MOST_LIMITING_DB: f32 = 6.0;
/// From here on glue takes a part of it.
const MUCH_LIMITING_DB: f32 = 4.0;
/// Less isn't worth a change.
const LEAST_DB: f32 = 0.5;
/// Peak to loudness ratio of music that was compressed hard.
const DENSE_PLR_DB: f32 = 8.0;

pub(super) fn judge(summary: &Summary, context: &Context, notes: &mut Notes) {
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
        let reason = format!(
            "{} asks for at most {} dBTP.",
            delivery.name, delivery.ceiling_dbtp
        );
        notes.propose(Pillar::MasterChain, "ceil", values, 1.0, reason);
    }
    let Some(target_lufs) = delivery.target_lufs else {
        return;
    };
    if !summary.integrated_lufs.is_finite() {
        return;
    }
    let now_lufs = summary.integrated_lufs + settings.trim_db + settings.loudness_gain_db;
    let missing_db = target_lufs - now_lufs;
    if missing_db < -LEAST_DB {
        // No error: services turn down what is louder, and gain is lowered only if asked.
        notes.info(format!(
            "{:.1} LU louder than {} plays it.",
            -missing_db, delivery.name
        ));
        return;
    }
    if missing_db < LEAST_DB {
        return;
    }
    let peak_dbtp = summary.true_peak_dbtp + settings.trim_db;
    let wanted_db = settings.loudness_gain_db + missing_db;
    let gain_db = wanted_db
        .min(ceiling_db - peak_dbtp + MOST_LIMITING_DB)
        .min(24.0);
    let text = format!(
        "This part has {:.1} LUFS, {:.1} LU below {}.",
        now_lufs, missing_db, delivery.name
    );
    // A part isn't the song: least where loudness varies most.
    let confidence = trust(summary) * (0.9 - 0.3 * ramp(summary.loudness_range_lu, 6.0, 15.0));
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
    notes.propose(Pillar::MasterChain, "gain", values, confidence, text);

    let limiting_db = peak_dbtp + gain_db - ceiling_db;
    let glue = settings.dynamics.glue;
    if limiting_db > MUCH_LIMITING_DB && summary.plr_db > 12.0 && glue.amount == 0.0 {
        let reason = format!(
            "The limiter would take {limiting_db:.1} dB off peaks; a little glue before it shares the work."
        );
        let confidence = 0.8 * confidence;
        let amounts = [0.0, 40.0].map(Value::Percent);
        // The loudest tenth of the moments is about at the threshold: 1 to 2 dB of reduction.
        let threshold_db = (summary.loud_rms_db + settings.trim_db)
            .round()
            .clamp(-60.0, 0.0);
        let thresholds = [glue.threshold_db, threshold_db].map(Value::Decibels);
        notes.propose(
            Pillar::MasterChain,
            "glamt",
            amounts,
            confidence,
            reason.clone(),
        );
        notes.propose(Pillar::MasterChain, "glthr", thresholds, confidence, reason);
    }
}
