//! The console of a program with windows.

/// `[main]` Lets a program with windows print to the console that started it. Windows gives such a program none of its own;
/// other systems need nothing.
pub fn attach_to_parent() {
    #[cfg(windows)]
    {
        use windows_sys::Win32::Storage::FileSystem::{
            FILE_TYPE_DISK, FILE_TYPE_PIPE, GetFileType,
        };
        use windows_sys::Win32::System::Console::{
            ATTACH_PARENT_PROCESS, AttachConsole, GetStdHandle, STD_ERROR_HANDLE,
            STD_OUTPUT_HANDLE, SetStdHandle,
        };
        // SAFETY: the functions take numbers and handles only, and refuse wrong ones.
        unsafe {
            let streams = [STD_OUTPUT_HANDLE, STD_ERROR_HANDLE];
            let before = streams.map(|stream| (stream, GetStdHandle(stream)));
            // It fails if the program was not started from a console, which then has no reader either.
            let _ = AttachConsole(ATTACH_PARENT_PROCESS);
            // The console takes the place of a file or a pipe that the caller has chosen.
            for (stream, handle) in before {
                if [FILE_TYPE_DISK, FILE_TYPE_PIPE].contains(&GetFileType(handle)) {
                    SetStdHandle(stream, handle);
                }
            }
        }
    }
}

#[cfg(all(test, windows))]
mod tests {
    use super::*;

    #[test]
    fn output_into_a_file_stays_there() {
        use std::os::windows::io::AsRawHandle;
        use windows_sys::Win32::System::Console::{
            FreeConsole, GetStdHandle, STD_OUTPUT_HANDLE, SetStdHandle,
        };
        let file = tempfile::tempfile().unwrap();
        // SAFETY: the handles are valid.
        unsafe {
            let before = GetStdHandle(STD_OUTPUT_HANDLE);
            FreeConsole();
            SetStdHandle(STD_OUTPUT_HANDLE, file.as_raw_handle());
            attach_to_parent();
            let after = GetStdHandle(STD_OUTPUT_HANDLE);
            SetStdHandle(STD_OUTPUT_HANDLE, before);
            assert_eq!(after, file.as_raw_handle());
        }
    }
}
