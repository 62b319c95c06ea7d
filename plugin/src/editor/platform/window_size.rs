//! The window's size, which the state saves.

use std::sync::atomic::{AtomicU64, Ordering};

use nice_plug::editor::dpi::LogicalSize;
use nice_plug::params::persist::PersistentField;

use crate::audio::atomic_pair::AtomicPair;
use crate::editor::widgets::theme::DESIGN;

/// The window's size in logical pixels, and the screen's scale factor, which is not saved.
pub struct WindowSize {
    size: AtomicPair,
    scale: AtomicU64,
}

impl WindowSize {
    /// `[gui]` Width and height, logical pixels.
    #[must_use]
    pub fn get(&self) -> [f32; 2] {
        self.size.load()
    }

    /// `[gui]` The size as baseview's type.
    #[must_use]
    pub fn logical(&self) -> LogicalSize<f64> {
        let [width, height] = self.get();
        LogicalSize::new(width.into(), height.into())
    }

    /// `[gui]` Physical pixels for each logical pixel on the window's last screen.
    #[must_use]
    pub fn scale(&self) -> f64 {
        f64::from_bits(self.scale.load(Ordering::Relaxed))
    }

    /// `[gui]` Sets the screen's scale factor.
    pub fn set_scale(&self, scale: f64) {
        self.scale.store(scale.to_bits(), Ordering::Relaxed);
    }

    /// `[gui]` Sets the size. Ignores sizes that no window can have.
    pub fn set_size(&self, [width, height]: [f32; 2]) {
        let fits = |value: f32, design: f32| value >= 0.5 * design && value <= 8.0 * design;
        if fits(width, DESIGN.x) && fits(height, DESIGN.y) {
            self.size.store([width, height]);
        }
    }
}

impl Default for WindowSize {
    fn default() -> Self {
        Self {
            size: AtomicPair::new([DESIGN.x, DESIGN.y]),
            scale: AtomicU64::new(1.0_f64.to_bits()),
        }
    }
}

impl PersistentField<'_, [f32; 2]> for WindowSize {
    fn set(&self, loaded: [f32; 2]) {
        self.set_size(loaded);
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&[f32; 2]) -> R,
    {
        f(&self.get())
    }
}
