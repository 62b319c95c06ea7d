//! The host's side of one VST3 instance, and the way of edits to its main thread.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;

use vst3::ComPtr;
use vst3::Steinberg::Vst::RestartFlags_::kParamValuesChanged;
use vst3::Steinberg::Vst::{
    IComponentHandler, IComponentHandler2, IComponentHandler2Trait, IComponentHandlerTrait,
};
use vst3::Steinberg::{IPlugFrame, IPlugFrameTrait, IPlugView, ViewRect, kResultOk};

use super::controller::Pending;
use super::int;
#[cfg(all(unix, not(target_os = "macos")))]
use super::run_loop::RunLoop;
use crate::formats::editor_context::{Edit, Host};
use crate::formats::instance::Instance;

/// Work for the host's main thread.
#[derive(Clone, Copy)]
enum Task {
    Edit(Edit),
    StateChanged,
    CallWindow,
}

/// The frame around the window, and the window's view, which isn't counted here: the view takes itself away before it
/// goes.
#[derive(Clone)]
struct Frame {
    frame: ComPtr<IPlugFrame>,
    view: *mut IPlugView,
}

// SAFETY: used on the main thread only; the lock around it is for Rust.
unsafe impl Send for Frame {}

/// Calls of the instance to its host.
pub(super) struct Vst3Host {
    instance: Arc<Instance>,
    pending: Arc<Mutex<Pending>>,
    main_thread: ThreadId,
    handler: Mutex<Option<ComPtr<IComponentHandler>>>,
    frame: Mutex<Option<Frame>>,
    tasks: Mutex<VecDeque<Task>>,
    /// The host's run loop, while a window has one.
    #[cfg(all(unix, not(target_os = "macos")))]
    run_loop: Mutex<Option<RunLoop>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Vst3Host {
    /// `[main]` For an instance that the host makes now.
    pub(super) fn new(instance: Arc<Instance>, pending: Arc<Mutex<Pending>>) -> Arc<Self> {
        Arc::new(Self {
            instance,
            pending,
            main_thread: std::thread::current().id(),
            handler: Mutex::new(None),
            frame: Mutex::new(None),
            tasks: Mutex::new(VecDeque::new()),
            #[cfg(all(unix, not(target_os = "macos")))]
            run_loop: Mutex::new(None),
        })
    }

    /// `[main]` Where edits go from now on.
    pub(super) fn set_handler(&self, handler: Option<ComPtr<IComponentHandler>>) {
        // Letting go of the old one may call the host.
        let old = std::mem::replace(&mut *lock(&self.handler), handler);
        drop(old);
    }

    /// `[main]` Sets the frame of a view. None takes it away if it is this view's: another view may have one by then.
    pub(super) fn set_frame(
        self: &Arc<Self>,
        frame: Option<ComPtr<IPlugFrame>>,
        view: *mut IPlugView,
    ) {
        let Some(frame) = frame else {
            let is_own = matches!(&*lock(&self.frame), Some(frame) if frame.view == view);
            if is_own {
                self.disconnect_frame();
            }
            return;
        };
        #[cfg(all(unix, not(target_os = "macos")))]
        {
            let run_loop = frame.cast();
            let run_loop =
                run_loop.and_then(|run_loop| RunLoop::join(run_loop, Arc::downgrade(self)));
            let old = std::mem::replace(&mut *lock(&self.run_loop), run_loop);
            drop(old);
        }
        let old = lock(&self.frame).replace(Frame { frame, view });
        drop(old);
        // Tasks of the old run loop have no other chance.
        self.run_tasks();
    }

    /// `[main]` Takes the frame away, whichever view it is of.
    pub(super) fn disconnect_frame(&self) {
        #[cfg(all(unix, not(target_os = "macos")))]
        {
            let old = lock(&self.run_loop).take();
            drop(old);
        }
        let old = lock(&self.frame).take();
        drop(old);
        self.run_tasks();
    }

    fn handler(&self) -> Option<ComPtr<IComponentHandler>> {
        lock(&self.handler).clone()
    }

    /// `[main]` All parameters may have new values.
    pub(super) fn values_changed(&self) {
        if let Some(handler) = self.handler() {
            // SAFETY: the host's own object, on its main thread.
            unsafe { handler.restartComponent(int!(kParamValuesChanged)) };
        }
    }

    /// `[main]` Does what other threads asked for.
    pub(super) fn run_tasks(&self) {
        loop {
            let task = lock(&self.tasks).pop_front();
            match task {
                Some(task) => self.run(task),
                None => return,
            }
        }
    }

    fn run(&self, task: Task) {
        match task {
            Task::Edit(edit) => {
                let Some(handler) = self.handler() else {
                    return;
                };
                // SAFETY: the host's own object, on its main thread or, without a run loop, on the only one there is.
                unsafe {
                    match edit {
                        Edit::Begin(id) => handler.beginEdit(id),
                        Edit::Set(id, normalized) => handler.performEdit(id, normalized.into()),
                        Edit::End(id) => handler.endEdit(id),
                    };
                }
            }
            Task::StateChanged => {
                let handler = self.handler().and_then(|h| h.cast::<IComponentHandler2>());
                if let Some(handler) = handler {
                    // SAFETY: as above.
                    unsafe { handler.setDirty(1) };
                }
            }
            Task::CallWindow => self.instance.editor.on_main_thread(),
        }
    }

    /// Has a task run on the main thread: at once if this is it, and otherwise through the host's run loop. Windows on
    /// Windows and macOS are on the main thread anyway; on X11 a host without a run loop is called from the window's.
    fn post(&self, task: Task) {
        if std::thread::current().id() == self.main_thread {
            self.run_tasks();
            self.run(task);
            return;
        }
        lock(&self.tasks).push_back(task);
        #[cfg(all(unix, not(target_os = "macos")))]
        if let Some(run_loop) = &*lock(&self.run_loop) {
            run_loop.wake();
            return;
        }
        self.run_tasks();
    }
}

impl Host for Vst3Host {
    fn edit(&self, edit: Edit) {
        if let Edit::Set(id, _) = edit {
            lock(&self.pending).remove(id);
        }
        self.post(Task::Edit(edit));
    }

    fn state_changed(&self) {
        self.post(Task::StateChanged);
    }

    fn call_main_thread(&self) {
        self.post(Task::CallWindow);
    }

    fn request_resize(&self, width: u32, height: u32) -> bool {
        let Some(Frame { frame, view }) = lock(&self.frame).clone() else {
            return false;
        };
        let (Ok(right), Ok(bottom)) = (i32::try_from(width), i32::try_from(height)) else {
            return false;
        };
        let mut rect = ViewRect {
            left: 0,
            top: 0,
            right,
            bottom,
        };
        // SAFETY: the host's own object, on its main thread; the view is alive while its frame is set.
        unsafe { frame.resizeView(view, &mut rect) == kResultOk }
    }

    // VST3 has no call for it.
    fn window_closed(&self) {}
}
