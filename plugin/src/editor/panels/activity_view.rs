//! The present activity of each pillar. The view of a pillar that is off is dim.

use egui::{Align2, Color32, Painter, Pos2, Rect, Shape, Stroke, lerp, pos2};
use flow_dsp::Character;
use flow_dsp::math::{count, narrow};
use flow_params::Pillar;

use crate::audio::meter_history::GainStage;
use crate::editor::language::{key, text, translate};
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::number_text::format_level;
use crate::editor::panels::history::NO_REDUCTION_DB;
use crate::editor::widgets::plot::{area, band};
use crate::editor::widgets::theme::{Theme, regular};

/// Place and state of one pillar's view.
pub(crate) struct ActivityView<'a> {
    pub(crate) painter: &'a Painter,
    pub(crate) rect: Rect,
    pub(crate) theme: Theme,
    pub(crate) view: &'a EditorView<'a>,
    /// Whether the pillar is on.
    pub(crate) is_on: bool,
}

impl ActivityView<'_> {
    /// Draws the view of a pillar.
    pub(crate) fn show(&self, pillar: Pillar) {
        match pillar {
            Pillar::VelvetFloor => self.low_end(),
            Pillar::HarmonicLattice => self.harmonics(),
            Pillar::PhaseWeave => self.width(),
            Pillar::VelvetCurve => self.balance(),
            Pillar::MasterChain => self.gain_reduction(),
        }
    }

    fn dim(&self, color: Color32) -> Color32 {
        if self.is_on {
            color
        } else {
            color.gamma_multiply(0.3)
        }
    }

    /// The share of the height for a level: −60 dBFS is 0 and −6 dBFS is 1.
    fn height(&self, db: f32) -> f32 {
        if self.is_on {
            ((db + 60.0) / 54.0).clamp(0.0, 1.0)
        } else {
            0.0
        }
    }

    /// The points of a function from 0..=1 to 0..=1.
    fn curve(&self, function: impl Fn(f32) -> f32) -> Vec<Pos2> {
        let rect = self.rect;
        (0..=60_u16)
            .map(|i| {
                let t = f32::from(i) / 60.0;
                let y = rect.bottom() - function(t).clamp(0.0, 1.0) * rect.height();
                pos2(lerp(rect.x_range(), t), y)
            })
            .collect()
    }

    /// The low band and its harmonics.
    fn low_end(&self) {
        let activity = &self.view.readings.activity;
        let low = self.height(activity.floor_band_db);
        let harmonics = self.height(activity.floor_harmonics_db);
        let color = self.dim(self.theme.color.pillar(Pillar::VelvetFloor));
        let bump = |t: f32, at: f32, width: f32| (-((t - at) / width).powi(2)).exp();
        let line = self.curve(|t| {
            let second = 0.75 * bump(t, 0.5, 0.06) + 0.5 * bump(t, 0.68, 0.05);
            let third = 0.3 * bump(t, 0.82, 0.045);
            0.03 + 0.95 * low * bump(t, 0.24, 0.1) + 0.95 * harmonics * (second + third)
        });
        let bottom = self.rect.bottom();
        self.painter
            .add(area(&line, bottom, color.gamma_multiply(0.25)));
        let stroke = Stroke::new(self.theme.px(1.6), color);
        self.painter.add(Shape::line(line, stroke));
    }

    /// The level of the harmonics, distributed as the character does.
    fn harmonics(&self) {
        let shares: [f32; 8] = match self.view.settings.lattice.character {
            Character::Neutral => [1.0, 0.5, 0.5, 0.25, 0.25, 0.12, 0.1, 0.05],
            Character::Warm => [1.0, 0.9, 0.35, 0.3, 0.15, 0.1, 0.06, 0.04],
            Character::Bright => [0.7, 0.4, 1.0, 0.3, 0.6, 0.2, 0.3, 0.12],
            Character::Vintage => [1.0, 0.75, 0.65, 0.4, 0.3, 0.2, 0.12, 0.08],
        };
        let rect = self.rect;
        let level = self.height(self.view.readings.activity.lattice_harmonics_db);
        let color = self.dim(self.theme.color.pillar(Pillar::HarmonicLattice));
        let step = rect.width() / 8.0;
        let mut x = rect.left();
        for share in shares {
            let height = (0.03 + 0.97 * share * level) * rect.height();
            let bar = Rect::from_min_max(
                pos2(x, rect.bottom() - height),
                pos2(x + step * 0.55, rect.bottom()),
            );
            let radius = self.theme.radius(1.5);
            self.painter.rect_filled(bar, radius, color);
            x += step;
        }
    }

    /// Width over frequency: the setting, *Mono below*, and the reduction by Mono safety.
    fn width(&self) {
        let weave = &self.view.settings.weave;
        let width = if self.is_on { weave.width / 2.0 } else { 0.5 };
        let mono_hz = if self.is_on && weave.mono_below {
            weave.mono_below_hz
        } else {
            0.0
        };
        let gains = self.view.readings.activity.weave_side_gains_db;
        let half_width = |t: f32| {
            let hz = 20.0 * 1000.0_f32.powf(t);
            let band = usize::from(hz > 250.0) + usize::from(hz > 2500.0);
            let gain = 10.0_f32.powf(gains[band].clamp(-60.0, 0.0) / 20.0);
            let mono = 1.0 / (1.0 + (mono_hz / hz).powi(4)).sqrt();
            0.48 * width * gain * mono
        };
        let upper = self.curve(|t| 0.5 + half_width(t));
        let lower = self.curve(|t| 0.5 - half_width(t));
        let color = self.dim(self.theme.color.pillar(Pillar::PhaseWeave));
        let fill = color.gamma_multiply(0.25);
        let edges = upper.iter().copied().zip(lower.iter().copied());
        self.painter.add(band(edges, fill, fill));
        let stroke = Stroke::new(self.theme.px(1.6), color);
        self.painter.add(Shape::line(upper, stroke));
        self.painter.add(Shape::line(lower, stroke));
    }

    /// The anchors' gains and Comfort's reduction in their bands; half the height is 6 dB.
    fn balance(&self) {
        let (rect, theme, painter) = (self.rect, self.theme, self.painter);
        let curve = &self.view.settings.curve;
        let gains = [curve.body_db, curve.soul_db, curve.silk_db, curve.air_db];
        let reductions = self.view.readings.activity.comfort_gains_db;
        let middle = rect.center().y;
        let line = Stroke::new(theme.px(1.0), theme.color.line);
        painter.hline(rect.x_range(), middle, line);
        let step = rect.width() / 4.0;
        let y = |db: f32| middle - (db / 6.0).clamp(-1.0, 1.0) * rect.height() / 2.0;
        for (i, (gain, reduction)) in gains.into_iter().zip(reductions).enumerate() {
            let x = rect.left() + step * (narrow(count(i)) + 0.5);
            let w = theme.px(8.0);
            let thickness = theme.px(0.8);
            let end = if gain.abs() < 0.05 {
                middle + thickness
            } else {
                y(gain)
            };
            let bar = Rect::from_two_pos(pos2(x - w, middle - thickness), pos2(x + w, end));
            painter.rect_filled(bar, theme.radius(1.5), self.dim(theme.color.anchors[i]));
            if reduction < -0.05 && self.is_on {
                let bar = Rect::from_two_pos(
                    pos2(x + w + theme.px(3.0), middle),
                    pos2(x + w + theme.px(7.0), y(reduction)),
                );
                painter.rect_filled(bar, theme.radius(1.0), theme.color.reduction);
            }
        }
    }

    /// Gain reduction of each stage, from the top down, with a mark each 3 dB. A line shows the deepest of the last seconds.
    fn gain_reduction(&self) {
        let (rect, theme, painter) = (self.rect, self.theme, self.painter);
        let step = rect.width() / narrow(count(REDUCTION_COLUMNS.len()));
        let mut x = rect.left() + step / 2.0;
        for (name, stages) in REDUCTION_COLUMNS {
            let w = theme.px(13.0);
            let track = Rect::from_min_max(
                pos2(x - w, rect.top() - theme.px(2.0)),
                pos2(x + w, rect.bottom() - theme.px(12.0)),
            );
            painter.rect_filled(track, theme.radius(2.0), theme.color.background);
            let y = |gain_db: f32| {
                track.top() + (-gain_db / REDUCTION_RANGE_DB).clamp(0.0, 1.0) * track.height()
            };
            let mark = Stroke::new(theme.px(1.0), theme.color.line);
            for gain_db in [-3.0, -6.0, -9.0] {
                painter.hline(track.x_range(), y(gain_db), mark);
            }
            let is_limiting = stages == [GainStage::Limiter] && !self.view.settings.bypass;
            let is_on = self.is_on || is_limiting;
            let [now_db, lowest_db] = reductions_db(self.view, stages);
            if is_on && now_db < NO_REDUCTION_DB {
                let bar = track.with_max_y(y(now_db));
                painter.rect_filled(bar, theme.radius(2.0), theme.color.reduction);
            }
            if is_on && lowest_db < NO_REDUCTION_DB {
                let stroke = Stroke::new(theme.px(1.5), theme.color.text);
                painter.hline(track.x_range(), y(lowest_db), stroke);
            }
            let at = pos2(x, rect.bottom() - theme.px(3.0));
            let style = regular(10.5, theme.color.secondary);
            theme.text(painter, at, Align2::CENTER_CENTER, translate(name), style);
            x += step;
        }
    }
}

/// The whole height of a column of gain reduction, dB.
const REDUCTION_RANGE_DB: f32 = 12.0;
/// The time for which the deepest reduction is shown, s.
const DEEPEST_SECONDS: usize = 12;
/// Columns of gain reduction, and the stages in each.
const REDUCTION_COLUMNS: [(&str, &[GainStage]); 6] = [
    ("M/S", &[GainStage::Mid, GainStage::Side]),
    (key!("low"), &[GainStage::LowBand]),
    (key!("mid"), &[GainStage::MidBand]),
    (key!("high"), &[GainStage::HighBand]),
    (key!("glue"), &[GainStage::Glue]),
    (key!("limit"), &[GainStage::Limiter]),
];

/// The gain of some stages now and the lowest of the last seconds, dB.
fn reductions_db(view: &EditorView<'_>, stages: &[GainStage]) -> [f32; 2] {
    let history = &view.shared.meter_history;
    let lowest = |gain_db: &dyn Fn(GainStage) -> f32| {
        stages
            .iter()
            .map(|stage| gain_db(*stage))
            .fold(0.0, f32::min)
    };
    [
        lowest(&|stage| stage.gain_db(&view.readings)),
        lowest(&|stage| history.lowest_gain_db(stage, DEEPEST_SECONDS)),
    ]
}

/// The scale and the figures of the columns in words.
pub(crate) fn describe_reductions(view: &EditorView<'_>) -> String {
    let columns = REDUCTION_COLUMNS.into_iter().map(|(name, stages)| {
        let [_, lowest_db] = reductions_db(view, stages);
        format!("{} {} dB", translate(name), format_level(lowest_db, 1))
    });
    let columns: Vec<String> = columns.collect();
    text!(
        "Gain reduction: {range} dB from top to bottom. Deepest of the last {seconds} s: {columns}",
        range = REDUCTION_RANGE_DB,
        seconds = DEEPEST_SECONDS,
        columns = columns.join(", ")
    )
}
