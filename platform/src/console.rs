//! The console of a program with windows.

/// `[main]` Lets a program with windows print to the console that started it. Windows gives such a program none of its own;
/// other systems need nothing.
pub fn attach_to_parent() {
    #[cfg(windows)]
    {
        use windows_sys::Win32::System::Console::{ATTACH_PARENT_PROCESS, AttachConsole};
        // It fails if the program was not started from a console, which then has no reader either.
        // SAFETY: the function takes the number of a process only.
        let _ = unsafe { AttachConsole(ATTACH_PARENT_PROCESS) };
    }
}
