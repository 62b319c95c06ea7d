//! The choices of a dialog for files.

use std::path::Path;

/// A dialog for existing files.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DialogOptions<'a> {
    pub(crate) title: &'a str,
    /// The folder that it begins in.
    pub(crate) folder: Option<&'a Path>,
    /// The name of the files that it shows, and their extensions.
    pub(crate) filter: (&'a str, &'a [&'a str]),
    /// Whether several files can be chosen.
    pub(crate) takes_many: bool,
}
