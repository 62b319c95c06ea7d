//! The size of the download.

use flow_testkit::testing::bundle_path;

/// The limit with symbols. Stripping them saves a sixth.
const MAX_BYTES: u64 = 26_000_000;

#[test]
fn library_in_release_profile_is_below_its_size_limit() {
    let path = bundle_path();
    // On macOS the bundle is a folder.
    let metadata = std::fs::metadata(&path).unwrap();
    if metadata.is_file() {
        let bytes = metadata.len();
        println!("{bytes} bytes");
        assert!(bytes < MAX_BYTES, "{bytes}");
    }
}
