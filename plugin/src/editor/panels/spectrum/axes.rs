//! The axes of the spectrum: frequency, level and response.

use egui::{Pos2, Rect, lerp, pos2, remap};

use crate::editor::model::analyzers::{Curve, MAX_HZ, MIN_HZ, point_hz};

/// Ends of the level axis, dB.
const TOP_DB: f32 = 0.0;
const BOTTOM_DB: f32 = -60.0;
/// Levels are tilted about 1 kHz by this slope, dB/octave: third-octave levels of music fall about as fast.
const TILT_DB: f32 = 1.5;
/// Level where a response of 0 dB is drawn.
const RESPONSE_ZERO_DB: f32 = -30.0;
/// Responses are stretched by this factor.
const RESPONSE_SCALE: f32 = 2.0;
/// Maps frequencies and levels to points.
pub(super) struct Axes {
    pub(super) plot: Rect,
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
        let y = remap(db, BOTTOM_DB..=TOP_DB, self.plot.bottom()..=self.plot.top());
        y.clamp(self.plot.top(), self.plot.bottom())
    }

    pub(super) fn level(&self, hz: f32, db: f32) -> Pos2 {
        pos2(self.x(hz), self.y(db + TILT_DB * (hz / 1000.0).log2()))
    }

    pub(super) fn levels(&self, curve: &Curve) -> Vec<Pos2> {
        let points = curve.iter().enumerate();
        points.map(|(p, db)| self.level(point_hz(p), *db)).collect()
    }

    pub(super) fn gain(&self, hz: f32, db: f32) -> Pos2 {
        pos2(self.x(hz), self.y(RESPONSE_ZERO_DB + RESPONSE_SCALE * db))
    }

    /// Decibels of the response in a pixel.
    pub(super) fn gain_per_pixel(&self) -> f32 {
        (TOP_DB - BOTTOM_DB) / RESPONSE_SCALE / self.plot.height()
    }

    pub(super) fn response(&self, gains: &Curve) -> Vec<Pos2> {
        let points = gains.iter().enumerate();
        points.map(|(p, db)| self.gain(point_hz(p), *db)).collect()
    }
}
