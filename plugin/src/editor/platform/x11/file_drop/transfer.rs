//! The list of files, which the other program writes into a property of the proxy.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt as _, Property, PropertyNotifyEvent, SelectionNotifyEvent,
    Timestamp, Window,
};
use x11rb::rust_connection::RustConnection;

use super::proxy::Atoms;
use super::uri_list;

/// The longest list of files that is read, bytes.
const MAX_LIST_BYTES: usize = 8 << 20;

/// The type of a property and its bytes, none if there are too many.
type PropertyValue = (Atom, Option<Vec<u8>>);

/// The dragged files, as far as they are known.
pub(super) enum FileList {
    Unknown,
    /// They were asked for.
    Requested,
    /// They come in parts. None if there are too many.
    Partial(Option<Vec<u8>>),
    Known(Vec<PathBuf>),
    /// The other program gives none, or too many.
    Refused,
}

impl FileList {
    /// A list that has come as a whole; none if it was too long.
    fn of_bytes(bytes: Option<&[u8]>) -> Self {
        bytes.map_or(Self::Refused, |bytes| Self::Known(uri_list::paths(bytes)))
    }

    /// Adds a part. An empty one is the last.
    fn add(&mut self, part: Option<Vec<u8>>) {
        if let Self::Partial(list) = self {
            let is_last = part.as_ref().is_some_and(Vec::is_empty);
            if let (Some(bytes), Some(part)) = (list.as_mut(), part) {
                bytes.extend(part);
                list.take_if(|bytes| bytes.len() > MAX_LIST_BYTES);
            } else {
                *list = None;
            }
            if is_last {
                *self = Self::of_bytes(list.as_deref());
            }
        }
    }
}

/// The properties that lists come in. Two drags in succession have different ones.
pub(super) struct Transfer {
    x: Arc<RustConnection>,
    atoms: Atoms,
    proxy: Window,
    /// The property of the last request, and its time.
    property: Atom,
    time: Timestamp,
    /// Properties of ended drags whose parts still come. The other program sends each part when the last one is taken.
    drained: Vec<Atom>,
}

impl Transfer {
    pub(super) const fn new(x: Arc<RustConnection>, atoms: Atoms, proxy: Window) -> Self {
        Self {
            x,
            atoms,
            proxy,
            property: x11rb::NONE,
            time: x11rb::CURRENT_TIME,
            drained: Vec::new(),
        }
    }

    /// Asks the other program for the list.
    pub(super) fn request(&mut self, time: Timestamp) -> Result<(), Box<dyn Error>> {
        let property = match self.property == self.atoms.FLOW_DROP_A {
            true => self.atoms.FLOW_DROP_B,
            false => self.atoms.FLOW_DROP_A,
        };
        (self.property, self.time) = (property, time);
        self.drained.retain(|drained| *drained != property);
        let (selection, type_) = (self.atoms.XdndSelection, self.atoms.uri_list);
        self.x
            .convert_selection(self.proxy, selection, type_, property, time)?
            .ignore_error();
        self.x.flush()?;
        Ok(())
    }

    /// Takes the answer of the other program, which may be that to the request of an earlier drag.
    pub(super) fn take_selection(
        &mut self,
        event: &SelectionNotifyEvent,
        list: Option<&mut FileList>,
    ) -> Result<(), Box<dyn Error>> {
        let list = list.filter(|list| matches!(list, FileList::Requested));
        if event.property == x11rb::NONE {
            let times = [event.time, self.time];
            if let Some(list) = list
                && (times[0] == times[1] || times.contains(&x11rb::CURRENT_TIME))
            {
                *list = FileList::Refused;
            }
            return Ok(());
        }
        let (type_, bytes) = self.take_property(event.property)?;
        let is_in_parts = type_ == self.atoms.INCR;
        match list.filter(|_| event.property == self.property) {
            Some(list) if is_in_parts => *list = FileList::Partial(Some(Vec::new())),
            Some(list) => *list = FileList::of_bytes(bytes.as_deref()),
            None if is_in_parts => self.drained.push(event.property),
            None => {}
        }
        Ok(())
    }

    /// Takes a part of a list.
    pub(super) fn take_part(
        &mut self,
        event: &PropertyNotifyEvent,
        list: Option<&mut FileList>,
    ) -> Result<(), Box<dyn Error>> {
        if event.state != Property::NEW_VALUE {
            return Ok(());
        }
        if self.drained.contains(&event.atom) {
            let (_, part) = self.take_property(event.atom)?;
            if part.is_some_and(|part| part.is_empty()) {
                self.drained.retain(|drained| *drained != event.atom);
            }
        } else if let Some(list) = list.filter(|_| event.atom == self.property)
            && matches!(list, FileList::Partial(_))
        {
            let (_, part) = self.take_property(event.atom)?;
            list.add(part);
        }
        Ok(())
    }

    /// Takes the parts that still come without a use for them, so that the other program can end.
    pub(super) fn drain(&mut self) {
        self.drained.push(self.property);
    }

    /// Reads and deletes a property of the proxy.
    fn take_property(&self, property: Atom) -> Result<PropertyValue, Box<dyn Error>> {
        let length = u32::try_from(MAX_LIST_BYTES / 4)?;
        let any = AtomEnum::ANY;
        let value = self
            .x
            .get_property(true, self.proxy, property, any, 0, length)?
            .reply()?;
        if value.bytes_after > 0 {
            // The server has kept it.
            self.x.delete_property(self.proxy, property)?.check()?;
            return Ok((value.type_, None));
        }
        Ok((value.type_, Some(value.value)))
    }
}
