//! The library that hosts load. It exports the entry points of [`flow_plugin`], and has no code of its own.

pub use flow_plugin::exports;
