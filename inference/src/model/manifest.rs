//! The manifest of a network: its files with their hashes, its input and outputs, and its calibration.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use flow_analysis::correction::{BANDS, FIRST_BAND};
use flow_analysis::features::{self, MEL_BANDS, MEL_FRAMES};
use flow_analysis::prediction::STYLES;

use crate::error::ModelError;

/// Larger than any file of Flow's networks, bytes.
const MAX_BYTES: usize = 4 << 20;

/// The description beside the files of a network, JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Name and version of the network.
    pub name: String,
    /// The ONNX file beside the manifest: the same network for other programs.
    pub file: String,
    /// SHA-256 of the ONNX file, hexadecimal.
    pub sha256: String,
    /// Length of the ONNX file.
    pub bytes: usize,
    /// The structure of the compiled plan.
    pub plan: CompiledFile,
    /// The weights of the compiled plan.
    pub weights: CompiledFile,
    /// ONNX operator set that the ONNX file needs.
    pub opset: u32,
    /// The [`features::VERSION`] that the network was trained on.
    pub features: u32,
    /// Mid and side, frames, bands.
    pub input: [usize; 3],
    /// Centers of the correction curve's bands, Hz.
    pub bands_hz: Vec<f32>,
    /// Names of the contexts.
    pub contexts: Vec<String>,
    /// Where levels are brought to the network's range. `in-graph`: the network does it.
    pub normalization: String,
    /// The calibration of its outputs on the validation songs.
    pub calibration: Calibration,
}

/// A file of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompiledFile {
    /// Its name, beside the manifest.
    pub file: String,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
    /// Its length.
    pub bytes: usize,
}

/// Scales the network's outputs to the size and certainty that validation showed to be right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Factor of the correction curve.
    pub shrinkage: f32,
    /// Factor of all other corrections.
    pub others: f32,
    /// Factor of their standard deviations.
    pub spread: f32,
    /// Changes that are less certain aren't proposed, 0.5 to 1.
    pub least_certainty: f32,
}

impl Calibration {
    fn is_valid(&self) -> bool {
        (0.0..=4.0).contains(&self.shrinkage)
            && (0.0..=2.0).contains(&self.others)
            && (0.1..=10.0).contains(&self.spread)
            && (0.5..=1.0).contains(&self.least_certainty)
    }
}

impl Manifest {
    /// Reads a manifest, and checks it against this version of Flow.
    ///
    /// # Errors
    /// The first difference, in one line.
    pub(crate) fn read(json: &str) -> Result<Self, ModelError> {
        let refuse = |cause: String| Err(ModelError::new(cause));
        let manifest: Self = serde_json::from_str(json)
            .map_err(|e| ModelError::new(format!("its manifest can't be read: {e}")))?;
        if manifest.features != features::VERSION {
            let (its, ours) = (manifest.features, features::VERSION);
            return refuse(format!(
                "it was trained on features {its}, these are {ours}"
            ));
        }
        if manifest.input != [2, MEL_FRAMES, MEL_BANDS] {
            return refuse(format!("its input is {:?}", manifest.input));
        }
        let hz = &flow_dsp::StyleTarget::third_octaves_hz()[FIRST_BAND..][..BANDS];
        if manifest.bands_hz != hz {
            return refuse("its bands are others".into());
        }
        if manifest.contexts != STYLES {
            return refuse(format!("it knows {}", manifest.contexts.join(", ")));
        }
        if manifest.normalization != "in-graph" {
            let way = &manifest.normalization;
            return refuse(format!("it expects the normalization {way:?}"));
        }
        if !manifest.calibration.is_valid() {
            return refuse(format!("its calibration is {:?}", manifest.calibration));
        }
        Ok(manifest)
    }
}

/// The SHA-256 of a content, hexadecimal.
pub(crate) fn sha256(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest.iter().map(|b| format!("{b:02x}")).collect()
}

impl CompiledFile {
    /// Checks that a content is the one that the manifest describes.
    pub(crate) fn check(&self, content: &[u8]) -> Result<(), ModelError> {
        let Self {
            file,
            sha256,
            bytes,
        } = self;
        let found = content.len();
        let cause = if found > MAX_BYTES {
            format!("{found} bytes are too many")
        } else if found != *bytes {
            format!("it has {found} bytes instead of {bytes}")
        } else if self::sha256(content) != *sha256 {
            "it isn't the file that the manifest describes (SHA-256)".into()
        } else {
            return Ok(());
        };
        Err(ModelError::new(format!("{file:?}: {cause}")))
    }
}
