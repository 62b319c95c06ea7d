//! Another program that drags files, on a virtual display.

mod unusual_drags;

use std::time::{Duration, Instant};

use egui::Pos2;
use flow_testkit::desktop::Desktop;
use flow_testkit::xvfb::Xvfb;
use x11rb::protocol::xproto::{
    ConfigureWindowAux, PropMode, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent,
    SelectionRequestEvent,
};
use x11rb::wrapper::ConnectionExt as _;

use super::proxy::VERSION;
use super::*;

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(240);
/// The place of Flow's window on the screen.
const PLACE: (i16, i16) = (100, 50);
const SIZE: (u16, u16) = (400, 300);

/// A display with Flow's window, a window of a program that drags files, and the receiver under test.
struct Drags {
    flow: Window,
    source: Window,
    /// The window that the program sees, and the one that it sends messages to.
    target: (Window, Window),
    atoms: Atoms,
    inbox: FileDropInbox,
    desktop: Desktop,
    receiver: Option<FileDropTarget>,
    server: Xvfb,
}

/// The answer of a selection.
#[derive(Clone, Copy)]
enum Answer<'a> {
    Whole(&'a [u8]),
    InParts(&'a [u8]),
    Refusal,
}

impl Drags {
    fn new() -> Self {
        Self::in_host(|_| None)
    }

    /// With Flow's window inside the window of a host, if that creates one.
    fn in_host(host: impl FnOnce(&Desktop) -> Option<Window>) -> Self {
        let server = Xvfb::start().expect("Xvfb starts (Debian: xvfb)");
        let begin = Instant::now();
        let desktop = loop {
            match Desktop::connect(Some(server.name())) {
                Ok(desktop) => break desktop,
                Err(error) => assert!(begin.elapsed() < TIMEOUT, "{error}"),
            }
        };
        let flow = desktop.window(PLACE, SIZE).unwrap();
        let host = host(&desktop);
        if let Some(host) = host {
            desktop.x.reparent_window(flow, host, 20, 10).unwrap();
            desktop.x.sync().unwrap();
        }
        let source = desktop.window((900, 700), (10, 10)).unwrap();
        let atoms = Atoms::new(&desktop.x).unwrap().reply().unwrap();
        let inbox = FileDropInbox::default();
        let repaint = RepaintNotifier::new();
        let receiver =
            FileDropTarget::start(Some(server.name()), flow, inbox.clone(), repaint).unwrap();
        let mut drags = Self {
            flow,
            source,
            target: (flow, flow),
            atoms,
            inbox,
            desktop,
            receiver: Some(receiver),
            server,
        };
        drags.target = drags.find(host.unwrap_or(flow));
        drags
    }

    /// The window that receives the messages for a window, by the rules of the protocol.
    fn find(&self, window: Window) -> (Window, Window) {
        let begin = Instant::now();
        loop {
            if let Some(proxy) = self.property(window, self.atoms.XdndProxy)
                && self.property(proxy, self.atoms.XdndProxy) == Some(proxy)
            {
                assert_eq!(self.property(proxy, self.atoms.XdndAware), Some(VERSION));
                return (window, proxy);
            }
            assert!(begin.elapsed() < TIMEOUT, "no proxy");
        }
    }

    fn property(&self, window: Window, property: Atom) -> Option<u32> {
        let any = AtomEnum::ANY;
        let value = self
            .desktop
            .x
            .get_property(false, window, property, any, 0, 1);
        value.unwrap().reply().ok()?.value32()?.next()
    }

    /// Whether a window has a property of any type, which may be empty.
    fn has_property(&self, window: Window, property: Atom) -> bool {
        let any = AtomEnum::ANY;
        let x = &self.desktop.x;
        let value = x.get_property(false, window, property, any, 0, 1);
        value.unwrap().reply().unwrap().type_ != x11rb::NONE
    }

    fn send(&self, type_: Atom, data: [u32; 4]) {
        let [a, b, c, d] = data;
        let (window, receiver) = self.target;
        let message = ClientMessageEvent::new(32, window, type_, [self.source, a, b, c, d]);
        let mask = EventMask::NO_EVENT;
        self.desktop
            .x
            .send_event(false, receiver, mask, message)
            .unwrap();
        self.desktop.x.flush().unwrap();
    }

    fn enter(&self, types: [Atom; 3]) {
        let selection = self.atoms.XdndSelection;
        let time = x11rb::CURRENT_TIME;
        let x = &self.desktop.x;
        x.set_selection_owner(self.source, selection, time).unwrap();
        let [a, b, c] = types;
        self.send(self.atoms.XdndEnter, [VERSION << 24, a, b, c]);
    }

    fn enter_with_files(&self) {
        self.enter([x11rb::NONE, self.atoms.uri_list, x11rb::NONE]);
    }

    fn point(&self, (x, y): (u32, u32)) {
        let action = self.atoms.XdndActionCopy;
        let time = x11rb::CURRENT_TIME;
        self.send(self.atoms.XdndPosition, [0, x << 16 | y, time, action]);
    }

    fn drop_files(&self) {
        self.send(self.atoms.XdndDrop, [0, x11rb::CURRENT_TIME, 0, 0]);
    }

    /// Waits for a message with the present target.
    fn wait_for(&self, type_: Atom) -> [u32; 5] {
        let begin = Instant::now();
        loop {
            if let Some(Event::ClientMessage(message)) = self.desktop.x.poll_for_event().unwrap()
                && message.type_ == type_
            {
                let data = message.data.as_data32();
                assert_eq!(data[0], self.target.0, "the window that the program sees");
                return data;
            }
            assert!(begin.elapsed() < TIMEOUT, "no message");
        }
    }

    /// Waits for the request for the list.
    fn request(&self) -> SelectionRequestEvent {
        let begin = Instant::now();
        loop {
            if let Some(Event::SelectionRequest(request)) = self.desktop.x.poll_for_event().unwrap()
            {
                assert_eq!(request.target, self.atoms.uri_list);
                return request;
            }
            assert!(begin.elapsed() < TIMEOUT, "no request for the files");
        }
    }

    /// Answers the next request for the list.
    fn answer(&self, answer: Answer<'_>) {
        self.answer_to(&self.request(), answer);
    }

    fn answer_to(&self, request: &SelectionRequestEvent, answer: Answer<'_>) {
        match answer {
            Answer::Whole(list) => {
                self.write(request, list);
                self.notify(request, request.property);
            }
            Answer::InParts(list) => {
                self.announce_parts(request);
                for part in list.chunks(list.len() / 2 + 1).chain([&[][..]]) {
                    self.send_part(request, part);
                }
            }
            Answer::Refusal => self.notify(request, x11rb::NONE),
        }
    }

    fn announce_parts(&self, request: &SelectionRequestEvent) {
        let (window, property) = (request.requestor, request.property);
        let x = &self.desktop.x;
        x.change_property32(PropMode::REPLACE, window, property, self.atoms.INCR, &[1])
            .unwrap();
        self.notify(request, property);
    }

    /// Sends a part once the last one is taken.
    fn send_part(&self, request: &SelectionRequestEvent, part: &[u8]) {
        let begin = Instant::now();
        while self.has_property(request.requestor, request.property) {
            assert!(begin.elapsed() < TIMEOUT, "the last part is not taken");
        }
        self.write(request, part);
    }

    fn write(&self, request: &SelectionRequestEvent, list: &[u8]) {
        let x = &self.desktop.x;
        let (window, property) = (request.requestor, request.property);
        x.change_property8(PropMode::REPLACE, window, property, request.target, list)
            .unwrap();
        x.flush().unwrap();
    }

    fn notify(&self, request: &SelectionRequestEvent, property: Atom) {
        let event = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: request.requestor,
            selection: request.selection,
            target: request.target,
            property,
        };
        let x = &self.desktop.x;
        x.send_event(false, request.requestor, EventMask::NO_EVENT, event)
            .unwrap();
        x.flush().unwrap();
    }

    /// Waits until files are over the window, or none.
    fn wait_for_hover(&self, is_expected: bool) -> Option<DraggedFiles> {
        let begin = Instant::now();
        loop {
            let hovering = self.inbox.hovering();
            if hovering.is_some() == is_expected {
                return hovering;
            }
            assert!(begin.elapsed() < TIMEOUT, "hovering: {hovering:?}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn is_accepted(status: [u32; 5]) -> bool {
    status[1] & 1 == 1
}

#[test]
fn dragged_files_hover_and_are_dropped() {
    let drags = Drags::new();
    drags.enter_with_files();
    drags.point((110, 70));
    let list = b"file:///music/D%E4mmerung.wav\r\nfile://localhost/music/Dusk%20song.wav\r\n";
    drags.answer(Answer::Whole(list));
    let hovering = drags.wait_for_hover(true).unwrap();
    assert_eq!(hovering.at, Pos2::new(10.0, 20.0));
    drags.point((300, 80));
    let begin = Instant::now();
    while drags.inbox.hovering().unwrap().at != Pos2::new(200.0, 30.0) {
        assert!(begin.elapsed() < TIMEOUT);
    }
    assert!(is_accepted(drags.wait_for(drags.atoms.XdndStatus)));
    drags.drop_files();
    let finished = drags.wait_for(drags.atoms.XdndFinished);
    assert_eq!(finished[1..3], [1, drags.atoms.XdndActionCopy]);
    let dropped = drags.inbox.take_dropped();
    assert_eq!(dropped.len(), 1);
    assert_eq!(dropped[0].at, Pos2::new(200.0, 30.0));
    let names: Vec<_> = dropped[0]
        .paths
        .iter()
        .map(|p| p.to_string_lossy())
        .collect();
    assert_eq!(
        names,
        ["/music/D\u{FFFD}mmerung.wav", "/music/Dusk song.wav"]
    );
    assert_eq!(drags.inbox.hovering(), None);
}

#[test]
fn list_that_comes_after_the_drop_is_taken() {
    let drags = Drags::new();
    drags.enter_with_files();
    drags.point((110, 70));
    drags.drop_files();
    drags.answer(Answer::Whole(b"file:///music/Dawn.wav\r\n"));
    assert_eq!(drags.wait_for(drags.atoms.XdndFinished)[1], 1);
    assert_eq!(drags.inbox.take_dropped().len(), 1);
}

#[test]
fn long_list_in_parts_is_put_together() {
    let drags = Drags::new();
    drags.enter_with_files();
    drags.point((110, 70));
    let list = "file:///music/Dawn.wav\r\n".repeat(1000);
    drags.answer(Answer::InParts(list.as_bytes()));
    assert_eq!(drags.wait_for_hover(true).unwrap().paths.len(), 1000);
}

#[test]
fn files_that_leave_or_whose_program_ends_are_gone() {
    let drags = Drags::new();
    for ends in [false, true] {
        drags.enter_with_files();
        drags.point((110, 70));
        drags.answer(Answer::Whole(b"file:///music/Dawn.wav\r\n"));
        drags.wait_for_hover(true);
        if ends {
            drags.desktop.x.destroy_window(drags.source).unwrap();
            drags.desktop.x.sync().unwrap();
        } else {
            drags.send(drags.atoms.XdndLeave, [0; 4]);
        }
        drags.wait_for_hover(false);
    }
    assert_eq!(drags.inbox.take_dropped(), []);
}

#[test]
fn drags_without_files_and_refused_lists_are_not_accepted() {
    let drags = Drags::new();
    let text = drags.atoms.XdndAware;
    drags.enter([text, x11rb::NONE, x11rb::NONE]);
    drags.point((110, 70));
    assert!(!is_accepted(drags.wait_for(drags.atoms.XdndStatus)));
    drags.drop_files();
    assert_eq!(drags.wait_for(drags.atoms.XdndFinished)[1], 0);
    drags.enter_with_files();
    drags.point((110, 70));
    drags.answer(Answer::Refusal);
    while is_accepted(drags.wait_for(drags.atoms.XdndStatus)) {}
    drags.drop_files();
    assert_eq!(drags.wait_for(drags.atoms.XdndFinished)[1], 0);
    assert_eq!(drags.inbox.take_dropped(), []);
}

#[test]
fn list_of_many_types_is_read_from_the_program() {
    let drags = Drags::new();
    let (list, type_) = (drags.atoms.XdndTypeList, AtomEnum::ATOM);
    let types = [
        drags.atoms.INCR,
        drags.atoms.XdndAware,
        drags.atoms.uri_list,
    ];
    let x = &drags.desktop.x;
    x.change_property32(PropMode::REPLACE, drags.source, list, type_, &types)
        .unwrap();
    let selection = drags.atoms.XdndSelection;
    x.set_selection_owner(drags.source, selection, x11rb::CURRENT_TIME)
        .unwrap();
    drags.send(drags.atoms.XdndEnter, [VERSION << 24 | 1, 0, 0, 0]);
    drags.point((110, 70));
    assert!(is_accepted(drags.wait_for(drags.atoms.XdndStatus)));
}

#[test]
fn host_window_passes_files_over_flow_only() {
    let mut host = 0;
    let drags = Drags::in_host(|desktop| {
        host = desktop.window((0, 0), (600, 500)).unwrap();
        Some(host)
    });
    assert_eq!(drags.target.0, host);
    drags.enter_with_files();
    // Flow's window begins at 20, 10 in the host's.
    drags.point((5, 5));
    assert!(!is_accepted(drags.wait_for(drags.atoms.XdndStatus)));
    drags.point((30, 30));
    drags.answer(Answer::Whole(b"file:///music/Dawn.wav\r\n"));
    assert_eq!(
        drags.wait_for_hover(true).unwrap().at,
        Pos2::new(10.0, 20.0)
    );
    drags.point((590, 490));
    drags.wait_for_hover(false);
    drags.drop_files();
    assert_eq!(drags.wait_for(drags.atoms.XdndFinished)[1], 0);
    assert_eq!(drags.inbox.take_dropped(), []);
}

#[test]
fn host_that_takes_files_itself_is_left_alone() {
    let mut host = 0;
    let drags = Drags::in_host(|desktop| {
        host = desktop.window((0, 0), (600, 500)).unwrap();
        let atoms = Atoms::new(&desktop.x).unwrap().reply().unwrap();
        let (aware, type_) = (atoms.XdndAware, AtomEnum::ATOM);
        let x = &desktop.x;
        x.change_property32(PropMode::REPLACE, host, aware, type_, &[VERSION])
            .unwrap();
        x.sync().unwrap();
        None
    });
    let x = &drags.desktop.x;
    x.reparent_window(drags.flow, host, 20, 10).unwrap();
    x.sync().unwrap();
    // The answer to a drag proves that the move has been seen.
    drags.enter_with_files();
    drags.point((30, 30));
    drags.wait_for(drags.atoms.XdndStatus);
    assert_eq!(drags.property(host, drags.atoms.XdndProxy), None);
}

#[test]
fn closed_window_leaves_no_proxy() {
    let mut host = 0;
    let mut drags = Drags::in_host(|desktop| {
        host = desktop.window((0, 0), (600, 500)).unwrap();
        Some(host)
    });
    drags.receiver = None;
    for window in [drags.flow, host] {
        assert_eq!(drags.property(window, drags.atoms.XdndProxy), None);
    }
    // The server is still there.
    let size = ConfigureWindowAux::new().width(500);
    drags.desktop.x.configure_window(host, &size).unwrap();
    drags.desktop.x.sync().unwrap();
    assert!(!drags.server.name().is_empty());
}
