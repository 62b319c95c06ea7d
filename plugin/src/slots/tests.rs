//! Slots without a host.

use nice_plug::prelude::Params;

use super::*;
use crate::params::FlowParams;
use crate::params::tests::moved;
use crate::presets::Direct;

/// A host that notes each value and sets it later.
#[derive(Default)]
struct Slow(Vec<(ParameterId, f32)>);

impl Gestures for Slow {
    fn set(&mut self, param: AnyParam<'_>, normalized: f32) {
        self.0.push((param.id(), normalized));
    }
}

impl Slow {
    fn arrive(&mut self, params: &FlowParams) {
        for (id, normalized) in self.0.drain(..) {
            params.get(id).set_normalized(normalized);
        }
    }
}

fn find<'p>(params: &'p FlowParams, id: &str) -> AnyParam<'p> {
    params.get(id.parse().unwrap())
}

/// Sets a parameter as a user does with its knob.
fn set(params: &FlowParams, id: &str, text: &str) {
    let param = find(params, id);
    param.set_normalized(param.parse(text).unwrap());
}

fn text(params: &FlowParams, id: &str) -> String {
    let param = find(params, id);
    param.text(param.normalized())
}

fn values(params: &FlowParams) -> String {
    let values = params.each().map(|p| (p.id().to_string(), p.value()));
    let values: Values = values.collect();
    serde_json::to_string(&values).unwrap()
}

#[test]
fn new_instance_has_two_equal_slots() {
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
fn slots_after_switches_keep_their_own_values() {
    let params = FlowParams::default();
    set(&params, "ceil", "-3");
    set(&params, "fltrn", "deep");
    params.slots.switch(&params, &mut Direct);
    assert_eq!(text(&params, "ceil"), "-1.00 dBTP");
    set(&params, "wemon", "on");
    params.slots.switch(&params, &mut Direct);
    assert_eq!(params.slots.active(), Slot::A);
    assert_eq!(text(&params, "ceil"), "-3.00 dBTP");
    assert_eq!(text(&params, "fltrn"), "Deep");
    assert_eq!(text(&params, "wemon"), "Off");
    params.slots.switch(&params, &mut Direct);
    assert_eq!(text(&params, "wemon"), "On");
    assert_eq!(text(&params, "fltrn"), "Subtle");
}

#[test]
fn values_after_two_switches_are_bit_identical() {
    let params = FlowParams::default();
    for step in 0..=20_u8 {
        for param in params.each() {
            param.set_normalized(f32::from(step) / 20.0);
        }
        let before = values(&params);
        params.slots.switch(&params, &mut Direct);
        params.slots.switch(&params, &mut Direct);
        assert_eq!(values(&params), before);
    }
}

#[test]
fn switch_leaves_bypass_and_delivery_alone() {
    let params = moved();
    let (bypass, delivery) = (text(&params, "byp"), text(&params, "deliv"));
    params.slots.switch(&params, &mut Direct);
    assert_eq!(text(&params, "byp"), bypass);
    assert_eq!(text(&params, "deliv"), delivery);
    for param in in_slots(None, &params) {
        let default = param.default_normalized();
        assert_eq!(param.normalized(), default, "{}", param.id());
    }
    assert_eq!(in_slots(None, &params).count() + 2, params.each().count());
}

#[test]
fn first_switch_of_a_stage_keeps_its_sound() {
    let params = FlowParams::default();
    set(&params, "glthr", "-30");
    let before = values(&params);
    let mut host = Slow::default();
    let glue = params.stage_slots.get(Stage::Glue);
    assert!(glue.are_equal(&params));
    glue.switch(&params, &mut host);
    assert_eq!(glue.active(), Slot::B);
    assert!(host.0.is_empty(), "nothing to change: {:?}", host.0);
    assert_eq!(values(&params), before);
    assert!(glue.are_equal(&params));
}

#[test]
fn slots_of_a_stage_keep_their_own_values_and_leave_the_others_alone() {
    for stage in Stage::ALL {
        let params = FlowParams::default();
        let slots = params.stage_slots.get(stage);
        slots.switch(&params, &mut Direct);
        for param in params.each() {
            param.set_normalized(1.0);
        }
        assert!(!slots.are_equal(&params), "{stage:?}");
        let mut host = Slow::default();
        slots.switch(&params, &mut host);
        assert!(!host.0.is_empty(), "{stage:?}");
        assert!(host.0.iter().all(|(id, _)| Stage::of(*id) == Some(stage)));
        host.arrive(&params);
        let in_stage = |param: &AnyParam<'_>| Stage::of(param.id()) == Some(stage);
        for param in params.each() {
            let expected = match in_stage(&param) {
                true => param.default_normalized(),
                false => 1.0,
            };
            assert_eq!(param.normalized(), expected, "{stage:?}: {}", param.id());
        }
        assert_eq!(params.slots.active(), Slot::A);
        let others = Stage::ALL.into_iter().filter(|other| *other != stage);
        for other in others {
            let slots = params.stage_slots.get(other);
            assert!(slots.are_equal(&params), "{other:?}");
        }
        slots.copy(Slot::A, &params, &mut Direct);
        assert!(slots.are_equal(&params), "{stage:?}");
    }
}

#[test]
fn copy_of_an_unused_slot_of_a_stage_changes_nothing() {
    let params = moved();
    let before = values(&params);
    let slots = params.stage_slots.get(Stage::Limiter);
    for from in [Slot::B, Slot::A] {
        slots.copy(from, &params, &mut Direct);
        assert_eq!(values(&params), before);
        assert!(slots.are_equal(&params));
    }
}

#[test]
fn switch_of_the_chain_leaves_the_slots_of_stages() {
    let params = FlowParams::default();
    let glue = params.stage_slots.get(Stage::Glue);
    set(&params, "glthr", "-30");
    glue.switch(&params, &mut Direct);
    set(&params, "glthr", "-20");
    params.slots.switch(&params, &mut Direct);
    assert_eq!(glue.active(), Slot::B);
    glue.switch(&params, &mut Direct);
    assert_eq!(text(&params, "glthr"), "-30.00 dB");
}

#[test]
fn copy_in_either_direction_makes_slots_equal() {
    let params = FlowParams::default();
    set(&params, "drive", "10 %");
    params.slots.copy(Slot::A, &params, &mut Direct);
    assert_eq!(text(&params, "drive"), "10.0 %");
    params.slots.switch(&params, &mut Direct);
    assert_eq!(text(&params, "drive"), "10.0 %", "the copy");

    // In B now. What isn't heard comes over what is.
    set(&params, "drive", "50 %");
    params.slots.copy(Slot::A, &params, &mut Direct);
    assert_eq!(params.slots.active(), Slot::B);
    assert_eq!(text(&params, "drive"), "10.0 %");

    set(&params, "drive", "70 %");
    params.slots.copy(Slot::B, &params, &mut Direct);
    params.slots.switch(&params, &mut Direct);
    assert_eq!(text(&params, "drive"), "70.0 %");
}

#[test]
fn switch_sets_only_parameters_that_differ() {
    let params = FlowParams::default();
    set(&params, "glamt", "40 %");
    let mut host = Slow::default();
    params.slots.switch(&params, &mut host);
    assert_eq!(host.0, [(ParameterId::GlueAmount, 0.0)]);
}

#[test]
fn switch_back_before_values_arrive_keeps_both_slots() {
    let params = FlowParams::default();
    set(&params, "crair", "2 dB");
    params.slots.switch(&params, &mut Direct);
    set(&params, "crair", "-3 dB");
    set(&params, "crcom", "20 %");

    let mut host = Slow::default();
    params.slots.switch(&params, &mut host);
    params.slots.switch(&params, &mut host);
    host.arrive(&params);
    assert_eq!(params.slots.active(), Slot::B);
    assert_eq!(text(&params, "crair"), "-3.00 dB");
    assert_eq!(text(&params, "crcom"), "20.0 %");
    params.slots.switch(&params, &mut Direct);
    assert_eq!(text(&params, "crair"), "2.00 dB");
    assert_eq!(text(&params, "crcom"), "0.0 %");
}

#[test]
fn knob_turned_back_after_switch_keeps_its_new_value() {
    let params = FlowParams::default();
    set(&params, "crair", "2 dB");
    let mut host = Slow::default();
    params.slots.switch(&params, &mut host);
    host.arrive(&params);
    params.slots.settle(&params);
    // In B, by hand, to what A has.
    set(&params, "crair", "2 dB");
    params.slots.switch(&params, &mut Direct);
    params.slots.switch(&params, &mut Direct);
    assert_eq!(text(&params, "crair"), "2.00 dB");
}

#[test]
fn host_may_save_state_during_switch() {
    struct Saving<'p>(&'p FlowParams, usize);
    impl Gestures for Saving<'_> {
        fn set(&mut self, param: AnyParam<'_>, normalized: f32) {
            assert!(self.0.serialize_fields().contains_key("slots"));
            param.set_normalized(normalized);
            self.1 += 1;
        }
    }
    let params = moved();
    let mut host = Saving(&params, 0);
    params.slots.switch(&params, &mut host);
    params.slots.copy(Slot::A, &params, &mut host);
    assert!(host.1 > 100, "{}", host.1);
}

#[test]
fn slots_after_save_and_load_are_equal() {
    let params = FlowParams::default();
    set(&params, "wewid", "130 %");
    params.slots.switch(&params, &mut Direct);
    set(&params, "wewid", "80 %");
    let fields = params.serialize_fields();

    let loaded = FlowParams::default();
    loaded.deserialize_fields(&fields);
    assert_eq!(loaded.serialize_fields(), fields);
    assert_eq!(loaded.slots.active(), Slot::B);
    loaded.slots.switch(&loaded, &mut Direct);
    assert_eq!(text(&loaded, "wewid"), "130.0 %");
}
