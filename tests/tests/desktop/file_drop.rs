//! Files that another program drags onto Flow's windows, by the XDND protocol.

use std::path::Path;

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, PropMode, SELECTION_NOTIFY_EVENT,
    SelectionNotifyEvent, Window,
};
use x11rb::wrapper::ConnectionExt as _;

use crate::display::{Desktop, wait_for};

/// The version of the protocol.
const VERSION: u32 = 5;

/// Drags a file onto a point of a window, by the window that the desktop shows, and drops it. Returns whether the drop was
/// taken.
pub(crate) fn drop_file(desktop: &Desktop, target: Window, at: (u32, u32), file: &Path) -> bool {
    let x = desktop.x();
    let atom = |name: &str| {
        let atom = x.intern_atom(false, name.as_bytes()).unwrap();
        atom.reply().unwrap().atom
    };
    let source = desktop.window((2000, 1500), (10, 10));
    let selection = atom("XdndSelection");
    let time = x11rb::CURRENT_TIME;
    x.set_selection_owner(source, selection, time).unwrap();
    let receiver = wait_for("proxy", || {
        window_property(desktop, target, atom("XdndProxy"))
    });
    let send = |name: &str, [a, b, c, d]: [u32; 4]| {
        let data = [source, a, b, c, d];
        let message = ClientMessageEvent::new(32, target, atom(name), data);
        x.send_event(false, receiver, EventMask::NO_EVENT, message)
            .unwrap();
        x.flush().unwrap();
    };
    let uri_list = atom("text/uri-list");
    let copy = atom("XdndActionCopy");
    send("XdndEnter", [VERSION << 24, uri_list, 0, 0]);
    send("XdndPosition", [0, at.0 << 16 | at.1, time, copy]);
    let (status, finished) = (atom("XdndStatus"), atom("XdndFinished"));
    let mut is_accepted = false;
    wait_for("answer", || {
        match x.poll_for_event().unwrap()? {
            Event::SelectionRequest(request) => {
                let list = format!("file://localhost{}\r\n", file.display());
                let (window, property) = (request.requestor, request.property);
                let mode = PropMode::REPLACE;
                x.change_property8(mode, window, property, uri_list, list.as_bytes())
                    .unwrap();
                let event = SelectionNotifyEvent {
                    response_type: SELECTION_NOTIFY_EVENT,
                    sequence: 0,
                    time: request.time,
                    requestor: window,
                    selection,
                    target: request.target,
                    property,
                };
                x.send_event(false, window, EventMask::NO_EVENT, event)
                    .unwrap();
                x.flush().unwrap();
            }
            Event::ClientMessage(message) if message.type_ == status && !is_accepted => {
                is_accepted = message.data.as_data32()[1] & 1 == 1;
                send("XdndDrop", [0, time, 0, 0]);
            }
            Event::ClientMessage(message) if message.type_ == finished => {
                return Some(message.data.as_data32()[1] & 1 == 1);
            }
            _ => {}
        }
        None
    })
}

fn window_property(desktop: &Desktop, window: Window, property: Atom) -> Option<Window> {
    let x = desktop.x();
    let value = x.get_property(false, window, property, AtomEnum::WINDOW, 0, 1);
    value.ok()?.reply().ok()?.value32()?.next()
}
