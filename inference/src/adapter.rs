//! The name and driver of a GPU.

/// A graphics processor, or what pretends to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GpuAdapter {
    /// As its driver calls it.
    pub(crate) name: String,
    /// Driver and its version.
    pub(crate) driver: String,
    /// Whether it is a program on the CPU, such as Mesa's lavapipe.
    pub(crate) is_software: bool,
}

impl GpuAdapter {
    /// What figures and failures are remembered under.
    pub(crate) fn on(&self) -> String {
        format!("{}, {}", self.name, self.driver)
    }
}
