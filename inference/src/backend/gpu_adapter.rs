//! The name and driver of a GPU.

/// A GPU, or software that emulates one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GpuAdapter {
    /// The driver's name for it.
    pub(crate) name: String,
    /// Driver and its version.
    pub(crate) driver: String,
    /// Whether it is a program on the CPU, such as Mesa's lavapipe.
    pub(crate) is_software: bool,
}

impl GpuAdapter {
    /// The key of its timings and failures.
    pub(crate) fn key(&self) -> String {
        format!("{}, {}", self.name, self.driver)
    }
}
