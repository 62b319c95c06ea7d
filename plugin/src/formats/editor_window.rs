//! The editor's window inside a host's window, for both formats.

use std::error::Error;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard};

use flow_platform::module_pin;
use flow_platform::mutex::lock;
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

/// The window of one instance, open or closed. Only the thread that opened it can change it; other calls fail.
pub(crate) struct EditorWindow {
    editor: FlowEditor,
    window: Mutex<Option<Fragile<Rc<Window>>>>,
    /// The host's scale factor, if it gives one.
    scale: Mutex<Option<f64>>,
}

impl Drop for EditorWindow {
    fn drop(&mut self) {
        // This thread can't close a window that another thread opened. The window's own thread keeps running, so the
        // library must stay loaded.
        let window = self.slot().take();
        if let Some(window) = window
            && window.try_get().is_err()
        {
            log::error!("window: destroyed on a thread that didn't open it; it stays open");
            module_pin::pin();
            std::mem::forget(window);
        }
    }
}

/// The host for an open window.
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

/// The host for the window's own thread on X11.
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
        lock(&self.window)
    }

    /// Runs `work` on the window. None without a window and on other threads. The lock is free meanwhile, because `work`
    /// may cause another call of the host.
    fn with<R>(&self, work: impl FnOnce(&Window) -> R) -> Option<R> {
        let window = self.slot().as_ref()?.try_get().ok()?.clone();
        Some(work(&window))
    }

    /// Runs `work` on the window, and returns whether it succeeded. `action` completes the log message "can't …".
    fn request<E: std::fmt::Display>(
        &self,
        work: impl FnOnce(&Window) -> Result<(), E>,
        action: &str,
    ) -> bool {
        let done = self.with(|window| {
            work(window).inspect_err(|error| log::error!("window: can't {action}: {error}"))
        });
        matches!(done, Some(Ok(())))
    }

    /// `[main]` Opens the window inside `parent`, or inside the parent that [`set_parent`](Self::set_parent) sets later.
    /// False if the window is open already or can't be opened.
    pub(crate) fn open(
        &self,
        parent: Option<ParentWindowHandle>,
        context: GuiContext,
        host: Arc<dyn Host>,
    ) -> bool {
        if self.slot().is_some() {
            return false;
        }
        let scale = *lock(&self.scale);
        let methods = HostMethods {
            callbacks: Box::new(Callbacks(host.clone())),
            main_thread_caller: Box::new(MainThreadCaller(host)),
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
                log::error!("window: can't open: {error}");
                false
            }
        }
    }

    /// `[main]` Closes the window, and returns whether it was open.
    pub(crate) fn close(&self) -> bool {
        let mut slot = self.slot();
        match &*slot {
            Some(window) if window.try_get().is_ok() => {
                let window = slot.take();
                // Closing may cause another call of the host.
                drop(slot);
                drop(window);
                true
            }
            Some(_) => {
                log::error!("window: closed on a thread that didn't open it; it stays open");
                // Its thread keeps running, so the library must stay loaded.
                module_pin::pin();
                false
            }
            None => false,
        }
    }

    /// `[main]` Whether the window is open.
    pub(crate) fn is_open(&self) -> bool {
        self.slot().is_some()
    }

    /// `[main]` Moves the window into the host's.
    pub(crate) fn set_parent(&self, parent: ParentWindowHandle) -> bool {
        self.request(
            |w| w.handle.set_parent(parent, &w.window),
            "move to another parent",
        )
    }

    /// `[main]` Shows the window.
    pub(crate) fn show(&self) -> bool {
        self.request(|w| w.handle.show(&w.window), "appear")
    }

    /// `[main]` Hides the window. Nothing shows the monitor states then, so they end.
    pub(crate) fn hide(&self) -> bool {
        self.editor.end_monitoring();
        self.request(|w| w.handle.hide(&w.window), "hide")
    }

    /// `[main]` The size of the open or next window, in physical pixels.
    pub(crate) fn size(&self) -> (u32, u32) {
        let size = self.editor.size();
        (size.width, size.height)
    }

    /// `[main]` Resizes the open window, in physical pixels.
    pub(crate) fn set_size(&self, width: u32, height: u32) -> bool {
        let size = NativeSize { width, height };
        self.request(|w| w.handle.set_size(size, &w.window), "change its size")
    }

    /// `[main]` The nearest size that the window supports, in physical pixels.
    pub(crate) fn adjust_size(&self, width: u32, height: u32) -> (u32, u32) {
        let size = NativeSize { width, height };
        let of_window = self.with(|w| w.handle.adjust_size(size, &w.window));
        let adjusted = of_window
            .flatten()
            .unwrap_or_else(|| self.editor.nearest_size(size));
        (adjusted.width, adjusted.height)
    }

    /// `[main]` Sets the host's scale factor for the open or next window. It applies only if the system reports none.
    pub(crate) fn set_scale(&self, scale: f64) -> bool {
        if !scale.is_finite() || scale <= 0.0 {
            return false;
        }
        *lock(&self.scale) = Some(scale);
        !self.is_open()
            || self.request(
                |w| w.handle.set_fallback_scale_factor(scale, &w.window),
                "change its scale",
            )
    }

    /// `[main]` Runs the callback that the window requested.
    pub(crate) fn on_main_thread(&self) {
        self.with(|w| w.handle.host_main_thread_callback(&w.window));
    }

    /// `[main]` Passes a key that the host intercepted, and returns whether the editor uses it.
    pub(crate) fn key(&self, key: VirtualKeyCode, is_down: bool, modifiers: Modifiers) -> bool {
        self.with(|w| w.handle.on_virtual_key_from_host(key, is_down, modifiers))
            .unwrap_or(false)
    }
}
