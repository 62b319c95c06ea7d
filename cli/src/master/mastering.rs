//! The mastering of a program: proposals, the decision about the gain, and measurement of the output.

mod parameter_gains;
mod renders;
mod result;

use super::advice::Advice;
use super::program::Program;
use super::progress::SongProgress;
use super::proposals::ProposalSet;
use super::target::MasteringTarget;
use crate::plugin_session::PluginSession;
use anyhow::Result;
use renders::{Renders, VerifiedRender};
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
        let render = renders.level()?;
        return render.into_mastered(&mut renders, Advice::default());
    }
    progress.phase("analyzing");
    let delivery = target.delivery(target.loudness().resolve(program.lufs));
    let set = ProposalSet::of(program.analyzed_song()?, target, delivery, renders.plugin)?;
    let untouched = renders.level_without(&set)?;
    let mut harm = None;
    let candidates = [Some(set.clone()), set.without_phase_shifts()];
    for candidate in candidates.into_iter().flatten().filter(|c| !c.is_empty()) {
        match renders.level_with(&candidate, untouched)? {
            Ok(render) => return finish(render, candidate, &set, harm, &mut renders),
            Err(reason) => harm = harm.or(Some(reason)),
        }
    }
    let none = set.none();
    renders.restart(&none)?;
    let render = renders.level()?;
    finish(render, none, &set, harm, &mut renders)
}

/// The result with these proposals. `harm` is the reason why others of `all` were dropped, as a clause.
fn finish<'a>(
    render: VerifiedRender,
    applied: ProposalSet,
    all: &ProposalSet,
    harm: Option<String>,
    renders: &mut Renders<'a, '_>,
) -> Result<MasteredProgram<'a>> {
    let names = all.names_missing_in(&applied);
    let dropped = harm.map(|harm| format!("Not applied: {names}, because {harm}."));
    let advice = Advice {
        is_of_album: renders.program.tracks.len() > 1,
        ..applied.into_advice(renders.source(), dropped)
    };
    render.into_mastered(renders, advice)
}
