//! Rounding to integers without a call, on any processor.

/// Adding 1.5 · 2^23 rounds numbers from −2^22 to 2^22 to integers, halves to even, and leaves them in the lowest bits.
/// Subtracting it gives the integer as a number.
pub(crate) const ROUNDER: f32 = 12_582_912.0;
