//! Calls from one instance to its host, on the host's main thread.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, Weak};
use std::thread::ThreadId;

use flow_platform::mutex::lock;
use vst3::ComPtr;
use vst3::Steinberg::Vst::RestartFlags_::kParamValuesChanged;
use vst3::Steinberg::Vst::{
    IComponentHandler, IComponentHandler2, IComponentHandler2Trait, IComponentHandler3,
    IComponentHandlerTrait,
};
use vst3::Steinberg::{IPlugFrame, IPlugFrameTrait, IPlugView, ViewRect, kResultOk};

use super::host_menu::OpenMenu;
use super::int;
use super::pending_values::PendingValues;
#[cfg(all(unix, not(target_os = "macos")))]
use super::run_loop::RunLoop;
use crate::formats::editor_context::{Edit, Host};
use crate::formats::instance::Instance;
#[cfg(any(windows, target_os = "macos"))]
use crate::formats::panic_guard::guard;

/// A call for the main thread.
#[derive(Clone, Copy)]
enum Task {
    Edit(Edit),
    StateChanged,
    CallWindow,
    RequestMenu(u32),
}

/// The host's frame of a view. The view isn't reference-counted here; it removes itself before it is dropped.
#[derive(Clone)]
struct Frame {
    frame: ComPtr<IPlugFrame>,
    view: *mut IPlugView,
}

// SAFETY: used on the main thread only.
unsafe impl Send for Frame {}

/// The host of one instance.
pub(super) struct Vst3Host {
    own: Weak<Self>,
    instance: Arc<Instance>,
    pending_values: Arc<Mutex<PendingValues>>,
    main_thread: ThreadId,
    handler: Mutex<Option<ComPtr<IComponentHandler>>>,
    frame: Mutex<Option<Frame>>,
    tasks: Mutex<VecDeque<Task>>,
    /// The menu that the host gave last. Set and dropped on the main thread.
    menu: Mutex<Option<OpenMenu>>,
    /// The parameter and the number of a chosen entry that waits to be performed.
    chosen_entry: Mutex<Option<(u32, u32)>>,
    /// The registration in the host's run loop, while a view has a frame.
    #[cfg(all(unix, not(target_os = "macos")))]
    run_loop: Mutex<Option<RunLoop>>,
}

impl Vst3Host {
    /// `[main]` For a new instance.
    pub(super) fn new(
        instance: Arc<Instance>,
        pending_values: Arc<Mutex<PendingValues>>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|own| Self {
            own: own.clone(),
            instance,
            pending_values,
            main_thread: std::thread::current().id(),
            handler: Mutex::new(None),
            frame: Mutex::new(None),
            tasks: Mutex::new(VecDeque::new()),
            menu: Mutex::new(None),
            chosen_entry: Mutex::new(None),
            #[cfg(all(unix, not(target_os = "macos")))]
            run_loop: Mutex::new(None),
        })
    }

    /// `[main]` Sets the receiver of edits.
    pub(super) fn set_handler(&self, handler: Option<ComPtr<IComponentHandler>>) {
        // Releasing the old handler may call the host, so the lock must be free.
        let old = std::mem::replace(&mut *lock(&self.handler), handler);
        drop(old);
    }

    /// `[main]` Sets the frame of a view. None removes the frame if it is this view's.
    pub(super) fn set_frame(&self, frame: Option<ComPtr<IPlugFrame>>, view: *mut IPlugView) {
        let Some(frame) = frame else {
            let is_own = matches!(&*lock(&self.frame), Some(frame) if frame.view == view);
            if is_own {
                self.disconnect_frame();
            }
            return;
        };
        #[cfg(all(unix, not(target_os = "macos")))]
        {
            let host = self.own.clone();
            let run_tasks = move || {
                if let Some(host) = host.upgrade() {
                    host.run_tasks();
                    host.perform_chosen();
                }
            };
            let run_loop = frame.cast();
            let run_loop = run_loop.and_then(|run_loop| RunLoop::register(run_loop, run_tasks));
            let old = std::mem::replace(&mut *lock(&self.run_loop), run_loop);
            drop(old);
        }
        let old = lock(&self.frame).replace(Frame { frame, view });
        drop(old);
        // The old run loop runs no more tasks.
        self.run_tasks();
    }

    /// `[main]` Removes the frame of any view.
    pub(super) fn disconnect_frame(&self) {
        #[cfg(all(unix, not(target_os = "macos")))]
        {
            let old = lock(&self.run_loop).take();
            drop(old);
        }
        let old = (lock(&self.frame).take(), lock(&self.menu).take());
        *lock(&self.chosen_entry) = None;
        drop(old);
        self.run_tasks();
    }

    fn handler(&self) -> Option<ComPtr<IComponentHandler>> {
        lock(&self.handler).clone()
    }

    /// `[main]` Reports that all parameters may have new values.
    pub(super) fn values_changed(&self) {
        if let Some(handler) = self.handler() {
            // SAFETY: the host's object, on its main thread.
            unsafe { handler.restartComponent(int!(kParamValuesChanged)) };
        }
    }

    /// `[main]` Runs the tasks of other threads.
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
                // SAFETY: the host's object, on its main thread or, without a run loop, on the window's.
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
            Task::RequestMenu(param) => self.open_menu(param),
        }
    }

    /// Gets the host's entries; none without a run loop on X11, where this is the window's thread.
    fn open_menu(&self, param: u32) {
        if std::thread::current().id() != self.main_thread {
            return;
        }
        let handler = self.handler().and_then(|h| h.cast::<IComponentHandler3>());
        let view = lock(&self.frame).as_ref().map(|frame| frame.view);
        let (Some(handler), Some(view)) = (handler, view) else {
            return;
        };
        // SAFETY: the host's object, on its main thread as checked above; a view removes its frame before it is dropped.
        let Some((menu, items)) = (unsafe { OpenMenu::open(&handler, view, param) }) else {
            return;
        };
        let old = lock(&self.menu).replace(menu);
        drop(old);
        self.instance.set_menu(param, items);
    }

    /// `[main]` Performs the chosen entry. The host may open a dialog and handle events until it is closed, so no frame of the
    /// window may be in progress.
    fn perform_chosen(&self) {
        let Some((param, action)) = lock(&self.chosen_entry).take() else {
            return;
        };
        let menu = lock(&self.menu).take();
        if let Some(menu) = menu.filter(|menu| menu.param == param) {
            menu.perform(action);
        }
    }

    /// Runs a task on the main thread: at once if this is it, and otherwise through the host's run loop. On Windows and
    /// macOS windows live on the main thread. On X11 a host without a run loop is called from the window's thread.
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
            lock(&self.pending_values).remove(id);
        }
        self.post(Task::Edit(edit));
    }

    fn state_changed(&self) {
        self.post(Task::StateChanged);
    }

    fn request_menu(&self, param: u32) {
        self.post(Task::RequestMenu(param));
    }

    fn perform_menu(&self, param: u32, action: u32) {
        *lock(&self.chosen_entry) = Some((param, action));
        #[cfg(all(unix, not(target_os = "macos")))]
        if let Some(run_loop) = &*lock(&self.run_loop) {
            run_loop.wake();
        }
        #[cfg(any(windows, target_os = "macos"))]
        {
            let host = self.own.clone();
            flow_platform::main_thread::run_later(move || {
                guard((), || {
                    if let Some(host) = host.upgrade() {
                        host.perform_chosen();
                    }
                });
            });
        }
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
        // SAFETY: the host's object, on its main thread; a view removes its frame before it is dropped.
        unsafe { frame.resizeView(view, &mut rect) == kResultOk }
    }

    // VST3 has no such call.
    fn window_closed(&self) {}
}

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use vst3::Steinberg::Linux::{
        FileDescriptor, IEventHandler, IEventHandlerTrait, IRunLoop, IRunLoopTrait, ITimerHandler,
    };
    use vst3::Steinberg::{kNotImplemented, tresult};
    use vst3::{Class, ComRef, ComWrapper};

    use super::*;
    use crate::formats::vst3::host_menu::tests::FakeHandler;

    /// A frame with a run loop.
    #[derive(Default)]
    struct LoopFrame {
        handler: RefCell<Option<ComPtr<IEventHandler>>>,
    }

    /// A frame without one.
    struct PlainFrame;

    impl Class for LoopFrame {
        type Interfaces = (IPlugFrame, IRunLoop);
    }
    impl Class for PlainFrame {
        type Interfaces = (IPlugFrame,);
    }

    impl IPlugFrameTrait for LoopFrame {
        unsafe fn resizeView(&self, _view: *mut IPlugView, _size: *mut ViewRect) -> tresult {
            kNotImplemented
        }
    }
    impl IPlugFrameTrait for PlainFrame {
        unsafe fn resizeView(&self, _view: *mut IPlugView, _size: *mut ViewRect) -> tresult {
            kNotImplemented
        }
    }

    impl IRunLoopTrait for LoopFrame {
        unsafe fn registerEventHandler(
            &self,
            handler: *mut IEventHandler,
            _fd: FileDescriptor,
        ) -> tresult {
            // SAFETY: Flow's handler.
            let handler = unsafe { ComRef::from_raw(handler) };
            *self.handler.borrow_mut() = handler.map(|handler| handler.to_com_ptr());
            kResultOk
        }

        unsafe fn unregisterEventHandler(&self, _handler: *mut IEventHandler) -> tresult {
            self.handler.take();
            kResultOk
        }

        unsafe fn registerTimer(&self, _handler: *mut ITimerHandler, _ms: u64) -> tresult {
            kNotImplemented
        }

        unsafe fn unregisterTimer(&self, _handler: *mut ITimerHandler) -> tresult {
            kNotImplemented
        }
    }

    /// A host with a menu, and the entries that it has performed.
    fn host_with_menu() -> (Arc<Vst3Host>, Rc<RefCell<Vec<i32>>>) {
        let performed = Rc::<RefCell<Vec<i32>>>::default();
        let handler = ComWrapper::new(FakeHandler {
            performed: performed.clone(),
        });
        let host = Vst3Host::new(Arc::new(Instance::new()), Arc::default());
        host.set_handler(handler.to_com_ptr());
        (host, performed)
    }

    #[test]
    fn chosen_entry_is_performed_by_the_run_loop_and_not_inside_a_frame_of_the_window() {
        let (host, performed) = host_with_menu();
        let frame = ComWrapper::new(LoopFrame::default());
        host.set_frame(frame.to_com_ptr(), std::ptr::null_mut());
        host.request_menu(3);
        host.perform_menu(3, 1);
        // Other calls of the same frame don't perform it either.
        host.state_changed();
        assert!(performed.borrow().is_empty());
        let run_loop_handler = frame.handler.borrow().clone().unwrap();
        // SAFETY: as a host does it.
        unsafe { run_loop_handler.onFDIsSet(0) };
        assert_eq!(*performed.borrow(), [12]);
        // A second call finds nothing, and neither does one without a frame.
        // SAFETY: as above.
        unsafe { run_loop_handler.onFDIsSet(0) };
        host.request_menu(3);
        host.perform_menu(3, 1);
        host.disconnect_frame();
        host.perform_chosen();
        assert_eq!(*performed.borrow(), [12]);
    }

    #[test]
    fn host_without_a_run_loop_is_asked_for_no_menu_on_the_windows_thread() {
        let (host, _performed) = host_with_menu();
        let frame = ComWrapper::new(PlainFrame);
        host.set_frame(frame.to_com_ptr(), std::ptr::null_mut());
        std::thread::scope(|scope| scope.spawn(|| host.request_menu(3)).join().unwrap());
        assert!(lock(&host.menu).is_none());
        host.disconnect_frame();
    }
}
