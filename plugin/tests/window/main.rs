//! The window, drawn without a window: what it looks like, and what hands on it do.

mod bounces;
mod costs;
mod engine;
mod hands;
mod menu;
mod pictures;
mod references;
mod stand;
mod taste;
