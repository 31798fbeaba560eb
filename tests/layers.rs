//! The check of the layers of ARCHITECTURE.md: no file uses one of a later layer, and no circle
//! of imports is larger than a folder.
//!
//! The tables of that file are the rule. Imports are `use` trees and paths of the source, as
//! Rust's own tokens have them: comments, strings and code that is compiled for tests alone
//! do not count.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A crate whose files keep to layers.
struct Layered {
    /// The heading of its table in ARCHITECTURE.md.
    heading: &'static str,
    /// Folder of its files, from the root of the repository.
    root: &'static str,
}

const LIBRARY: Layered = Layered { heading: "## The library", root: "src" };
const SERVER: Layered = Layered { heading: "## The server of the page", root: "crates/gotrace-view/src" };
const TABLES: Layered = Layered { heading: "## The tables", root: "crates/gotrace-arrow/src" };
const COMMAND: Layered = Layered { heading: "## The command", root: "crates/gotrace-cli/src" };

#[test]
fn the_library_keeps_to_its_layers() {
    assert_eq!(violations_of(&LIBRARY), [""; 0]);
}

#[test]
fn the_command_keeps_to_its_layers() {
    assert_eq!(violations_of(&COMMAND), [""; 0]);
}

#[test]
fn the_server_keeps_to_its_layers() {
    assert_eq!(violations_of(&SERVER), [""; 0]);
}

#[test]
fn the_tables_keep_to_their_layers() {
    assert_eq!(violations_of(&TABLES), [""; 0]);
}

#[test]
fn what_climbs_is_found() {
    let good = [
        ("lib.rs", "mod ground;\nmod event;\nmod wire;\npub use wire::Wire;"),
        ("ground.rs", "pub struct Id;"),
        ("wire.rs", "mod batch;\nuse crate::ground::Id;\npub struct Wire(Id);"),
        (
            "wire/batch.rs",
            "use super::Wire;\n// use crate::event::Event;\n#[cfg(test)]\nmod tests { use crate::event::Event; }",
        ),
        ("event.rs", "/// See [`crate::Wire`].\npub struct Event(crate::wire::Wire);"),
    ];
    // A file, its contents instead, and the violations.
    let cases: &[(&str, &str, &[&str])] = &[
        ("ground.rs", "pub struct Id;", &[]),
        ("ground.rs", "\nuse crate::event::Event;", &["ground.rs:2: layer ground uses the later layer event"]),
        (
            "ground.rs",
            "use super::{wire, event::Event};",
            &[
                "ground.rs:1: layer ground uses the later layer event",
                "ground.rs:1: layer ground uses the later layer wire",
            ],
        ),
        ("ground.rs", "fn f() {\n  crate::wire::g()\n}", &["ground.rs:2: layer ground uses the later layer wire"]),
        (
            "ground.rs",
            "#[error(\"{}\", crate::wire::MOST)]\nstruct E;",
            &["ground.rs:1: layer ground uses the later layer wire"],
        ),
        ("ground.rs", "pub use crate::Wire;", &["ground.rs:1: layer ground uses the later layer lib"]),
        (
            "wire/batch.rs",
            "mod a { use super::super::super::event; }",
            &["wire/batch.rs:1: layer wire uses the later layer event"],
        ),
        ("attic.rs", "", &["attic.rs: belongs to no layer"]),
    ];
    let rows = ["ground", "wire", "event", "lib"].map(String::from);
    for (file, text, expected) in cases {
        let mut files: BTreeMap<String, String> = good.iter().map(|(f, t)| (f.to_string(), t.to_string())).collect();
        files.insert(file.to_string(), text.to_string());
        assert_eq!(violations(&rows, &files), *expected, "{file}: {text}");
    }
    let without: BTreeMap<String, String> = BTreeMap::from([("lib.rs".into(), String::new())]);
    assert_eq!(violations(&["event", "lib"].map(String::from), &without), ["event of ARCHITECTURE.md has no file"]);
}

#[test]
fn a_circle_is_found_where_it_leaves_its_folder() {
    type Files = [(&'static str, &'static str)];
    let cases: &[(&Files, &[&str])] = &[
        // Between the files of one folder.
        (&[("a/b.rs", "use super::c;"), ("a/c.rs", "use super::b;")], &[]),
        (&[("a.rs", "mod b;\nuse b::B;"), ("a/b.rs", "use super::A;")], &[]),
        // Between two folders.
        (
            &[("a/b/x.rs", "use crate::a::c::y;"), ("a/c/y.rs", "use crate::a::b::x;")],
            &["a/b/x.rs:1: is in a circle with a/c/y.rs", "a/c/y.rs:1: is in a circle with a/b/x.rs"],
        ),
        (
            &[("a.rs", "use crate::a::b::x::X;"), ("a/b/x.rs", "use crate::a::A;")],
            &["a.rs:1: is in a circle with a/b/x.rs", "a/b/x.rs:1: is in a circle with a.rs"],
        ),
    ];
    for (files, expected) in cases {
        let files = files.iter().map(|(f, t)| (f.to_string(), t.to_string())).collect();
        assert_eq!(violations(&["a".into()], &files), *expected);
    }
}

/// Returns the violations in the files of a crate, one line for each.
fn violations_of(layered: &Layered) -> Vec<String> {
    let base = Path::new(env!("CARGO_MANIFEST_DIR"));
    let picture = fs::read_to_string(base.join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    let mut files = BTreeMap::new();
    read_files(&base.join(layered.root), "", &mut files);
    assert!(files.len() > 20, "the files of {} are there", layered.root);
    violations(&rows(&picture, layered.heading), &files)
}

/// Returns the layers of the table below that heading, lowest first: each is the names at the
/// beginning of its row.
fn rows(picture: &str, heading: &str) -> Vec<String> {
    let section = picture.lines().skip_while(|line| !line.starts_with(heading)).skip(1);
    let table = section.take_while(|line| !line.starts_with("## ")).filter_map(|line| line.strip_prefix("| `"));
    let first_cells = table.filter_map(|line| line.split('|').next());
    let rows: Vec<String> = first_cells.map(|cell| cell.replace('`', "").trim().to_owned()).collect();
    assert!(rows.len() > 2, "{heading} has a table");
    rows
}

fn read_files(folder: &Path, name: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = format!("{name}{}", path.file_name().expect("a name").to_str().expect("text"));
        if path.is_dir() {
            read_files(&path, &format!("{name}/"), files);
        } else if name.ends_with(".rs") && !name.ends_with("/tests.rs") {
            files.insert(name, fs::read_to_string(path).expect("text"));
        }
    }
}

fn violations(layers: &[String], files: &BTreeMap<String, String>) -> Vec<String> {
    let mut found = BTreeSet::new();
    let layer_of = |file: &str| layers.iter().position(|layer| layer.split(' ').any(|room| room_of(file) == room));
    for room in layers.iter().flat_map(|layer| layer.split(' ')) {
        if !files.keys().any(|file| room_of(file) == room) {
            found.insert(format!("{room} of ARCHITECTURE.md has no file"));
        }
    }
    let (within, across): (Vec<Arrow>, Vec<Arrow>) = files
        .iter()
        .flat_map(|(file, text)| arrows_of(file, text, files))
        .partition(|arrow| layer_of(&arrow.from) == layer_of(&arrow.to));
    for file in files.keys().filter(|file| layer_of(file).is_none()) {
        found.insert(format!("{file}: belongs to no layer"));
    }
    for Arrow { from, line, to } in across {
        if let (Some(user), Some(used)) = (layer_of(&from), layer_of(&to))
            && user < used
        {
            found.insert(format!("{from}:{line}: layer {} uses the later layer {}", room_of(&from), room_of(&to)));
        }
    }
    for Arrow { from, line, to } in &within {
        if folder_of(from, files) != folder_of(to, files) && reaches(&within, to, from) {
            found.insert(format!("{from}:{line}: is in a circle with {to}"));
        }
    }
    found.into_iter().collect()
}

/// Returns whether imports lead from one file to another.
fn reaches(arrows: &[Arrow], from: &str, to: &str) -> bool {
    let (mut reached, mut next) = (BTreeSet::from([from]), vec![from]);
    while let Some(file) = next.pop() {
        next.extend(
            arrows.iter().filter(|arrow| arrow.from == file).map(|arrow| &*arrow.to).filter(|to| reached.insert(to)),
        );
    }
    reached.contains(to)
}

/// One import.
struct Arrow {
    from: String,
    line: usize,
    to: String,
}

/// Returns the top-level file or folder that a file belongs to: `a` for `a.rs` and `a/b.rs`.
fn room_of(file: &str) -> &str {
    file.trim_end_matches(".rs").split('/').next().unwrap_or_default()
}

/// Returns the module that a file is: `a/b.rs` is `a::b`.
fn module_of(file: &str) -> Vec<String> {
    file.trim_end_matches(".rs").split('/').map(str::to_owned).collect()
}

/// Returns the folder of a module and of the files in it: `a` for `a.rs` and `a/b.rs`, but `a/b`
/// for `a/b.rs` if that has files of its own.
fn folder_of<'f>(file: &'f str, files: &BTreeMap<String, String>) -> &'f str {
    let name = file.trim_end_matches(".rs");
    let own = format!("{name}/");
    let has_files = files.range(own.clone()..).next().is_some_and(|(file, _)| file.starts_with(&own));
    if has_files { name } else { name.rsplit_once('/').map_or(name, |(folder, _)| folder) }
}

fn arrows_of(file: &str, text: &str, files: &BTreeMap<String, String>) -> Vec<Arrow> {
    let tokens = text.parse().unwrap_or_else(|e| panic!("{file}: {e}"));
    let is_root = ["lib.rs", "main.rs"].contains(&file);
    let module = if is_root { Vec::new() } else { module_of(file) };
    let mut reader = Reader { files, module, found: Vec::new() };
    reader.read(tokens);
    let arrows = reader.found.into_iter().map(|(line, to)| Arrow { from: file.to_owned(), line, to });
    arrows.filter(|arrow| arrow.to != file).collect()
}

/// A reader of the paths in a file.
struct Reader<'f> {
    files: &'f BTreeMap<String, String>,
    /// The module that is being read.
    module: Vec<String>,
    /// The files that are named, with the lines.
    found: Vec<(usize, String)>,
}

impl Reader<'_> {
    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut i = 0;
        while let Some(token) = tokens.get(i) {
            i += 1;
            match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' && is_for_tests(tokens.get(i)) => {
                    let ends = |token: &TokenTree| {
                        matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
                            || is(token, ';')
                    };
                    i += tokens[i..].iter().position(ends).map_or(tokens.len(), |end| end + 1);
                }
                // The scope of a visibility, as in `pub(in crate::a)`, is no import.
                TokenTree::Ident(ident) if ident == "pub" && matches!(tokens.get(i), Some(TokenTree::Group(_))) => {
                    i += 1
                }
                TokenTree::Ident(ident) if ident == "mod" => {
                    if let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) =
                        (tokens.get(i), tokens.get(i + 1))
                    {
                        self.module.push(name.to_string());
                        self.read(body.stream());
                        self.module.pop();
                        i += 2;
                    }
                }
                TokenTree::Ident(ident) if ident == "use" => {
                    let end = tokens[i..].iter().position(|token| is(token, ';')).map_or(tokens.len(), |end| i + end);
                    self.read_tree(&tokens[i..end], &[]);
                    i = end;
                }
                TokenTree::Ident(_) if i < 2 || !is(&tokens[i - 2], ':') => {
                    let end = path_end(&tokens, i - 1);
                    if end > i {
                        self.read_tree(&tokens[i - 1..end], &[]);
                        i = end;
                    }
                }
                TokenTree::Group(group) => self.read(group.stream()),
                _ => {}
            }
        }
    }

    /// Reads the tree behind a `use`, or a path of the code.
    fn read_tree(&mut self, tokens: &[TokenTree], prefix: &[String]) {
        for branch in tokens.split(|token| is(token, ',')) {
            let mut path = prefix.to_vec();
            let mut line = 0;
            for token in branch {
                match token {
                    TokenTree::Ident(ident) if ident == "as" => break,
                    TokenTree::Ident(ident) => {
                        path.push(ident.to_string());
                        line = ident.span().start().line;
                    }
                    TokenTree::Group(group) => {
                        self.read_tree(&group.stream().into_iter().collect::<Vec<_>>(), &path);
                        line = 0;
                    }
                    _ => {}
                }
            }
            if let Some(file) = self.file_of(&path).filter(|_| line > 0) {
                self.found.push((line, file));
            }
        }
    }

    /// Returns the file of this crate that a path leads to; `None` for a path of another crate.
    fn file_of(&self, path: &[String]) -> Option<String> {
        let mut module = Vec::new();
        for (i, part) in path.iter().enumerate() {
            match part.as_str() {
                "crate" => module.clear(),
                "self" if i == 0 => module = self.module.clone(),
                "self" => {}
                "super" => {
                    if i == 0 {
                        module = self.module.clone();
                    }
                    module.pop();
                }
                name => {
                    if i == 0 {
                        module = self.module.clone();
                        if !self.is_file(&module, name) {
                            return None;
                        }
                    }
                    module.push(name.to_owned());
                }
            }
        }
        while !module.is_empty() {
            let file = module.join("/") + ".rs";
            if self.files.contains_key(&file) {
                return Some(file);
            }
            module.pop();
        }
        ["lib.rs", "main.rs"].into_iter().find(|root| self.files.contains_key(*root)).map(str::to_owned)
    }

    fn is_file(&self, module: &[String], name: &str) -> bool {
        let path: Vec<&str> = module.iter().map(String::as_str).chain([name]).collect();
        self.files.contains_key(&(path.join("/") + ".rs"))
    }
}

fn is(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == c)
}

/// Returns the end of the path that begins at `start`.
fn path_end(tokens: &[TokenTree], start: usize) -> usize {
    let mut end = start + 1;
    while let [a, b, TokenTree::Ident(_), ..] = &tokens[end..]
        && is(a, ':')
        && is(b, ':')
    {
        end += 3;
    }
    end
}

/// Returns whether brackets are those of `#[cfg(test)]`.
fn is_for_tests(brackets: Option<&TokenTree>) -> bool {
    let Some(TokenTree::Group(brackets)) = brackets else { return false };
    let text = brackets.stream().to_string().replace(' ', "");
    text == "cfg(test)" || text.starts_with("cfg(all(test,")
}
