//! The parameters that hosts automate and save.
//!
//! An id is in every saved project and automation lane: it never changes, and is never used for
//! something else. The order is that of the hosts' lists: new ones come at the end. Lists of
//! choices are append only too. Values go to the chain as they are: it makes its own ramps.

mod any;
mod curve;
mod dynamics;
mod floor;
mod input;
mod kinds;
mod lattice;
mod limiter;
mod matching;
mod output;
mod weave;

use flow_dsp::{ChainSettings, DELIVERIES, Delivery};
use nice_plug::prelude::{BoolParam, IntParam, Params};

pub use any::AnyParam;
pub use curve::CurveParams;
pub use dynamics::{
    BandParams, ChannelParams, CompressorParams, DynamicsParams, GlueParams, MidSideParams,
    MultibandParams,
};
pub use floor::FloorParams;
pub use input::InputParams;
pub use lattice::LatticeParams;
pub use limiter::LimiterParams;
pub(crate) use matching::LABELS as MATCH_LABELS;
pub use matching::MatchParams;
pub use output::OutputParams;
pub use weave::WeaveParams;

use crate::choice::{choice, pick};
use crate::editor::platform::window_size::WindowSize;
use crate::references::References;
use crate::slots::Slots;
use crate::state::{Kept, StateVersion};

const DELIVERY_NAMES: [&str; DELIVERIES.len()] = {
    let mut names = [""; DELIVERIES.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = DELIVERIES[i].name;
        i += 1;
    }
    names
};

/// Position of "Streaming" in [`DELIVERIES`].
const STREAMING: usize = 1;

/// All parameters.
#[derive(Params)]
pub struct FlowParams {
    /// Which layout the saved values have.
    #[persist = "state"]
    state_version: StateVersion,

    /// The two sets of values to compare.
    #[persist = "slots"]
    pub slots: Slots,

    /// How large the window was.
    #[persist = "window"]
    pub window: WindowSize,

    /// Whom the assistant leads to.
    #[persist = "references"]
    pub references: References,

    /// What a newer version saved.
    #[persist = "unknown"]
    kept: Kept,

    /// What goes into the chain.
    #[nested(group = "Input")]
    pub input: InputParams,

    /// How loud it gets.
    #[nested(group = "Limiter")]
    pub limiter: LimiterParams,

    /// What leaves the chain.
    #[nested(group = "Output")]
    pub output: OutputParams,

    /// Index into [`DELIVERIES`]. Meters and gain proposals read it; it changes no other parameter.
    #[id = "deliv"]
    pub delivery: IntParam,

    /// The input, delayed by the latency and otherwise untouched.
    #[id = "byp"]
    pub bypass: BoolParam,

    /// Pillar 1, the low end.
    #[nested(group = "Velvet Floor")]
    pub floor: FloorParams,

    /// Pillar 2, upper warmth.
    #[nested(group = "Harmonic Lattice")]
    pub lattice: LatticeParams,

    /// Pillar 3, stereo.
    #[nested(group = "Phase Weave")]
    pub weave: WeaveParams,

    /// Pillar 4, tonal balance.
    #[nested(group = "Velvet Curve")]
    pub curve: CurveParams,

    /// Pillar 5 up to its gain: dynamics and drive.
    #[nested(group = "Master Chain")]
    pub dynamics: DynamicsParams,

    /// The fine equaliser of pillar 4.
    #[nested(group = "Match")]
    pub matching: MatchParams,
}

impl Default for FlowParams {
    fn default() -> Self {
        let params = Self {
            state_version: StateVersion,
            slots: Slots::default(),
            window: WindowSize::default(),
            references: References::default(),
            kept: Kept::default(),
            input: InputParams::default(),
            limiter: LimiterParams::default(),
            output: OutputParams::default(),
            delivery: choice("Delivery", &DELIVERY_NAMES, STREAMING),
            bypass: kinds::switch("Bypass", false).make_bypass(),
            floor: FloorParams::default(),
            lattice: LatticeParams::default(),
            weave: WeaveParams::default(),
            curve: CurveParams::default(),
            dynamics: DynamicsParams::default(),
            matching: MatchParams::default(),
        };
        params.slots.start(&params);
        params
    }
}

impl FlowParams {
    /// `[audio]` What the chain has to do now.
    #[must_use]
    pub fn chain_settings(&self) -> ChainSettings {
        ChainSettings {
            trim_db: kinds::finite(&self.input.trim),
            floor: self.floor.settings(self.input.low_cut()),
            lattice: self.lattice.settings(),
            weave: self.weave.settings(),
            curve: self.curve.settings(self.matching.settings()),
            style_target: self.curve.style_target(),
            dynamics: self.dynamics.settings(),
            loudness_gain_db: kinds::finite(&self.limiter.loudness_gain),
            limiter: self.limiter.settings(),
            dither: self.output.settings(),
            bypass: self.bypass.value(),
        }
    }

    /// `[gui]` The destination that meters and gain proposals aim at.
    #[must_use]
    pub fn delivery(&self) -> &'static Delivery {
        pick(&DELIVERIES, self.delivery.value())
    }

    /// `[gui]` Every parameter with its id, in the hosts' order.
    pub fn each(&self) -> impl Iterator<Item = (String, AnyParam<'_>)> {
        self.param_map().into_iter().filter_map(|(id, ptr, _)| {
            // SAFETY: the pointers are to fields of `self`, which the iterator borrows.
            let param = unsafe { AnyParam::new(ptr) }?;
            Some((id, param))
        })
    }
}

#[cfg(test)]
mod tests;
