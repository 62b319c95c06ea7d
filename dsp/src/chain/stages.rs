//! The stages of the chain in the order of the signal.

use crate::{
    ChainSettings, QUANTUM, Spec,
    block::{
        processor::{ProcessQuanta, Processor, SETTLING_MS},
        quantum::Quantum,
    },
    math,
    meter::activity::ActivityMeter,
    simd::isa::Isa,
    stage::{
        dither::Dither, drive::Drive, flush_to_zero::FlushToZero, free_bells::FreeBells,
        gain::Gain, glue::Glue, harmonic_lattice::HarmonicLattice, limiter::Limiter,
        match_eq::MatchEq, mid_side::MidSide, multiband::Multiband, phase_weave::PhaseWeave,
        velvet_curve::VelvetCurve, velvet_floor::VelvetFloor,
    },
};

/// A stage, and what shows that it rests. A resting stage costs nothing but its delay.
///
/// The stage has its own place on the heap, so that it is never moved over the stack.
#[derive(Debug)]
struct Slot<P: Processor> {
    stage: Box<P>,
    /// The settings of the last quanta; `None` after a reset.
    settings: Option<P::Settings>,
    unchanged_quanta: usize,
    /// Quanta with unchanged settings until all ramps have ended.
    settling_quanta: usize,
}

impl<P: Processor + Default> Slot<P> {
    /// A stage that isn't prepared yet. A function of its own, so that the stack holds one stage at a time. Allocates.
    #[inline(never)]
    fn new() -> Self {
        Self {
            stage: Box::default(),
            settings: None,
            unchanged_quanta: 0,
            settling_quanta: 0,
        }
    }

    /// Allocates.
    fn prepare(&mut self, spec: Spec) {
        self.settling_quanta =
            math::samples(SETTLING_MS * 0.001 * spec.sample_rate_hz).div_ceil(QUANTUM);
        self.settings = None;
        self.stage.prepare(spec);
    }

    fn reset(&mut self) {
        self.settings = None;
        self.stage.reset();
    }

    /// Runs the quanta through the stage and calls `observe` after each of them, unless the stage rests.
    #[inline(always)]
    fn process<I: Isa>(
        &mut self,
        settings: P::Settings,
        quanta: &mut [Quantum],
        observe: impl FnMut(&P),
    ) {
        if self.settings != Some(settings) {
            self.settings = Some(settings);
            self.unchanged_quanta = 0;
        }
        let rests = self.unchanged_quanta >= self.settling_quanta && self.stage.is_at_rest();
        self.unchanged_quanta = self.unchanged_quanta.saturating_add(quanta.len());
        if rests {
            quanta
                .iter_mut()
                .for_each(|quantum| self.stage.pass(quantum));
            return;
        }
        I::call(ProcessQuanta {
            processor: &mut *self.stage,
            settings,
            quanta,
            observe,
        });
    }
}

/// Defines [`Stages`] from a list of `name: type = settings, observer;`.
macro_rules! stages {
    (
        |$settings:ident, $activity:ident|
        $($name:ident: $stage:ty = $value:expr, |$processed:pat_param| $observe:expr;)+
    ) => {
        #[derive(Debug)]
        pub(super) struct Stages {
            $($name: Slot<$stage>,)+
        }

        impl Stages {
            /// Stages that aren't prepared yet. Allocates.
            pub(super) fn new() -> Self {
                Self {
                    $($name: Slot::new(),)+
                }
            }

            /// Prepares all stages. Allocates.
            pub(super) fn prepare(&mut self, spec: Spec) {
                $(self.$name.prepare(spec);)+
            }

            /// Resets all stages.
            pub(super) fn reset(&mut self) {
                $(self.$name.reset();)+
            }

            /// The delay of all stages together.
            pub(super) fn latency_samples(&self) -> usize {
                0 $(+ self.$name.stage.latency_samples())+
            }

            /// Runs the quanta through one stage after the other, so that its code and coefficients stay in the nearest
            /// caches. Each stage shows its activity after each quantum.
            #[inline(always)]
            pub(super) fn process<I: Isa>(
                &mut self,
                $settings: &ChainSettings,
                $activity: &mut ActivityMeter,
                quanta: &mut [Quantum],
            ) {
                $(
                    self.$name
                        .process::<I>($value, &mut *quanta, |$processed: &$stage| $observe);
                )+
            }
        }
    };
}

stages! {
    |settings, activity|
    trim: Gain = settings.trim_db, |_| ();
    floor: VelvetFloor = settings.floor, |floor| activity.floor.add(floor.added_peaks());
    lattice: HarmonicLattice = settings.lattice, |lattice| activity.lattice.add([lattice.harmonics_peak()]);
    weave: PhaseWeave = settings.weave, |weave| activity.weave.add(weave.safety_gains());
    match_eq: MatchEq = settings.curve.match_gains_db(), |_| ();
    bells: FreeBells = settings.curve.free_bells(), |_| ();
    curve: VelvetCurve = (settings.curve, settings.style_target), |curve| {
        activity.comfort.add(curve.comfort_gains());
        activity.comfort_bells = curve.comfort_bells();
        activity.sibilance.add([curve.sibilance_gain()]);
    };
    mid_side: MidSide = settings.dynamics.mid_side, |mid_side| activity.mid_side.add(mid_side.lowest_gains());
    multiband: Multiband = settings.dynamics.multiband, |multiband| activity.multiband.add(multiband.lowest_gains());
    glue: Glue = settings.dynamics.glue, |glue| activity.glue.add([glue.lowest_gain()]);
    drive: Drive = settings.dynamics.drive, |drive| activity.drive.add([drive.added_peak()]);
    flush: FlushToZero = (), |_| ();
    loudness_gain: Gain = settings.loudness_gain_db, |_| ();
    limiter: Limiter = settings.limiter, |limiter| activity.limiter.add([limiter.lowest_gain()]);
    dither: Dither = settings.dither, |_| ();
}
