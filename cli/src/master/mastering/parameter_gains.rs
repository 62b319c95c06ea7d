//! Gains as values of the plug-in's parameters.

use crate::master::level::gain_search::GAIN_STEP_DB;
use crate::setting::Setting;
use anyhow::{Result, bail, ensure};
use flow_params::{Kind, ParameterId};

/// The trim that brings the highest sample of a floating-point file to full scale; 0 dB for all others.
///
/// # Errors
///
/// If trim's range is too small.
pub(super) fn full_scale_trim_db(peak_dbfs: f64) -> Result<f64> {
    if peak_dbfs <= 0.0 {
        return Ok(0.0);
    }
    let trim_db = -(peak_dbfs / GAIN_STEP_DB).ceil() * GAIN_STEP_DB;
    let [least, _] = number_range(ParameterId::Trim)?;
    ensure!(
        trim_db >= least,
        "its samples are {peak_dbfs:.0} dB over full scale, more than the {:.0} dB that can be turned down: scale it to full scale",
        -least
    );
    Ok(trim_db)
}

/// The range of a parameter that is a number.
///
/// # Errors
///
/// If the parameter is of another kind.
pub(super) fn number_range(id: ParameterId) -> Result<[f64; 2]> {
    match id.kind() {
        Kind::Number(number) => Ok(number.range.map(f64::from)),
        Kind::Choice(_) | Kind::Switch(_) => bail!("{id} is no number"),
    }
}

/// A setting of a gain in dB.
pub(super) fn decibels(id: ParameterId, gain_db: f64) -> Setting {
    Setting::new(id, &format!("{gain_db:.2}"))
}
