//! The keyboard of a window that is embedded in a host's.
//!
//! X delivers a key to the window under the pointer if that lies in the focus window, and otherwise to the focus window.
//! From there the event propagates up to the first window that has selected keys, and not above the focus window. baseview
//! selects keys and takes the focus with every click, so a host's shortcuts would end in Flow's window.
//!
//! Here an embedded window selects no keys and takes no focus unless text is being typed. Keys that Flow does not use
//! then reach the host's window as the server's own events. This also serves toolkits that ignore events of
//! `XSendEvent`, as GTK 3 does where it uses XInput 2. See [`super::relay`] for the exceptions.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nice_plug_egui::baseview::{PlatformHandle, WindowContext};
use raw_window_handle::{HasDisplayHandle, HasWindowHandle, RawDisplayHandle, RawWindowHandle};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConnectionExt as _, EventMask, FOCUS_IN_EVENT, FocusInEvent,
    InputFocus, NotifyDetail, NotifyMode, Window,
};
use x11rb::xcb_ffi::XCBConnection;

use super::relay::KeyRelay;

/// The keys that Flow takes from its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::editor) enum KeyScope {
    /// All keys belong to the host.
    Host,
    /// Flow takes the keys that operate a control.
    Navigation,
    /// Flow takes all keys and the input focus.
    Text,
}

/// Divides the keyboard between an embedded window and its host.
///
/// It uses baseview's own connection, as an event mask belongs to a connection. Requests that fail mean that the window
/// or the server has gone, and are ignored.
pub(in crate::editor) struct Keyboard {
    /// Borrows from `_handle`, so it is dropped first.
    connection: XCBConnection,
    _handle: PlatformHandle,
    window: Window,
    /// The events that the window selects in every scope.
    base_mask: EventMask,
    scope: KeyScope,
    /// The window that had the input focus before Flow took it.
    previous_focus: Option<(InputFocus, Window)>,
    is_typing: Arc<AtomicBool>,
    /// `None` if it could not start; then X delivers the keys by its own rules.
    relay: Option<KeyRelay>,
}

impl Keyboard {
    /// Leaves all keys to the host. Called on the window's thread before the window is shown.
    ///
    /// # Errors
    ///
    /// If the handle is not an X11 handle, or the server does not answer.
    pub(in crate::editor) fn new(window: &WindowContext) -> Result<Self, Box<dyn Error>> {
        let handle = window.platform_handle();
        let RawWindowHandle::Xcb(id) = handle.window_handle()?.as_raw() else {
            return Err("not a window of X11".into());
        };
        let window = id.window.get();
        let display = match handle.display_handle()?.as_raw() {
            RawDisplayHandle::Xcb(display) => display.connection.ok_or("no connection")?,
            _ => return Err("not a display of X11".into()),
        };
        // SAFETY: baseview's connection is valid, and `handle` keeps it open longer than this borrows it.
        let connection =
            unsafe { XCBConnection::from_raw_xcb_connection(display.as_ptr(), false) }?;

        let attributes = connection.get_window_attributes(window)?.reply()?;
        let base_mask = attributes.your_event_mask.remove(keys_and_focus());
        let is_typing = Arc::new(AtomicBool::new(false));
        let keyboard = Self {
            connection,
            _handle: handle,
            window,
            base_mask,
            scope: KeyScope::Host,
            previous_focus: None,
            is_typing: Arc::clone(&is_typing),
            relay: KeyRelay::start(window, is_typing).ok(),
        };
        keyboard.leave_keys_to_host()?;
        keyboard.connection.flush()?;
        Ok(keyboard)
    }

    /// Takes the scope's keys from the host and releases all others.
    pub(in crate::editor) fn set_scope(&mut self, scope: KeyScope) {
        if scope != self.scope {
            let _ = self.change_scope(scope);
            self.scope = scope;
        }
    }

    /// The present scope.
    pub(in crate::editor) fn scope(&self) -> KeyScope {
        self.scope
    }

    fn change_scope(&mut self, scope: KeyScope) -> Result<(), Box<dyn Error>> {
        match (self.scope, &mut self.relay) {
            (KeyScope::Navigation, Some(relay)) => relay.ungrab_navigation()?,
            (KeyScope::Text, _) => self.release_focus()?,
            _ => {}
        }
        match (scope, &mut self.relay) {
            (KeyScope::Navigation, Some(relay)) => relay.grab_navigation()?,
            (KeyScope::Text, _) => self.take_focus()?,
            _ => {}
        }
        self.connection.flush()?;
        Ok(())
    }

    fn select(&self, mask: EventMask) -> Result<(), Box<dyn Error>> {
        let attributes = ChangeWindowAttributesAux::new().event_mask(mask);
        self.connection
            .change_window_attributes(self.window, &attributes)?
            .ignore_error();
        Ok(())
    }

    /// Selects no keys, and sends baseview a focus event. Without it, baseview would take the focus with the next click; it
    /// does not see real changes, as focus events are not selected.
    fn leave_keys_to_host(&self) -> Result<(), Box<dyn Error>> {
        self.select(self.base_mask)?;
        let focus_in = FocusInEvent {
            response_type: FOCUS_IN_EVENT,
            detail: NotifyDetail::NONLINEAR,
            sequence: 0,
            event: self.window,
            mode: NotifyMode::NORMAL,
        };
        // Without a mask the event goes to the client that created the window, which is baseview.
        self.connection
            .send_event(false, self.window, EventMask::NO_EVENT, focus_in)?
            .ignore_error();
        Ok(())
    }

    fn take_focus(&mut self) -> Result<(), Box<dyn Error>> {
        self.is_typing.store(true, Ordering::Relaxed);
        let current = self.connection.get_input_focus()?.reply()?;
        self.previous_focus =
            (current.focus != self.window).then_some((current.revert_to, current.focus));
        self.select(self.base_mask | keys_and_focus())?;
        self.set_focus((InputFocus::PARENT, self.window))
    }

    /// Returns the focus to its previous window, unless another window has it by now.
    fn release_focus(&mut self) -> Result<(), Box<dyn Error>> {
        self.leave_keys_to_host()?;
        if let Some(previous) = self.previous_focus.take()
            && self.connection.get_input_focus()?.reply()?.focus == self.window
        {
            self.set_focus(previous)?;
        }
        self.is_typing.store(false, Ordering::Relaxed);
        Ok(())
    }

    fn set_focus(&self, (revert_to, window): (InputFocus, Window)) -> Result<(), Box<dyn Error>> {
        self.connection
            .set_input_focus(revert_to, window, x11rb::CURRENT_TIME)?
            .ignore_error();
        Ok(())
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.set_scope(KeyScope::Host);
    }
}

/// The events that the window selects only during text entry.
fn keys_and_focus() -> EventMask {
    EventMask::KEY_PRESS | EventMask::KEY_RELEASE | EventMask::FOCUS_CHANGE
}
