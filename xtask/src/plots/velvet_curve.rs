//! The plots of Velvet Curve: anchors, Match, style targets.

use super::chart::{Chart, Ink, Plot, Points, Scale};
use super::plugin_measurement::{Part, PluginMeasurement, Settings, hertz};
use anyhow::Result;
use flow_dsp::StyleTarget;
use flow_params::{MATCH_BANDS, ParameterId};

const ANCHORS: [(&str, &str, Ink); 4] = [
    ("Body", "crbod", Ink::Body),
    ("Soul", "crsou", Ink::Soul),
    ("Silk", "crsil", Ink::Silk),
    ("Air", "crair", Ink::Air),
];

pub(super) fn plots(plugin: &mut PluginMeasurement) -> Result<Vec<Plot>> {
    let mut plots = vec![
        ("velvet-curve-anchors", anchors(plugin)?),
        ("velvet-curve-together", together(plugin)?),
        ("velvet-curve-match", matching(plugin)?),
        ("velvet-curve-styles", styles()),
    ];
    for (name, style) in [
        "velvet-curve-neutral",
        "velvet-curve-electronic",
        "velvet-curve-orchestral",
        "velvet-curve-rock",
        "velvet-curve-ambient",
    ]
    .into_iter()
    .zip(STYLES)
    {
        plots.push((name, spread(style)));
    }
    Ok(plots)
}

fn matching(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::response(
        "Match: each band alone at +6 and −6 dB, and all of them at +3 dB",
        [20.0, 20_000.0],
        [-7.0, 7.0, 1.0],
    );
    for (i, id) in MATCH_BANDS.map(ParameterId::as_str).into_iter().enumerate() {
        let (_, _, ink) = ANCHORS[i % ANCHORS.len()];
        for gain in ["6", "-6"] {
            let settings = [(ParameterId::MatchAmount.as_str(), "100"), (id, gain)];
            let response = plugin.response(&settings, Part::Mid, &hertz(20.0, 20_000.0))?;
            chart.unlisted_line(id, false, ink, response);
        }
    }
    let mut all: Vec<(&str, &str)> = MATCH_BANDS
        .map(ParameterId::as_str)
        .into_iter()
        .map(|id| (id, "3"))
        .collect();
    all.push((ParameterId::MatchAmount.as_str(), "100"));
    let response = plugin.response(&all, Part::Mid, &hertz(20.0, 20_000.0))?;
    chart.unlisted_line("all", false, Ink::Input, response);
    Ok(chart)
}

fn anchors(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::response(
        "The anchors, each alone at +6, +3, −3 and −6 dB",
        [20.0, 20_000.0],
        [-7.0, 7.0, 1.0],
    );
    for gain in ["6", "3", "-3", "-6"] {
        for (name, id, ink) in ANCHORS {
            let response = plugin.response(&[(id, gain)], Part::Mid, &hertz(20.0, 20_000.0))?;
            chart.unlisted_line(name, gain == "6", ink, response);
        }
    }
    Ok(chart)
}

fn together(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::response("Anchors together", [20.0, 20_000.0], [-8.0, 8.0, 2.0]);
    let all = |gain| ANCHORS.map(|(_, id, _)| (id, gain));
    let tilt = [
        ("crbod", "3"),
        ("crsou", "1"),
        ("crsil", "-1"),
        ("crair", "-3"),
    ];
    let lines: [(&str, Settings<'_>); 3] = [
        ("all at +6 dB", &all("6")),
        ("all at −6 dB", &all("-6")),
        ("+3, +1, −1, −3 dB", &tilt),
    ];
    chart.family(lines, |settings| {
        plugin.response(settings, Part::Mid, &hertz(20.0, 20_000.0))
    })?;
    Ok(chart)
}

/// Indices of percentiles in a style's statistics.
const P10: usize = 0;
const MEDIAN: usize = 2;
const P90: usize = 4;

fn third_octaves(style: StyleTarget, row: usize) -> Points {
    let hertz = StyleTarget::third_octaves_hz();
    let levels = &style.figures().third_octaves_db[row];
    let widened = |(hz, db): (&f32, &f32)| (f64::from(*hz), f64::from(*db));
    hertz.iter().zip(levels).map(widened).collect()
}

fn levels_chart(title: &str) -> Chart {
    Chart::new(
        title,
        Scale::hertz(20.0, 20_000.0),
        Scale::linear("Third octave against the whole, dB", -60.0, 0.0, 10.0),
    )
}

const STYLES: [(&str, StyleTarget, Ink); 5] = [
    ("Neutral", StyleTarget::Neutral, Ink::Input),
    ("Electronic", StyleTarget::Electronic, Ink::Silk),
    ("Orchestral", StyleTarget::Orchestral, Ink::Soul),
    ("Rock", StyleTarget::Rock, Ink::Body),
    ("Ambient", StyleTarget::Ambient, Ink::Air),
];

fn styles() -> Chart {
    let mut chart = levels_chart("The style targets: the median song");
    for (label, style, ink) in STYLES {
        chart.line(label, ink, third_octaves(style, MEDIAN));
    }
    chart
}

fn spread((name, style, ink): (&str, StyleTarget, Ink)) -> Chart {
    let mut chart = levels_chart(&format!("{name}: how songs are spread"));
    let (lower, upper) = (third_octaves(style, P10), third_octaves(style, P90));
    chart.band("10 to 90 % of songs", ink, &lower, &upper);
    chart.line("median", ink, third_octaves(style, MEDIAN));
    if style != StyleTarget::Neutral {
        let neutral = third_octaves(StyleTarget::Neutral, MEDIAN);
        chart.line("median of Neutral", Ink::Input, neutral);
    }
    chart
}
