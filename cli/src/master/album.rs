//! An album: its songs keep their loudness against each other.

use super::target::LoudnessGoal;

/// Where each song goes: the loudest to the goal of all (or it stays, if it is louder and nothing is turned down), the
/// others as much below it as they were. What can't be measured goes where all go; whoever masters it says why.
pub(super) fn goals(all: LoudnessGoal, lufs: &[Option<f64>]) -> Vec<LoudnessGoal> {
    let loudest = lufs.iter().flatten().copied().reduce(f64::max);
    let Some(loudest) = loudest else {
        return vec![all; lufs.len()];
    };
    let all = all.from(loudest);
    let Some(goal) = all.lufs else {
        return vec![all; lufs.len()];
    };
    let top = if all.may_lower {
        goal
    } else {
        goal.max(loudest)
    };
    let of = |own: &Option<f64>| LoudnessGoal {
        lufs: Some(top - own.map_or(0.0, |own| loudest - own)),
        may_lower: true,
        ..all
    };
    lufs.iter().map(of).collect()
}

/// How much all have to be lowered, LU, because some didn't come as far as their goals: nothing within a tolerance.
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

/// The same goals, lower.
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

    const ASKED: LoudnessGoal = LoudnessGoal {
        lufs: Some(-14.0),
        may_lower: true,
        amount: 1.0,
    };

    fn lufs(goals: &[LoudnessGoal]) -> Vec<f64> {
        goals.iter().filter_map(|goal| goal.lufs).collect()
    }

    #[test]
    fn the_loudest_song_sets_the_level() {
        let songs = [Some(-16.0), None, Some(-11.5)];
        assert_eq!(lufs(&goals(ASKED, &songs)), [-18.5, -14.0, -14.0]);
        // Nobody asked to turn the loudest down: it stays, and the others with it.
        let unasked = LoudnessGoal {
            may_lower: false,
            ..ASKED
        };
        assert_eq!(lufs(&goals(unasked, &songs)), [-16.0, -11.5, -11.5]);
        assert_eq!(goals(ASKED, &[None]), [ASKED]);
        let half = LoudnessGoal {
            amount: 0.5,
            ..ASKED
        };
        let on_the_way = goals(half, &[Some(-16.0), Some(-20.0)]);
        assert_eq!(lufs(&on_the_way), [-15.0, -19.0]);
        assert!(on_the_way.iter().all(|goal| goal.amount == 1.0));
        let none = LoudnessGoal {
            lufs: None,
            ..ASKED
        };
        assert_eq!(goals(none, &songs), [none; 3]);
    }

    #[test]
    fn what_one_misses_all_give_up() {
        let goals = goals(ASKED, &[Some(-10.0), Some(-13.0), None]);
        let reached = [Some(-15.5), Some(-17.02), None];
        let shortfall = shortfall_lu(&goals, &reached, 0.1);
        assert_eq!(shortfall, 1.5);
        assert_eq!(lufs(&lowered(&goals, shortfall)), [-15.5, -18.5, -15.5]);
        assert_eq!(shortfall_lu(&goals, &[Some(-14.05), None, None], 0.1), 0.0);
    }
}
