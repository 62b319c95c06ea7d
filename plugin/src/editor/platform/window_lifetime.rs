//! Windows that are gone when they are closed.
//!
//! baseview 0.4 asks the window's thread to end and returns before it has, so that a host could unload the plug-in
//! under a thread that still runs in it. So the one who closes waits here until the thread has left.

use std::cell::RefCell;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::ThreadId;
use std::time::Duration;

use nice_plug::editor::dpi::NativeSize;
use nice_plug::editor::{EditorHandle, SpawnedEditor};
use nice_plug::prelude::{Modifiers, ParentWindowHandle, VirtualKeyCode};
use nice_plug_egui::{EguiEditorHandle, baseview};

/// How long the owner waits for the end of a window's thread, once baseview has let go of the window.
const PATIENCE: Duration = Duration::from_secs(5);

thread_local! {
    /// Goes with the thread, as the last of all that the window has on it.
    static PRESENCE: RefCell<Option<Sender<()>>> = const { RefCell::new(None) };
}

/// Tells a window's owner when its thread has left.
pub(in crate::editor) struct Presence {
    opener: ThreadId,
    sender: Sender<()>,
}

/// The owner's end.
pub(in crate::editor) struct Absence(Receiver<()>);

/// A connected pair, made by the thread that opens the window.
pub(in crate::editor) fn presence() -> (Presence, Absence) {
    let (sender, receiver) = channel();
    let opener = std::thread::current().id();
    (Presence { opener, sender }, Absence(receiver))
}

impl Presence {
    /// Binds this to the calling thread, unless it is the opener's: Windows and macOS have windows on it. Whether the
    /// thread is the window's own.
    pub(in crate::editor) fn stay(self) -> bool {
        let is_own = std::thread::current().id() != self.opener;
        if is_own {
            PRESENCE.set(Some(self.sender));
        }
        is_own
    }
}

/// A window and the end of its thread.
pub struct NativeWindow {
    /// None only while it is being closed.
    window: Option<baseview::Window>,
    absence: Absence,
}

impl NativeWindow {
    /// Takes a window over from egui.
    pub(in crate::editor) fn spawned(
        SpawnedEditor { handle, window }: SpawnedEditor<EguiEditorHandle>,
        absence: Absence,
    ) -> SpawnedEditor<NativeWindowHandle> {
        SpawnedEditor {
            handle: NativeWindowHandle(handle),
            window: Self {
                window: Some(window),
                absence,
            },
        }
    }
}

impl Drop for NativeWindow {
    fn drop(&mut self) {
        // The event loop of a window's thread forgets a stop that comes before the loop runs (calloop 0.14), and dropping
        // the window would then wait for ever. The answer to this request proves that the loop runs.
        if let Some(window) = &self.window {
            let _ = window.hide();
        }
        close(self.window.take());
        // Nothing is ever sent: either the sender goes, or the time is over.
        let _ = self.absence.0.recv_timeout(PATIENCE);
    }
}

/// Closes a window without the warning that baseview 0.4 emits for each on X11.
///
/// baseview stops the window's thread, then asks it to show the window and reports that there is no answer. It emits the
/// warning on this thread while the window is dropped, and no other message. The order cannot be changed from outside:
/// a window that ends by itself first would tell the host so.
fn close(window: Option<baseview::Window>) {
    #[cfg(target_os = "linux")]
    tracing::dispatcher::with_default(&tracing::Dispatch::none(), || drop(window));
    #[cfg(not(target_os = "linux"))]
    drop(window);
}

/// egui's handle, for windows of this kind.
pub struct NativeWindowHandle(EguiEditorHandle);

impl NativeWindowHandle {
    fn on(
        &self,
        window: &NativeWindow,
        work: impl FnOnce(&EguiEditorHandle, &baseview::Window) -> Result<(), baseview::Error>,
    ) -> Result<(), baseview::Error> {
        let window = window.window.as_ref();
        window.map_or(Ok(()), |window| work(&self.0, window))
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
        self.on(window, |handle, window| handle.set_parent(parent, window))
    }

    fn show(&self, window: &NativeWindow) -> Result<(), baseview::Error> {
        self.on(window, EguiEditorHandle::show)
    }

    fn hide(&self, window: &NativeWindow) -> Result<(), baseview::Error> {
        self.on(window, EguiEditorHandle::hide)
    }

    fn set_size(
        &self,
        new_size: NativeSize<u32>,
        window: &NativeWindow,
    ) -> Result<(), baseview::Error> {
        self.on(window, |handle, window| handle.set_size(new_size, window))
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
        self.on(window, |handle, window| {
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
