//! The editor inside a host's window.

use std::ffi::{CStr, c_char};
use std::num::NonZeroIsize;
use std::ptr::NonNull;

use clap_sys::ext::gui::{
    CLAP_WINDOW_API_COCOA, CLAP_WINDOW_API_WIN32, CLAP_WINDOW_API_X11, clap_gui_resize_hints,
    clap_plugin_gui, clap_window,
};
use clap_sys::plugin::clap_plugin;
use nice_plug::context::PluginApi;
use nice_plug::prelude::ParentWindowHandle;

use super::plugin::ClapPlugin;
use crate::formats::c_string::c_str;
use crate::formats::editor_window::EditorWindow;
use crate::formats::panic_guard::{guard, guard_some};

/// The window API of this system.
const API: &CStr = if cfg!(windows) {
    CLAP_WINDOW_API_WIN32
} else if cfg!(target_os = "macos") {
    CLAP_WINDOW_API_COCOA
} else {
    CLAP_WINDOW_API_X11
};

pub(super) static GUI: clap_plugin_gui = clap_plugin_gui {
    is_api_supported: Some(is_api_supported),
    get_preferred_api: Some(get_preferred_api),
    create: Some(create),
    destroy: Some(destroy),
    set_scale: Some(set_scale),
    get_size: Some(get_size),
    can_resize: Some(can_resize),
    get_resize_hints: Some(get_resize_hints),
    adjust_size: Some(adjust_size),
    set_size: Some(set_size),
    set_parent: Some(set_parent),
    set_transient: Some(set_transient),
    suggest_title: Some(suggest_title),
    show: Some(show),
    hide: Some(hide),
};

/// Runs `work` on the instance's window; false for a null pointer.
///
/// # Safety
///
/// As for [`ClapPlugin::get`].
unsafe fn with_editor(
    plugin: *const clap_plugin,
    work: impl FnOnce(&EditorWindow) -> bool,
) -> bool {
    guard(false, || {
        // SAFETY: as promised by the caller.
        let this = unsafe { ClapPlugin::get(plugin) };
        this.is_some_and(|this| work(&this.instance.editor))
    })
}

/// Replaces the host's width and height by the size that `choose` returns for the window and them.
///
/// # Safety
///
/// `plugin` as for [`with_editor`]; `width` and `height` must be null or the host's.
unsafe fn with_size(
    plugin: *const clap_plugin,
    width: *mut u32,
    height: *mut u32,
    choose: impl FnOnce(&EditorWindow, (u32, u32)) -> (u32, u32),
) -> bool {
    // SAFETY: as promised by the caller.
    unsafe {
        with_editor(plugin, |editor| {
            let (Some(width), Some(height)) = (width.as_mut(), height.as_mut()) else {
                return false;
            };
            (*width, *height) = choose(editor, (*width, *height));
            true
        })
    }
}

unsafe extern "C" fn is_api_supported(
    _plugin: *const clap_plugin,
    api: *const c_char,
    is_floating: bool,
) -> bool {
    // SAFETY: hosts pass a string or null.
    !is_floating && unsafe { c_str(api) } == Some(API)
}

unsafe extern "C" fn get_preferred_api(
    _plugin: *const clap_plugin,
    api: *mut *const c_char,
    is_floating: *mut bool,
) -> bool {
    // SAFETY: null or the host's.
    let (Some(api), Some(is_floating)) = (unsafe { (api.as_mut(), is_floating.as_mut()) }) else {
        return false;
    };
    *api = API.as_ptr();
    *is_floating = false;
    true
}

unsafe extern "C" fn create(
    plugin: *const clap_plugin,
    api: *const c_char,
    is_floating: bool,
) -> bool {
    guard_some(false, || {
        // SAFETY: hosts pass their instance or null, and a string or null.
        let (this, is_supported) = unsafe {
            let this = ClapPlugin::get(plugin)?;
            (this, is_api_supported(plugin, api, is_floating))
        };
        let host = this.host.clone();
        Some(is_supported && this.instance.open_editor(None, host, PluginApi::Clap))
    })
}

unsafe extern "C" fn destroy(plugin: *const clap_plugin) {
    // SAFETY: as above.
    unsafe { with_editor(plugin, EditorWindow::close) };
}

unsafe extern "C" fn set_scale(plugin: *const clap_plugin, scale: f64) -> bool {
    // SAFETY: as above.
    unsafe { with_editor(plugin, |editor| editor.set_scale(scale)) }
}

unsafe extern "C" fn get_size(
    plugin: *const clap_plugin,
    width: *mut u32,
    height: *mut u32,
) -> bool {
    // SAFETY: as above; the others are null or the host's.
    unsafe { with_size(plugin, width, height, |editor, _| editor.size()) }
}

unsafe extern "C" fn can_resize(_plugin: *const clap_plugin) -> bool {
    true
}

unsafe extern "C" fn get_resize_hints(
    _plugin: *const clap_plugin,
    hints: *mut clap_gui_resize_hints,
) -> bool {
    // SAFETY: null or the host's.
    let Some(hints) = (unsafe { hints.as_mut() }) else {
        return false;
    };
    *hints = clap_gui_resize_hints {
        can_resize_horizontally: true,
        can_resize_vertically: true,
        preserve_aspect_ratio: false,
        aspect_ratio_width: 1,
        aspect_ratio_height: 1,
    };
    true
}

unsafe extern "C" fn adjust_size(
    plugin: *const clap_plugin,
    width: *mut u32,
    height: *mut u32,
) -> bool {
    // SAFETY: as above.
    unsafe {
        with_size(plugin, width, height, |editor, (width, height)| {
            editor.adjust_size(width, height)
        })
    }
}

unsafe extern "C" fn set_size(plugin: *const clap_plugin, width: u32, height: u32) -> bool {
    // SAFETY: as above.
    unsafe { with_editor(plugin, |editor| editor.set_size(width, height)) }
}

unsafe extern "C" fn set_parent(plugin: *const clap_plugin, window: *const clap_window) -> bool {
    // SAFETY: as above; the window is null or the host's, with the API that it names.
    unsafe {
        with_editor(plugin, |editor| {
            let parent = window.as_ref().and_then(|window| parent(window));
            parent.is_some_and(|parent| editor.set_parent(parent))
        })
    }
}

/// # Safety
///
/// The window must have the API that it names.
unsafe fn parent(window: &clap_window) -> Option<ParentWindowHandle> {
    // SAFETY: as promised by the caller.
    let api = unsafe { c_str(window.api) }?;
    if api != API {
        return None;
    }
    // SAFETY: the field of this API.
    unsafe {
        if api == CLAP_WINDOW_API_X11 {
            Some(window.specific.x11)
                .filter(|id| *id != 0)
                .map(ParentWindowHandle::XlibWindow)
        } else if api == CLAP_WINDOW_API_COCOA {
            NonNull::new(window.specific.cocoa).map(ParentWindowHandle::AppKitNsView)
        } else {
            NonZeroIsize::new(window.specific.win32.addr().cast_signed())
                .map(ParentWindowHandle::Win32Hwnd)
        }
    }
}

/// Flow has no floating windows.
unsafe extern "C" fn set_transient(
    _plugin: *const clap_plugin,
    _window: *const clap_window,
) -> bool {
    false
}

unsafe extern "C" fn suggest_title(_plugin: *const clap_plugin, _title: *const c_char) {}

unsafe extern "C" fn show(plugin: *const clap_plugin) -> bool {
    // SAFETY: as above.
    unsafe { with_editor(plugin, EditorWindow::show) }
}

unsafe extern "C" fn hide(plugin: *const clap_plugin) -> bool {
    // SAFETY: as above.
    unsafe { with_editor(plugin, EditorWindow::hide) }
}
