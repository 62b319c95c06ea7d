//! Solutions of known corrections.

use super::*;

fn correction(curve_db: impl Fn(usize) -> f32, sd: f32) -> Correction {
    Correction {
        curve: std::array::from_fn(|band| Estimate {
            mean: curve_db(band),
            sd,
        }),
        width: [Estimate { mean: 0.0, sd: 1.0 }; 4],
        ..Correction::default()
    }
}

#[test]
fn solve_of_neutral_correction_changes_nothing() {
    let solution = solve(&correction(|_| 0.0, 1.0), &ChainSettings::default(), 0.5);
    assert_eq!(solution.changes, []);
    assert_eq!(solution.settings, ChainSettings::default());
    // All bands alike are loudness.
    let solution = solve(&correction(|_| 6.0, 0.1), &ChainSettings::default(), 0.5);
    assert_eq!(solution.changes, []);
}

#[test]
fn solve_of_single_parameter_response_reproduces_it() {
    for (i, gain_db) in [(1, 3.0), (2, -3.0), (4, -4.0), (6, 2.0), (3, 2.5)] {
        let wanted = correction(|band| gain_db * responses()[i][band], 0.1);
        let solution = solve(&wanted, &ChainSettings::default(), 0.5);
        let rendered = rendered_db(&solution.settings);
        let target = centered(wanted.curve);
        for band in 0..BANDS {
            let error = (rendered[band] - target[band].mean).abs();
            assert!(error < 0.6, "{}: band {band}: {error}", EQ_PARAMETERS[i]);
        }
    }
}

#[test]
fn solve_of_uncertain_correction_changes_nothing() {
    let tilt = |sd| {
        correction(
            |band| 0.3 * (13.0 - narrow(flow_dsp::math::count(band))),
            sd,
        )
    };
    let moves = |sd, least| {
        solve(&tilt(sd), &ChainSettings::default(), least)
            .changes
            .len()
    };
    assert!(moves(0.5, 0.8) >= 2);
    assert_eq!(moves(20.0, 0.8), 0);
    let small = solve(&tilt(0.5), &ChainSettings::default(), 0.5);
    for step in &small.changes {
        assert!((0.5..=1.0).contains(&step.certainty));
        assert_ne!(step.from, step.to);
    }
}

#[test]
fn solve_of_huge_correction_keeps_ranges_and_switches() {
    let huge = correction(|band| if band < 10 { 60.0 } else { -60.0 }, 0.1);
    let solution = solve(&huge, &ChainSettings::default(), 0.5);
    assert_eq!(solution.settings.sanitized(), solution.settings);
    let mut off = ChainSettings::default();
    off.curve.on = false;
    off.lattice.on = false;
    off.floor.translation = Translation::Deep;
    assert_eq!(solve(&huge, &off, 0.5).changes, []);
}

#[test]
fn solve_of_width_correction_sets_width() {
    let mut narrow_image = correction(|_| 0.0, 1.0);
    narrow_image.width = [Estimate::measured(4.0); 4];
    let solution = solve(&narrow_image, &ChainSettings::default(), 0.5);
    assert_eq!(solution.changes.len(), 1);
    assert!((solution.settings.weave.width - 1.58).abs() < 0.011);
    assert!((width_db(&solution.settings) - 4.0).abs() < 0.1);
}
