//! The graph of imports between the files of a crate, and its circles.
//!
//! File A imports file B if A's code names an item that B defines: by `use`, by a path such as `crate::a::Item` or
//! `super::Item`, or through a name that was imported. The rules:
//!
//! - A re-export counts for the file that defines the item, not for the file that passes it on.
//! - `mod child;` and `pub use child::Item;` import nothing. So a parent may declare and re-export its children, and may
//!   use their items, as long as no child uses an item that the parent itself defines.
//! - Code under `cfg(test)` doesn't count: tests may look at everything.
//!
//! A circle is a set of files that all import each other, directly or through others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

use crate::files;

/// Deep enough for every chain of re-exports.
const MOST_REEXPORTS: usize = 16;

type Segments = Vec<String>;

#[derive(Default)]
struct Module {
    parent: Option<usize>,
    file: usize,
    children: BTreeMap<String, usize>,
    items: BTreeSet<String>,
    /// Names that `use` brings in, with their paths.
    imports: BTreeMap<String, Segments>,
    globs: Vec<Segments>,
    /// Paths that the code names, those of re-exports left out.
    references: BTreeSet<Segments>,
}

/// The place that a path leads to, if it lies in this crate.
#[derive(Clone, Copy)]
enum Place {
    Module(usize),
    /// An item that this file defines.
    File(usize),
}

/// The modules of a crate, read from its root file.
#[derive(Default)]
pub(crate) struct Crate {
    files: Vec<PathBuf>,
    modules: Vec<Module>,
}

impl Crate {
    pub(crate) fn load(root: &Path) -> Self {
        let mut crate_ = Self::default();
        let folder = root.parent().unwrap_or(root).to_owned();
        crate_.load_file(root, &folder, None);
        crate_
    }

    fn load_file(&mut self, path: &Path, folder: &Path, parent: Option<usize>) -> usize {
        let text = std::fs::read_to_string(path).unwrap();
        self.files.push(path.to_owned());
        let tokens = TokenStream::from_str(&text).unwrap();
        self.add_module(tokens, self.files.len() - 1, folder, parent)
    }

    /// Adds a module; its children's files lie in `folder`.
    fn add_module(
        &mut self,
        tokens: TokenStream,
        file: usize,
        folder: &Path,
        parent: Option<usize>,
    ) -> usize {
        let index = self.modules.len();
        self.modules.push(Module {
            parent,
            file,
            ..Module::default()
        });
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        self.read(&tokens, index, folder);
        index
    }

    /// Reads the tokens of a module, or of a group in it.
    fn read(&mut self, tokens: &[TokenTree], module: usize, folder: &Path) {
        let mut at = 0;
        let mut is_public = false;
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    let attribute = tokens.get(at + 1).map(ToString::to_string);
                    let is_test = attribute.is_some_and(|text| is_test_attribute(&text));
                    at += if is_test {
                        item_length(&tokens[at..])
                    } else {
                        2
                    };
                    continue;
                }
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    self.read(&inner, module, folder);
                    // `pub(crate)` is still a visibility.
                    is_public &= group.delimiter() == Delimiter::Parenthesis;
                }
                TokenTree::Ident(ident) => {
                    let word = ident.to_string();
                    let next = tokens.get(at + 1);
                    let name = next.filter(|t| matches!(t, TokenTree::Ident(_)));
                    match (word.as_str(), name) {
                        ("pub", _) => {
                            is_public = true;
                            at += 1;
                            continue;
                        }
                        ("use", _) if !matches!(next, Some(TokenTree::Punct(p)) if p.as_char() == '<') =>
                        {
                            let end = semicolon(tokens, at);
                            self.read_use(&tokens[at + 1..end], &mut Vec::new(), module, is_public);
                            at = end;
                        }
                        ("mod", Some(name)) => {
                            self.read_child(&name.to_string(), tokens.get(at + 2), module, folder);
                            at += 2;
                        }
                        (
                            "fn" | "struct" | "enum" | "trait" | "type" | "union" | "static",
                            Some(name),
                        )
                        | ("const", Some(name)) => {
                            self.modules[module].items.insert(name.to_string());
                            at += 1;
                        }
                        _ => {
                            let (segments, length) = path_at(tokens, at);
                            let is_field = at > 0 && is_punct(&tokens[at - 1], '.');
                            if segments.len() > 1 || !is_field {
                                self.modules[module].references.insert(segments);
                            }
                            at += length - 1;
                        }
                    }
                    is_public = false;
                }
                _ => is_public = false,
            }
            at += 1;
        }
    }

    fn read_child(&mut self, name: &str, next: Option<&TokenTree>, module: usize, folder: &Path) {
        let child = match next {
            Some(TokenTree::Group(body)) => {
                let file = self.modules[module].file;
                self.add_module(body.stream(), file, &folder.join(name), Some(module))
            }
            _ => {
                let inner = folder.join(name);
                let beside = folder.join(format!("{name}.rs"));
                let path = Some(beside).filter(|path| path.exists());
                let path = path.unwrap_or_else(|| inner.join("mod.rs"));
                if !path.exists() {
                    // Another file by a `path` attribute.
                    return;
                }
                self.load_file(&path, &inner, Some(module))
            }
        };
        self.modules[module].children.insert(name.to_owned(), child);
    }

    /// Reads a tree such as `a::{b, c as d, e::*}`.
    fn read_use(
        &mut self,
        tokens: &[TokenTree],
        prefix: &mut Segments,
        module: usize,
        is_public: bool,
    ) {
        for branch in tokens.split(|token| is_punct(token, ',')) {
            let length = prefix.len();
            let mut name = None;
            let mut is_alias = false;
            for token in branch {
                match token {
                    TokenTree::Ident(ident) if *ident == "as" => is_alias = true,
                    TokenTree::Ident(ident) if is_alias => name = Some(ident.to_string()),
                    TokenTree::Ident(ident) if *ident == "self" && prefix.len() > length => {}
                    TokenTree::Ident(ident) => {
                        // `{self}` names the prefix itself.
                        if *ident != "self" || prefix.is_empty() {
                            prefix.push(ident.to_string());
                        }
                        name = prefix.last().cloned();
                    }
                    TokenTree::Group(group) => {
                        let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                        self.read_use(&inner, prefix, module, is_public);
                        name = None;
                    }
                    TokenTree::Punct(punct) if punct.as_char() == '*' => {
                        self.modules[module].globs.push(prefix.clone());
                        name = None;
                    }
                    _ => {}
                }
            }
            if let Some(name) = name {
                let module = &mut self.modules[module];
                module.imports.insert(name, prefix.clone());
                if !is_public {
                    module.references.insert(prefix.clone());
                }
            }
            prefix.truncate(length);
        }
    }

    /// Follows a path from a module.
    fn resolve(&self, module: usize, path: &[String], depth: usize) -> Option<Place> {
        if depth > MOST_REEXPORTS {
            return None;
        }
        let (first, rest) = path.split_first()?;
        let mut place = match first.as_str() {
            "crate" => Some(Place::Module(0)),
            "self" => Some(Place::Module(module)),
            "super" => self.modules[module].parent.map(Place::Module),
            name => self.look_up(module, name, depth),
        };
        for name in rest {
            place = match place? {
                Place::Module(inner) if name == "super" => {
                    self.modules[inner].parent.map(Place::Module)
                }
                Place::Module(inner) => self.look_up(inner, name, depth),
                // The rest are associated items or variants.
                file @ Place::File(_) => return Some(file),
            };
        }
        place
    }

    fn look_up(&self, module: usize, name: &str, depth: usize) -> Option<Place> {
        let inside = &self.modules[module];
        if let Some(child) = inside.children.get(name) {
            return Some(Place::Module(*child));
        }
        if inside.items.contains(name) {
            return Some(Place::File(inside.file));
        }
        let import = inside.imports.get(name);
        // A crate may have the name of one of its modules.
        let import = import.filter(|path| path.len() > 1 || path[0] != name);
        if let Some(path) = import {
            return self.resolve(module, path, depth + 1);
        }
        inside
            .globs
            .iter()
            .find_map(|glob| match self.resolve(module, glob, depth + 1)? {
                Place::Module(from) if from != module => self.look_up(from, name, depth + 1),
                _ => None,
            })
    }

    /// The files that each file imports, with the names.
    fn edges(&self) -> BTreeMap<usize, BTreeMap<usize, BTreeSet<String>>> {
        let mut edges: BTreeMap<usize, BTreeMap<usize, BTreeSet<String>>> = BTreeMap::new();
        for (index, module) in self.modules.iter().enumerate() {
            for path in &module.references {
                if let Some(Place::File(to)) = self.resolve(index, path, 0)
                    && to != module.file
                {
                    let names = edges.entry(module.file).or_default().entry(to).or_default();
                    names.insert(path.join("::"));
                }
            }
        }
        edges
    }

    /// Each circle as lines: the names of its files, and below them the imports that tie it.
    pub(crate) fn circles(&self) -> Vec<Vec<String>> {
        let edges = self.edges();
        let reach = |from: usize| {
            let mut reached = BTreeSet::new();
            let mut open = vec![from];
            while let Some(file) = open.pop() {
                let next = edges.get(&file).into_iter().flat_map(BTreeMap::keys);
                open.extend(next.filter(|next| reached.insert(**next)));
            }
            reached
        };
        let reached: Vec<BTreeSet<usize>> = (0..self.files.len()).map(reach).collect();
        let mut circles = BTreeSet::new();
        for file in 0..self.files.len() {
            let is_tied = |other: &usize| reached[*other].contains(&file);
            let circle: BTreeSet<usize> = reached[file].iter().copied().filter(is_tied).collect();
            if circle.len() > 1 {
                circles.insert(circle);
            }
        }
        let name = |file: &usize| files::relative(&self.files[*file]);
        let describe = |circle: &BTreeSet<usize>| {
            let files: Vec<String> = circle.iter().map(name).collect();
            let mut lines = vec![files.join(", ")];
            for from in circle {
                for (to, names) in edges[from].iter().filter(|(to, _)| circle.contains(to)) {
                    let names: Vec<&str> = names.iter().map(String::as_str).collect();
                    lines.push(format!(
                        "{} -> {}: {}",
                        name(from),
                        name(to),
                        names.join(", ")
                    ));
                }
            }
            lines
        };
        circles.iter().map(describe).collect()
    }
}

fn is_punct(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == c)
}

/// Whether an attribute's text, such as `[cfg (test)]`, removes the item from all but tests.
fn is_test_attribute(text: &str) -> bool {
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).collect();
    words.contains(&"cfg") && words.contains(&"test") && !words.contains(&"not")
}

/// The tokens up to the end of the item that begins here.
fn item_length(tokens: &[TokenTree]) -> usize {
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        other => is_punct(other, ';'),
    };
    // The first two are the attribute.
    let end = tokens.iter().skip(2).position(ends);
    end.map_or(tokens.len(), |end| end + 3)
}

fn semicolon(tokens: &[TokenTree], from: usize) -> usize {
    let end = tokens[from..].iter().position(|token| is_punct(token, ';'));
    end.map_or(tokens.len(), |end| from + end)
}

/// The path that begins with the identifier at a place, and its number of tokens.
fn path_at(tokens: &[TokenTree], at: usize) -> (Segments, usize) {
    let mut segments = vec![tokens[at].to_string()];
    let mut length = 1;
    loop {
        let rest = &tokens[at + length..];
        match rest {
            [
                TokenTree::Punct(a),
                TokenTree::Punct(b),
                TokenTree::Ident(name),
                ..,
            ] if a.as_char() == ':' && a.spacing() == Spacing::Joint && b.as_char() == ':' => {
                segments.push(name.to_string());
                length += 3;
            }
            _ => return (segments, length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The circles of a crate with these files, by their names.
    fn circles(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let circles = Crate::load(&folder.path().join("lib.rs")).circles();
        let files = circles.iter().map(|lines| {
            let names = lines[0]
                .split(", ")
                .map(|path| path.rsplit('/').next().unwrap());
            names.collect::<Vec<_>>().join(" ")
        });
        files.collect()
    }

    #[test]
    fn files_that_use_each_other_are_a_circle() {
        let a = ("a.rs", "use crate::b::B; pub struct A;");
        let through_path = ("b.rs", "pub struct B(crate::a::A);");
        let through_module = ("b.rs", "use super::a; pub struct B(a::A);");
        let in_macro = ("b.rs", "pub struct B; fn f() { m!(super::a::A) }");
        for b in [through_path, through_module, in_macro] {
            assert_eq!(circles(&[("lib.rs", "mod a; mod b;"), a, b]), ["a.rs b.rs"]);
        }
        let one_way = ("b.rs", "pub struct B;");
        assert!(circles(&[("lib.rs", "mod a; mod b;"), a, one_way]).is_empty());
    }

    #[test]
    fn circle_through_three_files_is_found() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b::{self, B}; pub struct A;"),
            ("b.rs", "pub use super::c::*; pub struct B(C);"),
            ("c.rs", "pub struct C; fn f() { use crate::a::A; }"),
        ];
        // `b` passes `C` on, and uses it.
        assert_eq!(circles(&files), ["a.rs b.rs c.rs"]);
    }

    #[test]
    fn parent_that_reexports_and_uses_children_is_no_circle() {
        let files = [
            (
                "lib.rs",
                "mod a; pub use a::A; pub fn f(_: A) { a::child::g() }",
            ),
            ("a.rs", "pub mod child; mod other; pub use other::A;"),
            ("a/child.rs", "use super::A; pub fn g() { A::new() }"),
            (
                "a/other.rs",
                "pub struct A; #[cfg(test)] mod tests { use crate::f; }",
            ),
        ];
        assert!(circles(&files).is_empty());
    }

    #[test]
    fn child_that_uses_an_item_of_its_parent_is_a_circle() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "mod child; pub struct A; fn f() { child::g() }"),
            ("a/child.rs", "use super::A; pub fn g() {}"),
            ("b.rs", "use crate::a::A;"),
        ];
        assert_eq!(circles(&files), ["a.rs child.rs"]);
    }
}
