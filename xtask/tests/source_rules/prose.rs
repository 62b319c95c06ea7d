//! The prose of a file: comments of Rust, Python and TOML, text of Markdown, and the texts that a program shows. Code, in
//! fences or between backticks, is left out.

use crate::files::SourceFile;

/// A run of comment lines or a paragraph, and the line on which it begins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Paragraph {
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// A part of Rust code that may hold prose.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A comment.
    Comment,
    /// A string or character literal, with its quotes.
    Literal,
}

/// The comments of a file, or the text of a document.
pub(crate) fn paragraphs(file: &SourceFile) -> Vec<Paragraph> {
    let lines = if file.is_rust() {
        rust_parts(&file.text, Part::Comment)
    } else if file.is_python() {
        python_comments(&file.text)
    } else if file.is_manifest() {
        toml_comments(&file.text)
    } else if file.is_document() {
        numbered(&file.text)
    } else {
        Vec::new()
    };
    join(lines)
}

/// The texts that the program shows: those of presets, and literals of several words outside of tests, without their
/// arguments.
pub(crate) fn shown_texts(file: &SourceFile) -> Vec<Paragraph> {
    if file.is_preset() {
        let lines = numbered(&file.text).into_iter();
        return lines.map(|(line, text)| Paragraph { line, text }).collect();
    }
    let is_test = file.name.contains("tests/") || file.name.ends_with("tests.rs");
    if !file.is_rust() || is_test {
        return Vec::new();
    }
    let product = file.text.split("#[cfg(test)]").next().unwrap_or_default();
    let literals = rust_parts(product, Part::Literal).into_iter();
    let texts = literals.map(|(line, literal)| (line, without_arguments(&literal)));
    texts
        .filter(|(_, text)| text.split_whitespace().count() >= MIN_WORDS)
        .map(|(line, text)| Paragraph { line, text })
        .collect()
}

/// A literal with fewer words is a name.
const MIN_WORDS: usize = 3;

/// A literal without the arguments in its braces and without its escapes.
fn without_arguments(literal: &str) -> String {
    let parts = literal.split('{').enumerate();
    let text: Vec<&str> = parts
        .map(|(i, part)| match part.split_once('}') {
            Some((_, rest)) if i > 0 => rest,
            _ => part,
        })
        .collect();
    text.join(" ").replace("\\n", " ")
}

fn numbered(text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().enumerate();
    lines.map(|(i, line)| (i + 1, line.to_owned())).collect()
}

/// Joins lines that follow each other. Empty lines, headings and list items begin a new paragraph.
fn join(lines: Vec<(usize, String)>) -> Vec<Paragraph> {
    let mut paragraphs: Vec<Paragraph> = Vec::new();
    let mut is_fenced = false;
    let mut last_line = 0;
    for (number, line) in lines {
        let line = line.trim();
        if line.starts_with("```") {
            is_fenced = !is_fenced;
        } else if !is_fenced && !line.is_empty() {
            let text = without_code(line);
            let begins_item = line.starts_with(['#', '-', '*', '|']);
            match paragraphs.last_mut() {
                Some(last) if last_line + 1 == number && !begins_item => {
                    last.text.push(' ');
                    last.text.push_str(&text);
                }
                _ => paragraphs.push(Paragraph { line: number, text }),
            }
            last_line = number;
        }
    }
    paragraphs
}

/// The line without its code between backticks and without the targets of its links.
fn without_code(line: &str) -> String {
    let prose: Vec<&str> = line.split('`').step_by(2).collect();
    let mut text = String::new();
    for (i, part) in prose.join(" ").split("](").enumerate() {
        let rest = part.split_once(')').map_or("", |(_, rest)| rest);
        text.push_str(if i == 0 { part } else { rest });
    }
    text
}

/// The comment lines of Rust code without their slashes, or its literals.
fn rust_parts(text: &str, wanted: Part) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let (mut at, mut line) = (0, 1);
    while at < bytes.len() {
        let rest = &text[at..];
        let length = if rest.starts_with("//") {
            let end = rest.find('\n').unwrap_or(rest.len());
            if wanted == Part::Comment {
                let comment = rest[..end].trim_start_matches('/').trim_start_matches('!');
                found.push((line, comment.to_owned()));
            }
            end
        } else if rest.starts_with("/*") {
            let end = rest.find("*/").map_or(rest.len(), |end| end + 2);
            if wanted == Part::Comment {
                let lines = rest[..end].lines().enumerate();
                found.extend(lines.map(|(i, text)| (line + i, text.replace(['/', '*'], ""))));
            }
            end
        } else {
            let length = literal_length(rest, at.checked_sub(1).map(|before| bytes[before]));
            if wanted == Part::Literal && length > 0 {
                found.push((line, rest[..length].to_owned()));
            }
            length
        };
        let length = length.max(rest.chars().next().map_or(1, char::len_utf8));
        line += text[at..at + length].matches('\n').count();
        at += length;
    }
    found
}

/// The length of the string or character literal that begins here; 0 if none does.
fn literal_length(rest: &str, before: Option<u8>) -> usize {
    let is_in_word = before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if let Some(after) = rest.strip_prefix('"') {
        return 1 + quoted_length(after, '"');
    }
    let hashes = rest
        .strip_prefix('r')
        .filter(|_| !is_in_word || before == Some(b'b'));
    if let Some(hashes) = hashes {
        let count = hashes.len() - hashes.trim_start_matches('#').len();
        if hashes[count..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(count));
            let body = &hashes[count + 1..];
            let length = body.find(&end).unwrap_or(body.len());
            return 1 + count + 1 + length + end.len();
        }
    }
    if let Some(after) = rest.strip_prefix('\'') {
        let mut chars = after.chars();
        let first = chars.next().unwrap_or_default();
        // A lifetime has no second quote.
        if first == '\\' || chars.next() == Some('\'') {
            return 1 + quoted_length(after, '\'');
        }
    }
    0
}

/// The length up to the closing quote, with it. A backslash takes the next character's meaning away.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        if !is_escaped && c == quote {
            return at + 1;
        }
        is_escaped = !is_escaped && c == '\\';
    }
    text.len()
}

/// The comments of TOML, and the descriptions of packages.
fn toml_comments(text: &str) -> Vec<(usize, String)> {
    let prose = |line: String| {
        let comment = line.strip_prefix("# ");
        let text = comment.or_else(|| line.strip_prefix("description = "))?;
        Some(text.to_owned())
    };
    let lines = numbered(text).into_iter();
    lines
        .filter_map(|(number, line)| Some((number, prose(line)?)))
        .collect()
}

/// The comment lines and documentation strings of Python code.
fn python_comments(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut is_documentation = false;
    for (number, line) in numbered(text) {
        let trimmed = line.trim();
        let quotes = trimmed.matches("\"\"\"").count();
        if is_documentation || trimmed.starts_with("\"\"\"") {
            found.push((number, trimmed.replace("\"\"\"", "")));
            is_documentation ^= quotes == 1;
        } else if let Some((_, comment)) = line.split_once("# ") {
            let code = &line[..line.len() - comment.len()];
            if code.matches(['"', '\'']).count() % 2 == 0 {
                found.push((number, comment.to_owned()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(name: &str, text: &str) -> Vec<(usize, String)> {
        let file = SourceFile {
            name: name.to_owned(),
            text: text.to_owned(),
        };
        let paragraphs = paragraphs(&file).into_iter();
        paragraphs.map(|p| (p.line, p.text)).collect()
    }

    #[test]
    fn rust_comments_without_strings_are_joined_to_paragraphs() {
        let code = "//! One.\n//! Two.\nlet a = \"// no\"; // Three.\nlet b = r#\"\" // no\"#; let c = '\"';\n/* Four. */\n";
        let expected = [(1, "One. Two. Three."), (5, "Four.")];
        let found = texts("a.rs", code);
        let found: Vec<(usize, &str)> = found.iter().map(|(n, t)| (*n, t.trim())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn shown_texts_are_literals_of_several_words_outside_of_tests() {
        let file = |name: &str| {
            SourceFile {
            name: name.to_owned(),
            text: "// \"A comment of words.\"\nlet a = \"short name\";\nf(\"{path} has no audio\\nat all\");\n#[cfg(test)]\nf(\"one two three\");\n".to_owned(),
        }
        };
        let found = shown_texts(&file("a.rs"));
        let expected = Paragraph {
            line: 3,
            text: "\"  has no audio at all\"".to_owned(),
        };
        assert_eq!(found, [expected]);
        assert_eq!(shown_texts(&file("tests/a.rs")), []);
    }

    #[test]
    fn comments_and_descriptions_of_toml_are_found() {
        let text = "[package]\ndescription = \"One.\"\n# Two.\nname = \"a\"\n";
        assert_eq!(texts("a.toml", text), [(2, "\"One.\" Two.".to_owned())]);
    }

    #[test]
    fn python_comments_and_documentation_strings_are_found() {
        let code = "\"\"\"One\ntwo.\"\"\"\nx = \"# no\"\ny = 1  # Three.\n";
        let expected = [(1, "One two.".to_owned()), (4, "Three.".to_owned())];
        assert_eq!(texts("a.py", code), expected);
    }

    #[test]
    fn markdown_without_code_and_links_is_prose() {
        let text = "A `code` word [link](http://what).\n\n```sh\nwhat\n```\n";
        assert_eq!(texts("a.md", text), [(1, "A   word [link.".to_owned())]);
    }
}
