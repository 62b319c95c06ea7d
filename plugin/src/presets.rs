//! Applies a preset to the parameters.

use flow_params::{Preset, presets};

use crate::gestures::Gestures;
use crate::params::{AnyParam, FlowParams};

/// `[gui]` Sets every parameter that presets set: to the preset's value, or to its default.
///
/// With `keep_ceiling_and_gain` those two stay as they are, so that presets can be compared without
/// a change of loudness that the user didn't ask for.
pub fn apply(
    preset: &Preset,
    keep_ceiling_and_gain: bool,
    params: &FlowParams,
    gestures: &mut impl Gestures,
) {
    for (param, wanted) in values(preset, keep_ceiling_and_gain, params) {
        if wanted != param.normalized() {
            gestures.set(param, wanted);
        }
    }
}

/// The parameters that a preset sets, with its normalized values.
pub(crate) fn values<'p>(
    preset: &Preset,
    keep_ceiling_and_gain: bool,
    params: &'p FlowParams,
) -> impl Iterator<Item = (AnyParam<'p>, f32)> {
    let set = params
        .each()
        .filter(move |param| presets::sets(param.id(), keep_ceiling_and_gain));
    set.map(|param| {
        let text = preset.values.get(&param.id());
        // Texts of presets are values of their parameters.
        let wanted = text.and_then(|text| param.parse(text));
        (param, wanted.unwrap_or_else(|| param.default_normalized()))
    })
}

/// Sets parameters without a gesture for each.
pub(crate) struct Direct;

impl Gestures for Direct {
    fn set(&mut self, param: AnyParam<'_>, normalized: f32) {
        param.set_normalized(normalized);
    }
}

/// `[main]` Sets every parameter that presets set, at once. The host asked for it, and reads all values afterwards.
pub(crate) fn set(preset: &Preset, params: &FlowParams) {
    apply(preset, false, params, &mut Direct);
}

#[cfg(test)]
mod tests {
    use flow_params::ParameterId;

    use super::*;
    use crate::params::tests::moved;

    #[test]
    fn factory_preset_texts_parse_without_rounding_or_clamping() {
        let params = FlowParams::default();
        for preset in presets::all() {
            for (id, text) in &preset.values {
                let param = params.get(*id);
                let value = param.parse(text);
                let value = value.unwrap_or_else(|| panic!("{}: {id} = {text}", preset.name));
                let number = |text: &str| text.split([' ', ':']).next().map(str::to_owned);
                if let (Some(Ok(typed)), Some(Ok(shown))) = (
                    number(text).map(|n| n.parse::<f32>()),
                    number(&param.text(value)).map(|n| n.parse::<f32>()),
                ) {
                    assert_eq!(typed, shown, "{}: {id}", preset.name);
                }
            }
        }
    }

    #[test]
    fn preset_after_any_settings_gives_the_same_sound() {
        for preset in presets::all() {
            let (fresh, moved) = (FlowParams::default(), moved());
            let before = moved.chain_settings();
            apply(preset, false, &fresh, &mut Direct);
            apply(preset, false, &moved, &mut Direct);
            let (fresh, moved) = (fresh.chain_settings(), moved.chain_settings());
            assert_eq!(moved.bypass, before.bypass);
            assert_eq!(moved.dither, before.dither);
            let same = flow_dsp::ChainSettings {
                bypass: fresh.bypass,
                dither: fresh.dither,
                ..moved
            };
            assert_eq!(same, fresh, "{}", preset.name);
        }
    }

    #[test]
    fn neutral_preset_equals_new_instance() {
        let params = FlowParams::default();
        let neutral = &presets::all()[0];
        apply(neutral, false, &params, &mut Direct);
        assert_eq!(
            params.chain_settings(),
            FlowParams::default().chain_settings()
        );
    }

    #[test]
    fn preset_that_keeps_ceiling_and_gain_changes_neither() {
        let club = presets::find("Club").unwrap();
        let params = moved();
        let before = params.chain_settings();
        apply(club, true, &params, &mut Direct);
        let kept = params.chain_settings();
        assert_eq!(kept.loudness_gain_db, before.loudness_gain_db);
        assert_eq!(kept.limiter.ceiling_db, before.limiter.ceiling_db);
        assert_eq!(kept.trim_db, 0.0);
        apply(club, false, &params, &mut Direct);
        let own = params.chain_settings();
        assert_eq!(own.loudness_gain_db, 8.0);
        let ceiling = params.get(ParameterId::Ceiling);
        assert_eq!(ceiling.text(ceiling.normalized()), "-0.80 dBTP");
        assert_eq!(params.delivery(), moved().delivery());
    }

    #[test]
    fn preset_on_matching_values_sets_no_parameter() {
        struct Count(usize);
        impl Gestures for Count {
            fn set(&mut self, _param: AnyParam<'_>, _normalized: f32) {
                self.0 += 1;
            }
        }
        let mut count = Count(0);
        let glue = presets::find("Gentle glue").unwrap();
        apply(glue, false, &FlowParams::default(), &mut count);
        assert!(count.0 <= glue.values.len(), "{}", count.0);
    }
}
