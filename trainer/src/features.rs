//! Features for the training recipe, from the plug-in's own code.
//!
//! The process reads requests from standard input and writes responses to standard output. All numbers are little-endian:
//!
//! ```text
//! request:  u32 sample rate, u32 frames, f32 left and right of each frame
//! response: u32 parts; for each part (as many as cover the sound): f32 mel [2][256][64];
//!           u32 length, the summary as JSON
//! ```

use std::io::{BufReader, BufWriter, ErrorKind, Read, Write, stdin, stdout};

use anyhow::{Context, Result, ensure};
use flow_analysis::features::{AnalysisWindow, MEL_VALUES};
use flow_dsp::Spec;

/// The longest sound that is accepted.
const LONGEST_FRAMES: u32 = 1 << 28;

/// Serves requests until standard input ends.
pub(crate) fn serve() -> Result<()> {
    let (mut requests, mut responses) = (BufReader::new(stdin()), BufWriter::new(stdout()));
    let mut mel = Box::new([0.0; MEL_VALUES]);
    while let Some(rate_hz) = next_number(&mut requests)? {
        let frames = number(&mut requests)?;
        ensure!(frames < LONGEST_FRAMES, "{frames} frames are too many");
        let sound = samples(&mut requests, 2 * frames as usize)?;
        let (left, right): (Vec<f32>, Vec<f32>) =
            sound.chunks_exact(2).map(|f| (f[0], f[1])).unzip();
        let window = window_of(rate_hz, &left, &right)?;
        let starts = window.mel_starts();
        responses.write_all(&u32::try_from(starts.len())?.to_le_bytes())?;
        for start in starts {
            window.write_mel(start, &mut mel);
            let bytes: Vec<u8> = mel.iter().flat_map(|x| x.to_le_bytes()).collect();
            responses.write_all(&bytes)?;
        }
        let summary = serde_json::to_vec(&window.summary())?;
        responses.write_all(&u32::try_from(summary.len())?.to_le_bytes())?;
        responses.write_all(&summary)?;
        responses.flush()?;
    }
    Ok(())
}

/// A window of a whole sound.
pub(crate) fn window_of(rate_hz: u32, left: &[f32], right: &[f32]) -> Result<AnalysisWindow> {
    let range = 8_000..=768_000;
    ensure!(range.contains(&rate_hz), "{rate_hz} Hz is no sample rate");
    let spec = Spec {
        sample_rate_hz: f64::from(rate_hz),
    };
    Ok(AnalysisWindow::of(spec, left, right))
}

/// The first number of the next request; none at the end of the input.
fn next_number(from: &mut impl Read) -> Result<Option<u32>> {
    let mut bytes = [0; 4];
    match from.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(u32::from_le_bytes(bytes))),
        Err(e) if e.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(e) => Err(e).context("standard input can't be read"),
    }
}

fn number(from: &mut impl Read) -> Result<u32> {
    next_number(from)?.context("a request is cut short")
}

fn samples(from: &mut impl Read, count: usize) -> Result<Vec<f32>> {
    let mut bytes = vec![0; 4 * count];
    from.read_exact(&mut bytes)
        .context("a request is cut short")?;
    let words = bytes.as_chunks::<4>().0.iter();
    Ok(words.map(|word| f32::from_le_bytes(*word)).collect())
}
