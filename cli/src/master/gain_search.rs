//! Finding the gain that brings a whole song to its loudness target through the limiter.
//!
//! A limiter takes back a part of every decibel, more of it the louder the song already is, and which part depends on
//! the song. So the gain is found by rendering: the first guess is the distance to the target, and each render says
//! how far off it was.

use anyhow::Result;

/// Within this of the target is on it.
pub(crate) const TOLERANCE_LU: f64 = 0.02;
/// The plug-in's gain goes in these steps, so that searching more finely finds nothing.
const STEP_DB: f64 = 0.01;
const MOST_RENDERS: u32 = 12;
/// Below this many LU for another decibel, louder is only more distorted.
const FLAT_LU_PER_DB: f64 = 0.05;

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum StopReason {
    /// On target.
    Reached,
    /// The highest or lowest gain was not enough.
    GainUsedUp,
    /// More gain made it no louder: the ceiling holds it.
    CeilingHolds,
}

/// Where the search ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SearchResult {
    pub(crate) gain_db: f64,
    pub(crate) lufs: f64,
    /// The gain of the last render, which need not be the best.
    pub(crate) last_gain_db: f64,
    pub(crate) outcome: StopReason,
    pub(crate) renders: u32,
}

/// One gain that has been tried.
#[derive(Clone, Copy)]
struct Trial {
    gain_db: f64,
    lufs: f64,
}

/// Finds the gain between `lowest_db` and `highest_db` at which `render` gives `target_lufs`. `render` takes a gain and
/// gives the integrated loudness of the result; `first_db` is the first guess.
pub(crate) fn search(
    target_lufs: f64,
    first_db: f64,
    (lowest_db, highest_db): (f64, f64),
    mut render: impl FnMut(f64) -> Result<f64>,
) -> Result<SearchResult> {
    let on_grid =
        |gain_db: f64| ((gain_db / STEP_DB).round() * STEP_DB).clamp(lowest_db, highest_db);
    let mut quieter: Option<Trial> = None;
    let mut louder: Option<Trial> = None;
    let mut best: Option<Trial> = None;
    let mut last: Option<Trial> = None;
    let mut gain_db = on_grid(first_db);
    let mut outcome = StopReason::Reached;
    let mut last_gain_db = gain_db;
    let mut renders = 0;
    while renders < MOST_RENDERS {
        let now = Trial {
            gain_db,
            lufs: render(gain_db)?,
        };
        last_gain_db = gain_db;
        renders += 1;
        let missing_lu = target_lufs - now.lufs;
        if best.is_none_or(|best| missing_lu.abs() < (target_lufs - best.lufs).abs()) {
            best = Some(now);
        }
        if missing_lu.abs() <= TOLERANCE_LU {
            break;
        }
        if missing_lu > 0.0 {
            quieter = Some(now);
        } else {
            louder = Some(now);
        }
        // How much of the last change of gain was heard.
        let slope = last.map_or(1.0, |last| {
            (now.lufs - last.lufs) / (now.gain_db - last.gain_db)
        });
        let at_end = if missing_lu > 0.0 {
            gain_db >= highest_db
        } else {
            gain_db <= lowest_db
        };
        if at_end {
            outcome = StopReason::GainUsedUp;
            break;
        }
        if louder.is_none() && last.is_some() && slope < FLAT_LU_PER_DB {
            outcome = StopReason::CeilingHolds;
            break;
        }
        let mut next_db = gain_db + missing_lu / slope.clamp(0.1, 1.5);
        if let (Some(quieter), Some(louder)) = (quieter, louder) {
            if (louder.gain_db - quieter.gain_db).abs() < 1.5 * STEP_DB {
                break;
            }
            // Between what was too quiet and what was too loud, whatever the slope says.
            let (low, high) = (
                quieter.gain_db.min(louder.gain_db),
                quieter.gain_db.max(louder.gain_db),
            );
            if !(low + STEP_DB..=high - STEP_DB).contains(&next_db) {
                next_db = (low + high) / 2.0;
            }
        }
        last = Some(now);
        gain_db = on_grid(next_db);
        if (gain_db - now.gain_db).abs() < STEP_DB / 2.0 {
            break;
        }
    }
    let Trial { gain_db, lufs } = best.unwrap_or(Trial {
        gain_db,
        lufs: f64::NEG_INFINITY,
    });
    Ok(SearchResult {
        gain_db,
        lufs,
        last_gain_db,
        outcome,
        renders,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A song of −20 LUFS behind a limiter that takes back more and more, up to −6 LUFS.
    fn limited(gain_db: f64) -> f64 {
        let wanted = -20.0 + gain_db;
        let knee = -15.0;
        if wanted < knee {
            wanted
        } else {
            knee + 9.0 * (1.0 - (-(wanted - knee) / 9.0).exp())
        }
    }

    #[test]
    fn targets_within_reach_are_met_in_a_few_renders() {
        for target in [-30.0, -23.0, -16.0, -14.0, -12.0, -9.0, -7.0] {
            let found = search(target, target + 20.0, (-48.0, 48.0), |g| Ok(limited(g))).unwrap();
            assert_eq!(found.outcome, StopReason::Reached, "{target}");
            assert!(
                (found.lufs - target).abs() <= TOLERANCE_LU,
                "{target}: {found:?}"
            );
            assert!(found.renders <= 9, "{target}: {found:?}");
        }
    }

    #[test]
    fn a_ceiling_that_holds_is_told_from_gain_that_is_used_up() {
        let held = search(-5.0, 15.0, (-48.0, 48.0), |g| Ok(limited(g))).unwrap();
        assert_eq!(held.outcome, StopReason::CeilingHolds);
        assert!(held.lufs > -6.5, "{held:?}");
        let short = search(-14.0, 66.0, (-48.0, 48.0), |g| Ok(g - 80.0)).unwrap();
        assert_eq!(
            (short.outcome, short.gain_db),
            (StopReason::GainUsedUp, 48.0)
        );
        let unmoved = search(-14.0, 6.0, (-48.0, 48.0), |_| Ok(-20.0)).unwrap();
        assert_eq!(unmoved.outcome, StopReason::CeilingHolds);
    }

    #[test]
    fn errors_end_the_search() {
        assert!(search(-14.0, 0.0, (-48.0, 48.0), |_| anyhow::bail!("no")).is_err());
    }
}
