//! The three-band compressor.
//!
//! ```text
//! input → three bands → each × compressor gain × band gain → sum
//! ```
//!
//! While it works, the sum of the bands is the input through an all-pass; at rest it is the input.

use crate::{
    MultibandSettings, QUANTUM, Spec,
    block::engagement::{Engagement, Work},
    block::processor::Processor,
    block::quantum::Quantum,
    block::ramp::{Glide, Ramp},
    dynamics::compressor::Compressors,
    filter::block_filter::{BlockFilter, POINTS},
    filter::crossover::{CROSSOVER_STATES, ThreeBands},
    filter::quadrature::Envelope,
    lanes, math,
    simd::isa::Isa,
};

/// Low, mid and high band compressor; both channels always get the same gain.
#[derive(Clone, Debug)]
pub struct Multiband {
    spec: Spec,
    engagement: Engagement,
    crossovers_hz: Glide<2>,
    bands: BlockFilter<CROSSOVER_STATES, 3>,
    envelopes: Envelope<3>,
    compressors: Compressors<3>,
    amount: Ramp,
    gains_db: [f32; 3],
    gains: [f32; 3],
    levels: [Ramp; 3],
    lowest_gains: [f32; 3],
}

impl Multiband {
    /// Not yet prepared.
    #[must_use]
    pub fn new() -> Self {
        let spec = Spec::default();
        Self {
            spec,
            engagement: Engagement::of_amounts(),
            crossovers_hz: Glide::new(),
            bands: BlockFilter::new(&ThreeBands::new(120.0, 2500.0, spec.sample_rate_hz)),
            envelopes: Envelope::new(spec),
            compressors: Compressors::new(spec),
            amount: Ramp::new(),
            gains_db: [0.0; 3],
            gains: [1.0; 3],
            levels: [Ramp::new(); 3],
            lowest_gains: [1.0; 3],
        }
    }

    /// The lowest gain of each band's compressor in the last quantum.
    #[must_use]
    pub fn lowest_gains(&self) -> [f32; 3] {
        self.lowest_gains
    }
}

impl Default for Multiband {
    fn default() -> Self {
        Self::new()
    }
}

impl Processor for Multiband {
    type Settings = MultibandSettings;

    fn prepare(&mut self, spec: Spec) {
        self.spec = spec;
        self.engagement.prepare(spec);
        self.crossovers_hz.prepare(spec);
        self.envelopes.prepare(spec);
        self.compressors = Compressors::new(spec);
        self.amount.prepare(spec);
        self.levels.iter_mut().for_each(|level| level.prepare(spec));
        self.reset();
    }

    fn reset(&mut self) {
        self.engagement.reset();
        self.crossovers_hz.reset();
        self.bands.reset();
        self.envelopes.reset();
        self.compressors.reset();
        self.amount.reset();
        self.levels.iter_mut().for_each(Ramp::reset);
        self.lowest_gains = [1.0; 3];
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: MultibandSettings, quantum: &mut Quantum) {
        let Work::Engaged { mix, begins } = self.engagement.advance(settings.amount == 0.0) else {
            self.lowest_gains = [1.0; 3];
            return;
        };
        if begins {
            self.bands.reset();
            self.envelopes.reset();
            self.compressors.reset();
            self.crossovers_hz.reset();
            self.levels.iter_mut().for_each(Ramp::reset);
        }
        if self
            .crossovers_hz
            .advance([settings.low_crossover_hz, settings.high_crossover_hz])
        {
            let [low, high] = self.crossovers_hz.values().map(f64::from);
            self.bands
                .set(&ThreeBands::new(low, high, self.spec.sample_rate_hz));
        }
        let amount = self.amount.advance(settings.amount);
        let [low, mid, high] = &settings.bands;
        self.compressors
            .set(&[low.compressor, mid.compressor, high.compressor], false);
        let gains_db = lanes!(k, 3 => settings.amount * settings.bands[k].gain_db);
        if gains_db != self.gains_db {
            self.gains_db = gains_db;
            self.gains = gains_db.map(|db| math::narrow(math::gain_from_db(f64::from(db))));
        }
        let any_solo = settings.bands.iter().any(|band| band.solo);

        let bands = self.bands.process::<I>(quantum);
        let mut powers = [[0.0; POINTS]; 3];
        for (power, [left, right]) in powers.iter_mut().zip(self.envelopes.powers::<I>(&bands)) {
            *power = lanes!(point, POINTS => left[point].max(right[point]));
        }
        let gains = self.compressors.process(&powers, amount);
        let mut wet = Quantum::SILENCE;
        for (k, band) in bands.iter().enumerate() {
            let heard = !any_solo || settings.bands[k].solo;
            let level = self.levels[k]
                .advance(if heard { self.gains[k] } else { 0.0 })
                .lane();
            for (wet, band) in wet.channels.iter_mut().zip(&band.channels) {
                for i in 0..QUANTUM {
                    wet[i] = I::mul_add(band[i], gains[k][i] * level[i], wet[i]);
                }
            }
        }
        mix.crossfade(quantum, &mut wet);
        *quantum = wet;
        self.lowest_gains = self.compressors.lowest_gains();
    }

    fn latency_samples(&self) -> usize {
        0
    }
}
