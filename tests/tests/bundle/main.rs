//! Tests of the built bundle, loaded from disk as a host loads it.
//!
//! One binary holds them all, with one module per topic. nextest runs each test in its own process.

mod hosts;
mod meters;
mod safety;
mod settings;
mod sound;
