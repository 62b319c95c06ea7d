//! The axes of the spectrum: frequency, level and response.

use egui::{Pos2, Rect, lerp, pos2, remap};

use crate::editor::model::analyzers::{Curve, MAX_HZ, MIN_HZ, point_hz};

/// The level at the top, dB.
pub(super) const TOP_DB: f32 = 0.0;
/// The response at the top and, with the opposite sign, at the bottom, dB.
const RESPONSE_END_DB: f32 = 15.0;

/// Maps frequencies and levels to points.
pub(super) struct Axes {
    pub(super) plot: Rect,
    /// The level at the bottom, dB.
    pub(super) bottom_db: f32,
    /// Levels are tilted about 1 kHz by this slope, dB/octave.
    pub(super) tilt_db: f32,
}

impl Axes {
    pub(super) fn x(&self, hz: f32) -> f32 {
        let octaves = (MAX_HZ / MIN_HZ).log2();
        lerp(self.plot.x_range(), (hz / MIN_HZ).log2() / octaves)
    }

    pub(super) fn hz(&self, x: f32) -> f32 {
        let share = (x - self.plot.left()) / self.plot.width();
        MIN_HZ * (MAX_HZ / MIN_HZ).powf(share.clamp(0.0, 1.0))
    }

    pub(super) fn y(&self, db: f32) -> f32 {
        let db = db.clamp(self.bottom_db, TOP_DB);
        let ends = self.plot.bottom()..=self.plot.top();
        remap(db, self.bottom_db..=TOP_DB, ends)
    }

    pub(super) fn level(&self, hz: f32, db: f32) -> Pos2 {
        pos2(self.x(hz), self.y(db + self.tilt_db * (hz / 1000.0).log2()))
    }

    pub(super) fn levels(&self, curve: &Curve) -> Vec<Pos2> {
        let points = curve.iter().enumerate();
        points.map(|(p, db)| self.level(point_hz(p), *db)).collect()
    }

    pub(super) fn gain(&self, hz: f32, db: f32) -> Pos2 {
        let db = db.clamp(-RESPONSE_END_DB, RESPONSE_END_DB);
        let share = 0.5 + 0.5 * db / RESPONSE_END_DB;
        let ends = self.plot.bottom()..=self.plot.top();
        pos2(self.x(hz), lerp(ends, share))
    }

    /// Decibels of the response in a pixel.
    pub(super) fn gain_per_pixel(&self) -> f32 {
        2.0 * RESPONSE_END_DB / self.plot.height()
    }

    pub(super) fn response(&self, gains: &Curve) -> Vec<Pos2> {
        let points = gains.iter().enumerate();
        points.map(|(p, db)| self.gain(point_hz(p), *db)).collect()
    }
}
