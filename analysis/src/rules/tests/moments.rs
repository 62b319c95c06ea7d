//! Loud moments, and the band of the three-band compressor that holds them.

use flow_audio_file::Audio;
use flow_dsp::StyleTarget;

use super::{evaluated, finished, with_style};
use crate::effect_model::apply;
use crate::features::tests::{pink_noise, window_of};
use crate::report::{NoProposal, Remedy};

#[test]
fn loud_moments_ask_for_comfort_or_one_of_three_bands() {
    let style = StyleTarget::Neutral;
    let asked_by = |moment: usize| {
        let mut summary = finished(style);
        summary.loud_moments_db[moment] += 9.0;
        summary.moment_peak_db = [-12.0, -14.0, -21.0];
        let verdicts = evaluated(&summary, &with_style(style));
        assert_eq!(verdicts.findings.len(), 1, "{:?}", verdicts.findings);
        assert_eq!(verdicts.proposals.len(), 1);
        let changes = verdicts.proposals[0].changes();
        let texts = changes.map(|change| format!("{} {}", change.id.name(), change.to));
        texts.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(
        asked_by(0),
        "Multiband amount 100 %, Low crossover 200 Hz, Low band threshold -19 dB, Mid band threshold 0 dB, \
         High band threshold 0 dB, Low band release 300 ms"
    );
    assert_eq!(
        asked_by(1),
        "Multiband amount 100 %, Low crossover 160 Hz, High crossover 800 Hz, Low band threshold 0 dB, \
         Mid band threshold -21 dB, High band threshold 0 dB, Mid band release 200 ms"
    );
    assert_eq!(
        asked_by(2),
        "Multiband amount 100 %, High crossover 2200 Hz, Low band threshold 0 dB, Mid band threshold 0 dB, \
         High band threshold -26 dB, High band release 120 ms"
    );
    assert_eq!(asked_by(3), "Comfort 42 %");
}

#[test]
fn band_that_holds_loud_moments_ends_old_gains_and_solos() {
    let style = StyleTarget::Neutral;
    let mut summary = finished(style);
    summary.loud_moments_db[0] += 9.0;
    summary.moment_peak_db = [-12.0; 3];
    let mut context = with_style(style);
    let multiband = &mut context.settings.dynamics.multiband;
    multiband.bands[2].gain_db = 6.0;
    multiband.bands[1].solo = true;
    multiband.bands[0].compressor.knee_db = 24.0;
    let verdicts = evaluated(&summary, &context);
    let then = apply(&context.settings, &verdicts.proposals);
    let bands = then.dynamics.multiband.bands;
    assert!(bands.iter().all(|band| band.gain_db == 0.0 && !band.solo));
    assert_eq!(bands[0].compressor.knee_db, 6.0);
}

#[test]
fn loud_moments_of_a_louder_section_are_none() {
    let steady = pink_noise(48_000, 60.0);
    let mut stepped = steady.clone();
    for channel in &mut stepped.channels {
        let half = channel.len() / 2;
        channel[..half].iter_mut().for_each(|x| *x *= 0.25);
    }
    let of = |song: &Audio| window_of(song).summary().loud_moments_db;
    for (steady, stepped) in of(&steady).iter().zip(of(&stepped)) {
        assert!(
            (steady - stepped).abs() < 0.5,
            "{stepped} instead of {steady}"
        );
    }
}

#[test]
fn loud_moments_that_three_bands_hold_already_ask_for_nothing() {
    let style = StyleTarget::Neutral;
    let mut summary = finished(style);
    summary.loud_moments_db[0] += 9.0;
    summary.moment_peak_db = [-12.0; 3];
    let mut context = with_style(style);
    for (amount, threshold_db, answer) in [
        (1.0, -19.0, NoProposal::AlreadySet),
        (1.0, -10.0, NoProposal::InUse("The three-band compressor")),
        (0.5, -19.0, NoProposal::AlreadySet),
        (0.1, -26.0, NoProposal::InUse("The three-band compressor")),
    ] {
        let multiband = &mut context.settings.dynamics.multiband;
        multiband.amount = amount;
        multiband.bands[0].compressor.threshold_db = threshold_db;
        let verdicts = evaluated(&summary, &context);
        assert_eq!(verdicts.proposals, []);
        assert_eq!(verdicts.findings[0].remedy, Remedy::None(answer));
    }
}
