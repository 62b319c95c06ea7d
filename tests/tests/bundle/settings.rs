//! Settings for several topics.

use flow_host::clap::Instance;
use flow_params::{Kind, MATCH_BANDS, ParameterId, Switch};
use flow_testkit::testing::{configure, flow_with};

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

/// Every stage but dither active, so that every parameter has an effect. The bands of Match follow in [`flow_at_work`].
#[rustfmt::skip]
const AT_WORK: [(&str, &str); 25] = [
    ("lcut", "on"), ("fldep", "50 %"), ("flwrm", "50 %"), ("fltrn", "Deep"), ("lapre", "2 dB"), ("lashn", "2 dB"),
    ("lachr", "Warm"), ("ladrv", "30 %"), ("wewid", "130 %"), ("wemon", "on"), ("wesaf", "50 %"), ("crbod", "1 dB"),
    ("crsou", "-1 dB"), ("crsil", "1 dB"), ("crair", "1 dB"), ("crcom", "50 %"), ("msamt", "100 %"), ("mbamt", "100 %"),
    ("glamt", "100 %"), ("glaut", "off"), ("drive", "30 %"), ("gain", "3 dB"), ("mtamt", "100 %"),
    ("b1db", "-2 dB"), ("b2db", "2 dB"),
];

/// A new instance in which every stage but dither works.
pub(crate) fn flow_at_work() -> Instance {
    let mut flow = flow_with(&AT_WORK);
    for (id, text) in MATCH_BANDS
        .iter()
        .zip(["1 dB", "-1 dB", "2 dB"].iter().cycle())
    {
        configure(&mut flow, &[(id.as_str(), text)]);
    }
    flow
}
