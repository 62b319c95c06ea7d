//! The editor: shows the state of the plug-in and lets the user change it.
//!
//! - [`model`]: the state behind the panels, without egui.
//! - [`widgets`]: theme, knobs, sliders, buttons and value entry, without the analysis service.
//! - [`language`]: the translations of all texts.
//! - `panels`: the parts of the window.
//! - `app_part`: the part that only the app has, as a trait.
//! - [`file_drop`]: files that another program drags onto the window.
//! - [`platform`]: the window system.
//!
//! [`screen::Screen`] draws the whole content and needs no window; [`window`] opens one around it. A frame is drawn only
//! when something has changed, and a closed editor costs nothing.

pub(crate) mod app_part;
pub mod file_drop;
pub(crate) mod focus_return;
pub mod host_menu;
pub mod language;
pub(crate) mod layout;
pub mod model;
pub(crate) mod panels;
pub mod platform;
pub mod screen;
pub mod widgets;
pub mod window;
