//! The style's range of levels, and the places where the output leaves it.

use egui::{Painter, Pos2};
use flow_dsp::StyleTarget;

use super::axes::Axes;
use super::levels::{Levels, SILENCE_DB};
use crate::editor::model::analyzers::{MAX_HZ, MIN_HZ, POINTS, point_hz};
use crate::editor::widgets::plot::band;
use crate::editor::widgets::theme::Theme;

/// An output that is further outside of the range is named in the legend, dB.
const OUTSIDE_DB: f32 = 0.5;

/// Draws the style's percentiles 25 to 75 at the level of the output, and if the output is shown the areas between it and the
/// range where it lies above or below, unless it pauses. Draws nothing in silence. Returns whether the output leaves the range.
pub(super) fn show(
    painter: &Painter,
    axes: &Axes,
    theme: Theme,
    style: StyleTarget,
    (levels, has_output): (&Levels, bool),
) -> bool {
    let level_db = levels.output_program_db;
    if level_db < SILENCE_DB {
        return false;
    }
    let bands = bands(style).map(|(hz, ends)| (hz, ends.map(|db| level_db + db)));
    let edges = bands
        .iter()
        .map(|(hz, [low, high])| (axes.level(*hz, *high), axes.level(*hz, *low)));
    let color = theme.color.target.gamma_multiply(0.22);
    painter.add(band(edges, color, color));
    if !has_output || !levels.has_sound {
        return false;
    }
    let mut is_outside = false;
    let places = (0..POINTS).filter_map(|point| {
        let (hz, output_db) = (point_hz(point), levels.output[point]);
        let [low_db, high_db] = range_at(&bands, hz)?;
        is_outside |= output_db > high_db + OUTSIDE_DB || output_db < low_db - OUTSIDE_DB;
        let at = |db: f32| axes.level(hz, db);
        Some([
            (at(output_db.max(high_db)), at(high_db)),
            (at(low_db), at(output_db.min(low_db))),
        ])
    });
    let (above, below): (Vec<_>, Vec<_>) = places.map(|[above, below]| (above, below)).unzip();
    let color = theme.color.reduction.gamma_multiply(0.3);
    for area in [above, below] {
        let area: Vec<(Pos2, Pos2)> = area;
        painter.add(band(area.into_iter(), color, color));
    }
    is_outside
}

/// The number of third octaves.
const BANDS: usize = 30;

/// Frequency, and the lower and upper end against the broadband level, dB.
fn bands(style: StyleTarget) -> [(f32, [f32; 2]); BANDS] {
    let [_, low, _, high, _] = &style.figures().third_octaves_db;
    let hz = StyleTarget::third_octaves_hz();
    std::array::from_fn(|band| (hz[band].clamp(MIN_HZ, MAX_HZ), [low[band], high[band]]))
}

/// The range at a frequency between two bands; `None` beyond all of them.
fn range_at(bands: &[(f32, [f32; 2])], hz: f32) -> Option<[f32; 2]> {
    let pair = bands.windows(2).find(|pair| hz <= pair[1].0)?;
    let [(low_hz, low), (high_hz, high)] = [pair[0], pair[1]];
    if hz < low_hz {
        return None;
    }
    let share = (hz / low_hz).ln() / (high_hz / low_hz).ln();
    Some([0, 1].map(|end| low[end] + share * (high[end] - low[end])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range_between_bands_lies_between_theirs() {
        let bands = bands(StyleTarget::Electronic);
        let (low_hz, low) = bands[10];
        let (high_hz, high) = bands[11];
        assert_eq!(range_at(&bands, low_hz), Some(low));
        let middle = range_at(&bands, (low_hz * high_hz).sqrt()).unwrap();
        for end in [0, 1] {
            let expected = 0.5 * (low[end] + high[end]);
            assert!((middle[end] - expected).abs() < 1e-3);
        }
        assert_eq!(range_at(&bands, 0.9 * bands[0].0), None);
        assert_eq!(range_at(&bands, 1.1 * bands[BANDS - 1].0), None);
    }
}
