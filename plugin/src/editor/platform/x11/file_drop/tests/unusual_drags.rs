//! Programs that answer late or never, and windows that others cover or close.

use super::*;

const LIST: &[u8] = b"file:///music/Dawn.wav\r\n";

/// A drop whose files the program never names.
fn drop_without_answer(drags: &Drags) -> SelectionRequestEvent {
    drags.enter_with_files();
    drags.point((110, 70));
    let request = drags.request();
    drags.drop_files();
    drags.desktop.x.sync().unwrap();
    request
}

fn assert_refused(drags: &Drags) {
    assert_eq!(drags.wait_for(drags.atoms.XdndFinished)[1], 0);
    assert_eq!(drags.inbox.take_dropped(), []);
}

fn child(drags: &Drags, host: Window) -> Window {
    let child = drags.desktop.window(PLACE, SIZE).unwrap();
    let x = &drags.desktop.x;
    x.reparent_window(child, host, 20, 10).unwrap();
    x.sync().unwrap();
    child
}

#[test]
fn drop_without_an_answer_ends_in_time() {
    let drags = Drags::new();
    drop_without_answer(&drags);
    assert_refused(&drags);
}

#[test]
fn drop_whose_parts_stop_ends_and_late_parts_are_taken() {
    let drags = Drags::new();
    let request = drop_without_answer(&drags);
    drags.announce_parts(&request);
    drags.send_part(&request, LIST);
    assert_refused(&drags);
    for part in [LIST, &[]] {
        drags.send_part(&request, part);
    }
    drop_without_answer(&drags);
    assert!(!drags.has_property(request.requestor, request.property));
}

#[test]
fn drop_ends_with_the_window_and_with_the_next_drag() {
    let mut drags = Drags::new();
    drop_without_answer(&drags);
    drags.enter_with_files();
    assert_refused(&drags);
    drags.send(drags.atoms.XdndLeave, [0; 4]);
    drop_without_answer(&drags);
    drags.receiver = None;
    assert_refused(&drags);
}

#[test]
fn list_beyond_the_limit_is_taken_to_its_end_and_refused() {
    let drags = Drags::new();
    drags.enter_with_files();
    drags.point((110, 70));
    let list = LIST.repeat((9 << 20) / LIST.len());
    drags.answer(Answer::InParts(&list));
    while is_accepted(drags.wait_for(drags.atoms.XdndStatus)) {}
    drags.drop_files();
    assert_refused(&drags);
}

#[test]
fn answer_to_an_earlier_drag_is_not_taken_for_the_present_one() {
    let drags = Drags::new();
    drags.enter_with_files();
    drags.point((110, 70));
    let first = drags.request();
    drags.send(drags.atoms.XdndLeave, [0; 4]);
    drags.enter_with_files();
    drags.point((110, 70));
    let second = drags.request();
    drags.answer_to(&first, Answer::Whole(b"file:///music/Dusk.wav\r\n"));
    drags.answer_to(&second, Answer::Whole(LIST));
    drags.drop_files();
    assert_eq!(drags.wait_for(drags.atoms.XdndFinished)[1], 1);
    let dropped = drags.inbox.take_dropped();
    assert_eq!(dropped[0].paths, [std::path::Path::new("/music/Dawn.wav")]);
}

#[test]
fn hidden_window_takes_no_files() {
    let mut host = 0;
    let drags = Drags::in_host(|desktop| {
        host = desktop.window((0, 0), (600, 500)).unwrap();
        Some(host)
    });
    drags.enter_with_files();
    let is_accepted_now = || {
        drags.desktop.x.sync().unwrap();
        drags.point((30, 30));
        is_accepted(drags.wait_for(drags.atoms.XdndStatus))
    };
    assert!(is_accepted_now());
    let cover = child(&drags, host);
    assert!(!is_accepted_now());
    drags.desktop.x.unmap_window(cover).unwrap();
    assert!(is_accepted_now());
    drags.desktop.x.unmap_window(drags.flow).unwrap();
    assert!(!is_accepted_now());
}

#[test]
fn second_window_in_a_host_takes_over_when_the_first_closes() {
    let mut host = 0;
    let mut drags = Drags::in_host(|desktop| {
        host = desktop.window((0, 0), (600, 500)).unwrap();
        Some(host)
    });
    let (_, first) = drags.target;
    let second = child(&drags, host);
    let (inbox, repaint) = (FileDropInbox::default(), RepaintNotifier::new());
    let name = Some(drags.server.name());
    let receiver = FileDropTarget::start(name, second, inbox, repaint).unwrap();
    let (_, own) = drags.find(second);
    assert_eq!(drags.find(host), (host, first));
    drags.receiver = None;
    let begin = Instant::now();
    while drags.property(host, drags.atoms.XdndProxy) != Some(own) {
        assert!(begin.elapsed() < TIMEOUT);
    }
    drop(receiver);
    while drags.property(host, drags.atoms.XdndProxy).is_some() {
        assert!(begin.elapsed() < TIMEOUT);
    }
}

#[test]
fn proxy_that_is_gone_is_replaced() {
    let mut host = 0;
    // It waits for a proxy that names itself.
    let drags = Drags::in_host(|desktop| {
        host = desktop.window((0, 0), (600, 500)).unwrap();
        let atoms = Atoms::new(&desktop.x).unwrap().reply().unwrap();
        let gone = desktop.window((0, 0), (10, 10)).unwrap();
        let x = &desktop.x;
        x.destroy_window(gone).unwrap();
        let (name, type_) = (atoms.XdndProxy, AtomEnum::WINDOW);
        x.change_property32(PropMode::REPLACE, host, name, type_, &[gone])
            .unwrap();
        x.sync().unwrap();
        Some(host)
    });
    assert_eq!(drags.target.0, host);
}
