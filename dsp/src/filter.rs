//! Linear filters, crossovers, interpolators and oversampling.

pub mod band_envelopes;
pub mod bell;
pub mod block_filter;
pub mod crossover;
pub mod fir;
pub mod gliding_filter;
pub mod interpolator;
pub mod moving_shelf;
pub mod network;
pub mod oversampling;
pub mod point_filter;
pub mod quadrature;
pub mod section;
pub mod sliced_fft;
