//! Windows whose threads have ended when the windows are closed.
//!
//! baseview 0.4 asks the window's thread to end and does not wait for it. A host could then unload the plug-in under a
//! running thread. Dropping a [`NativeWindow`] waits for the thread.

use std::cell::RefCell;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::ThreadId;
use std::time::Duration;

use nice_plug::editor::dpi::NativeSize;
use nice_plug::editor::{EditorHandle, SpawnedEditor};
use nice_plug::prelude::{Modifiers, ParentWindowHandle, VirtualKeyCode};
use nice_plug_egui::{EguiEditorHandle, baseview};

/// Longest wait for the end of a window's thread after baseview has dropped the window.
const JOIN_TIMEOUT: Duration = Duration::from_secs(5);

thread_local! {
    /// Dropped at the end of the thread, after all else that the window has on it.
    static EXIT_SENDER: RefCell<Option<Sender<()>>> = const { RefCell::new(None) };
}

/// Signals the end of a window's thread.
pub(in crate::editor) struct ExitSignal {
    opener: ThreadId,
    sender: Sender<()>,
}

/// The owner's end of an [`ExitSignal`].
pub(in crate::editor) struct ThreadExit(Receiver<()>);

/// Creates a connected pair. Called on the thread that opens the window.
pub(in crate::editor) fn exit_channel() -> (ExitSignal, ThreadExit) {
    let (sender, receiver) = channel();
    let opener = std::thread::current().id();
    (ExitSignal { opener, sender }, ThreadExit(receiver))
}

impl ExitSignal {
    /// Holds the signal until the calling thread exits, and returns whether the thread is the window's own. On Windows and
    /// macOS the window runs on the opener's thread.
    pub(in crate::editor) fn hold_until_thread_exit(self) -> bool {
        let is_own = std::thread::current().id() != self.opener;
        if is_own {
            EXIT_SENDER.set(Some(self.sender));
        }
        is_own
    }
}

/// A window that waits for its thread on drop.
pub struct NativeWindow {
    /// `None` only during the drop.
    window: Option<baseview::Window>,
    thread_exit: ThreadExit,
}

impl NativeWindow {
    /// Wraps egui's window.
    pub(in crate::editor) fn wrap(
        SpawnedEditor { handle, window }: SpawnedEditor<EguiEditorHandle>,
        thread_exit: ThreadExit,
    ) -> SpawnedEditor<NativeWindowHandle> {
        SpawnedEditor {
            handle: NativeWindowHandle(handle),
            window: Self {
                window: Some(window),
                thread_exit,
            },
        }
    }
}

impl Drop for NativeWindow {
    fn drop(&mut self) {
        // calloop 0.14 loses a stop that comes before the event loop runs; dropping the window would then block forever.
        // The answer to this request proves that the loop runs.
        if let Some(window) = &self.window {
            let _ = window.hide();
        }
        close(self.window.take());
        // Nothing is ever sent: the wait ends when the sender is dropped, or after the timeout.
        let _ = self.thread_exit.0.recv_timeout(JOIN_TIMEOUT);
    }
}

/// Closes a window without the warning that baseview 0.4 emits for each on X11.
///
/// baseview stops the window's thread, then asks it to show the window and warns about the missing answer. The warning
/// is the only message of this thread during the drop. A window that closed itself first would notify the host.
fn close(window: Option<baseview::Window>) {
    #[cfg(target_os = "linux")]
    tracing::dispatcher::with_default(&tracing::Dispatch::none(), || drop(window));
    #[cfg(not(target_os = "linux"))]
    drop(window);
}

/// egui's handle for a [`NativeWindow`].
pub struct NativeWindowHandle(EguiEditorHandle);

impl NativeWindowHandle {
    fn with_window(
        &self,
        window: &NativeWindow,
        call: impl FnOnce(&EguiEditorHandle, &baseview::Window) -> Result<(), baseview::Error>,
    ) -> Result<(), baseview::Error> {
        let window = window.window.as_ref();
        window.map_or(Ok(()), |window| call(&self.0, window))
    }
}

impl EditorHandle for NativeWindowHandle {
    type Window = NativeWindow;
    type Error = baseview::Error;

    fn run_until_closed(mut window: NativeWindow) -> Result<(), baseview::Error> {
        window
            .window
            .take()
            .map_or(Ok(()), EguiEditorHandle::run_until_closed)
    }

    fn set_parent(
        &self,
        parent: ParentWindowHandle,
        window: &NativeWindow,
    ) -> Result<(), baseview::Error> {
        self.with_window(window, |handle, window| handle.set_parent(parent, window))
    }

    fn show(&self, window: &NativeWindow) -> Result<(), baseview::Error> {
        self.with_window(window, EguiEditorHandle::show)
    }

    fn hide(&self, window: &NativeWindow) -> Result<(), baseview::Error> {
        self.with_window(window, EguiEditorHandle::hide)
    }

    fn set_size(
        &self,
        new_size: NativeSize<u32>,
        window: &NativeWindow,
    ) -> Result<(), baseview::Error> {
        self.with_window(window, |handle, window| handle.set_size(new_size, window))
    }

    fn host_main_thread_callback(&self, window: &NativeWindow) {
        if let Some(window) = &window.window {
            self.0.host_main_thread_callback(window);
        }
    }

    fn adjust_size(
        &self,
        new_size: NativeSize<u32>,
        window: &NativeWindow,
    ) -> Option<NativeSize<u32>> {
        self.0.adjust_size(new_size, window.window.as_ref()?)
    }

    fn set_fallback_scale_factor(
        &self,
        scale_factor: f64,
        window: &NativeWindow,
    ) -> Result<(), baseview::Error> {
        self.with_window(window, |handle, window| {
            handle.set_fallback_scale_factor(scale_factor, window)
        })
    }

    fn on_virtual_key_from_host(
        &self,
        key_code: VirtualKeyCode,
        is_down: bool,
        modifiers: Modifiers,
    ) -> bool {
        self.0
            .on_virtual_key_from_host(key_code, is_down, modifiers)
    }

    fn state_changed(&self) {
        self.0.state_changed();
    }

    fn param_value_changed(&self, id: &str, normalized_value: f32) {
        self.0.param_value_changed(id, normalized_value);
    }

    fn param_modulation_changed(&self, id: &str, modulation_offset: f32) {
        self.0.param_modulation_changed(id, modulation_offset);
    }
}
