//! What settings do to the spectrum, as far as that is linear: found by sending an impulse through the chain itself.

use flow_dsp::{Chain, ChainSettings, Monitor, Spec};

use crate::editor::model::analyzers::{Curve, POINTS, point_hz};

/// Samples of the impulse response: enough for the low cut's lowest corner to show.
const LENGTH: usize = 4096;

/// Far below every threshold and every saturation.
const IMPULSE: f32 = 1e-3;

/// Gains of Depth, low cut, Presence, Sheen and the anchors, dB.
pub(crate) struct ChainResponse {
    of: Option<(ChainSettings, f32)>,
    gains_db: Curve,
}

impl ChainResponse {
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
        let linear = linear(settings);
        if self.of != Some((linear, rate_hz)) {
            self.of = Some((linear, rate_hz));
            self.gains_db = measure(&linear, rate_hz);
        }
        &self.gains_db
    }
}

/// Without what works on moments, makes harmonics, or is no balance.
#[must_use]
pub(crate) fn linear(settings: &ChainSettings) -> ChainSettings {
    let mut linear = ChainSettings {
        floor: settings.floor,
        lattice: settings.lattice,
        curve: settings.curve,
        ..ChainSettings::default()
    };
    linear.floor.warmth = 0.0;
    linear.lattice.drive = 0.0;
    linear.curve.comfort = 0.0;
    linear
}

fn measure(settings: &ChainSettings, rate_hz: f32) -> Curve {
    let mut chain = Chain::new(Spec {
        sample_rate_hz: f64::from(rate_hz),
    });
    let mut impulse = vec![0.0_f32; LENGTH];
    impulse[0] = IMPULSE;
    let mut right = impulse.clone();
    chain.process(
        settings,
        Monitor::default(),
        &mut [&mut impulse, &mut right],
    );
    std::array::from_fn(|point| {
        // Goertzel's recursion in double precision.
        let w = std::f64::consts::TAU * f64::from(point_hz(point)) / f64::from(rate_hz);
        let (cos, mut a, mut b) = (2.0 * w.cos(), 0.0, 0.0);
        for &x in &impulse {
            (a, b) = (f64::from(x / IMPULSE) + cos * a - b, a);
        }
        let power = a * a + b * b - cos * a * b;
        flow_dsp::math::narrow(10.0 * power.max(1e-12).log10())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(curve: &Curve, hz: f32) -> f32 {
        let near = (0..POINTS).min_by(|a, b| {
            let off = |p: usize| (point_hz(p) / hz).ln().abs();
            off(*a).total_cmp(&off(*b))
        });
        curve[near.unwrap()]
    }

    /// Whatever moves the balance shows, whichever pillar it is in.
    #[test]
    fn every_pillar_that_moves_the_balance_shows() {
        let gains = |change: &dyn Fn(&mut ChainSettings)| {
            let mut settings = ChainSettings::default();
            change(&mut settings);
            *ChainResponse::new().of(&settings, 48_000.0)
        };
        let neutral = gains(&|_| ());
        assert!(neutral.iter().all(|db| db.abs() < 0.01), "{neutral:?}");
        // How much at most is not here to test, but that it is there, and where.
        let depth = gains(&|s| s.floor.depth = 1.0);
        assert!(at(&depth, 60.0) > 3.0 && at(&depth, 1000.0).abs() < 0.3);
        let presence = gains(&|s| s.lattice.presence_db = 4.0);
        assert!(at(&presence, 1800.0) > 3.0 && at(&presence, 60.0).abs() < 0.3);
        let sheen = gains(&|s| s.lattice.sheen_db = 4.0);
        assert!(at(&sheen, 15_000.0) > 3.0 && at(&sheen, 200.0).abs() < 0.3);
        let silk = gains(&|s| s.curve.silk_db = -3.0);
        assert!((at(&silk, 4000.0) + 3.0).abs() < 0.5);
        let cut = gains(&|s| {
            s.floor.low_cut.on = true;
            s.floor.low_cut.frequency_hz = 40.0;
        });
        assert!(at(&cut, 20.0) < -8.0 && at(&cut, 400.0).abs() < 0.2);
        // What is no balance doesn't.
        let other = gains(&|s| {
            s.loudness_gain_db = 6.0;
            s.weave.width = 0.5;
            s.floor.warmth = 1.0;
            s.lattice.drive = 1.0;
        });
        assert_eq!(other, neutral);
    }
}
