//! The decision about the gain.
//!
//! A loudness that the command line names is reached, through the limiter if need be. The default target raises quieter
//! songs only. A song that came in louder keeps its dynamics: its gain goes down by what lies over the ceiling, so that the
//! limiter has nothing to do. The same holds without any target.

pub(crate) mod gain_search;
pub(crate) mod level_profile;
pub(crate) mod limiter_model;

use super::target::LoudnessTarget;
use anyhow::{Result, ensure};
use gain_search::{GAIN_STEP_DB, SearchResult, SearchedGain, StopReason};

/// Less gain reduction than this isn't shown.
const IDLE_DB: f64 = 0.005;
/// Renders that bring the peaks to the ceiling: at most one more than the two that a chain without feedback needs.
const CEILING_RENDERS: u32 = 3;

/// The measurements of a render at one gain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RenderLevel {
    /// Integrated loudness; that of the loudest track of an album.
    pub(crate) lufs: f64,
    /// The limiter's strongest gain reduction, 0 or less.
    pub(crate) limiter_gain_db: f64,
    /// The distance of the output's true peak below the ceiling, dB.
    pub(crate) headroom_db: f64,
}

/// The source of the gain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Level {
    /// The gain was set manually. The target in LUFS, if there is one, is only compared.
    Manual(Option<f64>),
    /// The gain has no effect in bypass. The target in LUFS, if there is one, is only compared.
    Bypass(Option<f64>),
    /// The gain was searched for a target in LUFS.
    Target(f64, SearchResult),
    /// No loudness was asked for, or the song came in louder than the default target: `gain_db` is 0, or lower by the
    /// excess over the ceiling.
    Ceiling(CeilingLevel),
}

/// A gain that leaves the limiter nothing to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CeilingLevel {
    /// 0 dB or less.
    pub(crate) gain_db: f64,
    /// The loudness with it.
    pub(crate) lufs: f64,
    /// The limiter's strongest gain reduction with it, 0 or less.
    pub(crate) limiter_gain_db: f64,
    /// The default target, if the song came in louder.
    pub(crate) default_lufs: Option<f64>,
    /// The gain of the last render.
    pub(crate) last_gain_db: f64,
}

impl Level {
    /// The loudness target that the result is compared with.
    pub(crate) fn target_lufs(&self) -> Option<f64> {
        match self {
            Self::Manual(lufs) | Self::Bypass(lufs) => *lufs,
            Self::Target(lufs, _) => Some(*lufs),
            Self::Ceiling(_) => None,
        }
    }

    /// The gain of the level and that of the last render. None without a decision.
    pub(crate) fn gains_db(&self) -> Option<(f64, f64)> {
        match self {
            Self::Manual(_) | Self::Bypass(_) => None,
            Self::Target(_, found) => Some((found.gain_db, found.last_gain_db)),
            Self::Ceiling(ceiling) => Some((ceiling.gain_db, ceiling.last_gain_db)),
        }
    }

    /// The level, if the ceiling determines it.
    pub(crate) fn ceiling(&self) -> Option<CeilingLevel> {
        match self {
            Self::Ceiling(ceiling) => Some(*ceiling),
            _ => None,
        }
    }

    /// Whether the search ended because more gain adds no loudness.
    pub(crate) fn is_at_ceiling_limit(&self) -> bool {
        matches!(self, Self::Target(_, found) if found.stop_reason == StopReason::CeilingLimit)
    }
}

/// The song and the possible gains of a decision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GainChoice {
    pub(crate) target: LoudnessTarget,
    /// The loudness of the file.
    pub(crate) input_lufs: f64,
    /// A guess of the gain.
    pub(crate) first_db: f64,
    /// The lowest and the highest possible gain.
    pub(crate) range_db: [f64; 2],
    /// The gain that takes back a trim of peaks over full scale.
    pub(crate) makeup_db: f64,
    /// Whether a loudness that is far out of reach is only predicted, because another style is tried then.
    pub(crate) may_skip_renders: bool,
}

/// Decides about the gain. `predict` takes a gain in dB and predicts the loudness; `render` measures it.
///
/// # Errors
///
/// Returns the errors of `render`.
pub(crate) fn decide(
    choice: &GainChoice,
    predict: impl Fn(f64) -> f64,
    mut render: impl FnMut(f64) -> Result<RenderLevel>,
) -> Result<Level> {
    let target = choice.target;
    let [lowest_db, highest_db] = choice.range_db;
    let ceiling_range_db = [lowest_db, choice.makeup_db];
    let Some(lufs) = target.lufs else {
        return Ok(Level::Ceiling(to_ceiling(None, ceiling_range_db, render)?));
    };
    if target.is_at_ceiling(choice.input_lufs) {
        let ceiling = to_ceiling(Some(lufs), ceiling_range_db, render)?;
        return Ok(Level::Ceiling(ceiling));
    }
    // The default target doesn't turn down.
    let lowest_search_db = if target.is_named { lowest_db } else { 0.0 };
    let searched = SearchedGain {
        target_lufs: lufs,
        first_db: choice.first_db,
        range_db: [lowest_search_db, highest_db],
        may_skip_renders: choice.may_skip_renders,
    };
    let found = gain_search::search(searched, &predict, |gain_db| Ok(render(gain_db)?.lufs))?;
    if target.is_named || found.lufs <= lufs + gain_search::TOLERANCE_LU {
        return Ok(Level::Target(lufs, found));
    }
    // The settings alone make it louder than the default target: their peaks are turned down to the ceiling.
    let ceiling = to_ceiling(Some(lufs), ceiling_range_db, &mut render)?;
    if ceiling.lufs >= lufs {
        return Ok(Level::Ceiling(ceiling));
    }
    // It came in quieter, and is raised to the default target as others are.
    let searched = SearchedGain {
        first_db: ceiling.gain_db + lufs - ceiling.lufs,
        range_db: [ceiling.gain_db, highest_db],
        ..searched
    };
    let found = gain_search::search(searched, predict, |gain_db| Ok(render(gain_db)?.lufs))?;
    Ok(Level::Target(lufs, found))
}

/// Lowers the gain from 0 dB by the limiter's gain reduction, until there is none. A song that ends below the default target
/// gets back what was trimmed, up to the target and the ceiling.
fn to_ceiling(
    default_lufs: Option<f64>,
    [lowest_db, highest_db]: [f64; 2],
    mut render: impl FnMut(f64) -> Result<RenderLevel>,
) -> Result<CeilingLevel> {
    let mut gain_db = 0.0;
    let mut renders = 0;
    loop {
        let RenderLevel {
            lufs,
            limiter_gain_db,
            headroom_db,
        } = render(gain_db)?;
        renders += 1;
        ensure!(
            limiter_gain_db.is_finite(),
            "the plug-in's meters have no gain reduction"
        );
        let is_idle = limiter_gain_db > -IDLE_DB;
        let missing_lu = default_lufs.map_or(0.0, |target| target - lufs);
        let more_db = missing_lu.min(headroom_db).min(highest_db - gain_db);
        if is_idle && more_db > GAIN_STEP_DB && renders < CEILING_RENDERS {
            gain_db += (more_db / GAIN_STEP_DB).floor() * GAIN_STEP_DB;
            continue;
        }
        if is_idle || renders >= CEILING_RENDERS || gain_db <= lowest_db {
            return Ok(CeilingLevel {
                gain_db,
                lufs,
                limiter_gain_db: if is_idle { 0.0 } else { limiter_gain_db },
                default_lufs,
                last_gain_db: gain_db,
            });
        }
        let lower_db = ((gain_db + limiter_gain_db) / GAIN_STEP_DB).floor() * GAIN_STEP_DB;
        gain_db = lower_db.max(lowest_db);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A song of this loudness and true peak behind a limiter at −1 dBTP, which takes the loudness of half of what it
    /// reduces.
    fn song(lufs: f64, dbtp: f64) -> impl FnMut(f64) -> Result<RenderLevel> {
        move |gain_db| {
            let over_db = (dbtp + gain_db + 1.0).max(0.0);
            Ok(RenderLevel {
                lufs: lufs + gain_db - 0.5 * over_db,
                limiter_gain_db: -over_db,
                headroom_db: (-1.0 - dbtp - gain_db).max(0.0),
            })
        }
    }

    fn choice(target: LoudnessTarget, input_lufs: f64) -> GainChoice {
        GainChoice {
            target,
            input_lufs,
            first_db: target.lufs.map_or(0.0, |lufs| lufs - input_lufs),
            range_db: [-48.0, 48.0],
            makeup_db: 0.0,
            may_skip_renders: false,
        }
    }

    /// The level of a song, and the number of its renders.
    fn decide_for(choice: &GainChoice, lufs: f64, dbtp: f64) -> (Level, u32) {
        let mut renders = 0;
        let mut song = song(lufs, dbtp);
        let render = |gain_db| {
            renders += 1;
            song(gain_db)
        };
        let level = decide(choice, |gain_db| lufs + gain_db, render);
        (level.unwrap(), renders)
    }

    const DEFAULT: LoudnessTarget = LoudnessTarget {
        lufs: Some(-14.0),
        is_named: false,
        amount: 1.0,
    };

    #[test]
    fn song_louder_than_default_target_is_turned_down_to_ceiling() {
        let (Level::Ceiling(level), renders) = decide_for(&choice(DEFAULT, -7.3), -7.3, 1.9) else {
            panic!("a ceiling level")
        };
        assert!((level.gain_db + 2.9).abs() < 0.011, "{level:?}");
        assert_eq!((level.limiter_gain_db, renders), (0.0, 2));
        // Below the ceiling nothing happens.
        let (Level::Ceiling(level), renders) = decide_for(&choice(DEFAULT, -10.0), -10.0, -3.0)
        else {
            panic!("a ceiling level")
        };
        assert_eq!((level.gain_db, renders), (0.0, 1));
        // The same without a target, for quiet songs too.
        let keep = LoudnessTarget {
            lufs: None,
            is_named: true,
            ..DEFAULT
        };
        for lufs in [-7.3, -20.0] {
            let (level, _) = decide_for(&choice(keep, lufs), lufs, 0.5);
            assert_eq!(level.target_lufs(), None);
            assert!(
                (level.gains_db().unwrap().0 + 1.5).abs() < 0.011,
                "{level:?}"
            );
        }
    }

    #[test]
    fn quieter_song_is_raised_to_default_target_and_louder_one_lowered_to_named() {
        let (level, _) = decide_for(&choice(DEFAULT, -20.0), -20.0, -3.0);
        assert_eq!(level.target_lufs(), Some(-14.0));
        assert!(level.gains_db().unwrap().0 > 6.0, "{level:?}");
        let named = LoudnessTarget {
            is_named: true,
            ..DEFAULT
        };
        let (level, _) = decide_for(&choice(named, -7.3), -7.3, 1.9);
        assert!(
            (level.gains_db().unwrap().0 + 6.7).abs() < 0.05,
            "{level:?}"
        );
    }

    #[test]
    fn loud_song_that_trim_makes_quiet_gets_the_trim_back() {
        let level = |lufs, dbtp| {
            let choice = GainChoice {
                makeup_db: 6.0,
                ..choice(DEFAULT, -8.0)
            };
            decide_for(&choice, lufs, dbtp).0.gains_db().unwrap().0
        };
        // Up to the default target, the trim or the ceiling.
        assert!((level(-15.0, -6.0) - 1.0).abs() < 0.011);
        assert!((level(-25.0, -12.0) - 6.0).abs() < 0.011);
        assert!((level(-25.0, -3.0) - 2.0).abs() < 0.011);
        assert_eq!(level(-13.0, -6.0), 0.0);
    }

    #[test]
    fn chain_louder_than_default_target_is_not_limited() {
        // It came in at −16, and the chain's settings add 6 LU.
        let (level, _) = decide_for(&choice(DEFAULT, -16.0), -10.0, 1.0);
        let Level::Ceiling(level) = level else {
            panic!("a ceiling level")
        };
        assert!((level.gain_db + 2.0).abs() < 0.011, "{level:?}");
        assert_eq!(level.limiter_gain_db, 0.0);
        // With higher peaks it would end below the default target, to which it is raised then.
        let (level, _) = decide_for(&choice(DEFAULT, -16.0), -10.0, 6.0);
        let Level::Target(_, found) = level else {
            panic!("a target level")
        };
        assert!((found.lufs + 14.0).abs() < 0.03, "{found:?}");
    }
}
