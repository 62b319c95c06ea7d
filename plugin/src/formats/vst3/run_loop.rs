//! Wakes the host's main thread on X11 through a file descriptor that the host's run loop watches.

use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;

use vst3::Steinberg::Linux::{
    FileDescriptor, IEventHandler, IEventHandlerTrait, IRunLoop, IRunLoopTrait,
};
use vst3::Steinberg::kResultOk;
use vst3::{Class, ComPtr, ComWrapper};

use crate::formats::panic_guard::guard;

/// The host calls it when the descriptor is readable.
struct Handler {
    reader: UnixStream,
    work: Box<dyn Fn()>,
}

impl Class for Handler {
    type Interfaces = (IEventHandler,);
}

impl IEventHandlerTrait for Handler {
    unsafe fn onFDIsSet(&self, _fd: FileDescriptor) {
        guard((), || {
            let mut bytes = [0; 64];
            // The empty stream returns an error, because it is non-blocking.
            while (&self.reader).read(&mut bytes).is_ok_and(|count| count > 0) {}
            (self.work)();
        });
    }
}

/// A registration in the host's run loop, until it is dropped.
pub(super) struct RunLoop {
    run_loop: ComPtr<IRunLoop>,
    handler: ComPtr<IEventHandler>,
    /// A socket, because Ardour watches neither pipes nor event descriptors.
    writer: UnixStream,
}

impl RunLoop {
    /// `[main]` Registers `work`, which the host runs on its main thread after each [`wake`](Self::wake). None if the host
    /// refuses.
    pub(super) fn register(run_loop: ComPtr<IRunLoop>, work: impl Fn() + 'static) -> Option<Self> {
        let work = Box::new(work);
        let (writer, reader) = UnixStream::pair().ok()?;
        writer.set_nonblocking(true).ok()?;
        reader.set_nonblocking(true).ok()?;
        let fd = reader.as_raw_fd();
        let handler = ComWrapper::new(Handler { reader, work }).to_com_ptr::<IEventHandler>()?;
        // SAFETY: the host's object; the handler lives until it is unregistered below.
        let result = unsafe { run_loop.registerEventHandler(handler.as_ptr(), fd) };
        (result == kResultOk).then_some(Self {
            run_loop,
            handler,
            writer,
        })
    }

    /// `[gui]` Wakes the main thread. A full socket means that an earlier wake is still waiting.
    pub(super) fn wake(&self) {
        let _ = (&self.writer).write(&[0]);
    }
}

impl Drop for RunLoop {
    fn drop(&mut self) {
        // SAFETY: the host's object, where the handler is registered.
        unsafe { self.run_loop.unregisterEventHandler(self.handler.as_ptr()) };
    }
}
