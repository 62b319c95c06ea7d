//! Nonlinear stages add harmonics only: no aliases and no DC.
//!
//! Each tone has a prime number of periods in the measured frames, so no folded harmonic meets a true one and no window
//! is needed. Everything but harmonics below half the sample rate is an alias.

mod common;

use common::{
    processing::processed,
    spectra::{decibels, last, prime_bin, spectrum, tones},
};
use flow_dsp::{
    Character, CompressorSettings, FloorSettings, GlueSettings, LatticeSettings, MidSideSettings,
    MultibandSettings, Translation,
    internals::{
        drive::Drive, glue::Glue, harmonic_lattice::HarmonicLattice, mid_side::MidSide,
        multiband::Multiband, processor::Processor, velvet_floor::VelvetFloor,
    },
    math,
};

/// Period of the test signal in frames.
const FRAMES: usize = 1 << 14;

/// Power of the tone and its harmonics relative to everything else but DC, dB: below 20 kHz, and below half the rate.
fn harmonic_to_alias_db<P: Processor>(
    mut processor: P,
    settings: P::Settings,
    rate_hz: u32,
    frequency_hz: f64,
    settling_seconds: f64,
) -> [f64; 2] {
    let settling = settling_seconds * f64::from(rate_hz) / math::count(FRAMES);
    let repeats = 2 + math::samples(settling);
    let bin = prime_bin(frequency_hz, rate_hz, FRAMES);
    let input = tones(rate_hz, FRAMES, repeats, &[(bin, 1.0, 0.1)]);
    let output = processed(&mut processor, |_| settings, &input);
    let spectrum = spectrum(last(&output, 0, FRAMES));
    let hearing = math::samples(20_000.0 / f64::from(rate_hz) * math::count(FRAMES));
    [hearing, spectrum.len()].map(|end| {
        let (mut harmonics, mut aliases) = (0.0, 1e-30);
        for (i, x) in spectrum[..end.min(spectrum.len())]
            .iter()
            .enumerate()
            .skip(1)
        {
            *(if i % bin == 0 {
                &mut harmonics
            } else {
                &mut aliases
            }) += x.norm_sqr();
        }
        10.0 * f64::log10(harmonics / aliases)
    })
}

const CHARACTERS: [Character; 4] = [
    Character::Neutral,
    Character::Warm,
    Character::Bright,
    Character::Vintage,
];

/// The limit is 100 dB at full scale and every drive: up to half the rate at 44.1 and 48 kHz, and up to 20 kHz above.
#[test]
fn lattice_and_drive_at_full_scale_keep_aliases_below_100_db() {
    for rate in [44_100, 48_000, 88_200, 96_000, 176_400, 192_000] {
        let mut worst = [f64::MAX; 2];
        for frequency_hz in [1000.0, 5000.0] {
            for drive in [0.25, 0.5, 1.0] {
                let mut judge = |name: &str, found: [f64; 2]| {
                    println!(
                        "{rate} Hz, {frequency_hz} Hz, {name} at {drive}: {:.1} dB below 20 kHz, {:.1} dB in all",
                        found[0], found[1]
                    );
                    worst = [worst[0].min(found[0]), worst[1].min(found[1])];
                };
                for character in CHARACTERS {
                    let settings = LatticeSettings {
                        character,
                        drive,
                        ..LatticeSettings::default()
                    };
                    let found = harmonic_to_alias_db(
                        HarmonicLattice::default(),
                        settings,
                        rate,
                        frequency_hz,
                        0.7,
                    );
                    judge(&format!("{character:?}"), found);
                }
                // The make-up gain moves for a second or two.
                let found = harmonic_to_alias_db(Drive::default(), drive, rate, frequency_hz, 2.0);
                judge("drive", found);
            }
        }
        // From 88.2 kHz on, aliases may lie between 20 kHz and half the rate.
        let judged = if rate < 50_000 { 1 } else { 0 };
        println!("measured: {:.1} dB at {rate} Hz", worst[judged]);
        assert!(worst[judged] >= 100.0, "{worst:?} at {rate} Hz");
    }
}

/// Velvet Floor makes harmonics of the band below 110 Hz only. Compressors make next to none of a steady tone, even at
/// their fastest times (1 ms, 20 ms, 10 : 1 far above the threshold), because its envelope stands still.
#[test]
fn floor_and_the_fastest_compressors_keep_aliases_below_98_db() {
    let fastest = CompressorSettings {
        threshold_db: -30.0,
        ratio: 10.0,
        knee_db: 0.0,
        attack_ms: 1.0,
        release_ms: 20.0,
    };
    for rate in [44_100, 48_000, 96_000] {
        let judge = |name: &str, frequency_hz: f64, found: [f64; 2], least: f64| {
            println!("{rate} Hz, {frequency_hz} Hz, {name}: {:.1} dB", found[1]);
            assert!(
                found[1] >= least,
                "{name} at {frequency_hz} Hz: {} dB",
                found[1]
            );
        };
        for translation in [Translation::Deep, Translation::Resonant] {
            let settings = FloorSettings {
                depth: 1.0,
                warmth: 1.0,
                translation,
                ..FloorSettings::default()
            };
            for frequency_hz in [50.0, 80.0, 1000.0, 5000.0] {
                let found =
                    harmonic_to_alias_db(VelvetFloor::default(), settings, rate, frequency_hz, 3.0);
                judge(&format!("{translation:?}"), frequency_hz, found, 100.0);
            }
        }
        // The make-up gain takes a while to stand still.
        for frequency_hz in [1000.0, 5000.0] {
            let settings = MidSideSettings {
                amount: 1.0,
                mid: fastest,
                side: fastest,
                ..MidSideSettings::default()
            };
            let found =
                harmonic_to_alias_db(MidSide::default(), settings, rate, frequency_hz, 40.0);
            judge("mid/side", frequency_hz, found, 100.0);
            let mut settings = MultibandSettings {
                amount: 1.0,
                ..MultibandSettings::default()
            };
            settings
                .bands
                .iter_mut()
                .for_each(|b| b.compressor = fastest);
            let found =
                harmonic_to_alias_db(Multiband::default(), settings, rate, frequency_hz, 40.0);
            judge("multiband", frequency_hz, found, 98.0);
            let settings = GlueSettings {
                amount: 1.0,
                threshold_db: -30.0,
                ratio: flow_dsp::GlueRatio::Firm,
                knee_db: 0.0,
                attack_ms: 1.0,
                release_ms: 20.0,
                auto_release: false,
                ..GlueSettings::default()
            };
            let found = harmonic_to_alias_db(Glue::default(), settings, rate, frequency_hz, 40.0);
            judge("glue", frequency_hz, found, 100.0);
        }
    }
}

/// Even harmonics come with a constant, which a high-pass removes: −80 dBFS after a second.
#[test]
fn lattice_with_asymmetric_characters_leaves_no_dc() {
    let rate = 48_000;
    let mut worst = f64::MIN;
    for character in CHARACTERS {
        for frequency_hz in [60.0, 1000.0] {
            let bin = prime_bin(frequency_hz, rate, FRAMES);
            let input = tones(rate, FRAMES, 4, &[(bin, 1.0, 0.0)]);
            let settings = LatticeSettings {
                character,
                drive: 1.0,
                ..LatticeSettings::default()
            };
            let output = processed(&mut HarmonicLattice::default(), |_| settings, &input);
            let dc_db = decibels(spectrum(last(&output, 0, FRAMES))[0]);
            println!("{character:?}, {frequency_hz} Hz: {dc_db:.1} dBFS");
            worst = worst.max(dc_db);
        }
    }
    assert!(worst < -80.0, "{worst} dBFS");
}
