//! Settings that tests and benchmarks of the whole chain share.

use flow_demo_song::Noise;
use flow_dsp::{
    BandSettings, ChainSettings, Character, CompressorSettings, CurveSettings, DitherDepth,
    DitherSettings, DynamicsSettings, FloorSettings, GlueRatio, GlueSettings, LatticeSettings,
    LimiterSettings, LimiterStyle, LowCutSettings, MatchSettings, MidSideSettings,
    MultibandSettings, StyleTarget, Translation, WeaveSettings,
};

/// Settings at which every stage works hard, for the cost and the properties of a chain.
#[must_use]
pub fn everything_on() -> ChainSettings {
    let defaults = DynamicsSettings::default();
    ChainSettings {
        trim_db: -1.5,
        floor: FloorSettings {
            depth: 0.5,
            warmth: 0.6,
            translation: Translation::Deep,
            low_cut: LowCutSettings {
                on: true,
                frequency_hz: 30.0,
            },
            ..FloorSettings::default()
        },
        lattice: LatticeSettings {
            presence_db: 1.5,
            sheen_db: 2.0,
            character: Character::Vintage,
            drive: 0.4,
            ..LatticeSettings::default()
        },
        weave: WeaveSettings {
            width: 1.3,
            mono_below: true,
            mono_safety: 1.0,
            ..WeaveSettings::default()
        },
        curve: CurveSettings {
            body_db: 1.0,
            soul_db: -1.5,
            silk_db: 1.0,
            air_db: 2.0,
            comfort: 0.8,
            matching: MatchSettings {
                amount: 0.8,
                bands_db: std::array::from_fn(|i| if i % 3 == 0 { 3.0 } else { -1.5 }),
            },
            ..CurveSettings::default()
        },
        style_target: StyleTarget::Electronic,
        dynamics: DynamicsSettings {
            mid_side: MidSideSettings {
                amount: 0.7,
                mid_mix: 0.8,
                ..defaults.mid_side
            },
            multiband: MultibandSettings {
                amount: 0.6,
                bands: defaults.multiband.bands.map(|band| BandSettings {
                    compressor: CompressorSettings {
                        attack_ms: 3.0,
                        ..band.compressor
                    },
                    gain_db: 1.0,
                    ..band
                }),
                ..defaults.multiband
            },
            glue: GlueSettings {
                amount: 1.0,
                mix: 0.9,
                ..defaults.glue
            },
            drive: 0.3,
            ..defaults
        },
        loudness_gain_db: 9.0,
        limiter: LimiterSettings {
            stereo_link: 0.7,
            style: LimiterStyle::Punch,
            ..LimiterSettings::default()
        },
        dither: DitherSettings {
            depth: DitherDepth::Bits24,
            noise_shaping: true,
        },
        bypass: false,
    }
}

/// Random settings. A quarter of the amounts are zero, so that stages engage and rest.
#[must_use]
pub fn random(noise: &mut Noise) -> ChainSettings {
    let limiter = LimiterSettings {
        ceiling_db: between(noise, -12.0, 0.0),
        release_ms: between(noise, 10.0, 1000.0),
        stereo_link: between(noise, 0.0, 1.0),
        style: one_of(
            noise,
            [LimiterStyle::Clean, LimiterStyle::Punch, LimiterStyle::Loud],
        ),
    };
    ChainSettings {
        trim_db: between(noise, -24.0, 24.0),
        floor: FloorSettings {
            on: often(noise),
            depth: amount(noise),
            warmth: amount(noise),
            translation: one_of(
                noise,
                [
                    Translation::Subtle,
                    Translation::Deep,
                    Translation::Resonant,
                ],
            ),
            low_cut: LowCutSettings {
                on: often(noise),
                frequency_hz: between(noise, 10.0, 40.0),
            },
        },
        lattice: LatticeSettings {
            on: often(noise),
            presence_db: between(noise, -6.0, 6.0),
            sheen_db: between(noise, -6.0, 6.0),
            character: one_of(
                noise,
                [
                    Character::Neutral,
                    Character::Warm,
                    Character::Bright,
                    Character::Vintage,
                ],
            ),
            drive: amount(noise),
        },
        weave: WeaveSettings {
            on: often(noise),
            width: between(noise, 0.0, 2.0),
            mono_below: often(noise),
            mono_below_hz: between(noise, 40.0, 400.0),
            mono_safety: amount(noise),
            max_loss_db: between(noise, 1.0, 12.0),
            detector_ms: between(noise, 50.0, 300.0),
        },
        curve: CurveSettings {
            on: often(noise),
            body_db: between(noise, -6.0, 6.0),
            soul_db: between(noise, -6.0, 6.0),
            silk_db: between(noise, -6.0, 6.0),
            air_db: between(noise, -6.0, 6.0),
            comfort: amount(noise),
            matching: MatchSettings {
                amount: 1.5 * amount(noise),
                bands_db: std::array::from_fn(|_| between(noise, -12.0, 12.0)),
            },
        },
        style_target: one_of(
            noise,
            [
                StyleTarget::Neutral,
                StyleTarget::Electronic,
                StyleTarget::Orchestral,
                StyleTarget::Rock,
                StyleTarget::Ambient,
                StyleTarget::Reference,
            ],
        ),
        dynamics: dynamics(noise),
        loudness_gain_db: between(noise, -24.0, 24.0),
        limiter,
        dither: DitherSettings {
            depth: one_of(
                noise,
                [
                    DitherDepth::Off,
                    DitherDepth::Bits16,
                    DitherDepth::Bits20,
                    DitherDepth::Bits24,
                ],
            ),
            noise_shaping: often(noise),
        },
        bypass: false,
    }
}

fn dynamics(noise: &mut Noise) -> DynamicsSettings {
    DynamicsSettings {
        on: often(noise),
        mid_side: MidSideSettings {
            amount: amount(noise),
            mid: compressor(noise),
            mid_mix: amount(noise),
            side: compressor(noise),
            side_mix: amount(noise),
        },
        multiband: MultibandSettings {
            amount: amount(noise),
            low_crossover_hz: between(noise, 40.0, 500.0),
            high_crossover_hz: between(noise, 800.0, 12_000.0),
            bands: [(); 3].map(|()| BandSettings {
                compressor: compressor(noise),
                gain_db: between(noise, -12.0, 12.0),
                solo: noise.below(8) == 0,
            }),
        },
        glue: GlueSettings {
            amount: amount(noise),
            threshold_db: between(noise, -60.0, 0.0),
            ratio: one_of(
                noise,
                [GlueRatio::Gentle, GlueRatio::Medium, GlueRatio::Firm],
            ),
            knee_db: between(noise, 0.0, 24.0),
            attack_ms: between(noise, 1.0, 200.0),
            release_ms: between(noise, 20.0, 2000.0),
            auto_release: often(noise),
            side_chain_high_pass_hz: between(noise, 20.0, 300.0),
            mix: amount(noise),
        },
        drive: amount(noise),
    }
}

fn compressor(noise: &mut Noise) -> CompressorSettings {
    CompressorSettings {
        threshold_db: between(noise, -60.0, 0.0),
        ratio: between(noise, 1.0, 10.0),
        knee_db: between(noise, 0.0, 24.0),
        attack_ms: between(noise, 1.0, 200.0),
        release_ms: between(noise, 20.0, 2000.0),
    }
}

fn between(noise: &mut Noise, low: f32, high: f32) -> f32 {
    low + (high - low) * flow_dsp::math::narrow(noise.unipolar())
}

fn amount(noise: &mut Noise) -> f32 {
    if often(noise) {
        between(noise, 0.0, 1.0)
    } else {
        0.0
    }
}

fn often(noise: &mut Noise) -> bool {
    noise.below(4) > 0
}

fn one_of<T: Copy, const N: usize>(noise: &mut Noise, choices: [T; N]) -> T {
    choices[noise.below(N)]
}
