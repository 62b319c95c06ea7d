//! The bundle under test: loading, parameters, renders. Failures panic, so that they fail the test.

use flow_audio_file::Audio;
use flow_host::clap::{Automation, Bundle, HostError, Instance, RenderOptions, host_id};
use std::path::{Path, PathBuf};

/// The sample rates of the latency, ceiling and metering targets, Hz.
pub const RATES_HZ: [u32; 6] = [44_100, 48_000, 88_200, 96_000, 176_400, 192_000];

/// The limit of the plug-in's library, with symbols or without. Stripping them saves a sixth.
pub const MAX_LIBRARY_BYTES: u64 = 25_000_000;

/// Path of the bundle under test: `FLOW_BUNDLE`, or the output of `cargo xtask bundle`.
#[must_use]
pub fn bundle_path() -> PathBuf {
    std::env::var_os("FLOW_BUNDLE").map_or_else(
        || {
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("..")
                .join("target")
                .join("bundled")
                .join("Flow.clap")
        },
        PathBuf::from,
    )
}

/// Loads the bundle under test.
///
/// # Panics
///
/// If it is missing; the message names the command that builds it.
#[must_use]
pub fn open_bundle() -> Bundle {
    match Bundle::open(&bundle_path()) {
        Ok(bundle) => bundle,
        Err(HostError::BundleNotFound(path)) => {
            panic!("no bundle at {}: run `cargo xtask bundle`", path.display())
        }
        Err(error) => panic!("{error}"),
    }
}

/// A new instance of Flow with these parameters set, as ids and texts.
///
/// # Panics
///
/// If the bundle or a parameter is missing.
#[must_use]
pub fn flow_with(settings: &[(&str, &str)]) -> Instance {
    let mut flow = open_bundle()
        .instantiate()
        .unwrap_or_else(|e| panic!("{e}"));
    configure(&mut flow, settings);
    flow
}

/// Sets parameters, given as ids and texts.
///
/// # Panics
///
/// If a parameter is missing or doesn't accept its text.
pub fn configure(flow: &mut Instance, settings: &[(&str, &str)]) {
    for (id, text) in settings {
        flow.set_text(*id, text)
            .unwrap_or_else(|e| panic!("{id}: {e}"));
    }
}

/// Renders with default options and compensated latency.
///
/// # Panics
///
/// If the plug-in fails.
#[must_use]
pub fn render(flow: &mut Instance, input: &Audio) -> Audio {
    render_with(flow, input, &RenderOptions::default())
}

/// Renders with these options.
///
/// # Panics
///
/// If the plug-in fails.
#[must_use]
pub fn render_with(flow: &mut Instance, input: &Audio, options: &RenderOptions<'_>) -> Audio {
    flow.render(input, options)
        .unwrap_or_else(|e| panic!("{e}"))
        .audio
}

/// Asserts that two renders have the same bits.
///
/// # Panics
///
/// If they differ; the message has the first frame and channel.
pub fn assert_same(found: &Audio, expected: &Audio, case: &str) {
    let first_difference = found.first_difference(expected);
    assert_eq!(first_difference, None, "{case}: frame and channel");
}

/// Renders with automation and default options otherwise.
///
/// # Panics
///
/// If the plug-in fails.
#[must_use]
pub fn render_automated(flow: &mut Instance, input: &Audio, automation: &[Automation]) -> Audio {
    let options = RenderOptions {
        automation,
        ..RenderOptions::default()
    };
    render_with(flow, input, &options)
}

/// A parameter change, given as a text.
///
/// # Panics
///
/// If the parameter is missing or doesn't accept the text.
#[must_use]
pub fn automate(flow: &mut Instance, sample: usize, id: &str, text: &str) -> Automation {
    let value = flow
        .value_from_text(id, text)
        .unwrap_or_else(|| panic!("{id} does not accept {text:?}"));
    Automation {
        sample: sample as u64,
        parameter: host_id(id),
        value,
    }
}

/// Writes silence as a sparse file: a mono WAV of 16 bits at 22.05 kHz.
///
/// # Panics
///
/// If the file can't be written.
pub fn write_long_silence(path: &Path, seconds: u32) {
    let data_bytes = 2 * 22_050 * seconds;
    let mut header = b"RIFF".to_vec();
    header.extend((36 + data_bytes).to_le_bytes());
    header.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    header.extend(22_050_u32.to_le_bytes());
    header.extend(44_100_u32.to_le_bytes());
    header.extend(b"\x02\0\x10\0data");
    header.extend(data_bytes.to_le_bytes());
    let mut file = std::fs::File::create(path).unwrap();
    std::io::Write::write_all(&mut file, &header).unwrap();
    file.set_len(header.len() as u64 + u64::from(data_bytes))
        .unwrap();
}
