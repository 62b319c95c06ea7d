//! How the plug-in is linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Once loaded, the library stays until the process ends. Threads of the host that ran Flow's code keep destructors
    // of the standard library's thread-local values, which are called when they end: were the code gone by then, the
    // host would crash.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
