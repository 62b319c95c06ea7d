//! The documentation's plots in docs/pillars/plots, measured with the built plug-in.
//!
//! Each pillar has a file with its plots. `plugin_measurement` measures, `chart` draws, `plot_files` writes and compares.

mod chart;
mod harmonic_lattice;
mod limiter;
mod master_chain;
mod phase_weave;
mod plot_files;
mod plugin_measurement;
mod velvet_curve;
mod velvet_floor;

use crate::arguments::PlotsArguments;
use crate::{bundle, workspace};
use anyhow::{Result, bail};
use chart::Plot;
use plugin_measurement::PluginMeasurement;

pub(crate) fn plots(arguments: &PlotsArguments) -> Result<()> {
    let in_docs = || workspace::root().join("docs/pillars/plots");
    let folder = arguments.out.clone().unwrap_or_else(in_docs);
    let mut plugin = PluginMeasurement::open(&bundle::clap()?)?;
    let drawings: Vec<(String, String)> = all(&mut plugin)?
        .iter()
        .map(|(name, chart)| (format!("{name}.svg"), chart.svg()))
        .collect();
    if !arguments.check {
        plot_files::write(&folder, &drawings)?;
        eprintln!("{} plots in {}", drawings.len(), folder.display());
        return Ok(());
    }
    let differences = plot_files::differences(&folder, &drawings);
    for difference in &differences {
        eprintln!("{difference}");
    }
    if !differences.is_empty() {
        bail!("the stored plots differ from the plug-in; `cargo xtask plots` draws them again");
    }
    eprintln!("{} plots agree with the plug-in", drawings.len());
    Ok(())
}

fn all(plugin: &mut PluginMeasurement) -> Result<Vec<Plot>> {
    let mut plots = velvet_floor::plots(plugin)?;
    plots.extend(harmonic_lattice::plots(plugin)?);
    plots.extend(phase_weave::plots(plugin)?);
    plots.extend(velvet_curve::plots(plugin)?);
    plots.extend(master_chain::plots(plugin)?);
    plots.extend(limiter::plots(plugin)?);
    Ok(plots)
}
