//! Solves for the smallest settings of the Five Pillars that make a correction.
//!
//! Regularized least squares: bands are weighted by their auditory bandwidth and by the certainty of their correction. A
//! cost for each decibel prefers small settings. Equal corrections give equal settings.

mod eq_parameters;
mod fit;
mod free_bells;
mod match_bands;

use flow_dsp::math::{gain_from_db, log2, narrow};
use flow_dsp::{ChainSettings, Translation};
use flow_params::ParameterId;

use crate::correction::{BANDS, Correction, Estimate, centered};
use crate::features::Anchor;
use crate::report::Value;
use eq_parameters::{EQ_PARAMETERS, basis, get_db, responses, set_db, value};
use fit::fit;

pub use eq_parameters::EQ_PARAMETER_COUNT;
pub(crate) use match_bands::limited;
pub use match_bands::{match_changes, match_curve};

/// The parameters of balance and width, which a network or references decide instead of the rules.
pub const TONE_PARAMETERS: [ParameterId; 9] = [
    ParameterId::Depth,
    ParameterId::Body,
    ParameterId::Soul,
    ParameterId::Presence,
    ParameterId::Silk,
    ParameterId::Sheen,
    ParameterId::Air,
    ParameterId::Width,
    ParameterId::MatchAmount,
];

/// Smallest gain that is worth a change, dB.
const LEAST_DB: f32 = 0.5;

/// Smallest correction of the width that is worth a change, dB.
const LEAST_WIDTH_DB: f32 = 0.5;

/// Smallest certainty of a change of width, because the width of good mixes differs much.
const LEAST_WIDTH_CERTAINTY: f32 = 0.9;

/// A solved change of one parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct SolvedChange {
    /// The parameter.
    pub id: ParameterId,
    /// Its value now.
    pub from: Value,
    /// The new value.
    pub to: Value,
    /// The difference, dB.
    pub step_db: f32,
    /// Probability that the direction is right, 0.5 to 1.
    pub certainty: f32,
    /// The anchor with the largest effect; `None` for the width.
    pub anchor: Option<Anchor>,
}

/// The solved settings and the changes that lead to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// All settings, with the unchanged ones.
    pub settings: ChainSettings,
    /// The changes.
    pub changes: Vec<SolvedChange>,
}

/// Solves for the smallest changes that make a correction, leaving out those that are less certain than `least_certainty`, 0.5
/// to 1.
///
/// The analyzed audio is the chain's input, so the present values do not count.
#[must_use]
pub fn solve(correction: &Correction, settings: &ChainSettings, least_certainty: f32) -> Solution {
    let mut solution = Solution {
        settings: *settings,
        changes: Vec::new(),
    };
    balance(&centered(correction.curve), least_certainty, &mut solution);
    width(correction, least_certainty, &mut solution);
    solution
}

/// Solves for the width only. Without a correction the width returns to 100 %.
#[must_use]
pub fn solve_width(correction: &Correction, settings: &ChainSettings) -> Solution {
    let mut solution = Solution {
        settings: *settings,
        changes: Vec::new(),
    };
    let wanted = width_correction(correction);
    if wanted.mean.abs() < LEAST_WIDTH_DB {
        if width_db(settings).abs() >= LEAST_WIDTH_DB {
            widen(0.0, wanted, &mut solution);
        }
    } else if wanted.certainty() >= LEAST_WIDTH_CERTAINTY {
        widen(wanted.mean, wanted, &mut solution);
    }
    solution
}

fn balance(curve: &[Estimate; BANDS], least_certainty: f32, solution: &mut Solution) {
    let now = solution.settings;
    // Depth's other modes are no linear equalizer.
    let is_plain = |id| id != ParameterId::Depth || now.floor.translation == Translation::Subtle;
    let mut free: [bool; EQ_PARAMETER_COUNT] = std::array::from_fn(|i| {
        EQ_PARAMETERS[i].pillar().is_on(&now) && is_plain(EQ_PARAMETERS[i])
    });
    // Parameters with small or uncertain gains are excluded one by one, and the rest is fitted again.
    loop {
        let gains = fit(curve, basis(), free);
        let doubtful = (0..EQ_PARAMETER_COUNT)
            .filter(|i| free[*i])
            .filter(|i| gains[*i].mean.abs() < LEAST_DB || gains[*i].certainty() < least_certainty)
            .min_by(|a, b| gains[*a].mean.abs().total_cmp(&gains[*b].mean.abs()));
        if let Some(doubtful) = doubtful {
            free[doubtful] = false;
            continue;
        }
        for i in (0..EQ_PARAMETER_COUNT).filter(|i| free[*i]) {
            let id = EQ_PARAMETERS[i];
            let to_db = (10.0 * gains[i].mean).round() / 10.0;
            if to_db == 0.0 {
                continue;
            }
            let from_db = get_db(id, &now);
            set_db(id, &mut solution.settings, to_db);
            solution.changes.push(SolvedChange {
                id,
                from: value(id, from_db),
                to: value(id, to_db),
                step_db: to_db - from_db,
                certainty: gains[i].certainty(),
                anchor: Some(anchor_of(i)),
            });
        }
        return;
    }
}

/// The anchor with the largest response to a parameter.
fn anchor_of(parameter: usize) -> Anchor {
    let row = &responses()[parameter];
    let reach = |anchor: &Anchor| {
        let bands = anchor.third_octaves();
        let inside =
            (0..BANDS).filter(|band| bands.contains(&(band + crate::correction::FIRST_BAND)));
        let (sum, count) = inside.fold((0.0, 0.0), |(s, n), band| (s + row[band].abs(), n + 1.0));
        sum / count
    };
    let best = Anchor::ALL
        .iter()
        .max_by(|a, b| reach(a).total_cmp(&reach(b)));
    best.copied().unwrap_or(Anchor::Soul)
}

/// The correction of the width above the bass, dB.
pub(crate) fn width_correction(correction: &Correction) -> Estimate {
    let above_bass = &correction.width[1..];
    let trust = |e: &Estimate| 1.0 / (e.sd * e.sd + 0.25);
    let total: f32 = above_bass.iter().map(trust).sum();
    Estimate {
        mean: above_bass.iter().map(|e| trust(e) * e.mean).sum::<f32>() / total,
        // Errors of adjacent anchors are correlated.
        sd: above_bass.iter().map(|e| trust(e) * e.sd).sum::<f32>() / total,
    }
}

/// Changes the width if its correction is certain.
fn width(correction: &Correction, least_certainty: f32, solution: &mut Solution) {
    let wanted = width_correction(correction);
    let least_certainty = least_certainty.max(LEAST_WIDTH_CERTAINTY);
    if wanted.mean.abs() >= LEAST_WIDTH_DB && wanted.certainty() >= least_certainty {
        widen(wanted.mean, wanted, solution);
    }
}

/// Sets the width, which acts on all anchors but the bass.
fn widen(to_db: f32, wanted: Estimate, solution: &mut Solution) {
    let now = solution.settings.weave;
    if !now.on {
        return;
    }
    // Whole percent, up to 200 %.
    let width = narrow(gain_from_db(f64::from(to_db))).clamp(0.0, 2.0);
    let width = (100.0 * width).round() / 100.0;
    solution.settings.weave.width = width;
    solution.changes.push(SolvedChange {
        id: ParameterId::Width,
        from: Value::Percent(100.0 * now.width),
        to: Value::Percent(100.0 * width),
        step_db: to_db - width_gain_db(now.width),
        certainty: wanted.certainty(),
        anchor: None,
    });
}

/// Measures the responses ahead of the first analysis, about 20 ms.
pub fn prepare() {
    responses();
}

/// Measures the responses of Match's bands, about 40 ms.
pub fn prepare_match() {
    match_bands::prepare();
}

/// The effect of settings on the balance of each band, dB, with the weighted mean removed.
#[cfg(test)]
pub(crate) fn rendered_db(settings: &ChainSettings) -> [f32; BANDS] {
    let curve = gains_db(settings).map(|mean| Estimate { mean, sd: 0.0 });
    centered(curve).map(|e| e.mean)
}

/// The gain of all equalizers in each band, dB.
#[must_use]
pub fn gains_db(settings: &ChainSettings) -> [f32; BANDS] {
    let (broad, fine) = (
        eq_parameters::gains_db(settings),
        match_bands::gains_db(settings),
    );
    std::array::from_fn(|band| broad[band] + fine[band])
}

/// The gain of the side signal by the width, dB.
#[must_use]
pub fn width_db(settings: &ChainSettings) -> f32 {
    if !settings.weave.on {
        return 0.0;
    }
    width_gain_db(settings.weave.width)
}

fn width_gain_db(width: f32) -> f32 {
    narrow(6.0206 * log2(f64::from(width.max(1e-3))))
}

#[cfg(test)]
mod tests;
