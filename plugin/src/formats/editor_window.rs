//! The window of one instance: opened, asked and closed by a host's main thread, in either format.

use std::error::Error;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flow_platform::module_pin;
use fragile::Fragile;
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::{NativeSize, Size};
use nice_plug::editor::{
    Editor, EditorHandle, HostCallbacks, HostMainThreadCaller, HostMethods, SpawnedEditor,
};
use nice_plug::prelude::{Modifiers, ParentWindowHandle, VirtualKeyCode};

use super::editor_context::Host;
use crate::editor::platform::window_lifetime::NativeWindowHandle;
use crate::editor::window::FlowEditor;

type Window = SpawnedEditor<NativeWindowHandle>;

/// Where the window is, if there is one. Calls from a thread other than the one that opened it change nothing.
pub(crate) struct EditorWindow {
    editor: FlowEditor,
    window: Mutex<Option<Fragile<Rc<Window>>>>,
    /// The host's factor, where it gives one.
    scale: Mutex<Option<f64>>,
}

impl Drop for EditorWindow {
    fn drop(&mut self) {
        // A host that destroys the instance on a thread that didn't open its window can't have the window closed here. The
        // window's own thread goes on, so the library stays, too.
        let window = self.slot().take();
        if let Some(window) = window
            && window.try_get().is_err()
        {
            log::error!("the host destroys the instance on a thread that didn't open its window");
            module_pin::pin();
            std::mem::forget(window);
        }
    }
}

/// The host's side of an open window.
struct Callbacks(Arc<dyn Host>);

impl HostCallbacks for Callbacks {
    fn request_resize(&mut self, size: Size, scale: f64) -> Result<(), Box<dyn Error>> {
        let size = NativeSize::from_size(size, scale);
        if self.0.request_resize(size.width, size.height) {
            Ok(())
        } else {
            Err("the host refuses this size".into())
        }
    }

    fn destroyed(&mut self) {
        self.0.window_closed();
    }
}

/// As above, for the window's own thread on X11.
struct MainThreadCaller(Arc<dyn Host>);

impl HostMainThreadCaller for MainThreadCaller {
    fn call_main_thread(&mut self) {
        self.0.call_main_thread();
    }
}

impl EditorWindow {
    pub(crate) fn new(editor: FlowEditor) -> Self {
        Self {
            editor,
            window: Mutex::new(None),
            scale: Mutex::new(None),
        }
    }

    fn slot(&self) -> MutexGuard<'_, Option<Fragile<Rc<Window>>>> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` on the window. None without a window, and on a thread that isn't the window's. The lock is free while
    /// `work` runs, which may end in another call of the host.
    fn with<R>(&self, work: impl FnOnce(&Window) -> R) -> Option<R> {
        let window = self.slot().as_ref()?.try_get().ok()?.clone();
        Some(work(&window))
    }

    /// Runs `work` on the window; whether there is one and it did what was asked.
    fn request<E: std::fmt::Display>(
        &self,
        work: impl FnOnce(&Window) -> Result<(), E>,
        action: &str,
    ) -> bool {
        let done = self.with(|window| {
            work(window).inspect_err(|error| log::error!("the window can't {action}: {error}"))
        });
        matches!(done, Some(Ok(())))
    }

    /// `[main]` Opens the window, inside `parent` or, without one, inside what [`set_parent`](Self::set_parent) brings.
    /// False if there is one already or it can't be opened.
    pub(crate) fn open(
        &self,
        parent: Option<ParentWindowHandle>,
        context: GuiContext,
        host: &Arc<dyn Host>,
    ) -> bool {
        if self.slot().is_some() {
            return false;
        }
        let scale = *self.scale.lock().unwrap_or_else(PoisonError::into_inner);
        let methods = HostMethods {
            callbacks: Box::new(Callbacks(host.clone())),
            main_thread_caller: Box::new(MainThreadCaller(host.clone())),
        };
        let waits_for_parent = parent.is_none();
        let opened = self
            .editor
            .spawn(parent, waits_for_parent, scale, context, Some(methods));
        match opened {
            Ok(window) => {
                *self.slot() = Some(Fragile::new(Rc::new(window)));
                true
            }
            Err(error) => {
                log::error!("the window can't be opened: {error}");
                false
            }
        }
    }

    /// `[main]` Closes the window, if there is one. Whether there was.
    pub(crate) fn close(&self) -> bool {
        let mut slot = self.slot();
        match &*slot {
            Some(window) if window.try_get().is_ok() => {
                let window = slot.take();
                // Closing may end in another call of the host.
                drop(slot);
                drop(window);
                true
            }
            Some(_) => {
                log::error!("the host closes the window on a thread that didn't open it");
                // Its thread goes on, so the library stays, too.
                module_pin::pin();
                false
            }
            None => false,
        }
    }

    /// `[main]` Whether there is a window.
    pub(crate) fn is_open(&self) -> bool {
        self.slot().is_some()
    }

    /// `[main]` Puts the window inside the host's.
    pub(crate) fn set_parent(&self, parent: ParentWindowHandle) -> bool {
        self.request(|w| w.handle.set_parent(parent, &w.window), "move")
    }

    /// `[main]` Shows the window.
    pub(crate) fn show(&self) -> bool {
        self.request(|w| w.handle.show(&w.window), "show itself")
    }

    /// `[main]` Hides the window.
    pub(crate) fn hide(&self) -> bool {
        self.request(|w| w.handle.hide(&w.window), "hide itself")
    }

    /// `[main]` The size that the window has or will have, in the system's pixels.
    pub(crate) fn size(&self) -> (u32, u32) {
        let size = self.editor.size();
        (size.width, size.height)
    }

    /// `[main]` Gives the open window a size, in the system's pixels.
    pub(crate) fn set_size(&self, width: u32, height: u32) -> bool {
        let size = NativeSize { width, height };
        self.request(|w| w.handle.set_size(size, &w.window), "take this size")
    }

    /// `[main]` The nearest size that the window can have.
    pub(crate) fn adjust_size(&self, width: u32, height: u32) -> (u32, u32) {
        let size = NativeSize { width, height };
        let of_window = self.with(|w| w.handle.adjust_size(size, &w.window));
        let adjusted = of_window
            .flatten()
            .unwrap_or_else(|| self.editor.nearest_size(size));
        (adjusted.width, adjusted.height)
    }

    /// `[main]` Takes the host's scale factor for the window that is open or will be, which counts where the system doesn't
    /// tell one.
    pub(crate) fn set_scale(&self, scale: f64) -> bool {
        if !scale.is_finite() || scale <= 0.0 {
            return false;
        }
        *self.scale.lock().unwrap_or_else(PoisonError::into_inner) = Some(scale);
        !self.is_open()
            || self.request(
                |w| w.handle.set_fallback_scale_factor(scale, &w.window),
                "take this scale",
            )
    }

    /// `[main]` The turn on the main thread that the window asked for.
    pub(crate) fn on_main_thread(&self) {
        self.with(|w| w.handle.host_main_thread_callback(&w.window));
    }

    /// `[main]` Hands over a key that the host keeps from windows; whether Flow uses it.
    pub(crate) fn key(&self, key: VirtualKeyCode, is_down: bool, modifiers: Modifiers) -> bool {
        self.with(|w| w.handle.on_virtual_key_from_host(key, is_down, modifiers))
            .unwrap_or(false)
    }
}
