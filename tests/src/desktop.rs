//! Windows of a host on an X display, and keys, clicks and pixels on it.

use std::collections::BTreeSet;
use std::io;

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ButtonPressEvent,
    ChangeWindowAttributesAux, ConnectionExt, CreateWindowAux, EventMask, ImageFormat, InputFocus,
    KEY_PRESS_EVENT, KEY_RELEASE_EVENT, KeyButMask, Keycode, Keysym, MOTION_NOTIFY_EVENT, Window,
    WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// The background colors of the editor and its panels.
const BACKGROUNDS: [[u8; 3]; 2] = [[0x0E, 0x11, 0x16], [0x16, 0x1B, 0x22]];
/// The color of active controls and of the output's spectrum.
const TEAL: [u8; 3] = [0x4F, 0xD1, 0xC0];

/// A key event that a host's window received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostKey {
    /// The key.
    pub keycode: Keycode,
    /// Modifiers and mouse buttons held before the event.
    pub state: KeyButMask,
    /// Whether it is a press rather than a release.
    pub is_press: bool,
    /// Whether a program sent it, and not the server.
    pub is_synthetic: bool,
}

/// A connection to an X server.
pub struct Desktop {
    /// The connection, for other requests.
    pub x: RustConnection,
}

impl Desktop {
    /// Connects to a display, or without a name to that of `DISPLAY`.
    ///
    /// # Errors
    ///
    /// If the server doesn't answer.
    pub fn connect(name: Option<&str>) -> io::Result<Self> {
        let (x, _) = RustConnection::connect(name).map_err(io::Error::other)?;
        Ok(Self { x })
    }

    /// Creates a plain window with a position and a size.
    ///
    /// # Errors
    ///
    /// If the server is gone.
    pub fn window(&self, (x, y): (i16, i16), (width, height): (u16, u16)) -> io::Result<Window> {
        let id = self.x.generate_id().map_err(io::Error::other)?;
        let screen = &self.x.setup().roots[0];
        let looks = CreateWindowAux::new().background_pixel(screen.white_pixel);
        self.x
            .create_window(
                x11rb::COPY_DEPTH_FROM_PARENT,
                id,
                screen.root,
                x,
                y,
                width,
                height,
                0,
                WindowClass::INPUT_OUTPUT,
                screen.root_visual,
                &looks,
            )
            .and_then(|_| self.x.map_window(id))
            .map_err(io::Error::other)?;
        self.x.sync().map_err(io::Error::other)?;
        Ok(id)
    }

    /// The children of a window; none if it is closed.
    #[must_use]
    pub fn children(&self, window: Window) -> Vec<Window> {
        let tree = self.x.query_tree(window).ok().and_then(|t| t.reply().ok());
        tree.map_or(Vec::new(), |tree| tree.children)
    }

    /// All windows on the desktop; those inside of another one follow it.
    #[must_use]
    pub fn all_windows(&self) -> Vec<Window> {
        let mut windows: Vec<Window> = self.x.setup().roots.iter().map(|s| s.root).collect();
        let mut next = 0;
        while let Some(window) = windows.get(next) {
            windows.extend(self.children(*window));
            next += 1;
        }
        windows
    }

    /// The size of a window; none if it is closed.
    #[must_use]
    pub fn size(&self, window: Window) -> Option<(u16, u16)> {
        let geometry = self.x.get_geometry(window).ok()?.reply().ok()?;
        Some((geometry.width, geometry.height))
    }

    /// The pixels of a window: red, green and blue, row by row.
    #[must_use]
    pub fn pixels(&self, window: Window) -> Vec<[u8; 3]> {
        let (width, height) = self.size(window).unwrap_or_default();
        let format = ImageFormat::Z_PIXMAP;
        let image = self.x.get_image(format, window, 0, 0, width, height, !0);
        let image = image.ok().and_then(|image| image.reply().ok());
        let image = image.map_or(Vec::new(), |image| image.data);
        image.chunks_exact(4).map(|p| [p[2], p[1], p[0]]).collect()
    }

    /// Whether the editor is drawn in a window: a quarter of the pixels has its background, and enough others have its colors. The
    /// editor may be smaller than the window, and the spectrum of a song covers a part of it.
    #[must_use]
    pub fn shows_flow(&self, window: Window) -> bool {
        let pixels = self.pixels(window);
        let background = pixels.iter().filter(|p| BACKGROUNDS.contains(p)).count();
        let colors: BTreeSet<_> = pixels.iter().collect();
        4 * background > pixels.len() && colors.len() > 100 && colors.contains(&TEAL)
    }

    /// Clicks at a point of the plug-in's window inside `parent`. The window must have drawn itself before.
    ///
    /// # Errors
    ///
    /// If there is no such window, or the server is gone.
    pub fn click(&self, parent: Window, (x, y): (i16, i16)) -> io::Result<()> {
        let children = self.children(parent);
        let window = *children.first().ok_or(io::ErrorKind::NotFound)?;
        let event = |kind: u8, state: KeyButMask| ButtonPressEvent {
            response_type: kind,
            // The main button; none for a motion.
            detail: u8::from(kind != MOTION_NOTIFY_EVENT),
            sequence: 0,
            time: x11rb::CURRENT_TIME,
            root: self.x.setup().roots[0].root,
            event: window,
            child: x11rb::NONE,
            root_x: x,
            root_y: y,
            event_x: x,
            event_y: y,
            state,
            same_screen: true,
        };
        for (kind, state) in [
            (MOTION_NOTIFY_EVENT, KeyButMask::default()),
            (BUTTON_PRESS_EVENT, KeyButMask::default()),
            (BUTTON_RELEASE_EVENT, KeyButMask::BUTTON1),
        ] {
            let only_owner = EventMask::NO_EVENT;
            self.x
                .send_event(false, window, only_owner, event(kind, state))
                .map_err(io::Error::other)?;
        }
        self.x.sync().map_err(io::Error::other)
    }

    /// Selects key events of a window and gives it the input focus, like a host.
    ///
    /// # Errors
    ///
    /// If the server is gone.
    pub fn take_keys(&self, window: Window) -> io::Result<()> {
        let keys = EventMask::KEY_PRESS | EventMask::KEY_RELEASE;
        let attributes = ChangeWindowAttributesAux::new().event_mask(keys);
        self.x
            .change_window_attributes(window, &attributes)
            .map_err(io::Error::other)?;
        self.focus(window)
    }

    /// Gives a window the input focus.
    ///
    /// # Errors
    ///
    /// If the server is gone.
    pub fn focus(&self, window: Window) -> io::Result<()> {
        self.x
            .set_input_focus(InputFocus::POINTER_ROOT, window, x11rb::CURRENT_TIME)
            .map_err(io::Error::other)?;
        self.x.sync().map_err(io::Error::other)
    }

    /// The window with the input focus.
    #[must_use]
    pub fn focused(&self) -> Option<Window> {
        Some(self.x.get_input_focus().ok()?.reply().ok()?.focus)
    }

    /// Whether any program selects key events of a window.
    #[must_use]
    pub fn takes_keys(&self, window: Window) -> bool {
        let attributes = self.x.get_window_attributes(window).ok();
        attributes
            .and_then(|attributes| attributes.reply().ok())
            .is_some_and(|a| a.all_event_masks.contains(EventMask::KEY_PRESS))
    }

    /// The key with a symbol.
    #[must_use]
    pub fn keycode(&self, keysym: Keysym) -> Option<Keycode> {
        let (first, last) = (self.x.setup().min_keycode, self.x.setup().max_keycode);
        let mapping = self.x.get_keyboard_mapping(first, last - first + 1).ok()?;
        let mapping = mapping.reply().ok()?;
        (first..=last)
            .zip(mapping.keysyms.chunks(mapping.keysyms_per_keycode.into()))
            .find(|(_, symbols)| symbols.first() == Some(&keysym))
            .map(|(code, _)| code)
    }

    /// Presses or releases a key.
    ///
    /// # Errors
    ///
    /// If the server is gone.
    pub fn key(&self, keycode: Keycode, is_press: bool) -> io::Result<()> {
        let kind = [KEY_RELEASE_EVENT, KEY_PRESS_EVENT][usize::from(is_press)];
        self.fake(kind, keycode, (0, 0))
    }

    /// Moves the pointer to a point of the screen.
    ///
    /// # Errors
    ///
    /// If the server is gone.
    pub fn point(&self, place: (i16, i16)) -> io::Result<()> {
        self.fake(MOTION_NOTIFY_EVENT, 0, place)
    }

    /// Presses or releases the main mouse button.
    ///
    /// # Errors
    ///
    /// If the server is gone.
    pub fn button(&self, is_press: bool) -> io::Result<()> {
        let kind = [BUTTON_RELEASE_EVENT, BUTTON_PRESS_EVENT][usize::from(is_press)];
        self.fake(kind, 1, (0, 0))
    }

    fn fake(&self, kind: u8, detail: u8, (x, y): (i16, i16)) -> io::Result<()> {
        self.x
            .xtest_fake_input(kind, detail, 0, x11rb::NONE, x, y, 0)
            .map_err(io::Error::other)?;
        self.x.sync().map_err(io::Error::other)
    }

    /// The key events of windows with [`Self::take_keys`] since the last call.
    #[must_use]
    pub fn host_keys(&self) -> Vec<HostKey> {
        let events = std::iter::from_fn(|| self.x.poll_for_event().ok().flatten());
        events
            .filter_map(|event| {
                let (key, is_press) = match event {
                    Event::KeyPress(key) => (key, true),
                    Event::KeyRelease(key) => (key, false),
                    _ => return None,
                };
                Some(HostKey {
                    keycode: key.detail,
                    state: key.state,
                    is_press,
                    is_synthetic: key.response_type & 0x80 != 0,
                })
            })
            .collect()
    }

    /// The numbers of a window's property whose type has the same name; none without such a property.
    #[must_use]
    pub fn property(&self, window: Window, name: &str) -> Option<Vec<u32>> {
        let atom = self.x.intern_atom(false, name.as_bytes()).ok()?;
        let atom = atom.reply().ok()?.atom;
        let any = AtomEnum::ANY;
        let property = self.x.get_property(false, window, atom, any, 0, 64).ok()?;
        let property = property.reply().ok()?;
        (property.type_ == atom).then_some(property.value32()?.collect())
    }
}

impl std::fmt::Debug for Desktop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desktop").finish_non_exhaustive()
    }
}
