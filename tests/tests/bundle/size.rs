//! How large what users download is.

use flow_testkit::testing::bundle_path;

/// With its network, kernels, window and symbols. The stripped one is smaller by a sixth.
const MOST_BYTES: u64 = 25_000_000;

#[test]
fn the_plug_in_is_small() {
    let path = bundle_path();
    // Elsewhere a bundle is a folder.
    let metadata = std::fs::metadata(&path).unwrap();
    if metadata.is_file() {
        let bytes = metadata.len();
        println!("{bytes} bytes");
        assert!(bytes < MOST_BYTES, "{bytes}");
    }
}
