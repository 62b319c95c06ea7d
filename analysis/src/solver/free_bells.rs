//! The gain of the free bells in each band.

use flow_dsp::math::{db_from_power, narrow};
use flow_dsp::{BellChannels, ChainSettings, Section, Spec, StyleTarget};

use crate::correction::{BANDS, FIRST_BAND};

/// Gain of each third octave by the free bells, dB. A bell of the side counts as none, because most of the balance is in
/// the mid.
pub(super) fn gains_db(settings: &ChainSettings) -> [f32; BANDS] {
    let rate_hz = Spec::default().sample_rate_hz;
    let bells = settings.curve.free_bells();
    let sections = bells
        .iter()
        .filter(|bell| bell.gain_db != 0.0 && bell.channels != BellChannels::Side)
        .map(|bell| {
            let [hz, q, db] = [bell.frequency_hz, bell.q, bell.gain_db].map(f64::from);
            Section::bell(hz, q, db, rate_hz)
        });
    let mut gains_db = [0.0; BANDS];
    for section in sections {
        for (gain, hz) in gains_db
            .iter_mut()
            .zip(&StyleTarget::third_octaves_hz()[FIRST_BAND..])
        {
            *gain += narrow(db_from_power(section.power_at(f64::from(*hz) / rate_hz)));
        }
    }
    gains_db
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_of_free_bells_lie_at_their_centers() {
        let mut settings = ChainSettings::default();
        assert_eq!(gains_db(&settings), [0.0; BANDS]);
        settings.curve.bells[0].gain_db = -4.0;
        settings.curve.bells[1].gain_db = 3.0;
        settings.curve.bells[1].channels = BellChannels::Side;
        // Third octaves from 40 Hz on: 9 is 315 Hz, 14 is 1 kHz.
        let gains = gains_db(&settings);
        assert!((gains[9] + 4.0).abs() < 0.1, "{gains:?}");
        assert!(gains[14] < 0.0 && gains[14] > -1.0, "{gains:?}");
        settings.curve.on = false;
        assert_eq!(gains_db(&settings), [0.0; BANDS]);
    }
}
