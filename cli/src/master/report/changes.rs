//! The section on what the assistant and the references say of the song: the changes, each with its reason and its measured effect.

use super::page::panel;
use crate::master::advice::ProposedChange;
use crate::master::mastering::MasteringResult;
use maud::{Markup, html};

/// The section; nothing if neither the assistant nor a reference was asked for.
pub(super) fn section(song: &MasteringResult) -> Markup {
    let advice = &song.advice;
    if advice.lines().next().is_none() {
        return html! {};
    }
    let content = html! {
        @if let Some(content) = &advice.recognized {
            p.recognized { "Recognized: " b { (content) } }
        }
        @if let Some(sound) = &advice.sound {
            p.recognized { "Sound before the changes: " b { (sound) } }
        }
        @if let Some(tried) = advice.tried_text() { p.note { (tried) } }
        @if !advice.findings.is_empty() {
            ul.findings {
                @for finding in &advice.findings { li { (finding.text) } }
            }
        }
        (list(&advice.recommended))
        @if let Some(dropped) = &advice.dropped { p.note { (dropped) } }
        @if let Some(note) = advice.note { p.note { (note) } }
        @if !advice.possible.is_empty() {
            h3 { "Also possible, and not applied" }
            (list(&advice.possible))
        }
        @if !advice.checks.is_empty() {
            h3 { "In order" }
            ul.checks {
                @for check in &advice.checks { li { b { (check.name) } " " (check.text) } }
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
            p.note {
                (change.origin.name())
                @if let Some(certainty) = change.certainty() { ", " (certainty) }
            }
        }
    }
}
