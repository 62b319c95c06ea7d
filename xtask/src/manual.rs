//! `cargo xtask manual`: the generated pages of the manual, and the manual as a website.

mod links;
mod pages;
mod site;

pub(crate) use site::build as build_site;

use crate::arguments::ManualArguments;
use anyhow::Result;

/// Writes the pages. With `--site` it builds the website from the pages as they are stored.
///
/// # Errors
///
/// If a file can't be read or written, or if mdBook is missing or fails.
pub(crate) fn manual(arguments: &ManualArguments) -> Result<()> {
    if arguments.site {
        build_site()
    } else {
        pages::write()
    }
}
