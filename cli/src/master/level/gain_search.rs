//! The search for the gain at which a whole song reaches its loudness target through the limiter.
//!
//! A limiter reduces a part of every decibel of gain. The part grows with loudness and depends on the song. So a model
//! predicts the loudness at any gain, and a render at the gain that it gives corrects the model. One or two renders are enough.

use anyhow::Result;

/// The resolution of the plug-in's gains.
pub(crate) const GAIN_STEP_DB: f64 = 0.01;
/// The distance to a target at which the search ends.
pub(crate) const TOLERANCE_LU: f64 = 0.02;
const MAX_RENDERS: u32 = 12;
/// The distance to a target at which the search in the model ends.
const MODEL_TOLERANCE_LU: f64 = 0.003;
const MAX_PREDICTIONS: u32 = 30;
/// Below this slope, more gain adds distortion and hardly any loudness.
const FLAT_LU_PER_DB: f64 = 0.05;

/// A target is far out of reach if the model, which is off by a part of this, stays so much below it.
const OUT_OF_REACH_LU: f64 = 0.3;

/// The reason why a search ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum StopReason {
    /// The target is reached.
    Reached,
    /// The highest or lowest gain is not enough.
    GainLimit,
    /// More gain gives no more loudness below the ceiling.
    CeilingLimit,
}

/// The result of a search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SearchResult {
    pub(crate) gain_db: f64,
    pub(crate) lufs: f64,
    /// The gain of the last render, which isn't always the best.
    pub(crate) last_gain_db: f64,
    pub(crate) stop_reason: StopReason,
}

/// A gain and the loudness with it.
#[derive(Clone, Copy)]
struct Trial {
    gain_db: f64,
    lufs: f64,
}

/// The gains between which the target lies.
#[derive(Clone, Copy, Default)]
struct Bracket {
    quieter: Option<Trial>,
    louder: Option<Trial>,
}

impl Bracket {
    fn add(&mut self, trial: Trial, target_lufs: f64) {
        if trial.lufs < target_lufs {
            self.quieter = Some(trial);
        } else {
            self.louder = Some(trial);
        }
    }

    /// A gain inside: `gain_db`, or the middle if that lies outside. None if there are no gains between both ends.
    fn inside(&self, gain_db: f64) -> Option<f64> {
        let (Some(quieter), Some(louder)) = (self.quieter, self.louder) else {
            return Some(gain_db);
        };
        let low = quieter.gain_db.min(louder.gain_db);
        let high = quieter.gain_db.max(louder.gain_db);
        if high - low < 1.5 * GAIN_STEP_DB {
            return None;
        }
        let inside = low + GAIN_STEP_DB..=high - GAIN_STEP_DB;
        Some(if inside.contains(&gain_db) {
            gain_db
        } else {
            f64::midpoint(low, high)
        })
    }
}

fn on_grid(gain_db: f64, [lowest_db, highest_db]: [f64; 2]) -> f64 {
    ((gain_db / GAIN_STEP_DB).round() * GAIN_STEP_DB).clamp(lowest_db, highest_db)
}

/// The gain that is searched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SearchedGain {
    pub(crate) target_lufs: f64,
    /// A first guess.
    pub(crate) first_db: f64,
    /// The lowest and the highest gain.
    pub(crate) range_db: [f64; 2],
    /// Whether the prediction alone is the result for a target that is far out of reach.
    pub(crate) may_skip_renders: bool,
}

/// Finds the gain at which the output has the target's loudness. `predict` takes a gain in dB and predicts the integrated
/// loudness; `render` measures it.
///
/// # Errors
///
/// Returns the errors of `render`.
pub(crate) fn search(
    searched: SearchedGain,
    predict: impl Fn(f64) -> f64,
    mut render: impl FnMut(f64) -> Result<f64>,
) -> Result<SearchResult> {
    let SearchedGain {
        target_lufs,
        first_db,
        range_db,
        may_skip_renders,
    } = searched;
    let mut bracket = Bracket::default();
    let mut found = find(target_lufs, first_db, range_db, &predict);
    let is_limited = found.stop_reason == StopReason::CeilingLimit;
    if may_skip_renders && is_limited && found.lufs < target_lufs - OUT_OF_REACH_LU {
        return Ok(found);
    }
    let mut gain_db = found.gain_db;
    let mut best = Trial {
        gain_db,
        lufs: f64::NEG_INFINITY,
    };
    let mut last_gain_db = gain_db;
    for _ in 0..MAX_RENDERS {
        let now = Trial {
            gain_db,
            lufs: render(gain_db)?,
        };
        let missing_lu = target_lufs - now.lufs;
        if missing_lu.abs() < (target_lufs - best.lufs).abs() {
            best = now;
        }
        last_gain_db = gain_db;
        if missing_lu.abs() <= TOLERANCE_LU {
            found.stop_reason = StopReason::Reached;
            break;
        }
        bracket.add(now, target_lufs);
        // The model is wrong by about the same at the next gain.
        let wanted_lufs = predict(gain_db) + missing_lu;
        let was_limited = found.stop_reason == StopReason::CeilingLimit;
        found = find(wanted_lufs, gain_db, range_db, &predict);
        if was_limited && missing_lu > 0.0 && found.stop_reason == StopReason::CeilingLimit {
            break;
        }
        let Some(next_db) = bracket.inside(found.gain_db) else {
            break;
        };
        gain_db = on_grid(next_db, range_db);
        if (gain_db - now.gain_db).abs() < GAIN_STEP_DB / 2.0 {
            break;
        }
    }
    Ok(SearchResult {
        gain_db: best.gain_db,
        lufs: best.lufs,
        last_gain_db,
        stop_reason: found.stop_reason,
    })
}

/// Finds the gain at which `predict` gives `target_lufs`.
fn find(
    target_lufs: f64,
    first_db: f64,
    range_db: [f64; 2],
    predict: &impl Fn(f64) -> f64,
) -> SearchResult {
    let [lowest_db, highest_db] = range_db;
    let mut bracket = Bracket::default();
    let mut last: Option<Trial> = None;
    let mut gain_db = on_grid(first_db, range_db);
    let mut best = Trial {
        gain_db,
        lufs: f64::NEG_INFINITY,
    };
    let mut stop_reason = StopReason::Reached;
    for _ in 0..MAX_PREDICTIONS {
        let now = Trial {
            gain_db,
            lufs: predict(gain_db),
        };
        let missing_lu = target_lufs - now.lufs;
        if missing_lu.abs() < (target_lufs - best.lufs).abs() {
            best = now;
        }
        if missing_lu.abs() <= MODEL_TOLERANCE_LU || !missing_lu.is_finite() {
            break;
        }
        bracket.add(now, target_lufs);
        // LU for each dB of the last change of gain.
        let slope = last.map_or(1.0, |last| {
            (now.lufs - last.lufs) / (now.gain_db - last.gain_db)
        });
        let at_end = if missing_lu > 0.0 {
            gain_db >= highest_db
        } else {
            gain_db <= lowest_db
        };
        if at_end {
            stop_reason = StopReason::GainLimit;
            break;
        }
        if bracket.louder.is_none() && last.is_some() && slope < FLAT_LU_PER_DB {
            stop_reason = StopReason::CeilingLimit;
            break;
        }
        let next_db = gain_db + missing_lu / slope.clamp(0.1, 1.5);
        let Some(next_db) = bracket.inside(next_db) else {
            break;
        };
        last = Some(now);
        gain_db = on_grid(next_db, range_db);
        if (gain_db - now.gain_db).abs() < GAIN_STEP_DB / 2.0 {
            break;
        }
    }
    SearchResult {
        gain_db: best.gain_db,
        lufs: best.lufs,
        last_gain_db: gain_db,
        stop_reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The loudness of a song of −20 LUFS behind a limiter that approaches −6 LUFS.
    fn limited_lufs(gain_db: f64) -> f64 {
        let wanted = -20.0 + gain_db;
        let knee = -15.0;
        if wanted < knee {
            wanted
        } else {
            knee + 9.0 * (1.0 - (-(wanted - knee) / 9.0).exp())
        }
    }

    fn searched(target_lufs: f64) -> SearchedGain {
        SearchedGain {
            target_lufs,
            first_db: target_lufs + 20.0,
            range_db: [-48.0, 48.0],
            may_skip_renders: false,
        }
    }

    /// The result and the number of renders.
    fn search_with(
        target_lufs: f64,
        predict: impl Fn(f64) -> f64,
        lufs: impl Fn(f64) -> f64,
    ) -> (SearchResult, u32) {
        let mut renders = 0;
        let render = |gain_db| {
            renders += 1;
            Ok(lufs(gain_db))
        };
        let found = search(searched(target_lufs), predict, render);
        (found.unwrap(), renders)
    }

    #[test]
    fn search_with_right_model_needs_one_render_and_with_biased_one_two() {
        for target in [-30.0, -23.0, -16.0, -14.0, -12.0, -9.0, -7.0] {
            for (bias_lu, expected) in [(0.0, 1), (0.1, 2), (-0.3, 2)] {
                let model = |gain_db| limited_lufs(gain_db) + bias_lu;
                let (found, renders) = search_with(target, model, limited_lufs);
                assert_eq!(found.stop_reason, StopReason::Reached, "{target}");
                assert!(
                    (found.lufs - target).abs() <= TOLERANCE_LU,
                    "{target}: {found:?}"
                );
                assert!(renders <= expected, "{target}, {bias_lu}: {renders}");
            }
        }
    }

    #[test]
    fn search_with_wrong_model_finds_the_target_nevertheless() {
        let without_limiter = |gain_db| gain_db - 20.0;
        let flat = |gain_db: f64| 0.06 * gain_db - 20.0;
        for target in [-23.0, -12.0, -9.0] {
            for (found, renders) in [
                search_with(target, without_limiter, limited_lufs),
                search_with(target, flat, limited_lufs),
            ] {
                let off_lu = (found.lufs - target).abs();
                assert!(off_lu <= TOLERANCE_LU, "{found:?}");
                assert!(renders <= MAX_RENDERS, "{renders}");
            }
        }
    }

    #[test]
    fn search_with_unreachable_target_names_its_limit() {
        let (held, renders) = search_with(-5.0, limited_lufs, limited_lufs);
        assert_eq!(held.stop_reason, StopReason::CeilingLimit);
        assert!(held.lufs > -6.5, "{held:?}");
        assert_eq!(renders, 1);
        let quiet = |gain_db| gain_db - 80.0;
        let (short, _) = search_with(-14.0, quiet, quiet);
        assert_eq!(
            (short.stop_reason, short.gain_db),
            (StopReason::GainLimit, 48.0)
        );
        let (unmoved, _) = search_with(-14.0, |_| -20.0, |_| -20.0);
        assert_eq!(unmoved.stop_reason, StopReason::CeilingLimit);
    }

    #[test]
    fn search_with_failing_render_returns_error() {
        let failing = |_| anyhow::bail!("no");
        assert!(search(searched(-14.0), limited_lufs, failing).is_err());
    }

    #[test]
    fn search_for_target_far_out_of_reach_may_skip_all_renders() {
        let failing = |_| anyhow::bail!("no");
        let skipping = |target_lufs| SearchedGain {
            may_skip_renders: true,
            ..searched(target_lufs)
        };
        let held = search(skipping(-5.0), limited_lufs, failing).unwrap();
        assert_eq!(held.stop_reason, StopReason::CeilingLimit);
        assert!(search(skipping(-9.0), limited_lufs, failing).is_err());
    }
}
