//! Proposals for a whole song, applied before it is rendered: the assistant's, with the same reasoning as in the window,
//! or those that bring it towards references.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use flow_dsp::{ChainSettings, Delivery, Spec};
use flow_inference::analysis::{Context, Heard, Proposal};
use flow_inference::assistant;
use flow_inference::features::{Extractor, Window};
use flow_inference::reference::{self, Reference};
use flow_network::Network;
use flow_tests::Audio;

use super::decode::decode_up_to;
use super::target::Target;
use crate::cli::MasterArguments;
use crate::flow::{Flow, Setting};

/// What is left to the profile and to the search for the gain.
const NOT_HERE: [&str; 5] = ["gain", "ceil", "trim", "glamt", "glthr"];

/// A longer reference is no song.
const LONGEST_REFERENCE_S: f64 = 3600.0;

/// Who proposes settings.
pub(crate) enum Help {
    Nobody,
    /// How much of what it proposes.
    Assistant {
        amount: f32,
    },
    /// Songs to sound like, and how much.
    References {
        songs: Vec<Reference>,
        amount: f32,
    },
}

impl Help {
    /// References that can't be used are an error here, before anything is rendered.
    pub(super) fn new(arguments: &MasterArguments) -> Result<Self> {
        let amount = f32::from(arguments.amount) / 100.0;
        let paths = &arguments.references;
        Ok(if arguments.assist {
            Self::Assistant { amount }
        } else if paths.is_empty() {
            Self::Nobody
        } else {
            let read = |path| listen_to(path).with_context(|| path_error(path));
            let songs = paths.iter().map(|path| read(path));
            Self::References {
                songs: songs.collect::<Result<_>>()?,
                amount,
            }
        })
    }

    pub(crate) fn is_asked(&self) -> bool {
        !matches!(self, Self::Nobody)
    }

    /// The references', for people.
    pub(crate) fn names(&self) -> Option<String> {
        let Self::References { songs, .. } = self else {
            return None;
        };
        let names: Vec<&str> = songs.iter().map(|song| song.name.as_str()).collect();
        Some(names.join(", "))
    }

    /// The references'.
    pub(crate) fn loudness_lufs(&self) -> Option<f32> {
        let Self::References { songs, .. } = self else {
            return None;
        };
        reference::loudness_lufs(songs)
    }
}

fn path_error(path: &Path) -> String {
    format!("the reference {} can't be used", path.display())
}

fn listen_to(path: &Path) -> Result<Reference> {
    let window = window_of(&decode_up_to(path, LONGEST_REFERENCE_S)?.audio)?;
    ensure!(window.is_enough(), "it has less than ten seconds of sound");
    Ok(Reference {
        name: path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        summary: window.summary(),
    })
}

/// Listens to all of a song, and sets what is proposed. What was set by hand or by a preset stays.
pub(super) fn apply(song: &Audio, target: &Target, flow: &mut Flow) -> Result<Vec<String>> {
    let window = window_of(song)?;
    let (who, proposals, nothing) = match &target.help {
        Help::Nobody => return Ok(Vec::new()),
        Help::Assistant { amount } => {
            let (proposals, nothing) = ask(&window, *amount)?;
            ("Assistant", proposals, nothing)
        }
        Help::References { songs, amount } => {
            let summary = window.summary();
            let settings = ChainSettings::default();
            let found = reference::match_to(&summary, songs, *amount, &settings);
            let proposals = found.map(|(proposals, _)| proposals).unwrap_or_default();
            ("Reference", proposals, "It is balanced like the reference.")
        }
    };
    let mut lines = Vec::new();
    for proposal in &proposals {
        if NOT_HERE.contains(&proposal.id) || target.sets(flow, proposal.id) {
            continue;
        }
        flow.set(&Setting::new(proposal.id, &proposal.to.to_string()))?;
        lines.push(line(who, proposal));
    }
    if lines.is_empty() {
        lines.push(nothing.to_owned());
    }
    Ok(lines)
}

fn line(who: &str, proposal: &Proposal) -> String {
    let Proposal {
        id,
        from,
        to,
        reason,
        confidence,
        ..
    } = proposal;
    format!(
        "{who}: {id} {from} → {to} ({:.0} % sure). {reason}",
        100.0 * confidence
    )
}

/// All of a song as the assistant hears it.
fn window_of(song: &Audio) -> Result<Window> {
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
    Ok(window)
}

/// What the assistant proposes, and what to say if that is nothing.
fn ask(window: &Window, amount: f32) -> Result<(Vec<Proposal>, &'static str)> {
    let context = Context {
        settings: ChainSettings::default(),
        delivery: *Delivery::find("keep").unwrap_or(&flow_dsp::DELIVERIES[0]),
        turn_down: false,
    };
    let mut network = Network::shipped()?;
    let analysis = assistant::analyse(window, &context, "network", &mut network);
    let analysis = analysis.context("the network can't judge it")?;
    let nothing = match analysis.heard {
        Heard::Music => "The assistant leaves balance and width as they are.",
        Heard::TooShort { .. } => "Too short for the assistant, who needs ten seconds.",
        _ => "The assistant hears no music.",
    };
    let scaled = analysis.proposals.iter().map(|p| p.scaled(amount));
    Ok((scaled.collect(), nothing))
}
