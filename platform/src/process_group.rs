//! A child process with all processes that it starts.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

/// A child process that leads a group of its own.
#[derive(Debug)]
pub struct ProcessGroup(Child);

impl ProcessGroup {
    /// Starts a program in a new group.
    ///
    /// # Errors
    ///
    /// If the program can't start.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        command.process_group(0).spawn().map(Self)
    }

    /// The leader.
    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// Kills all processes of the group and waits for the leader.
    pub fn kill(&mut self) {
        // After its end the number of the leader may be that of another process.
        if matches!(self.0.try_wait(), Ok(None))
            && let Ok(group) = libc::pid_t::try_from(self.0.id())
        {
            // SAFETY: The call takes a number only. The leader has not been waited for, so the number is that of its group.
            unsafe { libc::kill(-group, libc::SIGKILL) };
        }
        // It fails where the host ignores its children.
        let _ = self.0.wait();
    }
}
