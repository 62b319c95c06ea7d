//! The size of the download.

use flow_testkit::testing::bundle_path;

/// The limit of an ELF library with symbols. Stripping them saves a sixth. `cargo xtask package` checks the libraries of all
/// systems without symbols. The graphics crates are optimized less, so that they compile in half the time, and keep more
/// symbols.
const MAX_BYTES: u64 = 25_000_000;

#[test]
fn library_in_release_profile_is_below_its_size_limit() {
    let bytes = std::fs::metadata(bundle_path()).unwrap().len();
    println!("{bytes} bytes");
    assert!(bytes < MAX_BYTES, "{bytes}");
}
