//! The licenses and the origin of all dependencies, against `deny.toml`.

use spdx::{Expression, ParseMode};

use crate::files;

/// The dependencies with a license or an origin that `deny.toml` doesn't allow, one a line.
pub(crate) fn refused_packages() -> Vec<String> {
    let text = std::fs::read_to_string(files::root().join("deny.toml")).unwrap();
    let rules: toml::Table = text.parse().unwrap();
    let allowed = texts(&rules["licenses"]["allow"]);
    let registries = texts(&rules["sources"]["allow-registry"]);
    let mut refused = Vec::new();
    for package in files::packages_with_dependencies() {
        let name = package["name"].as_str().unwrap();
        let license = package["license"].as_str().unwrap_or_default();
        if !is_allowed(license, &allowed) {
            refused.push(format!("{name}: the license \"{license}\""));
        }
        // The workspace's own packages have no source.
        let source = package["source"].as_str();
        let url = source.map(|source| source.trim_start_matches("registry+"));
        if let Some(url) = url.filter(|url| !registries.iter().any(|known| known == url)) {
            refused.push(format!("{name}: the source {url}"));
        }
    }
    refused
}

fn texts(list: &toml::Value) -> Vec<String> {
    let items = list.as_array().unwrap().iter();
    items
        .map(|item| item.as_str().unwrap().to_owned())
        .collect()
}

/// Whether the licenses that an expression requires are allowed. Older crates write "/" for "OR".
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let expression = Expression::parse_mode(expression, ParseMode::LAX);
    expression.is_ok_and(|expression| {
        expression.evaluate(|required| {
            let id = required.license.id();
            id.is_some_and(|id| allowed.iter().any(|known| known == id.name))
        })
    })
}

#[test]
fn license_expressions_are_evaluated_against_the_allowed_ones() {
    let allowed = ["MIT".to_owned(), "Zlib".to_owned()];
    for (expression, expected) in [
        ("MIT", true),
        ("MIT/Apache-2.0", true),
        ("GPL-2.0-only OR Zlib", true),
        ("MIT AND Apache-2.0", false),
        ("GPL-3.0-only", false),
        ("", false),
        ("my own", false),
    ] {
        assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
    }
}
