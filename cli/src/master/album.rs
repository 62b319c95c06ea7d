//! Loudness goals of an album, which preserve the relative loudness of its songs.

use super::target::LoudnessGoal;

/// The goal of each song. The loudest gets the goal of all; it keeps its loudness if it is louder and must not be turned
/// down. The others stay as far below it as they were. A song without a measurement gets the goal of all.
pub(super) fn goals(all: LoudnessGoal, lufs: &[Option<f64>]) -> Vec<LoudnessGoal> {
    let loudest = lufs.iter().flatten().copied().reduce(f64::max);
    let Some(loudest) = loudest else {
        return vec![all; lufs.len()];
    };
    let all = all.resolve(loudest);
    let Some(goal) = all.lufs else {
        return vec![all; lufs.len()];
    };
    let top = if all.may_lower {
        goal
    } else {
        goal.max(loudest)
    };
    let goal_of = |own: &Option<f64>| LoudnessGoal {
        lufs: Some(top - own.map_or(0.0, |own| loudest - own)),
        may_lower: true,
        ..all
    };
    lufs.iter().map(goal_of).collect()
}

/// The largest distance of a song below its goal, in LU; 0 if all are within the tolerance.
pub(super) fn shortfall_lu(
    goals: &[LoudnessGoal],
    reached: &[Option<f64>],
    tolerance_lu: f64,
) -> f64 {
    let missing = goals.iter().zip(reached).filter_map(|(goal, lufs)| {
        let missing = goal.lufs? - (*lufs)?;
        (missing > tolerance_lu).then_some(missing)
    });
    missing.fold(0.0, f64::max)
}

/// These goals, lowered by `by_lu`.
pub(super) fn lowered(goals: &[LoudnessGoal], by_lu: f64) -> Vec<LoudnessGoal> {
    let lower = |goal: &LoudnessGoal| LoudnessGoal {
        lufs: goal.lufs.map(|lufs| lufs - by_lu),
        ..*goal
    };
    goals.iter().map(lower).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAMING: LoudnessGoal = LoudnessGoal {
        lufs: Some(-14.0),
        may_lower: true,
        amount: 1.0,
    };

    fn lufs(goals: &[LoudnessGoal]) -> Vec<f64> {
        goals.iter().filter_map(|goal| goal.lufs).collect()
    }

    #[test]
    fn album_goals_keep_distances_to_loudest_song() {
        let songs = [Some(-16.0), None, Some(-11.5)];
        assert_eq!(lufs(&goals(STREAMING, &songs)), [-18.5, -14.0, -14.0]);
        // The loudest must not be turned down, so that all keep their loudness.
        let upward_only = LoudnessGoal {
            may_lower: false,
            ..STREAMING
        };
        assert_eq!(lufs(&goals(upward_only, &songs)), [-16.0, -11.5, -11.5]);
        assert_eq!(goals(STREAMING, &[None]), [STREAMING]);
        let half = LoudnessGoal {
            amount: 0.5,
            ..STREAMING
        };
        let on_the_way = goals(half, &[Some(-16.0), Some(-20.0)]);
        assert_eq!(lufs(&on_the_way), [-15.0, -19.0]);
        assert!(on_the_way.iter().all(|goal| goal.amount == 1.0));
        let none = LoudnessGoal {
            lufs: None,
            ..STREAMING
        };
        assert_eq!(goals(none, &songs), [none; 3]);
    }

    #[test]
    fn shortfall_of_one_song_lowers_all_goals() {
        let goals = goals(STREAMING, &[Some(-10.0), Some(-13.0), None]);
        let reached = [Some(-15.5), Some(-17.02), None];
        let shortfall = shortfall_lu(&goals, &reached, 0.1);
        assert_eq!(shortfall, 1.5);
        assert_eq!(lufs(&lowered(&goals, shortfall)), [-15.5, -18.5, -15.5]);
        assert_eq!(shortfall_lu(&goals, &[Some(-14.05), None, None], 0.1), 0.0);
    }
}
