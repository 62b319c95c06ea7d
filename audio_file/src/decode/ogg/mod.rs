//! Ogg files.

mod decoder;
mod opus;
mod pages;

pub(super) use decoder::open;
