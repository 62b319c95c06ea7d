//! What windows on X11 need beyond baseview 0.4.

mod keyboard;
mod relay;

use std::sync::OnceLock;

use libloading::Library;
use raw_window_handle::{HasWindowHandle, RawWindowHandle};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConfigureWindowAux, ConnectionExt as _, PropMode,
};
use x11rb::wrapper::ConnectionExt as _;

pub(in crate::editor) use keyboard::{KeyScope, Keyboard};

/// Far from every screen.
const ASIDE: i32 = -16_000;

/// Loads the graphics library once more and for ever: it would go and come with each window, which leaks and ends in
/// crashes.
pub(in crate::editor) fn keep_graphics_loaded() {
    static GRAPHICS: OnceLock<Option<Library>> = OnceLock::new();
    // SAFETY: the system's own library, which the window's thread loads anyway.
    GRAPHICS.get_or_init(|| unsafe { Library::new("libEGL.so.1") }.ok());
}

/// Maps a new window for a moment, far from the screen, before its thread looks for events.
///
/// baseview begins to listen for the end of a picture when the window is mapped. A picture that is asked for before
/// that, as is any while audio plays and the host takes its time, never ends for it, and the window would stay blank.
/// Where this fails, it's as it would be without.
pub(in crate::editor) fn wake(window: &impl HasWindowHandle) {
    if let Ok(handle) = window.window_handle()
        && let RawWindowHandle::Xlib(handle) = handle.as_raw()
        && let Ok(id) = u32::try_from(handle.window)
        && let Ok((x, _)) = x11rb::connect(None)
    {
        let _ = map_aside(&x, id);
    }
}

fn map_aside(x: &impl Connection, id: u32) -> Result<(), Box<dyn std::error::Error>> {
    // The window manager shall not hear of it.
    let unmanaged = |on: bool| ChangeWindowAttributesAux::new().override_redirect(u32::from(on));
    x.change_window_attributes(id, &unmanaged(true))?;
    x.configure_window(id, &ConfigureWindowAux::new().x(ASIDE))?;
    x.map_window(id)?;
    x.unmap_window(id)?;
    x.configure_window(id, &ConfigureWindowAux::new().x(0))?;
    x.change_window_attributes(id, &unmanaged(false))?;
    x.sync()?;
    Ok(())
}

/// Declares that an embedded window follows the [XEmbed protocol](https://specifications.freedesktop.org/xembed-spec/),
/// which hosts such as the VST3 SDK's `editorhost` demand.
///
/// The flags are 0 and not `XEMBED_MAPPED`: CLAP and VST3 plug-ins map their windows themselves when they are shown, and
/// `editorhost` ends itself if the window asks to be mapped before it has been embedded. GTK 2's socket and JUCE's
/// `XEmbedComponent` show a window that has mapped itself.
pub(in crate::editor) fn declare_xembed(window: &impl HasWindowHandle) {
    if let Ok(handle) = window.window_handle()
        && let RawWindowHandle::Xlib(handle) = handle.as_raw()
        && let Ok(id) = u32::try_from(handle.window)
        && let Ok((x, _)) = x11rb::connect(None)
    {
        let _ = set_xembed_info(&x, id);
    }
}

fn set_xembed_info(x: &impl Connection, id: u32) -> Result<(), Box<dyn std::error::Error>> {
    const VERSION: u32 = 0;
    const FLAGS: u32 = 0;
    let info = x.intern_atom(false, b"_XEMBED_INFO")?.reply()?.atom;
    x.change_property32(PropMode::REPLACE, id, info, info, &[VERSION, FLAGS])?
        .check()?;
    Ok(())
}
