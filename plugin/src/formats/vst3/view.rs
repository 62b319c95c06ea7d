//! The window inside a host's window.

use std::ffi::{CStr, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use nice_plug::context::PluginApi;
use nice_plug::prelude::{Modifiers, ParentWindowHandle};
use vst3::Steinberg::IPlugViewContentScaleSupport_::ScaleFactor;
use vst3::Steinberg::{
    FIDString, IPlugFrame, IPlugView, IPlugViewContentScaleSupport,
    IPlugViewContentScaleSupportTrait, IPlugViewTrait, TBool, ViewRect, char16, int16,
    kInvalidArgument, kNotImplemented, kResultFalse, kResultOk, kResultTrue, tresult,
};
use vst3::{Class, ComRef, ComWrapper};

use super::host::Vst3Host;
use crate::formats::editor_context;
use crate::formats::instance::Instance;
use crate::formats::panic_guard::guard;
use crate::formats::virtual_keys::virtual_key;

/// The kind of window that this system has.
const PLATFORM_TYPE: &CStr = if cfg!(windows) {
    c"HWND"
} else if cfg!(target_os = "macos") {
    c"NSView"
} else {
    c"X11EmbedWindowID"
};

/// One view of an instance. Making it costs nothing and needs no screen.
pub(super) struct View {
    instance: Arc<Instance>,
    host: Arc<Vst3Host>,
    /// This object as the host has it, not counted.
    own: AtomicPtr<IPlugView>,
    /// Whether the instance's window is this view's: another view may have none.
    is_attached: AtomicBool,
}

impl Class for View {
    type Interfaces = (IPlugView, IPlugViewContentScaleSupport);
}

/// `[main]` Makes a view, which the host releases.
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
        // A host may let go of a view that it never removed.
        guard((), || {
            self.close();
            self.host.set_frame(None, self.own.load(Ordering::Relaxed));
        });
    }
}

/// Width and height of a rectangle, if it has any.
fn extent(rect: &ViewRect) -> Option<(u32, u32)> {
    let side = |begin: i32, end: i32| {
        let length = u32::try_from(end.checked_sub(begin)?).ok()?;
        (length > 0).then_some(length)
    };
    Some((side(rect.left, rect.right)?, side(rect.top, rect.bottom)?))
}

fn result(is_done: bool) -> tresult {
    if is_done { kResultOk } else { kResultFalse }
}

/// The host's window.
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
    /// Closes the window if it is this view's. Whether it was.
    fn close(&self) -> bool {
        self.is_attached.swap(false, Ordering::Relaxed) && self.instance.editor.close()
    }

    fn key(&self, code: int16, modifiers: int16, is_down: bool) -> tresult {
        guard(kResultFalse, || {
            let Some(key) = virtual_key(code) else {
                return kResultFalse;
            };
            let modifiers = u8::try_from(modifiers & 0x0f).unwrap_or(0);
            let modifiers = Modifiers::from_bits_truncate(modifiers);
            result(self.instance.editor.key(key, is_down, modifiers))
        })
    }
}

impl IPlugViewTrait for View {
    unsafe fn isPlatformTypeSupported(&self, kind: FIDString) -> tresult {
        // SAFETY: not null, and the host's string.
        let is_supported = !kind.is_null() && unsafe { CStr::from_ptr(kind) } == PLATFORM_TYPE;
        if is_supported {
            kResultTrue
        } else {
            kResultFalse
        }
    }

    unsafe fn attached(&self, parent: *mut c_void, kind: FIDString) -> tresult {
        guard(kResultFalse, || {
            // SAFETY: as the host promises.
            if unsafe { self.isPlatformTypeSupported(kind) } != kResultTrue {
                return kInvalidArgument;
            }
            let Some(parent) = parent_of(parent) else {
                return kInvalidArgument;
            };
            let context = editor_context::context(
                self.instance.shared.clone(),
                self.instance.parameters.clone(),
                self.host.clone(),
                PluginApi::Vst3,
            );
            let host: Arc<dyn editor_context::Host> = self.host.clone();
            let editor = &self.instance.editor;
            let is_open = editor.open(Some(parent), context, &host);
            if is_open && !editor.show() {
                editor.close();
                return kResultFalse;
            }
            self.is_attached.fetch_or(is_open, Ordering::Relaxed);
            result(is_open)
        })
    }

    unsafe fn removed(&self) -> tresult {
        guard(kResultFalse, || result(self.close()))
    }

    // Windows get wheel and keys from the system.
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
        guard(kResultFalse, || {
            // SAFETY: null or the host's.
            let Some(size) = (unsafe { size.as_mut() }) else {
                return kInvalidArgument;
            };
            let (width, height) = self.instance.editor.size();
            *size = ViewRect {
                left: 0,
                top: 0,
                right: i32::try_from(width).unwrap_or(0),
                bottom: i32::try_from(height).unwrap_or(0),
            };
            kResultOk
        })
    }

    unsafe fn onSize(&self, size: *mut ViewRect) -> tresult {
        guard(kResultFalse, || {
            // SAFETY: null or the host's.
            let Some((width, height)) = (unsafe { size.as_ref() }).and_then(extent) else {
                return kInvalidArgument;
            };
            let editor = &self.instance.editor;
            // Some hosts tell the size before they attach the view: then there is nothing to do yet.
            result(!editor.is_open() || editor.set_size(width, height))
        })
    }

    unsafe fn onFocus(&self, _state: TBool) -> tresult {
        kNotImplemented
    }

    unsafe fn setFrame(&self, frame: *mut IPlugFrame) -> tresult {
        guard(kResultFalse, || {
            // SAFETY: null or the host's.
            let frame = unsafe { ComRef::from_raw(frame) }.map(|frame| frame.to_com_ptr());
            // The frame of a view beside an attached one is of no use.
            let is_attached = self.is_attached.load(Ordering::Relaxed);
            if frame.is_none() || is_attached || !self.instance.editor.is_open() {
                self.host.set_frame(frame, self.own.load(Ordering::Relaxed));
            }
            kResultOk
        })
    }

    unsafe fn canResize(&self) -> tresult {
        kResultTrue
    }

    unsafe fn checkSizeConstraint(&self, rect: *mut ViewRect) -> tresult {
        guard(kResultFalse, || {
            // SAFETY: null or the host's.
            let Some(rect) = (unsafe { rect.as_mut() }) else {
                return kInvalidArgument;
            };
            let Some((width, height)) = extent(rect) else {
                return kResultFalse;
            };
            let (width, height) = self.instance.editor.adjust_size(width, height);
            rect.right = rect.left + i32::try_from(width).unwrap_or(0);
            rect.bottom = rect.top + i32::try_from(height).unwrap_or(0);
            kResultTrue
        })
    }
}

impl IPlugViewContentScaleSupportTrait for View {
    unsafe fn setContentScaleFactor(&self, factor: ScaleFactor) -> tresult {
        guard(kResultFalse, || {
            result(self.instance.editor.set_scale(factor.into()))
        })
    }
}
