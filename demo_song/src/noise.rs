//! A small random number generator, the same on every machine.

/// Random numbers from a seed: SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Clone, Debug)]
pub struct Noise {
    state: u64,
}

impl Noise {
    /// Another seed gives an unrelated sequence.
    #[must_use]
    pub fn new(seed: u32) -> Self {
        Self {
            state: u64::from(seed).wrapping_mul(0xD134_2543_DE82_EF95),
        }
    }

    /// The next 32 random bits.
    pub fn bits(&mut self) -> u32 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let bytes = (z ^ (z >> 31)).to_le_bytes();
        u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]])
    }

    /// Uniform from 0 to 1, without 1.
    pub fn unipolar(&mut self) -> f64 {
        f64::from(self.bits()) / 4_294_967_296.0
    }

    /// Uniform from −1 to 1.
    pub fn bipolar(&mut self) -> f64 {
        2.0 * self.unipolar() - 1.0
    }

    /// A whole number from 0 to `end` − 1; 0 if `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        // A u32 fits a usize on all targets.
        self.bits() as usize % end.max(1)
    }
}
