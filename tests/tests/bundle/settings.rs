//! Settings for several topics.

use flow_host::clap::Instance;
use flow_params::{Kind, ParameterId, Switch};
use flow_testkit::settings::{changed_texts, everything_on, undithered};
use flow_testkit::testing::flow_with;

/// Parameters and the texts of their values.
pub(crate) type Texts = Vec<(ParameterId, String)>;

/// All parameters away from their defaults, except bypass, which would hide the others.
pub(crate) fn unusual() -> Texts {
    let audible = ParameterId::ALL.into_iter();
    let audible = audible.filter(|id| *id != ParameterId::Bypass);
    let text = |id: ParameterId| match id.kind() {
        Kind::Number(number) => number.text(0.7 * number.range[0] + 0.3 * number.range[1]),
        Kind::Choice(choice) => choice.names[(choice.default() + 1) % choice.names.len()].into(),
        Kind::Switch(switch) => Switch::text(!switch.default()).into(),
    };
    audible.map(|id| (id, text(id))).collect()
}

/// Sets parameters.
pub(crate) fn configure_texts(flow: &mut Instance, texts: &Texts) {
    for (id, text) in texts {
        flow.set_text(id.as_str(), text)
            .unwrap_or_else(|e| panic!("{id}: {e}"));
    }
}

/// A new instance with these parameters set.
pub(crate) fn flow_with_texts(texts: &Texts) -> Instance {
    let mut flow = flow_with(&[]);
    configure_texts(&mut flow, texts);
    flow
}

/// A new instance in which every stage but dither works, so that every parameter has an effect.
pub(crate) fn flow_at_work() -> Instance {
    flow_with_texts(&changed_texts(&undithered(everything_on())).collect())
}
