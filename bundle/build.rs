//! Linker options of the library.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // The library must stay loaded until the process ends. The host's threads that ran Flow's code call the destructors
    // of its thread-local values when they end; unloaded code would crash the host there.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
