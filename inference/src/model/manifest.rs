//! What belongs to a network's file: which one it is, what goes in and comes out, and how its answers are to be read.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use flow_analysis::correction::{BANDS, FIRST_BAND};
use flow_analysis::features::{self, MEL_BANDS, MEL_FRAMES};
use flow_analysis::prediction::ProposalThresholds;
use flow_analysis::prediction::STYLES;

use crate::error::ModelError;

/// No network of Flow's is larger; a file that is isn't one.
const LARGEST_BYTES: usize = 4 << 20;

/// Stands beside the file of a network, as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its name and version, for people.
    pub name: String,
    /// File beside the manifest.
    pub file: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Its length.
    pub bytes: usize,
    /// ONNX operator set that it needs.
    pub opset: u32,
    /// [`features::VERSION`] that it learnt from.
    pub features: u32,
    /// Mid and side, frames, bands.
    pub input: [usize; 3],
    /// Centres of the correction curve's bands, Hz.
    pub bands_hz: Vec<f32>,
    /// Names of the contexts.
    pub contexts: Vec<String>,
    /// How levels are brought to the network's range. `in-graph`: the network does that itself.
    pub normalisation: String,
    /// What validation said of its answers.
    pub calibration: Calibration,
}

/// Makes answers as large and as sure as validation showed them to be right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Factor of the correction curve.
    pub shrinkage: f32,
    /// Factor of all other corrections.
    pub others: f32,
    /// Factor of their standard deviations.
    pub spread: f32,
    /// Moves that are less certain aren't proposed, 0.5 to 1.
    pub least_certainty: f32,
    /// Unless the curve is off by as much, dB RMS to the ear, the balance is left alone.
    pub least_db: f32,
    /// Unless it is off by as much, dB RMS to the ear, the balance is moved with care ...
    pub sure_db: f32,
    /// ... by no more than this in any band, dB.
    pub careful_db: f32,
}

impl Calibration {
    pub(crate) fn thresholds(&self) -> ProposalThresholds {
        ProposalThresholds {
            least_certainty: self.least_certainty,
            least_db: self.least_db,
            sure_db: self.sure_db,
            careful_db: self.careful_db,
        }
    }

    fn is_in_order(&self) -> bool {
        (0.0..=4.0).contains(&self.shrinkage)
            && (0.0..=2.0).contains(&self.others)
            && (0.1..=10.0).contains(&self.spread)
            && (0.5..=1.0).contains(&self.least_certainty)
            && (0.0..=12.0).contains(&self.least_db)
            && (0.0..=12.0).contains(&self.sure_db)
            && (0.0..=12.0).contains(&self.careful_db)
    }
}

impl Manifest {
    /// Reads one, and holds it against this version of Flow and the network's file.
    ///
    /// # Errors
    /// Whatever doesn't fit, in one line.
    pub fn check(json: &str, onnx: &[u8]) -> Result<Self, ModelError> {
        let refuse = |what: String| Err(ModelError::new(what));
        let manifest: Self = serde_json::from_str(json)
            .map_err(|e| ModelError::new(format!("its manifest can't be read: {e}")))?;
        if onnx.len() > LARGEST_BYTES {
            return refuse(format!("{} bytes are too many", onnx.len()));
        }
        if onnx.len() != manifest.bytes {
            let (are, should) = (onnx.len(), manifest.bytes);
            return refuse(format!("it has {are} bytes instead of {should}"));
        }
        let digest = Sha256::digest(onnx);
        let hash: String = digest.iter().map(|b| format!("{b:02x}")).collect();
        if hash != manifest.sha256 {
            return refuse("it isn't the file that its manifest describes (SHA-256)".into());
        }
        if manifest.features != features::VERSION {
            let (its, ours) = (manifest.features, features::VERSION);
            return refuse(format!("it learnt from features {its}, these are {ours}"));
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
        if manifest.normalisation != "in-graph" {
            let way = &manifest.normalisation;
            return refuse(format!("it wants to be normalised by {way:?}"));
        }
        if !manifest.calibration.is_in_order() {
            return refuse(format!("its calibration is {:?}", manifest.calibration));
        }
        Ok(manifest)
    }
}
