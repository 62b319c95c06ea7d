//! The plots of Phase Weave: width, mono below, Mono safety.

use super::chart::{Chart, Ink, Plot, Points, Scale};
use super::plugin_measurement::{Part, PluginMeasurement, RATE_HZ, hertz};
use anyhow::Result;
use flow_audio_file::Audio;
use flow_testkit::signals;

pub(super) fn plots(plugin: &mut PluginMeasurement) -> Result<Vec<Plot>> {
    Ok(vec![
        ("phase-weave-width", width(plugin)?),
        ("phase-weave-mono-below", mono_below(plugin)?),
        ("phase-weave-safety", safety(plugin)?),
    ])
}

fn width(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::response(
        "Gain of the side by Width",
        [20.0, 20_000.0],
        [-8.0, 8.0, 2.0],
    );
    let widths = ["200 %", "150 %", "100 %", "50 %"].map(|width| (width, width));
    chart.family(
        widths.into_iter().chain([("0 % (silent)", "0 %")]),
        |width| plugin.response(&[("wewid", width)], Part::Side, &hertz(20.0, 20_000.0)),
    )?;
    Ok(chart)
}

fn mono_below(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let mut chart = Chart::response("Mono below", [20.0, 2000.0], [-60.0, 6.0, 6.0]);
    let parts = [
        ("side, 120 Hz", ("120 Hz", Part::Side)),
        ("side, 400 Hz", ("400 Hz", Part::Side)),
        ("mid, 120 Hz", ("120 Hz", Part::Mid)),
    ];
    chart.family(parts, |(frequency, part)| {
        let settings = [("wemon", "on"), ("wemof", frequency)];
        plugin.response(&settings, part, &hertz(20.0, 2000.0))
    })?;
    Ok(chart)
}

/// The fold-down losses of the input, each for [`SECONDS_EACH`].
const LOSSES_DB: std::ops::RangeInclusive<u32> = 0..=20;
const SECONDS_EACH: f64 = 1.5;

fn safety(plugin: &mut PluginMeasurement) -> Result<Chart> {
    let input = widening_noise();
    let mut chart = Chart::new(
        "Fold-down loss of white noise, Mono safety 100 %",
        Scale::linear("Loss of the input, dB", 0.0, 20.0, 2.0),
        Scale::linear("Loss of the output, dB", 0.0, 12.0, 1.0),
    );
    let most = [
        ("maximum loss 1 dB", "1 dB"),
        ("maximum loss 3 dB", "3 dB"),
        ("maximum loss 6 dB", "6 dB"),
    ];
    chart.family(most, |most| {
        let settings = [("wesaf", "100 %"), ("wesml", most)];
        Ok(losses_db(&plugin.render_unlimited(&settings, &input)?))
    })?;
    let off = losses_db(&plugin.render_unlimited(&[], &input)?);
    chart.line("off", Ink::Input, off);
    Ok(chart)
}

/// Noise with uncorrelated mid and side, whose side grows.
fn widening_noise() -> Audio {
    let mut input = Audio::silence(RATE_HZ, 2, 0);
    for loss_db in LOSSES_DB {
        let side = (10f64.powf(0.1 * f64::from(loss_db)) - 1.0).sqrt();
        let noise = signals::white_noise(RATE_HZ, 2, SECONDS_EACH, 0.1, loss_db);
        let (mid, side_of) = (&noise.channels[0], &noise.channels[1]);
        // The sum of both parts has a constant power.
        let scale = 1.0 / (1.0 + side * side).sqrt();
        let channel = |sign: f64| {
            let pairs = mid.iter().zip(side_of);
            let mixed = pairs.map(|(m, s)| scale * (f64::from(*m) + sign * side * f64::from(*s)));
            mixed.map(flow_dsp::math::narrow).collect()
        };
        input.append(&Audio::new(RATE_HZ, vec![channel(1.0), channel(-1.0)]));
    }
    input
}

/// The fold-down loss in the last second of each step: (M² + S²)/M².
fn losses_db(output: &Audio) -> Points {
    let (mid, side) = (Part::Mid.of(output), Part::Side.of(output));
    let frames = flow_audio_file::seconds_to_samples(SECONDS_EACH, RATE_HZ);
    let power = |samples: &[f64]| {
        let end = &samples[samples.len().saturating_sub(RATE_HZ as usize)..];
        end.iter().map(|s| s * s).sum::<f64>()
    };
    let steps = mid.chunks_exact(frames).zip(side.chunks_exact(frames));
    steps
        .zip(LOSSES_DB)
        .map(|((mid, side), loss_db)| {
            let (mid, side) = (power(mid), power(side));
            (f64::from(loss_db), 10.0 * ((mid + side) / mid).log10())
        })
        .collect()
}
