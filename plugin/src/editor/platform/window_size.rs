//! The window's size. The state saves a size that the user has chosen; another one is that of the user's last window.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use nice_plug::editor::dpi::LogicalSize;
use nice_plug::params::persist::PersistentField;

use crate::audio::atomic_pair::AtomicPair;
use crate::editor::widgets::theme::DESIGN;

/// The window's size in logical pixels, and the screen's scale factor, which is not saved.
pub struct WindowSize {
    size: AtomicPair,
    scale: AtomicU64,
    /// The user or a loaded state has chosen the size.
    is_chosen: AtomicBool,
}

/// The share of a screen that a window takes at most when it opens: bars of the desktop and the frame need the rest.
const SCREEN_SHARE: f64 = 0.92;
/// A smaller change of the size is rounding, pixels.
const SAME_SIZE: f32 = 1.0;

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

    /// `[gui]` Sets a size that the user has chosen, and returns whether it differs. Ignores sizes that no window can have.
    pub fn set_size(&self, size: [f32; 2]) -> bool {
        let last = self.get();
        let differs = (0..2).any(|side| (size[side] - last[side]).abs() > SAME_SIZE);
        let is_new = self.store(size) && differs;
        if is_new {
            self.is_chosen.store(true, Ordering::Relaxed);
        }
        is_new
    }

    /// `[gui]` Makes a size that exceeds a screen smaller in its proportions. The screen has this size in physical pixels.
    pub fn fit_to_screen(&self, screen: [f32; 2]) {
        let [width, height] = self.get();
        let [screen_width, screen_height] =
            screen.map(|side| SCREEN_SHARE * f64::from(side) / self.scale());
        let fit = (screen_width / f64::from(width)).min(screen_height / f64::from(height));
        if fit < 1.0 {
            let fit = flow_dsp::math::narrow(fit);
            self.store([width * fit, height * fit]);
        }
    }

    /// `[gui]` Whether the user or a loaded state has chosen the size.
    #[must_use]
    pub fn is_chosen(&self) -> bool {
        self.is_chosen.load(Ordering::Relaxed)
    }

    /// `[gui]` Sets the size of the user's last window, unless another one is chosen.
    pub fn set_usual(&self, size: [f32; 2]) {
        if !self.is_chosen() {
            self.store(size);
        }
    }

    /// Returns whether a window can have the size.
    fn store(&self, [width, height]: [f32; 2]) -> bool {
        let fits = |value: f32, design: f32| value >= 0.5 * design && value <= 8.0 * design;
        let is_possible = fits(width, DESIGN.x) && fits(height, DESIGN.y);
        if is_possible {
            self.size.store([width, height]);
        }
        is_possible
    }
}

impl Default for WindowSize {
    fn default() -> Self {
        Self {
            size: AtomicPair::new([DESIGN.x, DESIGN.y]),
            scale: AtomicU64::new(1.0_f64.to_bits()),
            is_chosen: AtomicBool::new(false),
        }
    }
}

impl PersistentField<'_, [f32; 2]> for WindowSize {
    fn set(&self, loaded: [f32; 2]) {
        let is_chosen = self.store(loaded);
        self.is_chosen.fetch_or(is_chosen, Ordering::Relaxed);
    }

    fn map<F, R>(&self, f: F) -> R
    where
        F: Fn(&[f32; 2]) -> R,
    {
        // No window has this size, so each version keeps its own.
        let none = [0.0; 2];
        f(&if self.is_chosen() { self.get() } else { none })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_without_a_choice_is_not_saved_and_follows_the_user() {
        let saved = |size: &WindowSize| size.map(|saved| *saved);
        let size = WindowSize::default();
        assert_eq!(saved(&size), [0.0; 2]);
        size.set_usual([1500.0, 900.0]);
        // The window opens with it.
        assert!(!size.set_size([1500.4, 900.0]));
        assert_eq!((size.get(), saved(&size)), ([1500.4, 900.0], [0.0; 2]));
        let loaded = WindowSize::default();
        loaded.set(saved(&size));
        loaded.set_usual([1400.0, 900.0]);
        assert_eq!(loaded.get(), [1400.0, 900.0]);
    }

    #[test]
    fn size_that_exceeds_the_screen_opens_smaller_in_its_proportions() {
        let size = WindowSize::default();
        // At 3.0, 720 logical pixels are less than 800. A scale of 0 is none.
        for (scale, expected) in [
            (1.0, [1240.0, 800.0]),
            (2.0, [1240.0, 800.0]),
            (0.0, [1240.0, 800.0]),
            (3.0, [1027.0, 662.0]),
            (3.0, [1027.0, 662.0]),
        ] {
            size.set_scale(scale);
            size.fit_to_screen([3840.0, 2160.0]);
            assert_eq!(size.get().map(f32::round), expected, "{scale}");
        }
        assert!(!size.is_chosen());
    }

    #[test]
    fn chosen_size_is_saved_and_stays() {
        let size = WindowSize::default();
        assert!(size.set_size([1500.0, 900.0]));
        assert!(!size.set_size([1.0, 1.0]));
        let loaded = WindowSize::default();
        loaded.set(size.map(|saved| *saved));
        loaded.set_usual([1400.0, 900.0]);
        assert_eq!(loaded.get(), [1500.0, 900.0]);
    }
}
