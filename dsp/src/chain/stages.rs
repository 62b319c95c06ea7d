//! The stages of the chain in the order of the signal.

use crate::{
    ChainSettings, Spec,
    block::{
        processor::{ProcessQuanta, Processor},
        quantum::Quantum,
    },
    meter::activity::ActivityMeter,
    simd::isa::Isa,
    stage::{
        dither::Dither,
        flush_to_zero::FlushToZero,
        gain::Gain,
        glue::Glue,
        harmonic_lattice::HarmonicLattice,
        limiter::Limiter,
        match_eq::MatchEq,
        mid_side::MidSide,
        multiband::Multiband,
        phase_weave::PhaseWeave,
        saturator::{Saturator, SaturatorSettings},
        velvet_curve::VelvetCurve,
        velvet_floor::VelvetFloor,
    },
};

/// Defines [`Stages`] from a list of `name: type = settings, observer;`.
///
/// Each stage has its own place on the heap, so that none of them is ever moved over the stack.
macro_rules! stages {
    (
        |$settings:ident, $activity:ident|
        $($name:ident: $stage:ty = $value:expr, |$processed:pat_param| $observe:expr;)+
    ) => {
        #[derive(Debug)]
        pub(super) struct Stages {
            $($name: Box<$stage>,)+
        }

        impl Stages {
            /// Stages that aren't prepared yet. Allocates.
            pub(super) fn new() -> Self {
                Self {
                    $($name: boxed(),)+
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
                0 $(+ self.$name.latency_samples())+
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
                    I::call(ProcessQuanta {
                        processor: &mut *self.$name,
                        settings: $value,
                        quanta: &mut *quanta,
                        observe: |$processed: &$stage| $observe,
                    });
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
    curve: VelvetCurve = (settings.curve, settings.style_target), |curve| activity.comfort.add(curve.comfort_gains());
    mid_side: MidSide = settings.dynamics.mid_side, |mid_side| activity.mid_side.add(mid_side.lowest_gains());
    multiband: Multiband = settings.dynamics.multiband, |multiband| activity.multiband.add(multiband.lowest_gains());
    glue: Glue = settings.dynamics.glue, |glue| activity.glue.add([glue.lowest_gain()]);
    drive: Saturator = SaturatorSettings::plain(settings.dynamics.drive), |drive| activity.drive.add([drive.added_peak()]);
    flush: FlushToZero = (), |_| ();
    loudness_gain: Gain = settings.loudness_gain_db, |_| ();
    limiter: Limiter = settings.limiter, |limiter| activity.limiter.add([limiter.lowest_gain()]);
    dither: Dither = settings.dither, |_| ();
}

/// A stage that isn't prepared yet. A function of its own, so that the stack holds one stage at a time. Allocates.
#[inline(never)]
fn boxed<P: Processor + Default>() -> Box<P> {
    Box::default()
}
