//! The plots of Velvet Floor: Depth, harmonics, two tones, low cut.

use super::chart::{Chart, INKS, Plot, Scale};
use super::plugin_measurement::{Part, PluginMeasurement, Settings, hertz};
use anyhow::Result;

const DEEP: (&str, &str) = ("fltrn", "deep");
const RESONANT: (&str, &str) = ("fltrn", "resonant");
const WARMTH: (&str, &str) = ("flwrm", "100 %");

pub(super) fn plots(plugin: &mut PluginMeasurement) -> Result<Vec<Plot>> {
    Ok(vec![
        ("velvet-floor-depth", depth(plugin)?),
        ("velvet-floor-harmonics", harmonics(plugin)?),
        ("velvet-floor-two-tones", two_tones(plugin)?),
        ("velvet-floor-low-cut", low_cut(plugin)?),
    ])
}

fn depth(plugin: &mut PluginMeasurement) -> Result<Chart> {
    const DEPTH: (&str, &str) = ("fldep", "100 %");
    let lines: [(&str, Settings<'_>); 5] = [
        ("Subtle, Depth 100 %", &[DEPTH]),
        ("Deep, Depth 100 %", &[DEPTH, DEEP]),
        ("Resonant, Depth 100 %", &[DEPTH, RESONANT]),
        ("Subtle, Depth 50 %", &[("fldep", "50 %")]),
        ("Subtle, Warmth 100 %", &[WARMTH]),
    ];
    let mut chart = Chart::response(
        "Gain by Depth, and by Warmth in Subtle",
        [10.0, 2000.0],
        [-1.0, 7.0, 1.0],
    );
    chart.family(lines, |settings| {
        plugin.response(settings, Part::Mid, &hertz(10.0, 2000.0))
    })?;
    Ok(chart)
}

fn harmonics(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let lines: [(&str, Settings<'_>); 4] = [
        ("input", &[]),
        ("Subtle", &[WARMTH]),
        ("Deep", &[WARMTH, DEEP]),
        ("Resonant", &[WARMTH, RESONANT]),
    ];
    let mut chart = Chart::new(
        "A tone of 50 Hz at −12 dBFS, Warmth 100 %",
        Scale::names(
            "Frequency, Hz",
            &[
                "50", "100", "150", "200", "250", "300", "350", "400", "450", "500",
            ],
        ),
        Scale::linear("Level, dBFS", -120.0, 0.0, 20.0),
    );
    for ((label, settings), ink) in lines.into_iter().zip(INKS.into_iter().cycle().skip(5)) {
        chart.bars(label, ink, &plugin.harmonics(settings, 50.0, -12.0)?);
    }
    Ok(chart)
}

fn two_tones(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let tones = [(50.0, -18.0), (70.0, -18.0)];
    let lines: [(&str, Settings<'_>); 3] = [
        ("Subtle", &[WARMTH]),
        ("Deep", &[WARMTH, DEEP]),
        ("Resonant", &[WARMTH, RESONANT]),
    ];
    let shown = [
        "10", "20", "30", "50", "70", "90", "100", "120", "140", "150", "170", "190", "210",
    ];
    let mut chart = Chart::new(
        "Tones of 50 and 70 Hz at −18 dBFS each, Warmth 100 %",
        Scale::names(
            "Frequency, Hz (20 Hz: the difference; 120 Hz: the sum)",
            &shown,
        ),
        Scale::linear("Level, dBFS", -120.0, 0.0, 20.0),
    );
    for ((label, settings), ink) in lines.into_iter().zip(INKS) {
        let second = plugin.tones(settings, &tones)?;
        let hertz = shown.iter().filter_map(|hz| hz.parse().ok());
        let levels_db: Vec<f64> = hertz.map(|hz| second.level_db(hz)).collect();
        chart.bars(label, ink, &levels_db);
    }
    Ok(chart)
}

fn low_cut(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::response("Low cut", [5.0, 200.0], [-30.0, 3.0, 3.0]);
    let corners = ["10 Hz", "20 Hz", "40 Hz"];
    chart.family(corners.map(|corner| (corner, corner)), |corner| {
        let settings = [("lcut", "on"), ("lcutf", corner)];
        plugin.response(&settings, Part::Mid, &hertz(5.0, 200.0))
    })?;
    Ok(chart)
}
