//! Proposals for a whole song, applied before it is rendered: the assistant's, with the same reasoning as in the window,
//! and those that bring it towards references.

use anyhow::{Context as _, Result};
use flow_analysis::analysis::{Analysis, Context, Heard, Proposal};
use flow_analysis::assistant;
use flow_analysis::features::{Anchor, Window};
use flow_analysis::goal::{Goal, Led};
use flow_analysis::reference::Reference;
use flow_analysis::rules::Rules;
use flow_audio_file::Audio;
use flow_dsp::{Delivery, Spec};
use flow_inference::NetworkPredictor;

use super::present;
use super::target::Target;
use crate::MasterArguments;
use crate::flow::{Flow, Setting};

/// Anchors that are nearer to the reference's are there, dB.
const NEAR_DB: f32 = 1.0;

/// The search finds the gain exactly, and the profile has set the ceiling.
const NOT_HERE: [&str; 2] = ["gain", "ceil"];

/// Who proposes settings, and how much of that is taken.
pub(crate) struct Help {
    is_assisted: bool,
    goal: Goal,
}

impl Help {
    /// References that can't be used are an error here, before anything is rendered.
    pub(super) fn new(arguments: &MasterArguments) -> Result<Self> {
        let references = arguments.references.iter().map(|path| {
            let read = flow_service::reference_file::read(path, &|_| true);
            read.with_context(|| format!("the reference {} can't be used", path.display()))
        });
        Ok(Self {
            is_assisted: arguments.assist,
            goal: Goal {
                references: references.collect::<Result<_>>()?,
                amount: f32::from(arguments.amount) / 100.0,
            },
        })
    }

    /// Whether there is anybody who proposes.
    pub(crate) fn is_asked(&self) -> bool {
        self.is_assisted || !self.goal.is_empty()
    }

    /// Whether a parameter is led towards the references.
    fn is_led(&self, id: &str) -> bool {
        !self.goal.is_empty() && assistant::TONE.contains(&id)
    }

    /// The references', for people.
    pub(crate) fn names(&self) -> Option<String> {
        let names: Vec<&str> = self.goal.references.iter().map(Reference::name).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// How much of the way to them is wanted.
    pub(crate) fn amount(&self) -> f64 {
        f64::from(self.goal.amount)
    }

    /// The references'.
    pub(crate) fn loudness_lufs(&self) -> Option<f32> {
        self.goal.loudness_lufs()
    }
}

/// Listens to all of a song, and sets what is proposed, from what is set already on. What was set by hand stays. Gives a
/// line for each proposal, and for what can't be undone.
pub(super) fn apply(
    song: &Audio,
    target: &Target,
    delivery: Delivery,
    flow: &mut Flow,
) -> Result<Vec<String>> {
    let help = &target.help;
    let window = window_of(song)?;
    let context = Context {
        settings: present::settings(flow),
        delivery,
        turn_down: false,
        goal: help.goal.clone(),
    };
    let analysis = judge(&window, &context, help)?;
    let damage = analysis.findings.iter().filter(|f| f.cannot_be_undone);
    let mut lines: Vec<String> = damage.map(|f| format!("Heard: {}", f.text)).collect();
    let mut is_anything_set = false;
    for proposal in &analysis.proposals {
        // What belongs together is set as a whole or not at all.
        let is_held = proposal
            .changes()
            .any(|change| target.holds(flow, change.id));
        if NOT_HERE.contains(&proposal.id) || is_held {
            continue;
        }
        for change in proposal.changes() {
            flow.set(&Setting::new(change.id, &change.to.to_string()))?;
        }
        lines.push(line(proposal, help));
        is_anything_set = true;
    }
    if !is_anything_set {
        lines.push(nothing(&analysis, help).to_owned());
    }
    Ok(lines)
}

/// What the assistant says, if it is asked; of balance and width, what leads towards the references, if there are any.
fn judge(window: &Window, context: &Context, help: &Help) -> Result<Analysis> {
    let mut analysis = if help.is_assisted {
        let mut network = NetworkPredictor::shipped()?;
        let analysis = assistant::analyse(window, context, "network", &mut network);
        analysis.context("the network can't judge it")?
    } else {
        let mut analysis = Rules.judge(window, context);
        analysis.proposals.retain(|p| help.is_led(p.id));
        analysis.findings.clear();
        analysis
    };
    // What leads towards the references is as much of the way already.
    for proposal in &mut analysis.proposals {
        if !help.is_led(proposal.id) {
            *proposal = proposal.scaled(help.goal.amount);
        }
    }
    Ok(analysis)
}

fn nothing(analysis: &Analysis, help: &Help) -> &'static str {
    match analysis.heard {
        Heard::Music if help.goal.is_empty() => {
            "The assistant leaves balance and width as they are."
        }
        Heard::SingleInstrument if help.goal.is_empty() => {
            "The assistant hears a single instrument, whose balance and width it leaves alone."
        }
        Heard::Speech if help.goal.is_empty() => "The assistant hears speech, and leaves it alone.",
        Heard::Music | Heard::SingleInstrument | Heard::Speech => {
            let is_near = |led: &Led| {
                let off_db = Anchor::ALL.map(|anchor| led.correction.anchor_db(anchor));
                off_db.iter().all(|db| db.abs() < NEAR_DB)
            };
            if help.goal.amount == 0.0 {
                "0 % of the way to the reference: balance and width stay as they are."
            } else if analysis.led.as_ref().is_some_and(is_near) {
                "It is balanced like the reference."
            } else {
                "What would lead to the reference's balance is switched off or set by hand."
            }
        }
        Heard::TooShort { .. } => "Too short for the assistant, who needs ten seconds.",
        _ => "The assistant hears no music.",
    }
}

fn line(proposal: &Proposal, help: &Help) -> String {
    let Proposal {
        id,
        from,
        to,
        reason,
        confidence,
        ..
    } = proposal;
    let who = if help.is_led(id) {
        "Reference"
    } else {
        "Assistant"
    };
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
    let spec = Spec {
        sample_rate_hz: f64::from(song.sample_rate_hz),
    };
    Ok(Window::of(spec, left, right))
}
