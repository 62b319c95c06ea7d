//! The plug-in's parameters as the analysis reads them: what proposals start from.

use flow_analysis::solver::{MATCH_ID, MATCH_IDS};
use flow_dsp::math::narrow;
use flow_dsp::{ChainSettings, StyleTarget, Translation};

use crate::plugin_session::PluginSession;

/// What is set now. Only what the analysis looks at is asked for; the rest are defaults.
pub(super) fn settings(flow: &mut PluginSession) -> ChainSettings {
    let mut settings = ChainSettings::default();
    {
        let ChainSettings {
            trim_db,
            loudness_gain_db,
            floor,
            lattice,
            weave,
            curve,
            dynamics,
            limiter,
            ..
        } = &mut settings;
        for (id, slot) in [
            ("crbod", &mut curve.body_db),
            ("crsou", &mut curve.soul_db),
            ("crsil", &mut curve.silk_db),
            ("crair", &mut curve.air_db),
            ("lapre", &mut lattice.presence_db),
            ("lashn", &mut lattice.sheen_db),
            ("wemof", &mut weave.mono_below_hz),
            ("lcutf", &mut floor.low_cut.frequency_hz),
            ("glthr", &mut dynamics.glue.threshold_db),
            ("ceil", &mut limiter.ceiling_db),
            ("trim", trim_db),
            ("gain", loudness_gain_db),
        ] {
            if let Some(value) = flow.number(id) {
                *slot = narrow(value);
            }
        }
        for (id, slot) in [
            ("fldep", &mut floor.depth),
            ("flwrm", &mut floor.warmth),
            ("crcom", &mut curve.comfort),
            ("wewid", &mut weave.width),
            ("wesaf", &mut weave.mono_safety),
            ("glamt", &mut dynamics.glue.amount),
        ] {
            if let Some(percent) = flow.number(id) {
                *slot = narrow(percent / 100.0);
            }
        }
        for (id, slot) in [
            ("flr", &mut floor.on),
            ("lat", &mut lattice.on),
            ("wev", &mut weave.on),
            ("crv", &mut curve.on),
            ("mst", &mut dynamics.on),
            ("lcut", &mut floor.low_cut.on),
            ("wemon", &mut weave.mono_below),
        ] {
            *slot = flow.is_on(id);
        }
    }
    let matching = &mut settings.curve.matching;
    if let Some(percent) = flow.number(MATCH_ID) {
        matching.amount = narrow(percent / 100.0);
    }
    for (id, slot) in MATCH_IDS.into_iter().zip(&mut matching.bands_db) {
        if let Some(db) = flow.number(id) {
            *slot = narrow(db);
        }
    }
    settings.floor.translation = match flow.text("fltrn").as_deref() {
        Some("Deep") => Translation::Deep,
        Some("Resonant") => Translation::Resonant,
        _ => Translation::Subtle,
    };
    settings.style_target = match flow.text("style").as_deref() {
        Some("Electronic") => StyleTarget::Electronic,
        Some("Orchestral") => StyleTarget::Orchestral,
        Some("Rock") => StyleTarget::Rock,
        Some("Ambient") => StyleTarget::Ambient,
        Some("Reference") => StyleTarget::Reference,
        _ => StyleTarget::Neutral,
    };
    settings
}
