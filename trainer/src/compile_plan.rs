//! Compiles an ONNX file to the plan that the plug-in reads.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::lowering::lower;
use crate::onnx;

/// Writes `STEM.plan.json` and `STEM.weights.bin` for an ONNX file.
pub(crate) fn compile_plan(onnx: &Path, stem: &Path) -> Result<()> {
    let bytes = std::fs::read(onnx).with_context(|| format!("{} can't be read", onnx.display()))?;
    let (structure, weights) =
        compile(&bytes).with_context(|| format!("{} can't be compiled", onnx.display()))?;
    for (extension, content) in [("plan.json", structure), ("weights.bin", weights)] {
        let path = stem.with_extension(extension);
        std::fs::write(&path, content)
            .with_context(|| format!("{} can't be written", path.display()))?;
    }
    Ok(())
}

/// The structure and the weights of an ONNX file's plan.
fn compile(onnx: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    Ok(lower(&onnx::read(onnx)?)?.store()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compile_of_shipped_onnx_files_equals_the_stored_plans() {
        let models = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../models"));
        let read = |name: String| std::fs::read(models.join(name)).unwrap();
        for stem in ["flow", "flow-int8"] {
            let onnx = read(format!("{stem}.onnx"));
            let (structure, weights) = compile(&onnx).unwrap();
            let advice = "run flow_trainer compile-plan, or cargo xtask train";
            assert!(
                structure == read(format!("{stem}.plan.json")),
                "{stem}: {advice}"
            );
            assert!(
                weights == read(format!("{stem}.weights.bin")),
                "{stem}: {advice}"
            );
            let largest = onnx.len() + onnx.len() / 5;
            assert!(structure.len() + weights.len() <= largest, "{stem}");
            let manifest: flow_inference::Manifest =
                serde_json::from_slice(&read(format!("{stem}.json"))).unwrap();
            assert_eq!(manifest.bytes, onnx.len());
            assert_eq!(manifest.sha256, sha256(&onnx));
            assert_eq!(manifest.plan.sha256, sha256(&structure));
            assert_eq!(manifest.weights.sha256, sha256(&weights));
        }
    }

    fn sha256(bytes: &[u8]) -> String {
        use sha2::Digest as _;
        let digest = sha2::Sha256::digest(bytes);
        digest.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn compile_of_damaged_onnx_files_is_an_error() {
        let onnx = include_bytes!("../../models/flow.onnx");
        assert!(compile(&onnx[..onnx.len() / 2]).is_err());
        assert!(compile(b"").is_err());
        assert!(compile(b"\x08\x07").is_err());
    }
}
