//! The window that receives the messages of dragging programs, and the windows that name it.

use std::error::Error;
use std::sync::Arc;

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, CreateWindowAux, EventMask,
    PropMode, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::editor::platform::x11::relay::ancestors;

/// The version of the protocol.
pub(super) const VERSION: u32 = 5;

x11rb::atom_manager! {
    /// The atoms of the protocol.
    pub(super) Atoms: AtomsCookie {
        XdndAware,
        XdndProxy,
        XdndEnter,
        XdndPosition,
        XdndStatus,
        XdndLeave,
        XdndDrop,
        XdndFinished,
        XdndSelection,
        XdndTypeList,
        XdndActionCopy,
        FLOW_DROP_A,
        FLOW_DROP_B,
        INCR,
        WM_STATE,
        uri_list: b"text/uri-list",
    }
}

/// The proxy of Flow's window.
pub(super) struct Proxy {
    x: Arc<RustConnection>,
    atoms: Atoms,
    /// Flow's window.
    window: Window,
    /// The proxy.
    pub(super) id: Window,
    /// The host's window, which names the proxy of one of the windows in it.
    host: Option<Window>,
}

impl Proxy {
    /// Creates the proxy of a window.
    pub(super) fn new(
        x: &Arc<RustConnection>,
        atoms: Atoms,
        (root, window): (Window, Window),
    ) -> Result<Self, Box<dyn Error>> {
        let id = x.generate_id()?;
        // A list in parts is announced by changes of a property.
        let attributes = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        let class = WindowClass::INPUT_ONLY;
        x.create_window(0, id, root, 0, 0, 1, 1, 0, class, 0, &attributes)?
            .check()?;
        let (mode, type_) = (PropMode::REPLACE, AtomEnum::ATOM);
        x.change_property32(mode, id, atoms.XdndAware, type_, &[VERSION])?;
        let proxy = Self {
            x: x.clone(),
            atoms,
            window,
            id,
            host: None,
        };
        // A host may move the window into its own later.
        proxy.select(window, EventMask::STRUCTURE_NOTIFY)?;
        proxy.set_proxy(id)?;
        proxy.set_proxy(window)?;
        Ok(proxy)
    }

    fn set_proxy(&self, window: Window) -> Result<(), Box<dyn Error>> {
        let (property, type_) = (self.atoms.XdndProxy, AtomEnum::WINDOW);
        self.x
            .change_property32(PropMode::REPLACE, window, property, type_, &[self.id])?
            .check()?;
        Ok(())
    }

    /// Names the proxy on the host's top-level window, unless the host speaks the protocol itself or another proxy is there.
    pub(super) fn follow_host(&mut self) -> Result<(), Box<dyn Error>> {
        let host = self.top_level()?;
        if host != self.host {
            if let Some(last) = self.host.take() {
                // It may be gone.
                drop(self.remove_proxy(last));
                drop(self.select(last, EventMask::NO_EVENT));
            }
            if let Some(host) = host {
                // The proxy of another window of Flow may leave.
                self.select(host, EventMask::PROPERTY_CHANGE)?;
                self.host = Some(host);
            }
        }
        if let Some(host) = host
            && self.property(host, self.atoms.XdndAware)?.is_none()
            && !self.has_living_proxy(host)?
        {
            self.set_proxy(host)?;
        }
        Ok(())
    }

    /// Whether a window has a proxy that names itself, as the protocol demands. It is watched until its end.
    fn has_living_proxy(&self, host: Window) -> Result<bool, Box<dyn Error>> {
        let name = self.atoms.XdndProxy;
        let Some(proxy) = self.property(host, name)? else {
            return Ok(false);
        };
        if proxy == self.id {
            return Ok(true);
        }
        let is_watched = self.select(proxy, EventMask::STRUCTURE_NOTIFY).is_ok();
        Ok(is_watched
            && self
                .property(proxy, name)
                .is_ok_and(|own| own == Some(proxy)))
    }

    /// The events of a window that the proxy needs at any time.
    pub(super) fn mask(&self, window: Window) -> EventMask {
        if self.host == Some(window) {
            EventMask::PROPERTY_CHANGE
        } else if self.window == window {
            EventMask::STRUCTURE_NOTIFY
        } else {
            EventMask::NO_EVENT
        }
    }

    fn select(&self, window: Window, mask: EventMask) -> Result<(), Box<dyn Error>> {
        let mask = mask | self.mask(window);
        let attributes = ChangeWindowAttributesAux::new().event_mask(mask);
        let request = self.x.change_window_attributes(window, &attributes)?;
        Ok(request.check()?)
    }

    /// The host's window that a window manager knows. None for a window without a host.
    fn top_level(&self) -> Result<Option<Window>, Box<dyn Error>> {
        if self.property(self.window, self.atoms.WM_STATE)?.is_some() {
            return Ok(None);
        }
        let ancestors = ancestors(&self.x, self.window)?;
        for window in &ancestors {
            if self.property(*window, self.atoms.WM_STATE)?.is_some() {
                return Ok(Some(*window));
            }
        }
        // Without a window manager.
        Ok(ancestors.last().copied())
    }

    fn property(&self, window: Window, property: Atom) -> Result<Option<u32>, Box<dyn Error>> {
        let any = AtomEnum::ANY;
        let value = self
            .x
            .get_property(false, window, property, any, 0, 1)?
            .reply()?;
        Ok((value.type_ != x11rb::NONE).then(|| {
            let mut values = value.value32().into_iter().flatten();
            values.next().unwrap_or(0)
        }))
    }

    /// Removes the proxy from all windows, and the proxy itself.
    pub(super) fn remove_all(&mut self) -> Result<(), Box<dyn Error>> {
        if let Some(host) = self.host.take() {
            drop(self.remove_proxy(host));
        }
        drop(self.remove_proxy(self.window));
        self.x.destroy_window(self.id)?.ignore_error();
        self.x.flush()?;
        Ok(())
    }

    /// Removes the proxy from a window, unless another one has replaced it.
    fn remove_proxy(&self, window: Window) -> Result<(), Box<dyn Error>> {
        let property = self.atoms.XdndProxy;
        if self.property(window, property)? == Some(self.id) {
            self.x.delete_property(window, property)?.check()?;
        }
        Ok(())
    }
}
