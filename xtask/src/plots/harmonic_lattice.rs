//! The plots of Harmonic Lattice: presence and sheen, the characters, drive.

use super::chart::{Chart, INKS, Plot, Scale};
use super::plugin_measurement::{Part, PluginMeasurement, hertz};
use anyhow::Result;
use flow_audio_file::{db_to_gain, gain_to_db};

const CHARACTERS: [&str; 4] = ["Neutral", "Warm", "Bright", "Vintage"];
const LEVEL_DBFS: f64 = -6.0;

pub(super) fn plots(plugin: &mut PluginMeasurement) -> Result<Vec<Plot>> {
    Ok(vec![
        ("harmonic-lattice-equalizer", equalizer(plugin)?),
        ("harmonic-lattice-characters", characters(plugin)?),
        ("harmonic-lattice-drive", drive(plugin)?),
        ("harmonic-lattice-curve", transfer(plugin)?),
        ("harmonic-lattice-treble", treble(plugin)?),
    ])
}

fn equalizer(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::response(
        "Presence and Sheen, each alone at +6, +3, −3 and −6 dB",
        [100.0, 20_000.0],
        [-7.0, 7.0, 1.0],
    );
    for (name, id, ink) in [("Presence", "lapre", INKS[0]), ("Sheen", "lashn", INKS[1])] {
        for gain in ["6", "3", "-3", "-6"] {
            let response = plugin.response(&[(id, gain)], Part::Mid, &hertz(100.0, 20_000.0))?;
            chart.unlisted_line(name, gain == "6", ink, response);
        }
    }
    Ok(chart)
}

fn characters(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::new(
        "Harmonics of 1 kHz at −6 dBFS, Lattice drive 50 %",
        Scale::harmonics(),
        Scale::linear("Level, dBFS", -120.0, 0.0, 20.0),
    );
    for (character, ink) in CHARACTERS.into_iter().zip(INKS) {
        let settings = [("lachr", character), ("ladrv", "50 %")];
        chart.bars(
            character,
            ink,
            &plugin.harmonics(&settings, 1000.0, LEVEL_DBFS)?,
        );
    }
    Ok(chart)
}

fn drive(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::new(
        "All harmonics of 1 kHz at −6 dBFS together",
        Scale::linear("Lattice drive, %", 0.0, 100.0, 10.0),
        Scale::linear("Level against the fundamental, dB", -80.0, 0.0, 10.0),
    );
    for (character, ink) in CHARACTERS.into_iter().zip(INKS) {
        let mut points = Vec::new();
        for percent in (5..=100_u32).step_by(5) {
            let drive = format!("{percent} %");
            let settings = [("lachr", character), ("ladrv", drive.as_str())];
            let levels = plugin.harmonics(&settings, 1000.0, LEVEL_DBFS)?;
            let power: f64 = levels[1..].iter().map(|db| db_to_gain(*db).powi(2)).sum();
            points.push((f64::from(percent), gain_to_db(power.sqrt()) - levels[0]));
        }
        chart.line(character, ink, points);
    }
    Ok(chart)
}

fn transfer(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::new(
        "Output against input of a tone of 100 Hz, Lattice drive 50 %",
        Scale::linear("Input", -1.0, 1.0, 0.2),
        Scale::linear("Output", -1.0, 1.0, 0.2),
    );
    for (character, ink) in CHARACTERS.into_iter().zip(INKS) {
        let settings = [("lachr", character), ("ladrv", "50 %")];
        chart.line(character, ink, plugin.transfer(&settings, 1.0)?);
    }
    Ok(chart)
}

/// The gain of a tone in the treble, which emphasis and tone change.
fn treble(plugin: &mut PluginMeasurement) -> Result<Chart> {
    const HZ: f64 = 8000.0;
    let mut chart = Chart::new(
        "Gain of a tone of 8 kHz by its level, Lattice drive 50 %",
        Scale::linear("Level, dBFS", -30.0, 0.0, 3.0),
        Scale::linear("Gain, dB", -18.0, 1.0, 3.0),
    );
    for (character, ink) in CHARACTERS.into_iter().zip(INKS) {
        let settings = [("lachr", character), ("ladrv", "50 %")];
        let mut points = Vec::new();
        for step in 0..=30_i32 {
            let level_db = f64::from(step) - 30.0;
            let second = plugin.tones(&settings, &[(HZ, level_db)])?;
            points.push((level_db, second.level_db(HZ) - level_db));
        }
        chart.line(character, ink, points);
    }
    Ok(chart)
}
