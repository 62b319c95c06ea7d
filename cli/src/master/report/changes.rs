//! The section on what the assistant and the references say of the song: the changes, each with its reason and its measured effect.

use super::page::panel;
use crate::master::mastering::MasteringResult;
use crate::master::verdict::ProposedChange;
use maud::{Markup, html};

/// The section; nothing if neither the assistant nor a reference was asked for.
pub(super) fn section(song: &MasteringResult) -> Markup {
    let verdict = &song.verdict;
    if verdict.lines().next().is_none() {
        return html! {};
    }
    let content = html! {
        @if let Some(content) = &verdict.recognized {
            p.recognized { "Recognized: " b { (content) } }
        }
        @if !verdict.findings.is_empty() {
            ul.findings {
                @for finding in &verdict.findings { li { (finding.text) } }
            }
        }
        (list(&verdict.recommended))
        @if let Some(dropped) = &verdict.dropped { p.note { (dropped) } }
        @if let Some(note) = verdict.note { p.note { (note) } }
        @if !verdict.possible.is_empty() {
            h3 { "Also possible, and not applied" }
            (list(&verdict.possible))
        }
        @if !verdict.checks.is_empty() {
            h3 { "In order" }
            ul.checks {
                @for check in &verdict.checks { li { b { (check.name) } " " (check.text) } }
            }
        }
    };
    panel("Changes and their reasons", &[], &content)
}

fn list(changes: &[ProposedChange]) -> Markup {
    html! {
        ul.changes {
            @for change in changes { (entry(change)) }
        }
    }
}

fn entry(change: &ProposedChange) -> Markup {
    html! {
        li {
            p.change { b { (change.values()) } }
            p { (change.reason) }
            @if let Some(measured) = change.measured() { p { (measured) } }
            p.note { (change.origin.name()) ", " (change.certainty()) }
        }
    }
}
