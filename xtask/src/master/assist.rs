//! The assistant's proposals for a whole song: the same reasoning as in the window, applied before the song is rendered.

use anyhow::Result;
use flow_dsp::{ChainSettings, Delivery, Spec};
use flow_inference::analysis::{Analysis, Context, Heard, Proposal};
use flow_inference::assistant;
use flow_inference::features::{Extractor, Window};
use flow_network::Network;
use flow_tests::Audio;

use super::target::Target;
use crate::flow::{Flow, Setting};

/// What is left to the profile and to the search for the gain.
const NOT_HERE: [&str; 5] = ["gain", "ceil", "trim", "glamt", "glthr"];

/// Lets the assistant listen to all of a song, and sets what it proposes. What was set by hand or by a preset stays.
pub(super) fn apply(song: &Audio, target: &Target, flow: &mut Flow) -> Result<Vec<String>> {
    let analysis = analyse(song)?;
    let mut lines = Vec::new();
    for proposal in &analysis.proposals {
        if NOT_HERE.contains(&proposal.id) || target.sets(flow, proposal.id) {
            continue;
        }
        flow.set(&Setting::new(proposal.id, &proposal.to.to_string()))?;
        lines.push(line(proposal));
    }
    if lines.is_empty() {
        lines.push(match analysis.heard {
            Heard::Music => "The assistant leaves balance and width as they are.".to_owned(),
            Heard::TooShort { .. } => {
                "Too short for the assistant, who needs ten seconds.".to_owned()
            }
            _ => "The assistant hears no music.".to_owned(),
        });
    }
    Ok(lines)
}

fn line(proposal: &Proposal) -> String {
    let Proposal {
        id,
        from,
        to,
        reason,
        confidence,
        ..
    } = proposal;
    format!(
        "Assistant: {id} {from} → {to} ({:.0} % sure). {reason}",
        100.0 * confidence
    )
}

fn analyse(song: &Audio) -> Result<Analysis> {
    let (left, right) = match &song.channels[..] {
        [left, right, ..] => (left, right),
        [only] => (only, only),
        [] => anyhow::bail!("it has no channels"),
    };
    let mut extractor = Extractor::new(Spec {
        sample_rate_hz: f64::from(song.sample_rate_hz),
    });
    let mut frames = Vec::new();
    extractor.push(left, right, |frame| frames.push(frame.clone()));
    let mut window = Window::new(frames.len().max(1));
    frames.iter().for_each(|frame| window.push(frame));
    let context = Context {
        settings: ChainSettings::default(),
        delivery: *Delivery::find("keep").unwrap_or(&flow_dsp::DELIVERIES[0]),
    };
    let mut network = Network::shipped()?;
    let analysis = assistant::analyse(&window, &context, "network", &mut network);
    analysis.ok_or_else(|| anyhow::anyhow!("the network can't judge it"))
}
