//! Links in Markdown.

/// Gives each link `[text](target)` the target that `find` returns. Where it returns none, the text stays without a link. Code
/// blocks stay as they are.
pub(super) fn replace(page: &str, find: impl Fn(&str) -> Option<String>) -> String {
    // Every second part lies between two fences.
    let parts = page.split("```").enumerate();
    let replaced = parts.map(|(i, part)| match i % 2 {
        0 => replace_in_prose(part, &find),
        _ => part.to_owned(),
    });
    replaced.collect::<Vec<_>>().join("```")
}

fn replace_in_prose(prose: &str, find: &impl Fn(&str) -> Option<String>) -> String {
    let mut replaced = String::new();
    let mut rest = prose;
    while let Some((before, after)) = rest.split_once("](") {
        let Some((target, tail)) = after.split_once(')') else {
            break;
        };
        replaced.push_str(before);
        if let Some(target) = find(target) {
            replaced.push_str(&format!("]({target})"));
        } else if let Some(bracket) = replaced.rfind('[') {
            replaced.remove(bracket);
        }
        rest = tail;
    }
    replaced + rest
}

/// The targets of all links outside of code blocks.
pub(super) fn targets(page: &str) -> Vec<String> {
    let targets = std::cell::RefCell::new(Vec::new());
    replace(page, |target| {
        targets.borrow_mut().push(target.to_owned());
        None
    });
    targets.into_inner()
}

/// The path that `target` names in a page at `page`, without an anchor. Both are paths from one folder.
pub(super) fn resolve(page: &str, target: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            ".." => _ = parts.pop(),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The relative path from the page at `from` to `to`.
pub(super) fn relative(from: &str, to: &str) -> String {
    let folders = from.split('/').count() - 1;
    "../".repeat(folders) + to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_get_new_targets_and_unknown_ones_become_text() {
        let page = "See [one](a.md), [two](b.md#x) and ![a picture](c.png).\n```text\n[three](a.md)\n```\n";
        let find = |target: &str| (target != "b.md#x").then(|| format!("new/{target}"));
        assert_eq!(
            replace(page, find),
            "See [one](new/a.md), two and ![a picture](new/c.png).\n```text\n[three](a.md)\n```\n"
        );
        assert_eq!(targets(page), ["a.md", "b.md#x", "c.png"]);
    }

    #[test]
    fn paths_between_pages_are_relative_to_the_page() {
        let target = resolve("docs/manual/window.md", "../pillars/README.md");
        assert_eq!(target, "docs/pillars/README.md");
        assert_eq!(relative("pillars/README.md", "window.md"), "../window.md");
        assert_eq!(
            relative("window.md", "models/README.md"),
            "models/README.md"
        );
    }
}
