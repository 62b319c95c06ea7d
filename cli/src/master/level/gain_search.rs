//! The search for the gain at which a whole song reaches its loudness target through the limiter.
//!
//! A limiter reduces a part of every decibel of gain. The part grows with loudness and depends on the song. So the search
//! renders the song: the first gain is the distance to the target, and each render gives the remaining distance.

use anyhow::Result;

/// The resolution of the plug-in's gains.
pub(crate) const GAIN_STEP_DB: f64 = 0.01;
/// The distance to a target at which the search ends.
pub(crate) const TOLERANCE_LU: f64 = 0.02;
const MAX_RENDERS: u32 = 12;
/// Below this slope, more gain adds distortion and hardly any loudness.
const FLAT_LU_PER_DB: f64 = 0.05;

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
    pub(crate) renders: u32,
}

/// A gain and the loudness of its render.
#[derive(Clone, Copy)]
struct Trial {
    gain_db: f64,
    lufs: f64,
}

/// Finds the gain between `lowest_db` and `highest_db` at which the output has `target_lufs`. `render` takes a gain in
/// dB and returns the integrated loudness; `first_db` is the first gain.
///
/// # Errors
///
/// Those of `render`.
pub(crate) fn search(
    target_lufs: f64,
    first_db: f64,
    (lowest_db, highest_db): (f64, f64),
    mut render: impl FnMut(f64) -> Result<f64>,
) -> Result<SearchResult> {
    let on_grid = |gain_db: f64| {
        ((gain_db / GAIN_STEP_DB).round() * GAIN_STEP_DB).clamp(lowest_db, highest_db)
    };
    let mut quieter: Option<Trial> = None;
    let mut louder: Option<Trial> = None;
    let mut best: Option<Trial> = None;
    let mut last: Option<Trial> = None;
    let mut gain_db = on_grid(first_db);
    let mut stop_reason = StopReason::Reached;
    let mut last_gain_db = gain_db;
    let mut renders = 0;
    while renders < MAX_RENDERS {
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
        if louder.is_none() && last.is_some() && slope < FLAT_LU_PER_DB {
            stop_reason = StopReason::CeilingLimit;
            break;
        }
        let mut next_db = gain_db + missing_lu / slope.clamp(0.1, 1.5);
        if let (Some(quieter), Some(louder)) = (quieter, louder) {
            if (louder.gain_db - quieter.gain_db).abs() < 1.5 * GAIN_STEP_DB {
                break;
            }
            // The next gain lies inside the bracket, even where the slope points outside.
            let (low, high) = (
                quieter.gain_db.min(louder.gain_db),
                quieter.gain_db.max(louder.gain_db),
            );
            if !(low + GAIN_STEP_DB..=high - GAIN_STEP_DB).contains(&next_db) {
                next_db = (low + high) / 2.0;
            }
        }
        last = Some(now);
        gain_db = on_grid(next_db);
        if (gain_db - now.gain_db).abs() < GAIN_STEP_DB / 2.0 {
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
        stop_reason,
        renders,
    })
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

    #[test]
    fn search_with_reachable_target_finds_it_in_few_renders() {
        for target in [-30.0, -23.0, -16.0, -14.0, -12.0, -9.0, -7.0] {
            let found = search(target, target + 20.0, (-48.0, 48.0), |g| {
                Ok(limited_lufs(g))
            })
            .unwrap();
            assert_eq!(found.stop_reason, StopReason::Reached, "{target}");
            assert!(
                (found.lufs - target).abs() <= TOLERANCE_LU,
                "{target}: {found:?}"
            );
            assert!(found.renders <= 9, "{target}: {found:?}");
        }
    }

    #[test]
    fn search_with_unreachable_target_names_its_limit() {
        let held = search(-5.0, 15.0, (-48.0, 48.0), |g| Ok(limited_lufs(g))).unwrap();
        assert_eq!(held.stop_reason, StopReason::CeilingLimit);
        assert!(held.lufs > -6.5, "{held:?}");
        let short = search(-14.0, 66.0, (-48.0, 48.0), |g| Ok(g - 80.0)).unwrap();
        assert_eq!(
            (short.stop_reason, short.gain_db),
            (StopReason::GainLimit, 48.0)
        );
        let unmoved = search(-14.0, 6.0, (-48.0, 48.0), |_| Ok(-20.0)).unwrap();
        assert_eq!(unmoved.stop_reason, StopReason::CeilingLimit);
    }

    #[test]
    fn search_with_failing_render_returns_error() {
        assert!(search(-14.0, 0.0, (-48.0, 48.0), |_| anyhow::bail!("no")).is_err());
    }
}
