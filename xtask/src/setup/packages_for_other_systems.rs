//! Packages of Debian and Ubuntu with which `cargo xtask cross` and `cargo xtask package` build, run and pack.

use super::packages::{Package, Sign, package};

/// Rust's compiler with the source of its standard library, for systems that rustup has no library for.
pub(crate) const DEBIAN_RUST: [Package; 3] = [
    package("rustc-web", Sign::Installed("rustc-web")),
    package("cargo-web", Sign::Installed("cargo-web")),
    package("rust-web-src", Sign::Installed("rust-web-src")),
];

/// Links programs for Windows.
pub(crate) const FOR_WINDOWS_LINKING: [Package; 1] = [package(
    "gcc-mingw-w64-x86-64-win32",
    Sign::File("/usr/bin/x86_64-w64-mingw32-gcc"),
)];

/// Runs programs of Windows. They need the packages of the window too.
pub(crate) const FOR_WINE: [Package; 2] = [
    package("wine", Sign::File("/usr/bin/wine")),
    package("wine64", Sign::Installed("wine64")),
];

/// Makes Debian packages.
pub(crate) const FOR_DEBIAN_PACKAGES: [Package; 1] =
    [package("dpkg-dev", Sign::File("/usr/bin/dpkg-shlibdeps"))];

/// Makes a new system in a folder.
pub(crate) const FOR_NEW_SYSTEMS: [Package; 1] =
    [package("debootstrap", Sign::File("/usr/sbin/debootstrap"))];

/// Makes the archive and the installer for Windows.
pub(crate) const FOR_WINDOWS_PACKAGES: [Package; 2] = [
    package("nsis", Sign::File("/usr/bin/makensis")),
    package("zip", Sign::File("/usr/bin/zip")),
];

/// Links programs for Linux on Arm.
pub(crate) const FOR_ARM_LINKING: [Package; 2] = [
    package(
        "gcc-aarch64-linux-gnu",
        Sign::File("/usr/bin/aarch64-linux-gnu-gcc"),
    ),
    // The compiler only recommends it.
    package(
        "libc6-dev-arm64-cross",
        Sign::File("/usr/aarch64-linux-gnu/include/stdio.h"),
    ),
];

/// Runs programs of Linux on Arm.
pub(crate) const FOR_QEMU: [Package; 1] = [package(
    "qemu-user-static",
    Sign::File("/usr/bin/qemu-aarch64-static"),
)];
