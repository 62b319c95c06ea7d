//! The files of one network, read together.

use super::manifest::Manifest;
use super::plan::Plan;
use crate::error::ModelError;

/// The contents of a network's files.
#[derive(Clone, Copy, Debug)]
pub struct ModelFiles<'a> {
    /// The manifest, JSON.
    pub manifest: &'a str,
    /// The structure of the plan, JSON.
    pub plan: &'a [u8],
    /// The weights of the plan.
    pub weights: &'a [u8],
}

impl ModelFiles<'_> {
    /// Checks the files against the manifest, and reads them.
    ///
    /// # Errors
    /// Files that are damaged, truncated, oversized, or of another version than this one of Flow.
    pub(crate) fn load(self) -> Result<(Manifest, Plan), ModelError> {
        let manifest = Manifest::read(self.manifest)?;
        manifest.plan.check(self.plan)?;
        manifest.weights.check(self.weights)?;
        Ok((manifest, Plan::load(self.plan, self.weights)?))
    }
}
