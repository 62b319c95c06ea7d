//! How large the window was, in the saved state.

use std::sync::atomic::{AtomicU64, Ordering};

use nice_plug::editor::dpi::LogicalSize;
use nice_plug::params::persist::PersistentField;

use crate::editor::widgets::theme::DESIGN;

/// Width and height at a scale factor of 1, and the scale factor, which is the screen's and not saved.
pub struct WindowSize {
    size: AtomicU64,
    scale: AtomicU64,
}

impl WindowSize {
    /// `[gui]` Width and height.
    #[must_use]
    pub fn get(&self) -> [f32; 2] {
        let bits = self.size.load(Ordering::Relaxed);
        let half = |bits: u64| f32::from_bits(u32::try_from(bits & 0xFFFF_FFFF).unwrap_or(0));
        [half(bits >> 32), half(bits)]
    }

    /// `[gui]` The same as the window system counts.
    #[must_use]
    pub fn logical(&self) -> LogicalSize<f64> {
        let [width, height] = self.get();
        LogicalSize::new(width.into(), height.into())
    }

    /// `[gui]` Pixels for each of them on the screen where the window is, or was last.
    #[must_use]
    pub fn scale(&self) -> f64 {
        f64::from_bits(self.scale.load(Ordering::Relaxed))
    }

    /// `[gui]` What the screen said.
    pub fn set_scale(&self, scale: f64) {
        self.scale.store(scale.to_bits(), Ordering::Relaxed);
    }

    /// `[gui]` What the user made of it. Sizes that no window can have are left out.
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
