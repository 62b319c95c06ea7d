//! macOS asks the app to quit: from the Dock, by a script, or at the end of the session. The app refuses and closes its window,
//! so the user has to end the session once more.

use objc2::rc::Retained;
use objc2::runtime::ProtocolObject;
use objc2::{DefinedClass, MainThreadMarker, MainThreadOnly, define_class, msg_send};
use objc2_app_kit::{NSApplication, NSApplicationDelegate, NSApplicationTerminateReply};
use objc2_foundation::{NSObject, NSObjectProtocol};

use super::end_signal::EndSignal;

define_class!(
    // SAFETY: `NSObject` has no requirements for a subclass, and this one has no `Drop`.
    #[unsafe(super(NSObject))]
    #[thread_kind = MainThreadOnly]
    #[ivars = EndSignal]
    struct QuitDelegate;

    // SAFETY: the protocol has no requirements.
    unsafe impl NSObjectProtocol for QuitDelegate {}

    // SAFETY: the method has the signature of the protocol.
    unsafe impl NSApplicationDelegate for QuitDelegate {
        #[unsafe(method(applicationShouldTerminate:))]
        fn should_terminate(&self, _: &NSApplication) -> NSApplicationTerminateReply {
            // A second request ends an app whose window doesn't close.
            match self.ivars().raise() {
                true => NSApplicationTerminateReply::TerminateNow,
                false => NSApplicationTerminateReply::TerminateCancel,
            }
        }
    }
);

/// `[gui]` Lets a request to quit raise the signal, so that it ends the app as the closing of its window does. macOS would
/// otherwise end the process at once, with an unfinished recording.
pub(super) fn raise_at_quit(signal: EndSignal) {
    let Some(main_thread) = MainThreadMarker::new() else {
        log::warn!("a request to quit can't be handled: this is not the main thread");
        return;
    };
    let delegate = QuitDelegate::alloc(main_thread).set_ivars(signal);
    // SAFETY: `init` of `NSObject` has this signature.
    let delegate: Retained<QuitDelegate> = unsafe { msg_send![super(delegate), init] };
    let app = NSApplication::sharedApplication(main_thread);
    app.setDelegate(Some(ProtocolObject::from_ref(&*delegate)));
    // The app holds no reference to its delegate, which stays until the process ends.
    std::mem::forget(delegate);
}
