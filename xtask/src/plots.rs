//! The documentation's plots: the built plug-in measured, as pictures in docs/pillars/plots/.
//!
//! A file for each pillar says what is measured; `bench` measures, `chart` draws, `stored` writes and compares.

mod bench;
mod chart;
mod curve;
mod dynamics;
mod floor;
mod lattice;
mod limiter;
mod stored;
mod weave;

use crate::cli::PlotsArguments;
use crate::{bundle, workspace};
use anyhow::{Result, bail};
use bench::Bench;
use chart::Chart;

/// A chart and the name of its file, without the extension.
type Plot = (&'static str, Chart);

pub(crate) fn plots(arguments: &PlotsArguments) -> Result<()> {
    let in_docs = || workspace::root().join("docs/pillars/plots");
    let folder = arguments.out.clone().unwrap_or_else(in_docs);
    let mut bench = Bench::open(&bundle::clap()?)?;
    let pictures: Vec<(String, String)> = all(&mut bench)?
        .iter()
        .map(|(name, chart)| (format!("{name}.svg"), chart.svg()))
        .collect();
    if !arguments.check {
        stored::write(&folder, &pictures)?;
        eprintln!("{} plots in {}", pictures.len(), folder.display());
        return Ok(());
    }
    let differences = stored::differences(&folder, &pictures);
    for difference in &differences {
        eprintln!("{difference}");
    }
    if !differences.is_empty() {
        bail!(
            "the stored plots are not what the plug-in does: `cargo xtask plots` draws them anew"
        );
    }
    eprintln!("{} plots show what the plug-in does", pictures.len());
    Ok(())
}

fn all(bench: &mut Bench) -> Result<Vec<Plot>> {
    let mut plots = floor::plots(bench)?;
    plots.extend(lattice::plots(bench)?);
    plots.extend(weave::plots(bench)?);
    plots.extend(curve::plots(bench)?);
    plots.extend(dynamics::plots(bench)?);
    plots.extend(limiter::plots(bench)?);
    Ok(plots)
}
