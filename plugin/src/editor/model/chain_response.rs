//! The magnitude response of the chain's linear stages, measured by an impulse through the chain itself.

use flow_dsp::{BellChannels, BellSettings, Chain, ChainSettings, Monitor, Spec, WeaveSettings};

use crate::editor::model::analyzers::{Curve, POINTS, point_hz};

/// Length of the impulse response, samples. It resolves the lowest corner of the low cut.
const LENGTH: usize = 4096;

/// Amplitude of the impulse, far below all thresholds and saturation.
const IMPULSE: f32 = 1e-3;

/// The gains of mid and side, dB.
pub(crate) struct MidSideGains {
    pub(crate) mid: Curve,
    /// Where a free bell makes it another one than the mid's.
    pub(crate) side: Option<Curve>,
}

/// The response of Depth, low cut, Presence, Sheen, Match, the free bells and the anchors; measured again when settings
/// change.
pub(crate) struct ChainResponse {
    /// The linear settings and the sample rate in Hz that `gains_db` belongs to.
    measured: Option<(ChainSettings, f32)>,
    gains_db: MidSideGains,
}

impl ChainResponse {
    /// Starts without a measurement.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self {
            measured: None,
            gains_db: MidSideGains {
                mid: [0.0; POINTS],
                side: None,
            },
        }
    }

    /// The gains in dB with these settings.
    pub(crate) fn gains_db(&mut self, settings: &ChainSettings, rate_hz: f32) -> &MidSideGains {
        let linear = linear(settings);
        if self.measured != Some((linear, rate_hz)) {
            self.measured = Some((linear, rate_hz));
            self.gains_db = measure(&linear, rate_hz);
        }
        &self.gains_db
    }
}

/// The response of the side to width and *Mono below*; measured again when they change.
pub(crate) struct SideResponse {
    measured: Option<(WeaveSettings, f32)>,
    gains_db: Curve,
}

impl Default for SideResponse {
    fn default() -> Self {
        Self {
            measured: None,
            gains_db: [0.0; POINTS],
        }
    }
}

impl SideResponse {
    /// The gains of the side in dB, without *Mono safety*.
    pub(crate) fn gains_db(&mut self, settings: &WeaveSettings, rate_hz: f32) -> &Curve {
        let weave = WeaveSettings {
            mono_safety: 0.0,
            ..*settings
        };
        if self.measured != Some((weave, rate_hz)) {
            self.measured = Some((weave, rate_hz));
            let settings = ChainSettings {
                weave,
                ..ChainSettings::default()
            };
            let response = impulse_response(&settings, rate_hz, -1.0);
            self.gains_db = gains_db(&response, rate_hz);
        }
        &self.gains_db
    }
}

/// The settings of the linear stages that change the tonal balance; all else is neutral.
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

fn measure(settings: &ChainSettings, rate_hz: f32) -> MidSideGains {
    let gains_of = |sign| gains_db(&impulse_response(settings, rate_hz, sign), rate_hz);
    let bells = settings.curve.free_bells();
    let differs =
        |bell: &BellSettings| bell.gain_db != 0.0 && bell.channels != BellChannels::Stereo;
    MidSideGains {
        mid: gains_of(1.0),
        side: bells.iter().any(differs).then(|| gains_of(-1.0)),
    }
}

/// The response of the mid, with a sign of 1, or of the side, with −1.
fn impulse_response(settings: &ChainSettings, rate_hz: f32, sign: f32) -> Vec<f32> {
    let mut chain = Chain::new(Spec {
        sample_rate_hz: f64::from(rate_hz),
    });
    // An impulse in one channel is an impulse in mid and in side.
    let (mut left, mut right) = (vec![0.0_f32; LENGTH], vec![0.0_f32; LENGTH]);
    left[0] = IMPULSE;
    chain.process(settings, Monitor::default(), &mut [&mut left, &mut right]);
    let pairs = left.iter().zip(&right);
    pairs.map(|(l, r)| (l + sign * r) / IMPULSE).collect()
}

/// The gains of an impulse response, dB.
fn gains_db(response: &[f32], rate_hz: f32) -> Curve {
    std::array::from_fn(|point| {
        // Goertzel's recursion in double precision.
        let w = std::f64::consts::TAU * f64::from(point_hz(point)) / f64::from(rate_hz);
        let (cos, mut a, mut b) = (2.0 * w.cos(), 0.0, 0.0);
        for &x in response {
            (a, b) = (f64::from(x) + cos * a - b, a);
        }
        let power = a * a + b * b - cos * a * b;
        flow_dsp::math::narrow(10.0 * power.max(1e-12).log10())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gain_at(curve: &Curve, hz: f32) -> f32 {
        let near = (0..POINTS).min_by(|a, b| {
            let off = |p: usize| (point_hz(p) / hz).ln().abs();
            off(*a).total_cmp(&off(*b))
        });
        curve[near.unwrap()]
    }

    #[test]
    fn gains_of_each_linear_stage_show_in_its_band_only() {
        let gains = |change: &dyn Fn(&mut ChainSettings)| {
            let mut settings = ChainSettings::default();
            change(&mut settings);
            let measured = measure(&linear(&settings), 48_000.0);
            assert!(measured.side.is_none());
            measured.mid
        };
        let neutral = gains(&|_| ());
        assert!(neutral.iter().all(|db| db.abs() < 0.01), "{neutral:?}");
        // The exact maxima are tested in flow_dsp.
        let depth = gains(&|s| s.floor.depth = 1.0);
        assert!(gain_at(&depth, 60.0) > 3.0 && gain_at(&depth, 1000.0).abs() < 0.3);
        let presence = gains(&|s| s.lattice.presence_db = 4.0);
        assert!(gain_at(&presence, 1800.0) > 3.0 && gain_at(&presence, 60.0).abs() < 0.3);
        let sheen = gains(&|s| s.lattice.sheen_db = 4.0);
        assert!(gain_at(&sheen, 15_000.0) > 3.0 && gain_at(&sheen, 200.0).abs() < 0.3);
        let silk = gains(&|s| s.curve.silk_db = -3.0);
        assert!((gain_at(&silk, 4000.0) + 3.0).abs() < 0.5);
        let cut = gains(&|s| {
            s.floor.low_cut.on = true;
            s.floor.low_cut.frequency_hz = 40.0;
        });
        assert!(gain_at(&cut, 20.0) < -8.0 && gain_at(&cut, 400.0).abs() < 0.2);
        // Gain, width and harmonics are not part of the response.
        let other = gains(&|s| {
            s.loudness_gain_db = 6.0;
            s.weave.width = 0.5;
            s.floor.warmth = 1.0;
            s.lattice.drive = 1.0;
        });
        assert_eq!(other, neutral);
    }

    #[test]
    fn side_response_follows_width_and_mono_below() {
        let mut settings = WeaveSettings {
            width: 0.5,
            mono_below: true,
            mono_below_hz: 200.0,
            ..WeaveSettings::default()
        };
        let mut response = SideResponse::default();
        let side = response.gains_db(&settings, 48_000.0);
        assert!((gain_at(side, 5000.0) + 6.02).abs() < 0.1);
        assert!((gain_at(side, 200.0) + 9.03).abs() < 0.3, "{side:?}");
        assert!(gain_at(side, 50.0) < -25.0);
        settings.mono_below = false;
        let side = response.gains_db(&settings, 48_000.0);
        assert!((gain_at(side, 50.0) + 6.02).abs() < 0.1);
    }

    #[test]
    fn gains_of_a_free_bell_show_in_its_channels() {
        let gains = |channels| {
            let mut settings = ChainSettings::default();
            settings.curve.bells[1].gain_db = -5.0;
            settings.curve.bells[1].channels = channels;
            let measured = measure(&linear(&settings), 48_000.0);
            let at_center = |curve: &Curve| gain_at(curve, 1000.0);
            (
                at_center(&measured.mid),
                measured.side.as_ref().map(at_center),
            )
        };
        let is_cut = |db: f32| (db + 5.0).abs() < 0.1;
        let (mid, side) = gains(BellChannels::Stereo);
        assert!(is_cut(mid) && side.is_none(), "{mid} {side:?}");
        let (mid, side) = gains(BellChannels::Mid);
        assert!(is_cut(mid) && side.unwrap().abs() < 0.01, "{mid} {side:?}");
        let (mid, side) = gains(BellChannels::Side);
        assert!(mid.abs() < 0.01 && is_cut(side.unwrap()), "{mid} {side:?}");
    }
}
