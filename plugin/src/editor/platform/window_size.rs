//! The window's size, which the state saves.

use std::sync::atomic::{AtomicU64, Ordering};

use nice_plug::editor::dpi::LogicalSize;
use nice_plug::params::persist::PersistentField;

use crate::editor::widgets::theme::DESIGN;

/// The window's size in logical pixels, and the screen's scale factor, which is not saved.
pub struct WindowSize {
    size: AtomicU64,
    scale: AtomicU64,
}

impl WindowSize {
    /// `[gui]` Width and height, logical pixels.
    #[must_use]
    pub fn get(&self) -> [f32; 2] {
        let bits = self.size.load(Ordering::Relaxed);
        let half = |bits: u64| f32::from_bits(u32::try_from(bits & 0xFFFF_FFFF).unwrap_or(0));
        [half(bits >> 32), half(bits)]
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
            let bits = |value: f32| u64::from(value.to_bits());
            let both = bits(width) << 32 | bits(height);
            self.size.store(both, Ordering::Relaxed);
        }
    }
}

impl Default for WindowSize {
    fn default() -> Self {
        let size = Self {
            size: AtomicU64::new(0),
            scale: AtomicU64::new(1.0_f64.to_bits()),
        };
        size.set_size(DESIGN.into());
        size
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
