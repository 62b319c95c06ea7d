//! The host's main thread on X11, which VST3 reaches through a file descriptor that the host watches.

use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::Weak;

use vst3::Steinberg::Linux::{
    FileDescriptor, IEventHandler, IEventHandlerTrait, IRunLoop, IRunLoopTrait,
};
use vst3::Steinberg::kResultOk;
use vst3::{Class, ComPtr, ComWrapper};

use super::host::Vst3Host;
use crate::formats::panic_guard::guard;

/// Called by the host when there is something to read.
struct Handler {
    reader: UnixStream,
    host: Weak<Vst3Host>,
}

impl Class for Handler {
    type Interfaces = (IEventHandler,);
}

impl IEventHandlerTrait for Handler {
    unsafe fn onFDIsSet(&self, _fd: FileDescriptor) {
        guard((), || {
            let mut bytes = [0; 64];
            // The stream doesn't wait: it ends with an error when it is empty.
            while (&self.reader).read(&mut bytes).is_ok_and(|count| count > 0) {}
            if let Some(host) = self.host.upgrade() {
                host.run_tasks();
            }
        });
    }
}

/// A place in the host's run loop, until it is dropped.
pub(super) struct RunLoop {
    run_loop: ComPtr<IRunLoop>,
    handler: ComPtr<IEventHandler>,
    /// A socket rather than a pipe or an event descriptor, which Ardour doesn't watch.
    writer: UnixStream,
}

impl RunLoop {
    /// `[main]` Has the host watch for work; none where it refuses.
    pub(super) fn join(run_loop: ComPtr<IRunLoop>, host: Weak<Vst3Host>) -> Option<Self> {
        let (writer, reader) = UnixStream::pair().ok()?;
        writer.set_nonblocking(true).ok()?;
        reader.set_nonblocking(true).ok()?;
        let fd = reader.as_raw_fd();
        let handler = ComWrapper::new(Handler { reader, host }).to_com_ptr::<IEventHandler>()?;
        // SAFETY: the host's own object; the handler lives until it is taken away below.
        let result = unsafe { run_loop.registerEventHandler(handler.as_ptr(), fd) };
        (result == kResultOk).then_some(Self {
            run_loop,
            handler,
            writer,
        })
    }

    /// `[gui]` Has the host call its main thread soon. A full socket means that it will anyway.
    pub(super) fn wake(&self) {
        let _ = (&self.writer).write(&[0]);
    }
}

impl Drop for RunLoop {
    fn drop(&mut self) {
        // SAFETY: the host's own object, which knows the handler.
        unsafe { self.run_loop.unregisterEventHandler(self.handler.as_ptr()) };
    }
}
