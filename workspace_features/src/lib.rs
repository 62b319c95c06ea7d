//! One set of features for each third-party crate: see this package's `Cargo.toml`. It has no code.
