//! The plots of Velvet Curve: anchors, style targets, Comfort.

use super::chart::{Chart, Ink, Plot, Points, Scale};
use super::plugin_measurement::{Part, PluginMeasurement, Settings, hertz};
use anyhow::Result;
use flow_dsp::{COMFORT_HZ, StyleTarget};
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
    plots.push(("velvet-curve-comfort-bands", comfort_bands(plugin)?));
    plots.push(("velvet-curve-comfort-law", comfort_law(plugin)?));
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

/// Comfort's names for its bands.
const BANDS: [(&str, Ink); 4] = [
    ("boom, 110 Hz", Ink::Body),
    ("mud, 300 Hz", Ink::Soul),
    ("harsh, 3.2 kHz", Ink::Silk),
    ("fizz, 7.5 kHz", Ink::Air),
];
const COMFORT: (&str, &str) = ("crcom", "100 %");

/// The gain over frequency for a loud tone in one of the bands, measured with quiet tones.
fn comfort_bands(plugin: &mut PluginMeasurement) -> Result<Chart> {
    const PROBE_DBFS: f64 = -70.0;
    // A nearer tone beats with the loud one so slowly that Comfort follows.
    const NEAREST_HZ: f64 = 15.0;
    let mut chart = Chart::response(
        "Gain while nothing but a tone in one of Comfort's bands is heard, Comfort 100 %",
        [20.0, 20_000.0],
        [-9.0, 1.0, 1.0],
    );
    // Tones at whole Hz are orthogonal.
    let mut probes: Vec<f64> = hertz(20.0, 20_000.0).iter().map(|hz| hz.round()).collect();
    probes.dedup();
    for ((label, ink), loud_hz) in BANDS.into_iter().zip(COMFORT_HZ) {
        let others = probes
            .iter()
            .filter(|hz| (**hz - loud_hz).abs() > NEAREST_HZ);
        let mut tones = vec![(loud_hz, -12.0)];
        tones.extend(others.map(|hz| (*hz, PROBE_DBFS)));
        let second = plugin.tones(&[COMFORT], &tones)?;
        let gain = |(hz, input): &(f64, f64)| (*hz, second.level_db(*hz) - input);
        let mut response: Points = tones.iter().map(gain).collect();
        response.sort_by(|a, b| a.0.total_cmp(&b.0));
        chart.line(label, ink, response);
    }
    Ok(chart)
}

/// The gain of a tone in a band by its level relative to another tone far from it.
fn comfort_law(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let limits = StyleTarget::Neutral.figures().moments_db[4];
    let mut chart = Chart::new(
        "Gain of a band by how far it stands over its limit, Style target Neutral",
        Scale::linear("Level over the limit, dB", -6.0, 12.0, 1.0),
        Scale::linear("Gain, dB", -9.0, 1.0, 1.0),
    );
    let lines = [
        (0, "100 %"),
        (1, "100 %"),
        (2, "100 %"),
        (3, "100 %"),
        (2, "50 %"),
    ];
    for (band, amount) in lines {
        let (hz, limit) = (COMFORT_HZ[band], f64::from(limits[band]));
        let other_hz = if hz < 1000.0 { 12_000.0 } else { 40.0 };
        let (name, ink) = BANDS[band];
        let ink = if amount == "50 %" { Ink::Input } else { ink };
        let mut points = Points::new();
        for over in -6..=12_i32 {
            let over = f64::from(over);
            // The share of the tone in the power of both.
            let share = 10f64.powf(0.1 * (over + limit));
            if share > 1.0 {
                break;
            }
            let level_db = -12.0 + 10.0 * share.log10();
            let other_db = -12.0 + 10.0 * (1.0 - share).max(1e-9).log10();
            let tones = [(hz, level_db), (other_hz, other_db)];
            let second = plugin.tones(&[("crcom", amount)], &tones)?;
            points.push((over, second.level_db(hz) - level_db));
        }
        chart.line(&format!("{name}, Comfort {amount}"), ink, points);
    }
    Ok(chart)
}
