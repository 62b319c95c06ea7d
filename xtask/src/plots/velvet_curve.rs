//! The plots of Velvet Curve: anchors, free bells, Match, style targets.

use super::chart::{self, Chart, Ink, Plot, Points, Scale};
use super::plugin_measurement::{Part, PluginMeasurement, Settings, hertz};
use anyhow::Result;
use flow_dsp::{ChainSettings, StyleTarget};
use flow_params::{ANCHORS, MATCH_BANDS, ParameterId};

/// The colors of [`ANCHORS`].
const INKS: [Ink; ANCHORS.len()] = [Ink::Body, Ink::Soul, Ink::Silk, Ink::Air];

pub(super) fn plots(plugin: &mut PluginMeasurement) -> Result<Vec<Plot>> {
    let mut plots = vec![
        ("velvet-curve-anchors", anchors(plugin)?),
        ("velvet-curve-together", together(plugin)?),
        ("velvet-curve-bells", bells(plugin)?),
        ("velvet-curve-match", matching(plugin)?),
        ("velvet-curve-styles", styles()),
    ];
    plots.extend(STYLES.map(|(file, style, ink)| (file, spread(style, ink))));
    Ok(plots)
}

fn bells(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::response(
        "Bell 1 at +6 dB and five frequencies, with a Q of 0.3, 1 and 6",
        [20.0, 20_000.0],
        [-1.0, 7.0, 1.0],
    );
    let centers = ["60 Hz", "300 Hz", "1 kHz", "4 kHz", "15 kHz"];
    for (center, ink) in centers.into_iter().zip(chart::INKS) {
        for q in ["0.3", "1", "6"] {
            let settings = [("b1db", "6"), ("b1hz", center), ("b1q", q)];
            let response = plugin.response(&settings, Part::Mid, &hertz(20.0, 20_000.0))?;
            chart.unlisted_line(center, q == "6", ink, response);
        }
    }
    Ok(chart)
}

fn matching(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::response(
        "Match: each band alone at +6 and −6 dB, and all of them at +3 dB",
        [20.0, 20_000.0],
        [-7.0, 7.0, 1.0],
    );
    for (i, id) in MATCH_BANDS.map(ParameterId::as_str).into_iter().enumerate() {
        let ink = INKS[i % INKS.len()];
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
        for (id, ink) in ANCHORS.into_iter().zip(INKS) {
            let settings = [(id.as_str(), gain)];
            let response = plugin.response(&settings, Part::Mid, &hertz(20.0, 20_000.0))?;
            chart.unlisted_line(id.name(), gain == "6", ink, response);
        }
    }
    Ok(chart)
}

fn together(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::response("Anchors together", [20.0, 20_000.0], [-8.0, 8.0, 2.0]);
    let each = |gains: [&'static str; ANCHORS.len()]| -> [_; ANCHORS.len()] {
        std::array::from_fn(|i| (ANCHORS[i].as_str(), gains[i]))
    };
    let lines: [(&str, Settings<'_>); 3] = [
        ("all at +6 dB", &each(["6"; _])),
        ("all at −6 dB", &each(["-6"; _])),
        ("+3, +1, −1, −3 dB", &each(["3", "1", "-1", "-3"])),
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

/// The styles, each with the file of its own plot.
#[rustfmt::skip]
const STYLES: [(&str, StyleTarget, Ink); 5] = [
    ("velvet-curve-neutral", StyleTarget::Neutral, Ink::Input),
    ("velvet-curve-electronic", StyleTarget::Electronic, Ink::Silk),
    ("velvet-curve-orchestral", StyleTarget::Orchestral, Ink::Soul),
    ("velvet-curve-rock", StyleTarget::Rock, Ink::Body),
    ("velvet-curve-ambient", StyleTarget::Ambient, Ink::Air),
];

/// The style's name in the plug-in.
fn name(style: StyleTarget) -> String {
    ParameterId::StyleTarget.text(&ChainSettings {
        style_target: style,
        ..ChainSettings::default()
    })
}

fn styles() -> Chart {
    let mut chart = levels_chart("The style targets: the median song");
    for (_, style, ink) in STYLES {
        chart.line(&name(style), ink, third_octaves(style, MEDIAN));
    }
    chart
}

fn spread(style: StyleTarget, ink: Ink) -> Chart {
    let mut chart = levels_chart(&format!("{}: how songs are spread", name(style)));
    let (lower, upper) = (third_octaves(style, P10), third_octaves(style, P90));
    chart.band("10 to 90 % of songs", ink, &lower, &upper);
    chart.line("median", ink, third_octaves(style, MEDIAN));
    if style != StyleTarget::Neutral {
        let neutral = third_octaves(StyleTarget::Neutral, MEDIAN);
        chart.line("median of Neutral", Ink::Input, neutral);
    }
    chart
}
