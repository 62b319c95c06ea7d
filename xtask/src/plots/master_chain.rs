//! The plots of the Master Chain: compressors, crossover, drive.

use super::chart::{Chart, INKS, Ink, Plot, Points, Scale};
use super::plugin_measurement::{Part, PluginMeasurement, Settings, Steps, hertz, tone};
use anyhow::Result;

/// A tone with a whole number of samples in a period.
const TONE_HZ: f64 = 2000.0;
/// Levels below and above the thresholds of these plots.
const QUIET_DBFS: f64 = -40.0;
const LOUD_DBFS: f64 = -10.0;
/// Mid dynamics at 4:1 and −30 dB without a knee: 15 dB of reduction at −10 dBFS.
const MID: [(&str, &str); 4] = [
    ("msamt", "100 %"),
    ("mskne", "0 dB"),
    ("mmthr", "-30 dB"),
    ("mmrat", "4:1"),
];
const REDUCTION_DB: f64 = 15.0;

pub(super) fn plots(plugin: &mut PluginMeasurement) -> Result<Vec<Plot>> {
    Ok(vec![
        ("master-chain-ratios", ratios(plugin)?),
        ("master-chain-knees", knees(plugin)?),
        ("master-chain-attack", attack(plugin)?),
        ("master-chain-release", release(plugin)?),
        ("master-chain-auto-release", auto_release(plugin)?),
        ("master-chain-side-chain", side_chain(plugin)?),
        ("master-chain-crossover", crossover(plugin)?),
        ("master-chain-drive-harmonics", drive_harmonics(plugin)?),
        ("master-chain-drive-curve", drive_curve(plugin)?),
    ])
}

/// The output level of a steady tone by its input level.
fn static_curve(
    plugin: &mut PluginMeasurement,
    settings: Settings<'_>,
    part: Part,
) -> Result<Points> {
    const SECONDS_EACH: f64 = 0.5;
    let levels: Vec<(f64, f64)> = (0..=60_i32)
        .map(|step| (f64::from(step) - 60.0, SECONDS_EACH))
        .collect();
    let steps = Steps {
        frequency_hz: TONE_HZ,
        levels: &levels,
    };
    let output = plugin.steps(settings, part, &steps)?;
    let settled = output
        .chunks(output.len() / levels.len())
        .filter_map(<[f64]>::last);
    Ok(levels
        .iter()
        .zip(settled)
        .map(|(step, level)| (step.0, *level))
        .collect())
}

fn ratios(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::new(
        "Ratios: threshold −30 dB, knee 6 dB",
        Scale::linear("Input, dBFS", -60.0, 0.0, 6.0),
        Scale::linear("Output, dBFS", -60.0, 0.0, 6.0),
    );
    let fast = [("mmatt", "1 ms"), ("mmrel", "20 ms"), ("mskne", "6 dB")];
    let ratios = ["1:1", "1.5:1", "2:1", "4:1", "10:1"];
    chart.family(ratios.map(|ratio| (ratio, ratio)), |ratio| {
        let settings = [&MID[..], &fast, &[("mmrat", ratio)]].concat();
        static_curve(plugin, &settings, Part::Mid)
    })?;
    // The compressor of the side has its own settings.
    let side = [
        ("msamt", "100 %"),
        ("msthr", "-30 dB"),
        ("msrat", "4:1"),
        ("msatt", "1 ms"),
        ("msrel", "20 ms"),
    ];
    let side = static_curve(plugin, &side, Part::Side)?;
    chart.line("side, 4:1", Ink::Input, side);
    Ok(chart)
}

fn knees(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::new(
        "Knees: threshold −30 dB, ratio 4:1",
        Scale::linear("Input, dBFS", -48.0, -12.0, 3.0),
        Scale::linear("Gain, dB", -14.0, 1.0, 1.0),
    );
    let fast = [("mmatt", "1 ms"), ("mmrel", "20 ms")];
    let knees = ["0 dB", "6 dB", "12 dB", "24 dB"];
    chart.family(knees.map(|knee| (knee, knee)), |knee| {
        let settings = [&MID[..], &fast, &[("mskne", knee)]].concat();
        let levels = static_curve(plugin, &settings, Part::Mid)?.into_iter();
        let shown = levels.filter(|(input, _)| (-48.0..=-12.0).contains(input));
        let gains = shown.map(|(input, output)| (input, output - input));
        Ok(gains.collect())
    })?;
    Ok(chart)
}

/// The gain after the last step of level, in ms and dB.
fn gain_after(
    plugin: &mut PluginMeasurement,
    settings: Settings<'_>,
    levels: &[(f64, f64)],
    shown_ms: f64,
) -> Result<Points> {
    let steps = Steps {
        frequency_hz: TONE_HZ,
        levels,
    };
    let input = super::plugin_measurement::levels_db(&steps.samples(), steps.window());
    let output = plugin.steps(settings, Part::Mid, &steps)?;
    let (_, earlier) = levels.split_last().unwrap_or((&(0.0, 0.0), &[]));
    let begin: f64 = earlier.iter().map(|step| step.1).sum();
    let points = input
        .iter()
        .zip(&output)
        .enumerate()
        .map(|(i, (input, output))| {
            // A level belongs to the middle of its window.
            let seconds = (i as f64 + 0.5) * steps.seconds() - begin;
            (1000.0 * seconds, output - input)
        });
    // The plot has fewer points than there are periods.
    let step_ms = shown_ms / 200.0;
    let mut next_ms = -0.02 * shown_ms;
    let thinned = points.filter(|(ms, _)| {
        let taken = *ms >= next_ms && *ms <= shown_ms;
        next_ms = if taken { ms + step_ms } else { next_ms };
        taken
    });
    Ok(thinned.collect())
}

const MARKS: &str = "63 % of the way at the label's time";

fn attack(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::new(
        "Attack: from −40 to −10 dBFS at 0 ms, threshold −30 dB, 4:1",
        Scale::linear("Time, ms", -4.0, 200.0, 20.0),
        Scale::linear("Gain, dB", -16.0, 1.0, 2.0),
    );
    let times = ["3 ms", "10 ms", "30 ms", "100 ms"];
    chart.family(times.map(|time| (time, time)), |time| {
        let settings = [&MID[..], &[("mmatt", time)]].concat();
        let levels = [(QUIET_DBFS, 0.5), (LOUD_DBFS, 0.25)];
        gain_after(plugin, &settings, &levels, 200.0)
    })?;
    let covered_db = -REDUCTION_DB * (1.0 - (-1_f64).exp());
    let marks = [3.0, 10.0, 30.0, 100.0].map(|ms| (ms, covered_db));
    chart.dots(MARKS, Ink::Input, marks.to_vec());
    Ok(chart)
}

fn release(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::new(
        "Release: from −10 to −40 dBFS at 0 ms, threshold −30 dB, 4:1",
        Scale::linear("Time, ms", -30.0, 1500.0, 100.0),
        Scale::linear("Gain, dB", -16.0, 1.0, 2.0),
    );
    let times = ["50 ms", "200 ms", "800 ms"];
    chart.family(times.map(|time| (time, time)), |time| {
        let settings = [&MID[..], &[("mmatt", "1 ms"), ("mmrel", time)]].concat();
        let levels = [(LOUD_DBFS, 0.5), (QUIET_DBFS, 1.6)];
        gain_after(plugin, &settings, &levels, 1500.0)
    })?;
    let left_db = -REDUCTION_DB * (-1_f64).exp();
    let marks = [50.0, 200.0, 800.0].map(|ms| (ms, left_db));
    chart.dots(MARKS, Ink::Input, marks.to_vec());
    Ok(chart)
}

/// The glue compressor with the settings of [`MID`].
const GLUE: [(&str, &str); 6] = [
    ("glamt", "100 %"),
    ("glkne", "0 dB"),
    ("glthr", "-30 dB"),
    ("glrat", "4:1"),
    ("glatt", "1 ms"),
    ("glhpf", "20 Hz"),
];

fn auto_release(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::new(
        "Glue's auto release, after −10 dBFS for a while, without make-up gain",
        Scale::linear("Time, ms", -100.0, 3000.0, 500.0),
        Scale::linear("Gain, dB", -16.0, 1.0, 2.0),
    );
    for (label, automatic, seconds, ink) in [
        ("auto, after 20 ms", "on", 0.02, INKS[0]),
        ("auto, after 200 ms", "on", 0.2, INKS[1]),
        ("auto, after 3 s", "on", 3.0, INKS[2]),
        ("200 ms, after 3 s", "off", 3.0, INKS[5]),
    ] {
        let settings = [&GLUE[..], &[("glaut", automatic), ("glrel", "200 ms")]].concat();
        let mut points = Points::new();
        for step in -2..=60_i32 {
            let seconds_after = 0.05 * f64::from(step);
            let loud = (LOUD_DBFS, seconds + seconds_after.min(0.0));
            let levels = [
                (QUIET_DBFS, 0.5),
                loud,
                (QUIET_DBFS, seconds_after.max(0.0)),
            ];
            if loud.1 > 0.0 {
                let steps = Steps {
                    frequency_hz: TONE_HZ,
                    levels: &levels,
                };
                let input = Part::Mid.audio(&steps.samples());
                let gain_db = plugin.glue_gain_db(&settings, &input)?;
                points.push((1000.0 * seconds_after, gain_db));
            }
        }
        chart.line(label, ink, points);
    }
    Ok(chart)
}

/// The gain of a steady tone by its frequency.
fn side_chain(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::response(
        "Glue on a tone of −10 dBFS by the side-chain high-pass, threshold −30 dB, 4:1",
        [20.0, 20_000.0],
        [-16.0, 1.0, 2.0],
    );
    let corners = ["20 Hz", "80 Hz", "300 Hz"];
    chart.family(corners.map(|corner| (corner, corner)), |corner| {
        let settings = [&GLUE[..], &[("glhpf", corner)]].concat();
        let mut points = Points::new();
        for hz in hertz(20.0, 20_000.0).into_iter().step_by(4) {
            let input = Part::Mid.audio(&tone(2.0, hz, LOUD_DBFS));
            points.push((hz, plugin.glue_gain_db(&settings, &input)?));
        }
        Ok(points)
    })?;
    Ok(chart)
}

fn crossover(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::response(
        "The three bands, each solo, and their sum; crossovers at 120 Hz and 2.5 kHz",
        [20.0, 20_000.0],
        [-48.0, 6.0, 6.0],
    );
    let at_work = [
        ("mbamt", "100 %"),
        ("mblra", "1:1"),
        ("mbmra", "1:1"),
        ("mbhra", "1:1"),
    ];
    let bands = [
        ("low", Some("mblso")),
        ("mid", Some("mbmso")),
        ("high", Some("mbhso")),
        ("sum", None),
    ];
    chart.family(bands, |solo| {
        let solo = solo.map(|id| (id, "on"));
        let settings = [&at_work[..], solo.as_slice()].concat();
        plugin.response(&settings, Part::Mid, &hertz(20.0, 20_000.0))
    })?;
    Ok(chart)
}

const DRIVES: [&str; 3] = ["25 %", "50 %", "100 %"];

fn drive_harmonics(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::new(
        "Drive: harmonics of 1 kHz at −6 dBFS",
        Scale::harmonics(),
        Scale::linear("Level, dBFS", -120.0, 0.0, 20.0),
    );
    for (drive, ink) in DRIVES.into_iter().zip(INKS) {
        chart.bars(
            drive,
            ink,
            &plugin.harmonics(&[("drive", drive)], 1000.0, -6.0)?,
        );
    }
    Ok(chart)
}

fn drive_curve(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::new(
        "Drive: output against input of a tone of 100 Hz, with make-up gain",
        Scale::linear("Input", -1.0, 1.0, 0.2),
        Scale::linear("Output", -1.0, 1.0, 0.2),
    );
    for (drive, ink) in DRIVES.into_iter().zip(INKS) {
        chart.line(drive, ink, plugin.transfer(&[("drive", drive)], 1.0)?);
    }
    Ok(chart)
}
