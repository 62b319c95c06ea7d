//! What each parameter does to the sound, in a sentence, and its range.

use crate::params::AnyParam;

/// What a control says when the pointer rests on it.
#[must_use]
pub(crate) fn tooltip(param: AnyParam<'_>) -> String {
    let default = param.text(param.default_normalized());
    let range = match param {
        AnyParam::Float(_) => format!("{} to {}", param.text(0.0), param.text(1.0)),
        AnyParam::Int(_) | AnyParam::Bool(_) => {
            let steps = param.steps();
            let names = (0..=steps).map(|step| {
                let part = flow_dsp::math::count(step) / flow_dsp::math::count(steps);
                param.text(flow_dsp::math::narrow(part))
            });
            names.collect::<Vec<_>>().join(", ")
        }
    };
    let range = format!("{range}; default {default}").replace('-', "−");
    format!("{}\n{range}", effect(param.name()))
}

/// What the parameter of that name does to the sound; empty if there is none.
fn effect(name: &str) -> &'static str {
    match name {
        "Trim" => "Level into the chain, before everything else",
        "Low cut" => "Removes what lies below the music and only takes room",
        "Low cut frequency" => "Where the low cut has taken 3 dB",
        "Velvet Floor" => "Weight and warmth of the low end; its switch takes the low cut along",
        "Depth" => "Lifts the low band that Translation chooses: more weight below",
        "Warmth" => "More of the bass's overtones, which small speakers can play",
        "Translation" => {
            "How the bass reaches small speakers: Subtle lifts what is there, Deep and Resonant make overtones"
        }
        "Harmonic Lattice" => "Harmonics and tone of the upper middle and the treble",
        "Presence" => "More or less between 1 and 3 kHz: how near voices stand",
        "Sheen" => "More or less above 7 kHz: how bright the top is",
        "Character" => {
            "Which harmonics Drive adds: odd ones, even ones, those of the treble, or both early and soft"
        }
        "Lattice drive" => "How many harmonics are added",
        "Phase Weave" => "Stereo width, and what is left of it in mono",
        "Width" => "Level of the side against the middle: 0 % is mono, 100 % is as it came",
        "Mono below" => "Folds the low end to mono, so that bass is steady on every system",
        "Mono below frequency" => "Below it the low end is mono, by 24 dB an octave",
        "Mono safety" => "Holds back what would be lost when left and right are added",
        "Mono safety maximum loss" => "What a mono speaker may lose before Mono safety acts",
        "Mono safety detector" => "The time over which that loss is measured: short is strict",
        "Velvet Curve" => "Tonal balance: four broad anchors, and Comfort",
        "Body" => "Weight: everything below 200 Hz",
        "Soul" => "Voice and fullness: 200 Hz to 2 kHz",
        "Silk" => "Clarity and edge: 2 to 8 kHz",
        "Air" => "Openness: everything above 8 kHz",
        "Comfort" => {
            "Turns mud, harshness, sibilance and fizz down for the moments in which they stand out"
        }
        "Match" => "How much of the way to the references' balance that the sixteen bands hold",
        band if band.starts_with("Match ") => "Gain at this frequency when Match is at 100 %",
        "Style target" => "The music that the tonal balance is held against",
        "Dynamics" => "Mid/side, three bands, glue and drive; gain and limiter go on without it",
        "Mid/side amount" => "How much of mid's and side's gain reduction is applied",
        "Multiband amount" => "How much of the bands' gain reduction and gains is applied",
        "Glue amount" => "How much of the glue compressor's gain reduction is applied",
        "Low crossover" => "Where the low band ends and the middle one begins",
        "High crossover" => "Where the middle band ends and the high one begins",
        "Glue auto release" => "Lets go fast after a peak and slowly after dense music",
        "Glue side-chain high-pass" => "Bass below it doesn't make the glue compressor work",
        "Drive" => "Soft saturation before the limiter: denser, and fewer peaks",
        "Loudness gain" => "Level into the limiter: how loud the master is",
        "Ceiling" => "No true peak leaves above it",
        "Release" => "How fast the limiter's gain comes back after a peak",
        "Stereo link" => {
            "100 %: one gain for both sides, so that the image stays; 0 %: each for itself"
        }
        "Limiter style" => {
            "Clean is the least heard, Punch lets attacks through, Loud is the densest"
        }
        "Dither" => {
            "Rounds to the word length of the file, without distortion; off for anything else"
        }
        "Noise shaping" => "Moves the rounding's noise to where the ear hears it least",
        "Delivery" => "Where the song goes: the target of the meters. It changes no other setting",
        "Bypass" => "The input, delayed by the latency and otherwise untouched",
        _ => compressor_effect(name),
    }
}

/// The same for what all compressors have, whatever they compress.
fn compressor_effect(name: &str) -> &'static str {
    match name.rsplit(' ').next() {
        Some("threshold") => "The level above which it turns down",
        Some("ratio") => "How much it turns down: at 4:1, 4 dB too much become 1 dB",
        Some("knee") => "The range around the threshold over which it begins: wide is gentle",
        Some("attack") => "How fast it turns down: slow lets the beginning of a sound through",
        Some("release") => "How fast it lets go again",
        Some("mix") => "The compressed against the untouched: less keeps more of the attacks",
        Some("gain") => "Level of this band after its compressor",
        Some("solo") => "Only this band, to hear where it begins and what its compressor does",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::FlowParams;

    #[test]
    fn every_parameter_says_what_it_does_and_its_range() {
        let params = FlowParams::default();
        for (id, param) in params.each() {
            assert!(effect(param.name()).len() > 15, "{id}");
            let tooltip = tooltip(param);
            assert!(tooltip.contains("; default "), "{tooltip}");
        }
        let tip = tooltip((&params.limiter.ceiling).into());
        assert!(tip.ends_with("−12.00 dBTP to 0.00 dBTP; default −1.00 dBTP"));
        let tip = tooltip((&params.dynamics.glue.ratio).into());
        assert!(tip.ends_with("1.5:1, 2:1, 4:1; default 2:1"), "{tip}");
    }
}
