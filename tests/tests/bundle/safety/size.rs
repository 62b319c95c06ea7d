//! The size of the download.

use flow_host::clap::executable_in;
use flow_testkit::testing::{MAX_LIBRARY_BYTES, bundle_path};

#[test]
fn library_in_release_profile_is_below_its_size_limit() {
    let bytes = std::fs::metadata(executable_in(&bundle_path()))
        .unwrap()
        .len();
    println!("measured: {:.1} MB", bytes as f64 / 1e6);
    assert!(bytes < MAX_LIBRARY_BYTES, "{bytes}");
}
