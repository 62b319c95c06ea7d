//! Executors of our own for the CPU.

mod curves;
mod float;
mod integer;
mod layout;
mod level;
mod model;

pub(crate) use float::Float;
pub(crate) use integer::Integer;
pub(crate) use level::Level;
pub(crate) use model::model;
