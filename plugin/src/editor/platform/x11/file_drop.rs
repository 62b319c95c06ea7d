//! Files that other programs drag onto the window, by the
//! [XDND protocol](https://www.freedesktop.org/wiki/Specifications/XDND/), version 5.
//!
//! baseview 0.4 speaks this protocol too, but egui's adapter ignores its events, and it refuses names that are no UTF-8. So a
//! window with a connection of its own receives the messages: Flow's window names it as its proxy.
//!
//! Programs look for the protocol on top-level windows. A host's window that doesn't speak it gets the same proxy, which
//! accepts files over Flow's window only.

mod proxy;
mod transfer;
mod uri_list;

use std::error::Error;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use egui::pos2;
use flow_platform::background_task::{BackgroundTask, TaskConfig};
use nice_plug_egui::RepaintNotifier;
use raw_window_handle::{HasWindowHandle, RawWindowHandle};
use x11rb::connection::Connection;
use x11rb::errors::ConnectionError;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _, EventMask,
    MapState, Timestamp, Window,
};
use x11rb::rust_connection::RustConnection;

use crate::editor::file_drop::{DraggedFiles, FileDropInbox};
use crate::editor::platform::x11::relay::ancestors;
use proxy::{Atoms, Proxy};
use transfer::{FileList, Transfer};

/// The longest wait for a list after the drop. The other program waits for the end of the drop meanwhile.
const MAX_WAIT: Duration = Duration::from_secs(3);
/// Time between two looks at the connection during that wait.
const POLL: Duration = Duration::from_millis(5);

/// Receives dragged files until it is dropped.
pub(in crate::editor) struct FileDropTarget {
    x: Arc<RustConnection>,
    /// The thread's own window; a message to it ends the thread.
    proxy: Window,
    /// Joined within a bounded time, because a server may hang and the thread must not outlive the plug-in's code.
    _thread: BackgroundTask<()>,
}

impl FileDropTarget {
    /// Receives files for a window of baseview. None if the server doesn't answer.
    pub(in crate::editor) fn of_window(
        window: &impl HasWindowHandle,
        inbox: FileDropInbox,
        repaint: RepaintNotifier,
    ) -> Option<Self> {
        let id = match window.window_handle().ok()?.as_raw() {
            RawWindowHandle::Xcb(handle) => handle.window.get(),
            RawWindowHandle::Xlib(handle) => u32::try_from(handle.window).ok()?,
            _ => return None,
        };
        let target = Self::start(None, id, inbox, repaint);
        target
            .inspect_err(|error| log::warn!("window: it takes no dropped files: {error}"))
            .ok()
    }

    /// Receives files for a window of a display.
    ///
    /// # Errors
    ///
    /// If the server doesn't answer, the window is gone, or the thread can't start.
    fn start(
        display: Option<&str>,
        window: Window,
        inbox: FileDropInbox,
        repaint: RepaintNotifier,
    ) -> Result<Self, Box<dyn Error>> {
        let (x, screen) = x11rb::connect(display)?;
        let x = Arc::new(x);
        let root = x.setup().roots.get(screen).ok_or("no screen")?.root;
        let atoms = Atoms::new(&*x)?.reply()?;
        let proxy = Proxy::new(&x, atoms, (root, window))?;
        let id = proxy.id;
        let mut receiver = DropReceiver {
            x: x.clone(),
            atoms,
            root,
            window,
            proxy,
            drag: None,
            transfer: Transfer::new(x.clone(), atoms, id),
            inbox,
            repaint,
        };
        let thread = BackgroundTask::spawn(TaskConfig::new("flow-drops"), move |_| receiver.run())?;
        Ok(Self {
            x,
            proxy: id,
            _thread: thread,
        })
    }

    fn end_thread(&self) -> Result<(), Box<dyn Error>> {
        let message = ClientMessageEvent::new(32, self.proxy, AtomEnum::INTEGER, [0; 5]);
        self.x
            .send_event(false, self.proxy, EventMask::NO_EVENT, message)?
            .ignore_error();
        self.x.flush()?;
        Ok(())
    }
}

impl Drop for FileDropTarget {
    fn drop(&mut self) {
        // A broken connection ends the thread as well.
        let _ = self.end_thread();
    }
}

/// The thread's data.
struct DropReceiver {
    x: Arc<RustConnection>,
    atoms: Atoms,
    root: Window,
    /// Flow's window.
    window: Window,
    proxy: Proxy,
    drag: Option<Drag>,
    transfer: Transfer,
    inbox: FileDropInbox,
    repaint: RepaintNotifier,
}

/// A drag over the window.
struct Drag {
    /// The other program's window.
    source: Window,
    /// The window that the other program sees: Flow's or its host's.
    target: Window,
    has_files: bool,
    list: FileList,
    /// The pointer over Flow's window, physical pixels.
    at: Option<(i16, i16)>,
    /// The time of the drop.
    dropped: Option<Instant>,
}

impl DropReceiver {
    fn run(&mut self) {
        let _ = self.proxy.follow_host();
        // An error ends the connection.
        while let Ok(event) = self.next_event() {
            let Some(event) = event else {
                let _ = self.report();
                continue;
            };
            let result = match event {
                Event::ClientMessage(message) => {
                    if message.type_ == u32::from(AtomEnum::INTEGER) {
                        break;
                    }
                    self.handle_message(&message)
                }
                Event::SelectionNotify(event) => {
                    let list = self.drag.as_mut().map(|drag| &mut drag.list);
                    let taken = self.transfer.take_selection(&event, list);
                    taken.and_then(|()| self.finish_list())
                }
                Event::PropertyNotify(event) if event.window == self.proxy.id => {
                    let list = self.drag.as_mut().map(|drag| &mut drag.list);
                    let taken = self.transfer.take_part(&event, list);
                    taken.and_then(|()| self.finish_list())
                }
                Event::PropertyNotify(event) if event.atom == self.atoms.XdndProxy => {
                    self.proxy.follow_host()
                }
                Event::ReparentNotify(_) | Event::MapNotify(_) => self.proxy.follow_host(),
                Event::DestroyNotify(event) if event.window == self.window => break,
                Event::DestroyNotify(event) => {
                    let ended = self.end_drag(Some(event.window));
                    self.proxy.follow_host().and(ended)
                }
                _ => Ok(()),
            };
            // The other program's window may be destroyed at any time.
            drop(result);
        }
        let source = self.drag.as_ref().map(|drag| drag.source);
        let _ = self.end_drag(source);
        self.inbox.leave();
        let _ = self.proxy.remove_all();
    }

    /// Waits for an event. Returns none once the list of a drop is late.
    fn next_event(&self) -> Result<Option<Event>, ConnectionError> {
        loop {
            let dropped = self.drag.as_ref().and_then(|drag| drag.dropped);
            let Some(dropped) = dropped else {
                return self.x.wait_for_event().map(Some);
            };
            let event = self.x.poll_for_event()?;
            if event.is_some() || dropped.elapsed() > MAX_WAIT {
                return Ok(event);
            }
            thread::sleep(POLL);
        }
    }

    fn handle_message(&mut self, message: &ClientMessageEvent) -> Result<(), Box<dyn Error>> {
        let data = message.data.as_data32();
        let source = data[0];
        if message.type_ == self.atoms.XdndEnter {
            return self.begin(message.window, data);
        }
        if self.drag.as_ref().is_none_or(|drag| drag.source != source) {
            return Ok(());
        }
        if message.type_ == self.atoms.XdndPosition {
            self.follow_pointer(data)
        } else if message.type_ == self.atoms.XdndLeave {
            self.end_drag(Some(source))
        } else if message.type_ == self.atoms.XdndDrop {
            if let Some(drag) = &mut self.drag {
                drag.dropped.get_or_insert_with(Instant::now);
            }
            self.request_list(data[2])?;
            self.report()
        } else {
            Ok(())
        }
    }

    fn begin(&mut self, target: Window, data: [u32; 5]) -> Result<(), Box<dyn Error>> {
        const HAS_TYPE_LIST: u32 = 1;
        let last = self.drag.as_ref().map(|drag| drag.source);
        self.end_drag(last)?;
        let mut types = data[2..].to_vec();
        if data[1] & HAS_TYPE_LIST != 0 {
            let list = self.atoms.XdndTypeList;
            let list = self
                .x
                .get_property(false, data[0], list, AtomEnum::ATOM, 0, 1024)?
                .reply()?;
            types.extend(list.value32().into_iter().flatten());
        }
        // A program that crashes leaves no message.
        self.select(data[0], EventMask::STRUCTURE_NOTIFY)?;
        self.drag = Some(Drag {
            source: data[0],
            target,
            has_files: types.contains(&self.atoms.uri_list),
            list: FileList::Unknown,
            at: None,
            dropped: None,
        });
        Ok(())
    }

    fn follow_pointer(&mut self, data: [u32; 5]) -> Result<(), Box<dyn Error>> {
        let [x, y] = [data[2] >> 16, data[2] & 0xFFFF].map(|v| i16::try_from(v).unwrap_or(0));
        let place = self.x.translate_coordinates(self.root, self.window, x, y)?;
        let size = self.x.get_geometry(self.window)?.reply()?;
        let place = place.reply()?;
        let is_inside = |at: i16, size: u16| u16::try_from(at).is_ok_and(|at| at < size);
        let is_over = is_inside(place.dst_x, size.width)
            && is_inside(place.dst_y, size.height)
            && self.is_visible_at(x, y)?;
        if let Some(drag) = &mut self.drag {
            drag.at = is_over.then_some((place.dst_x, place.dst_y));
        }
        if is_over {
            self.request_list(data[3])?;
        }
        self.send_status()?;
        self.report()
    }

    /// Whether Flow's window is on the screen, and no other window of the host covers it at a point of the screen.
    fn is_visible_at(&self, x: i16, y: i16) -> Result<bool, Box<dyn Error>> {
        let attributes = self.x.get_window_attributes(self.window)?.reply()?;
        // The frame of the host's window. Above it may be the picture that the other program drags.
        let frame = ancestors(&self.x, self.window)?.pop();
        let mut window = frame.unwrap_or(self.window);
        while window != self.window && window != x11rb::NONE {
            let place = self.x.translate_coordinates(self.root, window, x, y)?;
            window = place.reply()?.child;
        }
        Ok(window == self.window && attributes.map_state == MapState::VIEWABLE)
    }

    /// Asks the other program for the files, once.
    fn request_list(&mut self, time: Timestamp) -> Result<(), Box<dyn Error>> {
        let Some(drag) = &mut self.drag else {
            return Ok(());
        };
        if matches!(drag.list, FileList::Unknown) && drag.has_files {
            drag.list = FileList::Requested;
            self.transfer.request(time)?;
        }
        Ok(())
    }

    fn finish_list(&mut self) -> Result<(), Box<dyn Error>> {
        let drag = self.drag.as_ref();
        if drag.is_some_and(|drag| matches!(drag.list, FileList::Refused) && drag.dropped.is_none())
        {
            self.send_status()?;
        }
        self.report()
    }

    /// Tells the editor about the files, and the other program about the end of a drop.
    fn report(&mut self) -> Result<(), Box<dyn Error>> {
        let Some(drag) = &self.drag else {
            return Ok(());
        };
        let at = drag.at.map(|(x, y)| pos2(x.into(), y.into()));
        let is_awaited = matches!(drag.list, FileList::Requested | FileList::Partial(_));
        let is_ended = drag
            .dropped
            .is_some_and(|dropped| !drag.has_files || !is_awaited || dropped.elapsed() > MAX_WAIT);
        let files = match (&drag.list, at) {
            (FileList::Known(paths), Some(at)) if !paths.is_empty() => Some(DraggedFiles {
                paths: paths.clone(),
                at,
            }),
            _ => None,
        };
        let is_taken = files.is_some();
        match (files, is_ended) {
            (Some(files), true) => self.inbox.drop_files(files),
            (Some(files), false) => self.inbox.hover(files),
            (None, _) => self.inbox.leave(),
        }
        self.repaint.request_repaint();
        if is_ended && let Some(drag) = self.drag.take() {
            self.finish(&drag, is_taken)?;
        }
        Ok(())
    }

    /// Ends the drag of another program's window without its files.
    fn end_drag(&mut self, source: Option<Window>) -> Result<(), Box<dyn Error>> {
        if let Some(drag) = self.drag.take_if(|drag| Some(drag.source) == source) {
            self.inbox.leave();
            self.repaint.request_repaint();
            self.finish(&drag, false)?;
        }
        Ok(())
    }

    /// Tells the other program about the end of a drop, and watches it no longer.
    fn finish(&mut self, drag: &Drag, is_taken: bool) -> Result<(), Box<dyn Error>> {
        if matches!(drag.list, FileList::Partial(_)) {
            self.transfer.drain();
        }
        if drag.dropped.is_some() {
            self.send_finished(drag, is_taken)?;
        }
        self.select(drag.source, EventMask::NO_EVENT)
    }

    /// Selects events of another program's window, which may be gone.
    fn select(&self, window: Window, mask: EventMask) -> Result<(), Box<dyn Error>> {
        // The program may be the host.
        let mask = mask | self.proxy.mask(window);
        let attributes = ChangeWindowAttributesAux::new().event_mask(mask);
        self.x
            .change_window_attributes(window, &attributes)?
            .ignore_error();
        self.x.flush()?;
        Ok(())
    }

    fn send_status(&self) -> Result<(), Box<dyn Error>> {
        const ACCEPTS: u32 = 1;
        const WANTS_EVERY_POSITION: u32 = 2;
        let Some(drag) = &self.drag else {
            return Ok(());
        };
        let is_accepted =
            drag.has_files && drag.at.is_some() && !matches!(drag.list, FileList::Refused);
        let (flags, action) = if is_accepted {
            (ACCEPTS | WANTS_EVERY_POSITION, self.atoms.XdndActionCopy)
        } else {
            (WANTS_EVERY_POSITION, x11rb::NONE)
        };
        self.send(drag, self.atoms.XdndStatus, [flags, 0, 0, action])
    }

    fn send_finished(&self, drag: &Drag, is_taken: bool) -> Result<(), Box<dyn Error>> {
        let action = match is_taken {
            true => self.atoms.XdndActionCopy,
            false => x11rb::NONE,
        };
        let data = [u32::from(is_taken), action, 0, 0];
        self.send(drag, self.atoms.XdndFinished, data)
    }

    fn send(&self, drag: &Drag, type_: Atom, data: [u32; 4]) -> Result<(), Box<dyn Error>> {
        let [a, b, c, d] = data;
        let data = [drag.target, a, b, c, d];
        let message = ClientMessageEvent::new(32, drag.source, type_, data);
        self.x
            .send_event(false, drag.source, EventMask::NO_EVENT, message)?
            .ignore_error();
        self.x.flush()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
