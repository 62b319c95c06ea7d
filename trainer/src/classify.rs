//! The content class of sounds, to count how often music is taken for speech or for a single instrument.
//!
//! Standard input is raw f32, left and right at 44.1 kHz. Each line is a content class and the numbers behind it.

use std::io::{BufReader, Read as _, stdin};

use anyhow::{Context as _, Result};
use flow_analysis::features::{AnalysisWindow, Extractor, MEL_FRAMES};
use flow_analysis::pipeline::analyze;
use flow_analysis::report::Context;
use flow_dsp::Spec;

/// Prints a line for each ten seconds of standard input.
pub(crate) fn classify() -> Result<()> {
    let mut bytes = Vec::new();
    BufReader::new(stdin())
        .read_to_end(&mut bytes)
        .context("the sound can't be read")?;
    let (words, _) = bytes.as_chunks::<4>();
    let samples: Vec<f32> = words.iter().map(|word| f32::from_le_bytes(*word)).collect();
    let (pairs, _) = samples.as_chunks::<2>();
    let (left, right): (Vec<f32>, Vec<f32>) = pairs.iter().map(|[l, r]| (*l, *r)).unzip();
    let mut extractor = Extractor::new(Spec {
        sample_rate_hz: 44_100.0,
    });
    let mut window = AnalysisWindow::new(MEL_FRAMES);
    extractor.push(&left, &right, |frame, _| {
        window.push(frame);
        if window.is_enough() {
            let class = analyze(&window, &Context::default()).content;
            println!("{class:?}\t{:.3?}", window.voices());
            window.clear();
        }
    });
    Ok(())
}
