//! The unit of work of sixteen frames, and the parts that every processor is made of.

pub mod delay;
pub mod engagement;
pub mod lookback;
pub mod moving_average;
pub mod parallel;
pub mod processor;
pub mod quantum;
pub mod ramp;
pub mod sliding_minimum;
