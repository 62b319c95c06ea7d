//! The three-band compressor.
//!
//! ```text
//! input → three bands → each × compressor gain × band gain → sum
//! ```
//!
//! While it works, the sum of the bands is the input through an all-pass; at rest it is the input. No delay, no allocation
//! in `process`. See [`crate::dynamics::compressor`] for the gain computer.

use crate::{
    MultibandSettings, QUANTUM, Spec,
    block::{
        engagement::{Effect, Engagement},
        processor::Processor,
        quantum::Quantum,
        ramp::Ramp,
    },
    dynamics::compressor::Compressors,
    filter::{
        crossover::{CROSSOVER_STATES, ThreeBands},
        gliding_filter::GlidingFilter,
        point_filter::POINTS,
        quadrature::Envelope,
    },
    lanes, math,
    simd::isa::Isa,
};

/// Low, mid and high band compressor; both channels always get the same gain.
#[derive(Clone, Debug)]
pub struct Multiband(Engagement<BandCompressors>);

#[derive(Clone, Debug)]
struct BandCompressors {
    bands: GlidingFilter<2, CROSSOVER_STATES, 3>,
    envelopes: Envelope<3>,
    compressors: Compressors<3>,
    amount: Ramp,
    gains_db: [f32; 3],
    gains: [f32; 3],
    levels: [Ramp; 3],
    lowest_gains: [f32; 3],
}

fn three_bands([low_hz, high_hz]: [f32; 2], spec: Spec) -> ThreeBands {
    ThreeBands::new(f64::from(low_hz), f64::from(high_hz), spec.sample_rate_hz)
}

impl Effect for BandCompressors {
    fn prepare(&mut self, spec: Spec) {
        self.bands.prepare(spec);
        self.envelopes.prepare(spec);
        self.compressors = Compressors::new(spec);
        self.amount.prepare(spec);
        self.levels.iter_mut().for_each(|level| level.prepare(spec));
    }

    fn reset(&mut self) {
        self.begin();
        self.amount.reset();
    }

    /// The amount goes on from 0, where it was at rest.
    #[inline(always)]
    fn begin(&mut self) {
        self.bands.reset();
        self.envelopes.reset();
        self.compressors.reset();
        self.levels.iter_mut().for_each(Ramp::reset);
    }

    #[inline(always)]
    fn rest(&mut self) {
        self.lowest_gains = [1.0; 3];
    }
}

impl Multiband {
    /// The lowest gain of each band's compressor in the last quantum.
    #[must_use]
    pub fn lowest_gains(&self) -> [f32; 3] {
        self.0.effect.lowest_gains
    }
}

impl Default for Multiband {
    fn default() -> Self {
        let spec = Spec::default();
        Self(Engagement::by_amount(BandCompressors {
            bands: GlidingFilter::new(&three_bands([120.0, 2500.0], spec)),
            envelopes: Envelope::new(spec),
            compressors: Compressors::new(spec),
            amount: Ramp::new(),
            gains_db: [0.0; 3],
            gains: [1.0; 3],
            levels: [Ramp::new(); 3],
            lowest_gains: [1.0; 3],
        }))
    }
}

impl Processor for Multiband {
    type Settings = MultibandSettings;

    fn prepare(&mut self, spec: Spec) {
        self.0.prepare(spec);
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    #[inline(always)]
    fn process<I: Isa>(&mut self, settings: MultibandSettings, quantum: &mut Quantum) {
        let Some((effect, mix)) = self.0.advance(settings.amount == 0.0) else {
            return;
        };
        let amount = effect.amount.advance(settings.amount);
        let [low, mid, high] = &settings.bands;
        effect
            .compressors
            .set(&[low.compressor, mid.compressor, high.compressor], false);
        let gains_db = lanes!(k, 3 => settings.amount * settings.bands[k].gain_db);
        if gains_db != effect.gains_db {
            effect.gains_db = gains_db;
            effect.gains = gains_db.map(|db| math::narrow(math::gain_from_db(f64::from(db))));
        }
        let any_solo = settings.bands.iter().any(|band| band.solo);

        let crossovers_hz = [settings.low_crossover_hz, settings.high_crossover_hz];
        let bands = effect
            .bands
            .process::<I, _>(crossovers_hz, three_bands, quantum);
        let mut powers = [[0.0; POINTS]; 3];
        for (power, [left, right]) in powers.iter_mut().zip(effect.envelopes.powers::<I>(&bands)) {
            *power = lanes!(point, POINTS => left[point].max(right[point]));
        }
        let gains = effect.compressors.process(&powers, amount);
        let mut wet = Quantum::SILENCE;
        for (k, band) in bands.iter().enumerate() {
            let is_audible = !any_solo || settings.bands[k].solo;
            let level = effect.levels[k]
                .advance(if is_audible { effect.gains[k] } else { 0.0 })
                .lane();
            for (wet, band) in wet.channels.iter_mut().zip(&band.channels) {
                for i in 0..QUANTUM {
                    wet[i] = I::mul_add(band[i], gains[k][i] * level[i], wet[i]);
                }
            }
        }
        mix.crossfade_to(quantum, wet);
        effect.lowest_gains = effect.compressors.lowest_gains();
    }

    #[inline(always)]
    fn is_at_rest(&self) -> bool {
        self.0.is_at_rest()
    }
}
