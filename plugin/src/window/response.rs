//! What the chain's linear filters do: low cut and the anchors of the Velvet Curve, found by asking the filters themselves.

use flow_dsp::{
    ChainSettings, QUANTUM, Spec, curve::Curve as Anchors, isa::Native, low_cut::LowCut,
    processor::Processor, quantum::Quantum,
};

use super::listener::{Curve, POINTS, point_hz};

/// Samples of the impulse response: enough for the low cut's lowest corner to show.
const LENGTH: usize = 2048;

/// Gains of the low cut and the anchors, dB.
pub(crate) struct Response {
    of: Option<(ChainSettings, f32)>,
    gains_db: Curve,
}

impl Response {
    /// Of nothing yet.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self {
            of: None,
            gains_db: [0.0; POINTS],
        }
    }

    /// The gains with these settings; computed when they have changed.
    pub(crate) fn of(&mut self, settings: &ChainSettings, rate_hz: f32) -> &Curve {
        let mut linear = ChainSettings {
            curve: settings.curve,
            floor: settings.floor,
            ..ChainSettings::default()
        };
        linear.curve.comfort = 0.0;
        if self.of != Some((linear, rate_hz)) {
            self.of = Some((linear, rate_hz));
            self.gains_db = measure(&linear, rate_hz);
        }
        &self.gains_db
    }
}

fn measure(settings: &ChainSettings, rate_hz: f32) -> Curve {
    let spec = Spec {
        sample_rate_hz: f64::from(rate_hz),
    };
    let (mut low_cut, mut anchors) = (LowCut::new(), Anchors::new());
    low_cut.prepare(spec);
    anchors.prepare(spec);
    let mut impulse = Vec::with_capacity(LENGTH);
    for i in 0..LENGTH / QUANTUM {
        let mut quantum = Quantum::SILENCE;
        quantum.channels[0][0] = if i == 0 { 1.0 } else { 0.0 };
        low_cut.process::<Native>(settings.floor.low_cut, &mut quantum);
        anchors.process::<Native>((settings.curve, settings.style_target), &mut quantum);
        impulse.extend_from_slice(&quantum.channels[0]);
    }
    std::array::from_fn(|point| {
        // Goertzel's recursion in double precision.
        let w = std::f64::consts::TAU * f64::from(point_hz(point)) / f64::from(rate_hz);
        let (cos, mut a, mut b) = (2.0 * w.cos(), 0.0, 0.0);
        for &x in &impulse {
            (a, b) = (f64::from(x) + cos * a - b, a);
        }
        let power = a * a + b * b - cos * a * b;
        flow_dsp::math::narrow(10.0 * power.max(1e-12).log10())
    })
}
