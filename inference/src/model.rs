//! The network's files: the manifest, the plan with its weights, and those that Flow ships.

pub(crate) mod files;
pub(crate) mod manifest;
pub(crate) mod plan;
pub(crate) mod shipped;
