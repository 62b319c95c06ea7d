//! The figures of what comes out beside those of references, as a table.

use egui::{Align2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, remap};
use flow_analysis::effect_model;
use flow_analysis::reference::SongStats;
use flow_analysis::report::Analysis;
use flow_dsp::{ChainSettings, Delivery};

use crate::editor::model::tonal_balance::NAMES;
use crate::editor::panels::meters::level;
use crate::editor::widgets::theme::{
    ANCHORS, LINE, OUTPUT, SECONDARY, TARGET, TEXT, Theme, Weight,
};
use crate::references::References;

/// Width of the table.
pub(crate) const WIDTH: f32 = 440.0;
/// From one figure to the next.
const ROW: f32 = 20.0;
/// Ends of the tracks of differences, dB.
const REACH_DB: f32 = 6.0;

/// What references are held against.
pub(crate) struct ComparisonView<'a> {
    /// Of what was heard, if anything was.
    pub(crate) analysis: Option<&'a Analysis>,
    pub(crate) settings: &'a ChainSettings,
    pub(crate) delivery: &'a Delivery,
}

/// A line of the table.
struct Row {
    name: &'static str,
    unit: &'static str,
    tip: &'static str,
    values: [Option<f32>; 2],
    /// Whether both can be compared.
    is_alike: bool,
}

/// What comes out now, as far as it can be told, and the references.
fn rows(references: &References, compared: &ComparisonView<'_>) -> Vec<Row> {
    let yours = compared.analysis.map(|analysis| {
        let mut figures = SongStats::of(&analysis.summary);
        // Of the whole song, as the references are: its peaks are this part's.
        figures.loudness_lufs = analysis.song.map(|song| song.lufs);
        let softer_lu = analysis
            .song
            .map_or(0.0, |song| song.measured_lufs - song.lufs);
        figures.plr_db = figures.plr_db.map(|db| db + softer_lu);
        figures.after(&effect_model::simulate(
            &analysis.summary,
            compared.settings,
        ))
    });
    let goal = references.target();
    let theirs = (!goal.is_empty()).then(|| SongStats::mean(&goal.references));
    let row = |name, unit, tip, of: &dyn Fn(&SongStats) -> Option<f32>| Row {
        name,
        unit,
        tip,
        values: [yours.as_ref().and_then(of), theirs.as_ref().and_then(of)],
        is_alike: true,
    };
    let anchor = "Level of the anchor against all of the sound";
    let anchors = NAMES.iter().enumerate();
    let anchors = anchors.map(|(i, name)| row(name, "dB", anchor, &|f| f.anchors_db[i]));
    let rest = [
        row(
            "Loudness",
            "LUFS",
            "Of whole songs: of yours, as far as it can be told from what was heard",
            &|f| f.loudness_lufs,
        ),
        row(
            "PLR",
            "dB",
            "Peak to loudness ratio: little of it is dense, much is dynamic",
            &|f| f.plr_db,
        ),
        Row {
            is_alike: false,
            ..row(
                "Range",
                "LU",
                "Loudness range. A part has less of it than a song, so there is no difference to tell",
                &|f| f.range_lu,
            )
        },
        row(
            "Width",
            "dB",
            "Level of the sides against the middle",
            &|f| f.side_db,
        ),
    ];
    anchors.chain(rest).collect()
}

/// Draws the table.
pub(crate) fn show(
    ui: &Ui,
    rect: Rect,
    theme: Theme,
    references: &References,
    compared: &ComparisonView<'_>,
) {
    let painter = ui.painter();
    let (left, right) = (Align2::LEFT_CENTER, Align2::RIGHT_CENTER);
    let x = |from_left: f32| rect.left() + theme.px(from_left);
    let title = (11.5, Weight::Bold, SECONDARY);
    let head = rect.top() + theme.px(6.0);
    let yours = match compared.analysis {
        Some(_) => "yours now",
        None => "yours: not heard yet",
    };
    theme.text(painter, pos2(x(180.0), head), right, yours, title);
    theme.text(painter, pos2(x(270.0), head), right, "references", title);
    theme.text(painter, pos2(x(350.0), head), right, "difference", title);
    for (i, row) in rows(references, compared).iter().enumerate() {
        // A table has few lines.
        #[allow(clippy::cast_precision_loss)]
        let y = rect.top() + theme.px(32.0 + ROW * i as f32);
        let normal = (11.5, Weight::Regular, TEXT);
        let label = (11.5, Weight::Regular, SECONDARY);
        let mut name_x = x(0.0);
        if let Some(color) = ANCHORS.get(i) {
            painter.circle_filled(pos2(x(4.0), y), theme.px(3.5), *color);
            name_x = x(14.0);
        }
        theme.text(painter, pos2(name_x, y), left, row.name, label);
        let written = |value: Option<f32>| match value {
            Some(value) => format!("{} {}", level(value, 1), row.unit),
            None => "—".to_owned(),
        };
        let [yours, theirs] = row.values;
        theme.text(painter, pos2(x(180.0), y), right, written(yours), normal);
        theme.text(painter, pos2(x(270.0), y), right, written(theirs), normal);
        let by = yours.zip(theirs).filter(|_| row.is_alike);
        let by = by.map(|(yours, theirs)| yours - theirs);
        let difference = by.map_or_else(|| "—".to_owned(), signed);
        theme.text(painter, pos2(x(350.0), y), right, &difference, normal);
        if let Some(by) = by {
            let track = Rect::from_min_max(
                pos2(x(364.0), y - theme.px(2.5)),
                pos2(x(WIDTH), y + theme.px(2.5)),
            );
            deviation(painter, track, theme, by);
        }
        let line = Rect::from_x_y_ranges(rect.x_range(), y - theme.px(10.0)..=y + theme.px(10.0));
        let said = format!(
            "{}: yours {}, references {}, difference {difference}",
            row.name,
            written(yours),
            written(theirs)
        );
        ui.interact(line, ui.scope_id().with(("figure", i)), Sense::hover())
            .on_hover_text(row.tip)
            .widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    }
}

/// From the middle, where both are alike.
fn deviation(painter: &egui::Painter, track: Rect, theme: Theme, by: f32) {
    painter.rect_filled(track, theme.radius(2.0), LINE);
    let at = |db: f32| {
        let db = db.clamp(-REACH_DB, REACH_DB);
        remap(db, -REACH_DB..=REACH_DB, track.x_range())
    };
    let (zero, here) = (at(0.0), at(by));
    let bar = Rect::from_x_y_ranges(zero.min(here)..=zero.max(here), track.y_range());
    painter.rect_filled(bar, theme.radius(2.0), OUTPUT);
    let mark = track.y_range().expand(theme.px(2.0));
    painter.vline(zero, mark, Stroke::new(theme.px(1.0), TARGET));
}

fn signed(by: f32) -> String {
    let sign = if by >= 0.05 { "+" } else { "" };
    format!("{sign}{}", level(by, 1))
}
