//! What each pillar is doing now. A pillar that is off has a still and dim well.

use egui::{Align2, Color32, Painter, Pos2, Rect, Shape, Stroke, lerp, pos2, vec2};
use flow_dsp::{ChainSettings, Character};

use crate::editor::panels::pillars::PillarReadouts;
use crate::editor::panels::spectrum::fill;
use crate::editor::widgets::theme::{
    ANCHORS, GROUND, LINE, PILLARS, REDUCTION, SECONDARY, Theme, Weight,
};

/// Draws the well of a pillar.
pub(crate) fn show(
    painter: &Painter,
    rect: Rect,
    theme: Theme,
    settings: &ChainSettings,
    now: &PillarReadouts<'_>,
    (pillar, on): (usize, bool),
) {
    let dim = |color: Color32| {
        if on { color } else { color.gamma_multiply(0.3) }
    };
    let color = dim(PILLARS[pillar]);
    match pillar {
        0 => {
            let low = part(now.activity.floor_band_db, on);
            let harmonics = part(now.activity.floor_harmonics_db, on);
            bumps(painter, rect, theme, color, low, harmonics);
        }
        1 => {
            let level = part(now.activity.lattice_harmonics_db, on);
            let character = settings.lattice.character;
            harmonics(painter, rect, theme, color, level, character);
        }
        2 => width(painter, rect, theme, color, settings, now),
        3 => comfort(painter, rect, theme, settings, now, on),
        _ => reductions(painter, rect, theme, now, on),
    }
}

/// −60 dBFS is nothing, −6 dBFS all of the well.
fn part(db: f32, on: bool) -> f32 {
    if on {
        ((db + 60.0) / 54.0).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

fn along(rect: Rect, shape: impl Fn(f32) -> f32) -> Vec<Pos2> {
    (0..=60_u16)
        .map(|i| {
            let t = f32::from(i) / 60.0;
            let y = rect.bottom() - shape(t).clamp(0.0, 1.0) * rect.height();
            pos2(lerp(rect.x_range(), t), y)
        })
        .collect()
}

/// The low band, and the harmonics above it.
fn bumps(painter: &Painter, rect: Rect, theme: Theme, color: Color32, low: f32, harmonics: f32) {
    let bump = |t: f32, at: f32, width: f32| (-((t - at) / width).powi(2)).exp();
    let line = along(rect, |t| {
        let second = 0.75 * bump(t, 0.5, 0.06) + 0.5 * bump(t, 0.68, 0.05);
        let third = 0.3 * bump(t, 0.82, 0.045);
        0.03 + 0.95 * low * bump(t, 0.24, 0.1) + 0.95 * harmonics * (second + third)
    });
    painter.add(fill(&line, rect.bottom(), color.gamma_multiply(0.25)));
    painter.add(Shape::line(line, Stroke::new(theme.px(1.6), color)));
}

/// The levels of the harmonics, as the character shares them out.
fn harmonics(
    painter: &Painter,
    rect: Rect,
    theme: Theme,
    color: Color32,
    level: f32,
    character: Character,
) {
    let shares: [f32; 8] = match character {
        Character::Neutral => [1.0, 0.5, 0.5, 0.25, 0.25, 0.12, 0.1, 0.05],
        Character::Warm => [1.0, 0.9, 0.35, 0.3, 0.15, 0.1, 0.06, 0.04],
        Character::Bright => [0.7, 0.4, 1.0, 0.3, 0.6, 0.2, 0.3, 0.12],
        Character::Vintage => [1.0, 0.75, 0.65, 0.4, 0.3, 0.2, 0.12, 0.08],
    };
    let step = rect.width() / 8.0;
    let mut x = rect.left();
    for share in shares {
        let height = (0.03 + 0.97 * share * level) * rect.height();
        let bar = Rect::from_min_max(
            pos2(x, rect.bottom() - height),
            pos2(x + step * 0.55, rect.bottom()),
        );
        painter.rect_filled(bar, theme.radius(1.5), color);
        x += step;
    }
}

/// Width over frequency: the setting, mono below, and what Mono safety takes at the moment.
fn width(
    painter: &Painter,
    rect: Rect,
    theme: Theme,
    color: Color32,
    settings: &ChainSettings,
    now: &PillarReadouts<'_>,
) {
    let weave = &settings.weave;
    let on = weave.on;
    let setting = if on { weave.width / 2.0 } else { 0.5 };
    let mono_hz = if on && weave.mono_below {
        weave.mono_below_hz
    } else {
        0.0
    };
    let gains = now.activity.weave_side_gains_db;
    let half = |t: f32| {
        let hz = 20.0 * 1000.0_f32.powf(t);
        let band = usize::from(hz > 250.0) + usize::from(hz > 2500.0);
        let held = 10.0_f32.powf(gains[band].clamp(-60.0, 0.0) / 20.0);
        let below = 1.0 / (1.0 + (mono_hz / hz).powi(4));
        0.48 * setting * held * below
    };
    let upper = along(rect, |t| 0.5 + half(t));
    let lower = along(rect, |t| 0.5 - half(t));
    let mut mesh = egui::Mesh::default();
    for (a, b) in upper.iter().zip(&lower) {
        mesh.colored_vertex(*a, color.gamma_multiply(0.25));
        mesh.colored_vertex(*b, color.gamma_multiply(0.25));
        let n = u32::try_from(mesh.vertices.len()).unwrap_or(0);
        if n >= 4 {
            mesh.add_triangle(n - 4, n - 3, n - 2);
            mesh.add_triangle(n - 3, n - 2, n - 1);
        }
    }
    painter.add(Shape::mesh(mesh));
    let stroke = Stroke::new(theme.px(1.6), color);
    painter.add(Shape::line(upper, stroke));
    painter.add(Shape::line(lower, stroke));
}

/// The anchors' gains, and what Comfort takes in its four bands.
fn comfort(
    painter: &Painter,
    rect: Rect,
    theme: Theme,
    settings: &ChainSettings,
    now: &PillarReadouts<'_>,
    on: bool,
) {
    let curve = &settings.curve;
    let gains = [curve.body_db, curve.soul_db, curve.silk_db, curve.air_db];
    let middle = rect.center().y;
    painter.hline(rect.x_range(), middle, Stroke::new(theme.px(1.0), LINE));
    let step = rect.width() / 4.0;
    for (i, (gain, held)) in gains
        .into_iter()
        .zip(now.activity.comfort_gains_db)
        .enumerate()
    {
        let x = rect.left() + step * (flow_dsp::math::narrow(flow_dsp::math::count(i)) + 0.5);
        let y = |db: f32| middle - (db / 6.0).clamp(-1.0, 1.0) * rect.height() / 2.0;
        let w = theme.px(8.0);
        let color = if on {
            ANCHORS[i]
        } else {
            ANCHORS[i].gamma_multiply(0.3)
        };
        let bar = Rect::from_two_pos(
            pos2(x - w, middle - theme.px(0.8)),
            pos2(
                x + w,
                if gain.abs() < 0.05 {
                    middle + theme.px(0.8)
                } else {
                    y(gain)
                },
            ),
        );
        painter.rect_filled(bar, theme.radius(1.5), color);
        if held < -0.05 && on {
            let bar = Rect::from_two_pos(
                pos2(x + w + theme.px(3.0), middle),
                pos2(x + w + theme.px(7.0), y(held)),
            );
            painter.rect_filled(bar, theme.radius(1.0), REDUCTION);
        }
    }
}

/// Gain reduction of each stage, from the top down; all of a well is 12 dB.
fn reductions(painter: &Painter, rect: Rect, theme: Theme, now: &PillarReadouts<'_>, on: bool) {
    let activity = now.activity;
    let [mid, side] = activity.mid_side_gains_db;
    let [low, middle, high] = activity.multiband_gains_db;
    let stages = [
        ("M/S", mid.min(side), on),
        ("low", low, on),
        ("mid", middle, on),
        ("high", high, on),
        ("glue", activity.glue_gain_db, on),
        ("limit", now.limiter_gain_db, true),
    ];
    let step = rect.width() / 6.0;
    let mut x = rect.left() + step / 2.0;
    for (name, gain_db, lit) in stages {
        let w = theme.px(13.0);
        let tube = Rect::from_min_max(
            pos2(x - w, rect.top() - theme.px(2.0)),
            pos2(x + w, rect.bottom() - theme.px(12.0)),
        );
        painter.rect_filled(tube, theme.radius(2.0), GROUND);
        let depth = (-gain_db / 12.0).clamp(0.0, 1.0) * tube.height();
        if lit && depth > 0.0 {
            let bar = Rect::from_min_size(tube.min, vec2(tube.width(), depth));
            painter.rect_filled(bar, theme.radius(2.0), REDUCTION);
        }
        theme.text(
            painter,
            pos2(x, rect.bottom() - theme.px(3.0)),
            Align2::CENTER_CENTER,
            name,
            (10.0, Weight::Regular, SECONDARY),
        );
        x += step;
    }
}
