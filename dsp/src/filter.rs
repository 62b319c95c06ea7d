//! Linear filters, crossovers, interpolators and oversampling.

pub mod block_filter;
pub mod crossover;
pub mod fir;
pub mod interpolator;
pub mod oversampling;
pub mod quadrature;
pub mod section;
