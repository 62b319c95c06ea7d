//! The player of the page: the song before and after at equal loudness.

use super::excerpts::{Excerpt, Excerpts};
use crate::content_text::time;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flow_params::number::number;
use maud::{Markup, html};

/// The script of the page, which needs no other file.
pub(super) const SCRIPT: &str = include_str!("player.js");

/// The player. Without the script it is two plain ones.
pub(super) fn player(excerpts: &Excerpts, song_seconds: f64) -> Markup {
    let sides = [("Before", &excerpts.before), ("After", &excerpts.after)];
    html! {
        section.panel.player
            data-start=(excerpts.start_seconds)
            data-seconds=(excerpts.seconds)
            data-song=(song_seconds)
            aria-labelledby="listen"
        {
            h2 id="listen" { "Listen" small { "before and after at equal loudness" } }
            div.controls hidden {
                button.play type="button" aria-label="Play" { span {} }
                fieldset.sides {
                    legend { "Version" }
                    @for (name, _) in sides {
                        label {
                            input type="radio" name="side" checked[name == "After"];
                            span { (name) }
                        }
                    }
                }
                input.seek type="range" min="0" max=(excerpts.seconds) step="0.01" value="0" aria-label="Position";
                span.clock aria-hidden="true" { (time(excerpts.start_seconds)) }
            }
            div.plain {
                @for (name, excerpt) in sides {
                    figure {
                        figcaption { (name) }
                        audio controls preload="metadata" aria-label=(name) src=(source(excerpt)) {}
                    }
                }
            }
            p.note { (note(excerpts)) }
        }
    }
}

fn source(excerpt: &Excerpt) -> String {
    format!("data:audio/flac;base64,{}", STANDARD.encode(&excerpt.flac))
}

fn note(excerpts: &Excerpts) -> String {
    let gain = |name: &str, excerpt: &Excerpt| {
        (excerpt.gain_db < -0.05).then(|| {
            let down = number(-excerpt.gain_db, 1);
            format!("{name} is turned down by {down} dB")
        })
    };
    let gains = [
        gain("before", &excerpts.before),
        gain("after", &excerpts.after),
    ];
    let gains: Vec<String> = gains.into_iter().flatten().collect();
    format!(
        "{} s from {}, both at {} LUFS{}{}.",
        number(excerpts.seconds, 0),
        time(excerpts.start_seconds),
        number(excerpts.lufs, 1),
        if gains.is_empty() { "" } else { ": " },
        gains.join(", ")
    )
}
