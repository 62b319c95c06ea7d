//! Slots without a host: what is heard, what is kept, and what arrives late.

use nice_plug::prelude::Params;

use super::*;

/// A host that does what it is told at once.
struct Prompt;

impl Gestures for Prompt {
    fn set(&mut self, param: AnyParam<'_>, normalized: f32) {
        turn(param, normalized);
    }
}

/// A host that notes what it is told and hasn't done it yet.
#[derive(Default)]
struct Slow(Vec<(String, f32)>);

impl Gestures for Slow {
    fn set(&mut self, param: AnyParam<'_>, normalized: f32) {
        // SAFETY: the parameter is alive.
        let name = unsafe { param.ptr().name().to_owned() };
        self.0.push((name, normalized));
    }
}

impl Slow {
    fn arrive(&mut self, params: &FlowParams) {
        for (name, normalized) in self.0.drain(..) {
            // SAFETY: as above.
            let has_name = |param: AnyParam<'_>| unsafe { param.ptr().name() == name };
            let found = params.each().find(|(_, param)| has_name(*param));
            turn(found.unwrap().1, normalized);
        }
    }
}

fn turn(param: AnyParam<'_>, normalized: f32) {
    // SAFETY: the parameter is alive, and no other thread knows it.
    unsafe { param.ptr()._internal_set_normalized_value(normalized) };
}

fn find<'p>(params: &'p FlowParams, id: &str) -> AnyParam<'p> {
    params.each().find(|(other, _)| other == id).unwrap().1
}

/// As a hand on the knob.
fn set(params: &FlowParams, id: &str, text: &str) {
    let param = find(params, id);
    turn(param, param.parse(text).unwrap());
}

fn text(params: &FlowParams, id: &str) -> String {
    let param = find(params, id);
    param.text(param.normalized())
}

fn values(params: &FlowParams) -> String {
    let values: Values = params.each().map(|(id, p)| (id, p.value())).collect();
    serde_json::to_string(&values).unwrap()
}

/// Moves every parameter away from its default.
fn move_all(params: &FlowParams) {
    for (_, param) in params.each() {
        let is_high = param.default_normalized() > 0.5;
        turn(param, if is_high { 0.0 } else { 1.0 });
    }
}

#[test]
fn a_new_instance_has_two_equal_slots() {
    let params = FlowParams::default();
    assert_eq!(params.slots.active(), Slot::A);
    let before = values(&params);
    let mut host = Slow::default();
    params.slots.switch(&params, &mut host);
    assert_eq!(params.slots.active(), Slot::B);
    assert!(host.0.is_empty(), "nothing to change: {:?}", host.0);
    assert_eq!(values(&params), before);
}

#[test]
fn each_slot_keeps_its_own_values() {
    let params = FlowParams::default();
    set(&params, "ceil", "-3");
    set(&params, "fltrn", "deep");
    params.slots.switch(&params, &mut Prompt);
    assert_eq!(text(&params, "ceil"), "-1.00 dBTP");
    set(&params, "wemon", "on");
    params.slots.switch(&params, &mut Prompt);
    assert_eq!(params.slots.active(), Slot::A);
    assert_eq!(text(&params, "ceil"), "-3.00 dBTP");
    assert_eq!(text(&params, "fltrn"), "Deep");
    assert_eq!(text(&params, "wemon"), "Off");
    params.slots.switch(&params, &mut Prompt);
    assert_eq!(text(&params, "wemon"), "On");
    assert_eq!(text(&params, "fltrn"), "Subtle");
}

#[test]
fn every_value_comes_back_to_the_bit() {
    let params = FlowParams::default();
    for step in 0..=20_u8 {
        for (_, param) in params.each() {
            turn(param, f32::from(step) / 20.0);
        }
        let before = values(&params);
        params.slots.switch(&params, &mut Prompt);
        params.slots.switch(&params, &mut Prompt);
        assert_eq!(values(&params), before);
    }
}

#[test]
fn bypass_and_delivery_are_in_no_slot() {
    let params = FlowParams::default();
    move_all(&params);
    let (bypass, delivery) = (text(&params, "byp"), text(&params, "deliv"));
    params.slots.switch(&params, &mut Prompt);
    assert_eq!(text(&params, "byp"), bypass);
    assert_eq!(text(&params, "deliv"), delivery);
    for (id, param) in in_slots(&params) {
        assert_eq!(param.normalized(), param.default_normalized(), "{id}");
    }
    assert_eq!(in_slots(&params).count() + 2, params.each().count());
}

#[test]
fn copies_go_both_ways() {
    let params = FlowParams::default();
    set(&params, "drive", "10 %");
    params.slots.copy(Slot::A, &params, &mut Prompt);
    assert_eq!(text(&params, "drive"), "10.0 %");
    params.slots.switch(&params, &mut Prompt);
    assert_eq!(text(&params, "drive"), "10.0 %", "the copy");

    // In B now. What isn't heard comes over what is.
    set(&params, "drive", "50 %");
    params.slots.copy(Slot::A, &params, &mut Prompt);
    assert_eq!(params.slots.active(), Slot::B);
    assert_eq!(text(&params, "drive"), "10.0 %");

    set(&params, "drive", "70 %");
    params.slots.copy(Slot::B, &params, &mut Prompt);
    params.slots.switch(&params, &mut Prompt);
    assert_eq!(text(&params, "drive"), "70.0 %");
}

#[test]
fn only_what_differs_is_touched() {
    let params = FlowParams::default();
    set(&params, "glamt", "40 %");
    let mut host = Slow::default();
    params.slots.switch(&params, &mut host);
    assert_eq!(host.0, [("Glue amount".to_owned(), 0.0)]);
}

#[test]
fn a_switch_back_before_the_first_arrived_loses_nothing() {
    let params = FlowParams::default();
    set(&params, "crair", "2 dB");
    params.slots.switch(&params, &mut Prompt);
    set(&params, "crair", "-3 dB");
    set(&params, "crcom", "20 %");

    let mut host = Slow::default();
    params.slots.switch(&params, &mut host);
    params.slots.switch(&params, &mut host);
    host.arrive(&params);
    assert_eq!(params.slots.active(), Slot::B);
    assert_eq!(text(&params, "crair"), "-3.00 dB");
    assert_eq!(text(&params, "crcom"), "20.0 %");
    params.slots.switch(&params, &mut Prompt);
    assert_eq!(text(&params, "crair"), "2.00 dB");
    assert_eq!(text(&params, "crcom"), "0.0 %");
}

#[test]
fn a_knob_turned_back_is_not_one_that_never_moved() {
    let params = FlowParams::default();
    set(&params, "crair", "2 dB");
    let mut host = Slow::default();
    params.slots.switch(&params, &mut host);
    host.arrive(&params);
    params.slots.settle(&params);
    // In B, by hand, to what A has.
    set(&params, "crair", "2 dB");
    params.slots.switch(&params, &mut Prompt);
    params.slots.switch(&params, &mut Prompt);
    assert_eq!(text(&params, "crair"), "2.00 dB");
}

#[test]
fn a_host_may_save_while_it_is_told() {
    struct Saving<'p>(&'p FlowParams, usize);
    impl Gestures for Saving<'_> {
        fn set(&mut self, param: AnyParam<'_>, normalized: f32) {
            assert!(self.0.serialize_fields().contains_key("slots"));
            turn(param, normalized);
            self.1 += 1;
        }
    }
    let params = FlowParams::default();
    move_all(&params);
    let mut host = Saving(&params, 0);
    params.slots.switch(&params, &mut host);
    params.slots.copy(Slot::A, &params, &mut host);
    assert!(host.1 > 100, "{}", host.1);
}

#[test]
fn both_slots_are_saved_and_loaded() {
    let params = FlowParams::default();
    set(&params, "wewid", "130 %");
    params.slots.switch(&params, &mut Prompt);
    set(&params, "wewid", "80 %");
    let fields = params.serialize_fields();

    let loaded = FlowParams::default();
    loaded.deserialize_fields(&fields);
    assert_eq!(loaded.serialize_fields(), fields);
    assert_eq!(loaded.slots.active(), Slot::B);
    loaded.slots.switch(&loaded, &mut Prompt);
    assert_eq!(text(&loaded, "wewid"), "130.0 %");
}
