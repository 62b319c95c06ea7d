//! Relays keys that X delivers to the wrong window.
//!
//! X delivers all keys to the focus window, unless the pointer is in a window within it. Two cases need help:
//!
//! - A host focuses the plug-in's window, as JUCE's `XEmbedComponent` does. The host's shortcuts would end there, so the
//!   relay sends them to the host's window.
//! - A host focuses a window beside the plug-in's, as GTK 2 does with a window of one pixel. The keys that operate Flow's
//!   controls are then taken from the host's window by passive grabs, and sent to Flow's.
//!
//! Keys that the host itself has sent do not arrive here: without a mask, `XSendEvent` reaches only the client that created
//! the window.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use flow_platform::background_task::{BackgroundTask, TaskConfig};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _, CreateWindowAux,
    EventMask, Grab, GrabMode, KeyPressEvent, Keycode, Keysym, ModMask, NotifyDetail, Window,
    WindowClass,
};
use x11rb::rust_connection::RustConnection;

/// The keys that move Flow's keyboard focus and operate the control that has it, alone or with Shift: the four arrows, Enter,
/// the keypad's Enter, Tab with and without Shift, and Escape. The numbers are those of X11's `keysymdef.h`.
const NAVIGATION_KEYSYMS: [Keysym; 9] = [
    0xFF51, 0xFF52, 0xFF53, 0xFF54, 0xFF0D, 0xFF8D, 0xFF09, 0xFE20, 0xFF1B,
];

/// How many of them Flow uses with Ctrl too: the arrows and both Enter keys.
const CTRL_KEYSYMS: usize = 6;

/// A separate connection to the server, and a thread that waits for keys on it.
pub(super) struct KeyRelay {
    x: Arc<RustConnection>,
    window: Window,
    /// The held modifiers and the keys that Flow uses with them.
    navigation: [(ModMask, Vec<Keycode>); 3],
    /// The host's window with grabbed navigation keys.
    grabbed: Option<Window>,
    /// The thread's own window; a message to it ends the thread.
    mailbox: Window,
    /// Joined within a bounded time, because a server may hang and the thread must not outlive the plug-in's code.
    _thread: BackgroundTask<()>,
}

impl KeyRelay {
    /// Starts to relay the keys of a focused window to its host, except during text entry.
    ///
    /// # Errors
    ///
    /// If the server does not answer, the window is gone, or the thread can't start.
    pub(super) fn start(
        window: Window,
        is_typing: Arc<AtomicBool>,
    ) -> Result<Self, Box<dyn Error>> {
        let (x, screen) = x11rb::connect(None)?;
        let x = Arc::new(x);
        let root = x.setup().roots.get(screen).ok_or("no screen")?.root;
        let mailbox = x.generate_id()?;
        let class = WindowClass::INPUT_ONLY;
        let attributes = CreateWindowAux::new();
        x.create_window(0, mailbox, root, 0, 0, 1, 1, 0, class, 0, &attributes)?
            .check()?;
        select(&x, window, EventMask::FOCUS_CHANGE)?;
        let keys_with = |held| keycodes(&x, keysyms_with(held)).map(|keys| (held, keys));
        let navigation = [
            keys_with(ModMask::default())?,
            keys_with(ModMask::SHIFT)?,
            keys_with(ModMask::CONTROL)?,
        ];
        let loop_ = RelayLoop {
            x: Arc::clone(&x),
            window,
            navigation: keycodes(&x, &NAVIGATION_KEYSYMS)?,
            mailbox,
            is_typing,
        };
        let thread = BackgroundTask::spawn(TaskConfig::new("flow-keys"), move |_| loop_.run())?;
        Ok(Self {
            x,
            window,
            navigation,
            grabbed: None,
            mailbox,
            _thread: thread,
        })
    }

    /// Grabs the navigation keys of the host's window around Flow's. A grab takes both the press and the release of a key.
    pub(super) fn grab_navigation(&mut self) -> Result<(), Box<dyn Error>> {
        let Some(host) = ancestors(&self.x, self.window)?.pop() else {
            return Ok(());
        };
        self.grabbed = Some(host);
        let (none, locks) = (ModMask::default(), [ModMask::LOCK, ModMask::M2]);
        // With other modifiers the key is the host's shortcut.
        for (held, keys) in &self.navigation {
            for key in keys {
                // Caps Lock and Num Lock (customarily `Mod2`) make no difference.
                for lock in [none, locks[0], locks[1], locks[0] | locks[1]] {
                    let mode = GrabMode::ASYNC;
                    self.x
                        .grab_key(false, host, *held | lock, *key, mode, mode)?
                        .ignore_error();
                }
            }
        }
        self.x.flush()?;
        Ok(())
    }

    /// Releases the navigation keys.
    pub(super) fn ungrab_navigation(&mut self) -> Result<(), Box<dyn Error>> {
        if let Some(host) = self.grabbed.take() {
            self.x
                .ungrab_key(Grab::ANY, host, ModMask::ANY)?
                .ignore_error();
            self.x.flush()?;
        }
        Ok(())
    }

    fn end_thread(&self) -> Result<(), Box<dyn Error>> {
        let message = ClientMessageEvent::new(32, self.mailbox, AtomEnum::INTEGER, [0; 5]);
        self.x
            .send_event(false, self.mailbox, EventMask::NO_EVENT, message)?
            .ignore_error();
        self.x.flush()?;
        Ok(())
    }
}

impl Drop for KeyRelay {
    fn drop(&mut self) {
        // A broken connection ends the thread as well.
        let _ = self.end_thread();
    }
}

/// The thread's data.
struct RelayLoop {
    x: Arc<RustConnection>,
    window: Window,
    navigation: Vec<Keycode>,
    mailbox: Window,
    is_typing: Arc<AtomicBool>,
}

impl RelayLoop {
    fn run(&self) {
        const FOCUS: EventMask = EventMask::FOCUS_CHANGE;
        // An error ends the connection.
        while let Ok(event) = self.x.wait_for_event() {
            let result = match event {
                Event::ClientMessage(message) if message.window == self.mailbox => return,
                // Keys are selected only while the window has the focus: a selected key does not propagate to the host's
                // window.
                Event::FocusIn(focus) if is_of_window(focus.detail) => {
                    let keys = EventMask::KEY_PRESS | EventMask::KEY_RELEASE;
                    select(&self.x, self.window, FOCUS | keys)
                }
                Event::FocusOut(focus) if is_of_window(focus.detail) => {
                    select(&self.x, self.window, FOCUS)
                }
                Event::KeyPress(key) | Event::KeyRelease(key) => self.relay(key),
                _ => Ok(()),
            };
            // The window may be destroyed at any time; the mailbox still ends the loop.
            drop(result);
        }
    }

    fn relay(&self, key: KeyPressEvent) -> Result<(), Box<dyn Error>> {
        let is_grabbed = key.event != self.window;
        if is_grabbed && self.navigation.contains(&key.detail) {
            // Without a mask the event goes to the client that created the window, which is baseview.
            return send(&self.x, key, self.window, EventMask::NO_EVENT);
        }
        // A grab lasts until its key is released. Other keys pressed meanwhile belong to the host.
        if is_grabbed || !self.is_typing.load(Ordering::Relaxed) {
            return self.send_to_host(key);
        }
        Ok(())
    }

    /// Sends a key to the nearest window around Flow's that has selected keys. A host without one takes its keys from
    /// elsewhere, for instance XInput 2, and gets none.
    fn send_to_host(&self, key: KeyPressEvent) -> Result<(), Box<dyn Error>> {
        for host in ancestors(&self.x, self.window)? {
            let attributes = self.x.get_window_attributes(host)?.reply()?;
            if attributes.all_event_masks.contains(EventMask::KEY_PRESS) {
                let keys = EventMask::KEY_PRESS | EventMask::KEY_RELEASE;
                return send(&self.x, key, host, keys);
            }
        }
        Ok(())
    }
}

fn send(
    x: &RustConnection,
    key: KeyPressEvent,
    window: Window,
    mask: EventMask,
) -> Result<(), Box<dyn Error>> {
    let sent = KeyPressEvent {
        event: window,
        child: x11rb::NONE,
        ..key
    };
    x.send_event(false, window, mask, sent)?.check()?;
    Ok(())
}

fn select(x: &RustConnection, window: Window, mask: EventMask) -> Result<(), Box<dyn Error>> {
    let attributes = ChangeWindowAttributesAux::new().event_mask(mask);
    x.change_window_attributes(window, &attributes)?.check()?;
    Ok(())
}

/// Whether the focus event concerns the window itself, not a window around it or the pointer's.
fn is_of_window(detail: NotifyDetail) -> bool {
    matches!(
        detail,
        NotifyDetail::ANCESTOR | NotifyDetail::INFERIOR | NotifyDetail::NONLINEAR
    )
}

/// The windows around a window, from its parent to the child of the root, which may be a window manager's frame.
pub(super) fn ancestors(x: &RustConnection, window: Window) -> Result<Vec<Window>, Box<dyn Error>> {
    let mut ancestors = Vec::new();
    let mut tree = x.query_tree(window)?.reply()?;
    while tree.parent != tree.root && tree.parent != x11rb::NONE {
        ancestors.push(tree.parent);
        tree = x.query_tree(tree.parent)?.reply()?;
    }
    Ok(ancestors)
}

/// The symbols of the keys that Flow uses with a held modifier.
fn keysyms_with(held: ModMask) -> &'static [Keysym] {
    if held == ModMask::CONTROL {
        &NAVIGATION_KEYSYMS[..CTRL_KEYSYMS]
    } else {
        &NAVIGATION_KEYSYMS
    }
}

/// The keys with one of these symbols on any level.
fn keycodes(x: &RustConnection, keysyms: &[Keysym]) -> Result<Vec<Keycode>, Box<dyn Error>> {
    let (first, last) = (x.setup().min_keycode, x.setup().max_keycode);
    let mapping = x.get_keyboard_mapping(first, last - first + 1)?.reply()?;
    let levels = usize::from(mapping.keysyms_per_keycode).max(1);
    Ok((first..=last)
        .zip(mapping.keysyms.chunks(levels))
        .filter(|(_, symbols)| symbols.iter().any(|symbol| keysyms.contains(symbol)))
        .map(|(code, _)| code)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ctrl_with_tab_and_escape_is_left_to_the_host() {
        let (tab, escape, up, enter) = (0xFF09, 0xFF1B, 0xFF52, 0xFF0D);
        for held in [ModMask::default(), ModMask::SHIFT] {
            let keys = keysyms_with(held);
            assert!(
                [tab, escape, up, enter]
                    .iter()
                    .all(|key| keys.contains(key))
            );
        }
        let keys = keysyms_with(ModMask::CONTROL);
        assert!([up, enter].iter().all(|key| keys.contains(key)));
        assert!(![tab, escape].iter().any(|key| keys.contains(key)));
    }
}
