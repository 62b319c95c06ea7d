//! Work that the main thread does later.

/// `[main]` Runs `work` on this thread when its event loop is next idle or handles the next event, so after all that is in
/// progress now. The loaded library stays in memory for it. `work` must not panic.
#[cfg(windows)]
pub fn run_later(work: impl FnOnce() + Send + 'static) {
    crate::module_pin::pin();
    // SAFETY: without a window the timer belongs to this thread, and the pinned module keeps the function.
    let timer = unsafe { SetTimer(std::ptr::null_mut(), 0, 0, Some(run_waiting)) };
    if timer == 0 {
        log::warn!("the system has no timer left");
        return;
    }
    WAITING.with_borrow_mut(|waiting| waiting.push(Box::new(work)));
}

/// `[main]` Runs `work` on this thread when its event loop handles the next event, so after all that is in progress now. The
/// loaded library stays in memory for it. `work` must not panic.
#[cfg(target_os = "macos")]
pub fn run_later(work: impl FnOnce() + Send + 'static) {
    crate::module_pin::pin();
    dispatch2::DispatchQueue::main().exec_async(work);
}

#[cfg(windows)]
use windows_sys::Win32::{
    Foundation::HWND,
    UI::WindowsAndMessaging::{KillTimer, SetTimer},
};

#[cfg(windows)]
thread_local! {
    static WAITING: std::cell::RefCell<Vec<Box<dyn FnOnce()>>> = const { std::cell::RefCell::new(Vec::new()) };
}

#[cfg(windows)]
unsafe extern "system" fn run_waiting(_window: HWND, _message: u32, timer: usize, _time: u32) {
    // SAFETY: the timer of this thread that called.
    unsafe { KillTimer(std::ptr::null_mut(), timer) };
    // The work may ask for more, and a dialog in it handles further timers.
    for work in WAITING.take() {
        work();
    }
}
