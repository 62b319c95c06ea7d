//! The frame of all pages: head, header, panels and footer.

use super::super::outputs::file_rules::PAGE_MARK;
use super::player::SCRIPT;
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = concat!(include_str!("style.css"), include_str!("print.css"));
/// Browsers refuse all requests but those for the audio within the page.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; media-src data:";

/// One entry of a legend.
pub(super) struct Legend {
    class: &'static str,
    label: String,
}

impl Legend {
    pub(super) fn new(class: &'static str, label: impl Into<String>) -> Self {
        Self {
            class,
            label: label.into(),
        }
    }
}

/// A panel with a heading.
pub(super) fn panel(title: &str, legend: &[Legend], content: &Markup) -> Markup {
    html! {
        section.panel {
            h2 {
                (title)
                @if !legend.is_empty() {
                    span.legend {
                        @for entry in legend {
                            small { i class=(entry.class) {} (entry.label) }
                        }
                    }
                }
            }
            (content)
        }
    }
}

/// A table that scrolls within its panel where it is too wide.
pub(super) fn scrolling(label: &str, table: &Markup) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) { (table) }
    }
}

/// A whole page.
pub(super) fn page(title: &str, subtitle: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                (PreEscaped(PAGE_MARK))
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (title) " · Flow" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    p.wordmark { "Flow" span { "Mastering report" } }
                    h1 dir="auto" { (title) }
                    p { (subtitle) }
                }
                main { (body) }
                footer {
                    p {
                        "Loudness after ITU-R BS.1770 and EBU Tech 3341 and 3342, true peak by 32 times oversampling: "
                        "measured independently of the plug-in. Gain reduction is read from the plug-in after each block."
                    }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_with_markup_in_title_escapes_it() {
        let page = page("</title><script>\u{202e}🎚 & \"b\"", "", &html! {});
        let escaped = "&lt;/title&gt;&lt;script&gt;\u{202e}🎚 &amp; &quot;b&quot;";
        assert!(page.contains(&format!("<h1 dir=\"auto\">{escaped}</h1>")));
        assert!(page.contains(&format!("<title>{escaped} · Flow</title>")));
        assert_eq!(page.matches("<script>").count(), 1);
    }

    #[test]
    fn page_without_content_refers_to_nothing_outside() {
        let page = page("Song", "", &html! {});
        for word in ["http:", "https:", "//", "url(", "@import", "<link", "<img"] {
            assert!(!page.replace("// ", "").contains(word), "{word}");
        }
    }
}
