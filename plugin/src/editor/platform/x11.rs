//! Support for X11 that baseview 0.4 lacks.

mod file_drop;
mod keyboard;
mod relay;

use std::sync::OnceLock;

use libloading::Library;
use raw_window_handle::{HasWindowHandle, RawWindowHandle};
use x11rb::connection::Connection;
use x11rb::protocol::randr::ConnectionExt as _;
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConfigureWindowAux, ConnectionExt as _, PropMode,
};
use x11rb::wrapper::ConnectionExt as _;

pub(in crate::editor) use file_drop::FileDropTarget;
pub(in crate::editor) use keyboard::{KeyScope, Keyboard};

/// A coordinate outside of all screens.
const OFFSCREEN_X: i32 = -16_000;

/// Loads the graphics library and never unloads it. Reloading it for each window leaks and finally crashes.
pub(in crate::editor) fn keep_graphics_loaded() {
    static GRAPHICS: OnceLock<Option<Library>> = OnceLock::new();
    // SAFETY: the window's thread loads the same system library anyway.
    GRAPHICS.get_or_init(|| unsafe { Library::new("libEGL.so.1") }.ok());
}

/// Maps a new window for a moment, far from the screen, before its thread looks for events.
///
/// baseview waits for the end of a frame from the moment that the window is mapped. A frame requested earlier never ends
/// for it, and the window stays blank. That happens while audio plays and the host maps the window late. An error here
/// is ignored.
pub(in crate::editor) fn wake(window: &impl HasWindowHandle) {
    if let Ok(handle) = window.window_handle()
        && let RawWindowHandle::Xlib(handle) = handle.as_raw()
        && let Ok(id) = u32::try_from(handle.window)
        && let Ok((x, _)) = x11rb::connect(None)
    {
        let _ = map_offscreen(&x, id);
    }
}

fn map_offscreen(x: &impl Connection, id: u32) -> Result<(), Box<dyn std::error::Error>> {
    // Hides the window from the window manager.
    let unmanaged = |on: bool| ChangeWindowAttributesAux::new().override_redirect(u32::from(on));
    x.change_window_attributes(id, &unmanaged(true))?;
    x.configure_window(id, &ConfigureWindowAux::new().x(OFFSCREEN_X))?;
    x.map_window(id)?;
    x.unmap_window(id)?;
    x.configure_window(id, &ConfigureWindowAux::new().x(0))?;
    x.change_window_attributes(id, &unmanaged(false))?;
    x.sync()?;
    Ok(())
}

/// Width and height of the screen with the pointer, pixels. `None` without an X server.
pub(in crate::editor) fn screen_size() -> Option<[f32; 2]> {
    let (x, number) = x11rb::connect(None).ok()?;
    let screen = x.setup().roots.get(number)?;
    let whole = [screen.width_in_pixels, screen.height_in_pixels].map(f32::from);
    Some(monitor_size(&x, screen.root).unwrap_or(whole))
}

/// The size of the monitor with the pointer; `None` if the server doesn't tell.
fn monitor_size(x: &impl Connection, root: u32) -> Option<[f32; 2]> {
    let pointer = x.query_pointer(root).ok()?.reply().ok()?;
    let monitors = x.randr_get_monitors(root, true).ok()?.reply().ok()?;
    let is_within = |at: i16, begin: i16, length: u16| {
        (0..i32::from(length)).contains(&(i32::from(at) - i32::from(begin)))
    };
    let mut monitors = monitors.monitors.into_iter();
    let monitor = monitors.find(|monitor| {
        is_within(pointer.root_x, monitor.x, monitor.width)
            && is_within(pointer.root_y, monitor.y, monitor.height)
    })?;
    Some([monitor.width, monitor.height].map(f32::from))
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
