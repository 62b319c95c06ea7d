//! Files that other programs drag onto the window, by OLE's drag and drop.
//!
//! baseview 0.4 registers a target of its own, but egui's adapter ignores its events. The target here takes its place. When the
//! window ends, baseview revokes whichever target it has.

use std::cell::RefCell;
use std::ffi::OsString;
use std::os::windows::ffi::OsStringExt;
use std::path::PathBuf;

use egui::pos2;
use flow_dsp::math::narrow;
use nice_plug_egui::RepaintNotifier;
use raw_window_handle::{HasWindowHandle, RawWindowHandle};
use windows::Win32::Foundation::{HWND, POINT, POINTL};
use windows::Win32::Graphics::Gdi::ScreenToClient;
use windows::Win32::System::Com::{DVASPECT_CONTENT, FORMATETC, IDataObject, TYMED_HGLOBAL};
use windows::Win32::System::Ole::{
    CF_HDROP, DROPEFFECT, DROPEFFECT_COPY, DROPEFFECT_NONE, IDropTarget, IDropTarget_Impl,
    RegisterDragDrop, ReleaseStgMedium, RevokeDragDrop,
};
use windows::Win32::System::SystemServices::MODIFIERKEYS_FLAGS;
use windows::Win32::UI::Shell::{DragQueryFileW, HDROP};
use windows::core::{Ref, Result};

use crate::editor::file_drop::{DraggedFiles, FileDropInbox};

/// The number of files, as `DragQueryFileW` takes it for an index.
const COUNT: u32 = u32::MAX;

/// `[gui]` Receives the files that are dragged onto a window of baseview, on the thread that opened it.
pub(in crate::editor) fn receive_files(
    window: &impl HasWindowHandle,
    inbox: FileDropInbox,
    repaint: RepaintNotifier,
) {
    let Ok(handle) = window.window_handle() else {
        return;
    };
    let RawWindowHandle::Win32(handle) = handle.as_raw() else {
        return;
    };
    let window = HWND(handle.hwnd.get() as *mut _);
    let target: IDropTarget = DropTarget {
        window,
        inbox,
        repaint,
        files: RefCell::default(),
    }
    .into();
    // SAFETY: the window exists, and this is its thread, on which baseview has initialized OLE.
    let registered = unsafe {
        // Without a target of baseview there is nothing to revoke.
        let _ = RevokeDragDrop(window);
        RegisterDragDrop(window, &target)
    };
    if let Err(error) = registered {
        log::warn!("window: it takes no dropped files: {error}");
    }
}

/// The target of a window.
#[windows::core::implement(IDropTarget)]
struct DropTarget {
    window: HWND,
    inbox: FileDropInbox,
    repaint: RepaintNotifier,
    /// The files over the window.
    files: RefCell<Vec<PathBuf>>,
}

impl DropTarget {
    fn dragged(&self, place: &POINTL) -> DraggedFiles {
        let mut point = POINT {
            x: place.x,
            y: place.y,
        };
        // SAFETY: `point` is valid. A window that is gone leaves it as it is.
        let _ = unsafe { ScreenToClient(self.window, &mut point) };
        DraggedFiles {
            paths: self.files.borrow().clone(),
            at: pos2(narrow(point.x.into()), narrow(point.y.into())),
        }
    }

    fn hover(&self, place: &POINTL, effect: *mut DROPEFFECT) {
        let dragged = self.dragged(place);
        set_effect(effect, !dragged.paths.is_empty());
        if !dragged.paths.is_empty() {
            self.inbox.hover(dragged);
            self.repaint.request_repaint();
        }
    }

    fn leave(&self) {
        self.files.borrow_mut().clear();
        self.inbox.leave();
        self.repaint.request_repaint();
    }
}

#[allow(non_snake_case, reason = "names of the interface")]
impl IDropTarget_Impl for DropTarget_Impl {
    fn DragEnter(
        &self,
        data: Ref<'_, IDataObject>,
        _keys: MODIFIERKEYS_FLAGS,
        place: &POINTL,
        effect: *mut DROPEFFECT,
    ) -> Result<()> {
        *self.files.borrow_mut() = data.as_ref().map(files_of).unwrap_or_default();
        self.hover(place, effect);
        Ok(())
    }

    fn DragOver(
        &self,
        _keys: MODIFIERKEYS_FLAGS,
        place: &POINTL,
        effect: *mut DROPEFFECT,
    ) -> Result<()> {
        self.hover(place, effect);
        Ok(())
    }

    fn DragLeave(&self) -> Result<()> {
        self.leave();
        Ok(())
    }

    fn Drop(
        &self,
        data: Ref<'_, IDataObject>,
        _keys: MODIFIERKEYS_FLAGS,
        place: &POINTL,
        effect: *mut DROPEFFECT,
    ) -> Result<()> {
        *self.files.borrow_mut() = data.as_ref().map(files_of).unwrap_or_default();
        let dragged = self.dragged(place);
        set_effect(effect, !dragged.paths.is_empty());
        self.leave();
        if !dragged.paths.is_empty() {
            self.inbox.drop_files(dragged);
        }
        Ok(())
    }
}

/// Tells the other program what a drop does: a copy, if it allows one.
fn set_effect(effect: *mut DROPEFFECT, is_taken: bool) {
    // SAFETY: OLE passes a valid pointer, or none.
    if let Some(effect) = unsafe { effect.as_mut() } {
        let allowed = *effect & DROPEFFECT_COPY;
        *effect = if is_taken { allowed } else { DROPEFFECT_NONE };
    }
}

/// The paths of the files that another program drags.
fn files_of(data: &IDataObject) -> Vec<PathBuf> {
    let format = FORMATETC {
        cfFormat: CF_HDROP.0,
        ptd: std::ptr::null_mut(),
        dwAspect: DVASPECT_CONTENT.0,
        lindex: -1,
        tymed: TYMED_HGLOBAL.0.unsigned_abs(),
    };
    // SAFETY: the format is valid, and asks for memory that holds a list of files. The list is read before it is released.
    unsafe {
        let Ok(mut medium) = data.GetData(&format) else {
            return Vec::new();
        };
        let list = HDROP(medium.u.hGlobal.0);
        let count = DragQueryFileW(list, COUNT, None);
        let path = |index| {
            let length = usize::try_from(DragQueryFileW(list, index, None)).unwrap_or(0);
            // One more for the zero at the end.
            let mut name = vec![0_u16; length + 1];
            DragQueryFileW(list, index, Some(&mut name));
            PathBuf::from(OsString::from_wide(&name[..length]))
        };
        let files = (0..count).map(path).collect();
        ReleaseStgMedium(&mut medium);
        files
    }
}
