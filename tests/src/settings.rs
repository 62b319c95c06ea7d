//! Settings that tests and benchmarks of the whole chain share.

use flow_demo_song::Noise;
use flow_dsp::{
    BellChannels, BellSettings, ChainSettings, Character, DitherDepth, DitherSettings,
    LimiterStyle, StyleTarget, Translation, math,
};
use flow_params::{Kind, ParameterId, Preset, Unit};

/// The settings that a factory preset makes of the defaults.
///
/// # Panics
///
/// If a value isn't one of its parameter's.
#[must_use]
pub fn of_preset(preset: &Preset) -> ChainSettings {
    let mut settings = ChainSettings::default();
    for (id, text) in &preset.values {
        let value = id.parse(text);
        let value = value.unwrap_or_else(|| panic!("{}: {id} = {text}", preset.name));
        let set = id.set(&mut settings, value);
        set.unwrap_or_else(|error| panic!("{}: {id}: {error}", preset.name));
    }
    settings
}

/// Settings at which every stage works hard, for the cost and the properties of a chain.
#[must_use]
pub fn everything_on() -> ChainSettings {
    let mut settings = ChainSettings {
        trim_db: -1.5,
        style_target: StyleTarget::Electronic,
        loudness_gain_db: 9.0,
        dither: DitherSettings {
            depth: DitherDepth::Bits24,
            noise_shaping: true,
        },
        ..ChainSettings::default()
    };
    settings.floor.depth = 0.5;
    settings.floor.warmth = 0.6;
    settings.floor.translation = Translation::Deep;
    settings.floor.low_cut.on = true;
    settings.floor.low_cut.frequency_hz = 30.0;
    settings.lattice.presence_db = 1.5;
    settings.lattice.sheen_db = 2.0;
    settings.lattice.character = Character::Vintage;
    settings.lattice.drive = 0.4;
    settings.weave.width = 1.3;
    settings.weave.mono_below = true;
    settings.weave.mono_safety = 1.0;
    settings.curve.body_db = 1.0;
    settings.curve.soul_db = -1.5;
    settings.curve.silk_db = 1.0;
    settings.curve.air_db = 2.0;
    settings.curve.comfort = 0.8;
    settings.curve.matching.amount = 0.8;
    settings.curve.matching.bands_db = std::array::from_fn(|i| if i % 3 == 0 { 3.0 } else { -1.5 });
    for (bell, (gain_db, frequency_hz, q, channels)) in settings.curve.bells.iter_mut().zip([
        (-3.0, 300.0, 1.5, BellChannels::Mid),
        (2.0, 2500.0, 3.0, BellChannels::Side),
    ]) {
        *bell = BellSettings {
            gain_db,
            frequency_hz,
            q,
            channels,
        };
    }
    settings.dynamics.mid_side.amount = 0.7;
    settings.dynamics.mid_side.mid_mix = 0.8;
    settings.dynamics.multiband.amount = 0.6;
    for band in &mut settings.dynamics.multiband.bands {
        band.compressor.attack_ms = 3.0;
        band.gain_db = 1.0;
    }
    settings.dynamics.glue.amount = 1.0;
    settings.dynamics.glue.mix = 0.9;
    settings.dynamics.drive = 0.3;
    settings.limiter.stereo_link = 0.7;
    settings.limiter.style = LimiterStyle::Punch;
    settings
}

/// The same settings without dither, which adds noise to silence and differs between the channels.
#[must_use]
pub fn undithered(settings: ChainSettings) -> ChainSettings {
    ChainSettings {
        dither: DitherSettings::default(),
        ..settings
    }
}

/// The parameters with another value than a new instance, and their texts.
pub fn changed_texts(settings: &ChainSettings) -> impl Iterator<Item = (ParameterId, String)> {
    let is_changed = |id: &ParameterId| id.get(settings) != id.default_value();
    let changed = ParameterId::ALL.into_iter().filter(is_changed);
    changed.map(|id| (id, id.text(settings)))
}

/// Sets a parameter from a position of 0 to 1 between the ends of its range or its list.
pub fn set_position(id: ParameterId, settings: &mut ChainSettings, position: f64) {
    match id.kind() {
        Kind::Number(number) => {
            let [least, most] = number.range;
            let value = least + (most - least) * math::narrow(position);
            number.set(settings, value);
        }
        Kind::Choice(choice) => {
            let names = choice.names.len();
            let place = math::samples(position * math::count(names) - 0.5);
            let result = choice.set(settings, place.min(names - 1));
            assert!(result.is_ok(), "{id}: {result:?}");
        }
        Kind::Switch(switch) => switch.set(settings, position >= 0.5),
    }
}

/// Random settings without bypass. A quarter of the amounts are zero and a quarter of the switches turned, so that stages
/// engage and rest.
#[must_use]
pub fn random(noise: &mut Noise) -> ChainSettings {
    let mut settings = ChainSettings::default();
    for id in ParameterId::ALL {
        let is_rare = noise.below(4) == 0;
        match id.kind() {
            Kind::Switch(_) if id == ParameterId::Bypass => {}
            Kind::Switch(switch) => switch.set(&mut settings, switch.default() != is_rare),
            Kind::Number(number) if number.unit == Unit::Percent && is_rare => {
                number.set(&mut settings, 0.0);
            }
            _ => set_position(id, &mut settings, noise.unipolar()),
        }
    }
    settings
}
