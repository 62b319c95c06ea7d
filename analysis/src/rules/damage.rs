//! Damage to the samples themselves.

use super::notes::{Notes, ramp};
use flow_params::ParameterId;

use crate::features::Summary;
use crate::report::{Context, Severity, Value};

/// Constant part that is worth removing, dBFS: it costs headroom and clicks at edits.
const CONSTANT_DB: f32 = -50.0;

pub(crate) fn judge(summary: &Summary, context: &Context, notes: &mut Notes) {
    let clipped = summary.clipped_runs_per_second;
    if clipped > 0.5 {
        let severity = if clipped > 5.0 {
            Severity::Problem
        } else {
            Severity::Notice
        };
        notes.damage(
            severity,
            0.6 + 0.4 * ramp(clipped, 0.5, 5.0),
            format!("Peaks are cut off {clipped:.0} times a second: clipping before Flow."),
        );
    }
    if summary.dc_offset_db > CONSTANT_DB {
        let text = format!("A constant part (DC) of {:.0} dBFS.", summary.dc_offset_db);
        notes.find(Severity::Problem, 1.0, text.clone());
        let values = [context.settings.floor.low_cut.on, true].map(Value::Switch);
        let said = [format!("DC of {:.0} dBFS", summary.dc_offset_db), text];
        notes.propose(ParameterId::LowCut, values, 1.0, said);
    }
}
