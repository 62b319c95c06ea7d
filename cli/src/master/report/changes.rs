//! The section on the changes that the assistant and the references made, with their reasons.

use super::page::panel;
use crate::master::applied_proposals::AppliedProposal;
use crate::master::mastering::MasteringResult;
use maud::{Markup, html};

/// The section; nothing if neither an assistant nor a reference was asked for.
pub(super) fn section(song: &MasteringResult) -> Markup {
    let applied = &song.proposals;
    if applied.lines().next().is_none() {
        return html! {};
    }
    let content = html! {
        @if let Some(content) = &applied.recognized {
            p.recognized { "Recognized: " b { (content) } }
        }
        @if !applied.findings.is_empty() {
            ul.findings {
                @for finding in &applied.findings { li { (finding.text) } }
            }
        }
        ul.changes {
            @for change in &applied.changes { (entry(change)) }
        }
        @if let Some(dropped) = &applied.dropped { p.note { (dropped) } }
        @if let Some(note) = applied.note { p.note { (note) } }
    };
    panel("Changes and their reasons", &[], &content)
}

fn entry(change: &AppliedProposal) -> Markup {
    html! {
        li {
            p.change {
                b { (change.full_name()) }
                span.values { (change.from) " → " strong { (change.to) } }
            }
            p { (change.reason) }
            p.note {
                (change.origin.name()) ", " (format!("{:.0}", 100.0 * change.confidence)) " % sure"
            }
        }
    }
}
