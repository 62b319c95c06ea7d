//! The mastering of a program: proposals, the decision about the gain, and measurement of the output.

mod parameter_gains;
mod renders;
mod result;

use super::applied_proposals::AppliedProposals;
use super::program::Program;
use super::progress::SongProgress;
use super::proposals::{ProposalSet, guard};
use super::target::MasteringTarget;
use crate::plugin_session::PluginSession;
use anyhow::Result;
use renders::Renders;
pub(crate) use result::{MasteredProgram, MasteringResult};

/// Masters a program with a new plug-in instance.
///
/// # Errors
///
/// If the plug-in fails, or if the result is not what its gain predicts.
pub(crate) fn master<'a>(
    program: &'a Program,
    target: &MasteringTarget,
    plugin: &mut PluginSession,
    progress: &SongProgress,
) -> Result<MasteredProgram<'a>> {
    let mut renders = Renders::new(program, target, plugin, progress)?;
    if !target.proposals.is_active() {
        return renders
            .level()?
            .into_mastered(&mut renders, AppliedProposals::default());
    }
    progress.phase("analyzing");
    let delivery = target.delivery(target.loudness().resolve(program.lufs));
    let mut set = ProposalSet::of(program.heard()?, target, delivery, renders.plugin)?;
    let mut dropped: Vec<String> = guard::drop_harmful(&mut set, |set| {
        set.apply(renders.plugin)?;
        renders.balance()
    })?
    .into_iter()
    .collect();
    let untouched = renders.level_without(&set)?;
    let without_phase_shifts = set.without(&guard::PHASE_SHIFTING_PARAMETERS);
    let mut applied = set.none();
    let mut reason = None;
    let mut chosen = None;
    for candidate in [set.clone(), without_phase_shifts] {
        match renders.level_with(&candidate, untouched)? {
            Ok(render) => {
                (chosen, applied) = (Some(render), candidate);
                break;
            }
            Err(harm) => reason = reason.or(Some(harm)),
        }
    }
    let render = match chosen {
        Some(render) => render,
        None => {
            renders.restart(&applied)?;
            renders.level()?
        }
    };
    if let Some(reason) = reason {
        let names = set.names_missing_in(&applied);
        dropped.push(format!("Not applied: {names}, because {reason}."));
    }
    let dropped = Some(dropped.join(" ")).filter(|text| !text.is_empty());
    let proposals = applied.into_applied(&target.proposals, dropped);
    render.into_mastered(&mut renders, proposals)
}
