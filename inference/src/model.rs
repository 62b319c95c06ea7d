//! The network's files: the manifest, the plan, and those that Flow ships.

pub(crate) mod manifest;
pub(crate) mod plan;
pub(crate) mod shipped;
