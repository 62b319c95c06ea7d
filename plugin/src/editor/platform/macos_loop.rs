//! The event loop of the app on macOS.

use objc2::MainThreadMarker;
use objc2_app_kit::{NSApplication, NSEvent, NSEventModifierFlags, NSEventType};
use objc2_foundation::NSPoint;

/// `[gui]` Posts an empty event, so that the event loop notices that it was stopped. It checks this only after an event. A window
/// that closes itself while it is drawn causes none, and the app would go on without a window.
pub(in crate::editor) fn wake() {
    let Some(main_thread) = MainThreadMarker::new() else {
        return;
    };
    let event = NSEvent::otherEventWithType_location_modifierFlags_timestamp_windowNumber_context_subtype_data1_data2(
        NSEventType::ApplicationDefined,
        NSPoint::ZERO,
        NSEventModifierFlags::empty(),
        0.0,
        0,
        None,
        0,
        0,
        0,
    );
    if let Some(event) = event {
        NSApplication::sharedApplication(main_thread).postEvent_atStart(&event, true);
    }
}
