//! Settings that tests and benchmarks of the whole chain share.

use flow_dsp::{
    BandSettings, ChainSettings, Character, CompressorSettings, CurveSettings, DitherDepth,
    DitherSettings, DynamicsSettings, FloorSettings, GlueSettings, LatticeSettings,
    LimiterSettings, LimiterStyle, LowCutSettings, MidSideSettings, MultibandSettings, StyleTarget,
    Translation, WeaveSettings,
};

/// Every stage working, and working hard: what a chain costs at most, and where its properties are tested.
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
