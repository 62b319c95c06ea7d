//! The editor as a view inside a host's window.

use std::ffi::{CStr, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use nice_plug::context::PluginApi;
use nice_plug::prelude::{Modifiers, ParentWindowHandle};
use vst3::Steinberg::IPlugViewContentScaleSupport_::ScaleFactor;
use vst3::Steinberg::{
    FIDString, IPlugFrame, IPlugView, IPlugViewContentScaleSupport,
    IPlugViewContentScaleSupportTrait, IPlugViewTrait, TBool, ViewRect, char16, int16,
    kNotImplemented, kResultTrue, tresult,
};
use vst3::{Class, ComRef, ComWrapper};

use super::checked;
use super::host::Vst3Host;
use crate::formats::instance::Instance;
use crate::formats::panic_guard::guard;
use crate::formats::virtual_keys::virtual_key;

/// The window type of this system.
const PLATFORM_TYPE: &CStr = if cfg!(windows) {
    c"HWND"
} else if cfg!(target_os = "macos") {
    c"NSView"
} else {
    c"X11EmbedWindowID"
};

/// One view of an instance. Creating it is cheap and needs no display.
pub(super) struct View {
    instance: Arc<Instance>,
    host: Arc<Vst3Host>,
    /// The host's pointer to this object, not reference-counted.
    own: AtomicPtr<IPlugView>,
    /// Whether the instance's window belongs to this view. It belongs to one view at most.
    is_attached: AtomicBool,
}

impl Class for View {
    type Interfaces = (IPlugView, IPlugViewContentScaleSupport);
}

/// `[main]` Creates a view, which the host releases.
pub(super) fn create(instance: &Arc<Instance>, host: &Arc<Vst3Host>) -> *mut IPlugView {
    let view = ComWrapper::new(View {
        instance: instance.clone(),
        host: host.clone(),
        own: AtomicPtr::new(std::ptr::null_mut()),
        is_attached: AtomicBool::new(false),
    });
    let Some(pointer) = view.to_com_ptr::<IPlugView>() else {
        return std::ptr::null_mut();
    };
    let pointer = pointer.into_raw();
    view.own.store(pointer, Ordering::Relaxed);
    pointer
}

impl Drop for View {
    fn drop(&mut self) {
        // A host may release a view without removing it.
        guard((), || {
            self.close();
            self.host.set_frame(None, self.own.load(Ordering::Relaxed));
        });
    }
}

/// Width and height of a rectangle, if both are positive.
fn extent(rect: &ViewRect) -> Option<(u32, u32)> {
    let side = |begin: i32, end: i32| {
        let length = u32::try_from(end.checked_sub(begin)?).ok()?;
        (length > 0).then_some(length)
    };
    Some((side(rect.left, rect.right)?, side(rect.top, rect.bottom)?))
}

/// The framework's handle of the host's window.
fn parent_of(parent: *mut c_void) -> Option<ParentWindowHandle> {
    #[cfg(windows)]
    return std::num::NonZeroIsize::new(parent.addr().cast_signed())
        .map(ParentWindowHandle::Win32Hwnd);
    #[cfg(target_os = "macos")]
    return std::ptr::NonNull::new(parent).map(ParentWindowHandle::AppKitNsView);
    #[cfg(all(unix, not(target_os = "macos")))]
    return std::ffi::c_ulong::try_from(parent.addr())
        .ok()
        .filter(|id| *id != 0)
        .map(ParentWindowHandle::XlibWindow);
}

impl View {
    /// Closes the window if it belongs to this view, and returns whether it did.
    fn close(&self) -> bool {
        self.is_attached.swap(false, Ordering::Relaxed) && self.instance.editor.close()
    }

    fn key(&self, code: int16, modifiers: int16, is_down: bool) -> tresult {
        checked(|| {
            let key = virtual_key(code);
            let modifiers = u8::try_from(modifiers & 0x0f).unwrap_or(0);
            let modifiers = Modifiers::from_bits_truncate(modifiers);
            let editor = &self.instance.editor;
            Some(key.is_some_and(|key| editor.key(key, is_down, modifiers)))
        })
    }
}

impl IPlugViewTrait for View {
    unsafe fn isPlatformTypeSupported(&self, kind: FIDString) -> tresult {
        // SAFETY: not null, and the host's string.
        let is_supported = !kind.is_null() && unsafe { CStr::from_ptr(kind) } == PLATFORM_TYPE;
        checked(|| Some(is_supported))
    }

    unsafe fn attached(&self, parent: *mut c_void, kind: FIDString) -> tresult {
        checked(|| {
            // SAFETY: the host passes a string or null.
            if unsafe { self.isPlatformTypeSupported(kind) } != kResultTrue {
                return None;
            }
            let parent = parent_of(parent)?;
            let (editor, host) = (&self.instance.editor, self.host.clone());
            let is_open = self
                .instance
                .open_editor(Some(parent), host, PluginApi::Vst3);
            if is_open && !editor.show() {
                editor.close();
                return Some(false);
            }
            self.is_attached.fetch_or(is_open, Ordering::Relaxed);
            Some(is_open)
        })
    }

    unsafe fn removed(&self) -> tresult {
        checked(|| Some(self.close()))
    }

    // The window gets wheel events and characters from the system.
    unsafe fn onWheel(&self, _distance: f32) -> tresult {
        kNotImplemented
    }

    unsafe fn onKeyDown(&self, _key: char16, code: int16, modifiers: int16) -> tresult {
        self.key(code, modifiers, true)
    }

    unsafe fn onKeyUp(&self, _key: char16, code: int16, modifiers: int16) -> tresult {
        self.key(code, modifiers, false)
    }

    unsafe fn getSize(&self, size: *mut ViewRect) -> tresult {
        checked(|| {
            // SAFETY: null or the host's.
            let size = unsafe { size.as_mut() }?;
            let (width, height) = self.instance.editor.size();
            *size = ViewRect {
                left: 0,
                top: 0,
                right: i32::try_from(width).unwrap_or(0),
                bottom: i32::try_from(height).unwrap_or(0),
            };
            Some(true)
        })
    }

    unsafe fn onSize(&self, size: *mut ViewRect) -> tresult {
        checked(|| {
            // SAFETY: null or the host's.
            let (width, height) = unsafe { size.as_ref() }.and_then(extent)?;
            let editor = &self.instance.editor;
            // Some hosts set the size before they attach the view, which then has no window to resize.
            Some(!editor.is_open() || editor.set_size(width, height))
        })
    }

    unsafe fn onFocus(&self, _state: TBool) -> tresult {
        kNotImplemented
    }

    unsafe fn setFrame(&self, frame: *mut IPlugFrame) -> tresult {
        checked(|| {
            // SAFETY: null or the host's.
            let frame = unsafe { ComRef::from_raw(frame) }.map(|frame| frame.to_com_ptr());
            // While another view is attached, this view's frame is ignored.
            let is_attached = self.is_attached.load(Ordering::Relaxed);
            if frame.is_none() || is_attached || !self.instance.editor.is_open() {
                self.host.set_frame(frame, self.own.load(Ordering::Relaxed));
            }
            Some(true)
        })
    }

    unsafe fn canResize(&self) -> tresult {
        kResultTrue
    }

    unsafe fn checkSizeConstraint(&self, rect: *mut ViewRect) -> tresult {
        checked(|| {
            // SAFETY: null or the host's.
            let rect = unsafe { rect.as_mut() }?;
            let Some((width, height)) = extent(rect) else {
                return Some(false);
            };
            let (width, height) = self.instance.editor.adjust_size(width, height);
            rect.right = rect.left + i32::try_from(width).unwrap_or(0);
            rect.bottom = rect.top + i32::try_from(height).unwrap_or(0);
            Some(true)
        })
    }
}

impl IPlugViewContentScaleSupportTrait for View {
    unsafe fn setContentScaleFactor(&self, factor: ScaleFactor) -> tresult {
        checked(|| Some(self.instance.editor.set_scale(factor.into())))
    }
}
