//! Doc comments begin with what the item is or does, not with a pronoun or a question word.
//!
//! "Returns the number of ...", "Durations grouped by stack" and "True if ..." can be read
//! without the code; "What it told of that" cannot.

use std::fs;
use std::path::Path;

/// The folders that are checked, each with the file of its name beside it, from the root of
/// the repository.
const CHECKED: &[&str] = &[
    "src",
    "tests",
    "benches",
    "examples",
    "fuzz/fuzz_targets",
    "crates/gotrace-arrow/src",
    "crates/gotrace-arrow/tests",
    "crates/gotrace-cli/src",
    "crates/gotrace-cli/tests",
    "crates/gotrace-view/src",
    "python/src",
];

/// The beginnings that no doc comment may have, as whole words.
const BANNED: &[&str] = &[
    // Questions and relative clauses, which leave open what the item is.
    "What",
    "How",
    "Whether",
    "Which",
    "Why",
    "Who",
    "Whose",
    "Where",
    "If",
    "Of",
    // Words that stand for something said elsewhere.
    "It",
    "Its",
    "They",
    "That",
    "This",
    "Those",
    "These",
    "The same",
    "The one",
    "One that",
    "One of those",
];

#[test]
fn doc_comments_say_what_things_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for place in CHECKED {
        let (mut files, mut comments) = (0, 0);
        each_file(root, Path::new(place), &mut |file, text| {
            files += 1;
            comments += beginnings(text).len();
            found.extend(banned_in(text).into_iter().map(|(line, text)| format!("{file}:{line}: {text}")));
        });
        assert!(files > 0 && comments >= files, "{place} has {files} files with {comments} doc comments");
    }
    assert!(found.is_empty(), "these doc comments do not say what the item is or does:\n{}", found.join("\n"));
}

#[test]
fn a_banned_beginning_is_found() {
    let text = "//! What the file holds.\n\
        \n\
        /// Returns what it is.\n\
        /// That is its second line.\n\
        fn good() {}\n\
        \n\
        // What a plain comment says is not checked.\n/// The same for all.\n\
        fn bad() {}\n\
        struct S {\n    /// Italics of the text.\n    a: u8,\n    /// It.\n    b: u8,\n}\n\
        ///\n\
        /// Whether an empty line hides it.\n\
        fn worse() {}\n";
    assert_eq!(
        banned_in(text),
        [(1, "What the file holds."), (8, "The same for all."), (13, "It."), (17, "Whether an empty line hides it.")]
    );
}

/// Calls `each` with the name and text of every Rust file of a place: `a.rs`, and all below `a`.
fn each_file(root: &Path, place: &Path, each: &mut impl FnMut(&str, &str)) {
    let file = place.with_extension("rs");
    if let Ok(text) = fs::read_to_string(root.join(&file)) {
        each(&file.display().to_string(), &text);
    }
    let Ok(entries) = fs::read_dir(root.join(place)) else { return };
    let mut names: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    names.sort();
    for path in names {
        let name = place.join(path.file_name().expect("a name"));
        if path.is_dir() && !path.with_extension("rs").exists() {
            each_file(root, &name, each);
        } else if name.extension().is_some_and(|extension| extension == "rs") {
            each_file(root, &name.with_extension(""), each);
        }
    }
}

/// Returns the first line with text of each doc comment, with its number from 1.
fn beginnings(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut has_begun = false;
    for (i, line) in text.lines().enumerate() {
        let line = line.trim_start();
        match line.strip_prefix("///").or_else(|| line.strip_prefix("//!")).map(str::trim) {
            None => has_begun = false,
            Some("") => {}
            Some(_) if has_begun => {}
            Some(first) => {
                found.push((i + 1, first));
                has_begun = true;
            }
        }
    }
    found
}

/// Returns the first lines of doc comments whose beginning is banned, with their numbers.
fn banned_in(text: &str) -> Vec<(usize, &str)> {
    let is_banned = |line: &str| {
        BANNED.iter().any(|banned| {
            let rest = line.strip_prefix(banned);
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        })
    };
    beginnings(text).into_iter().filter(|(_, line)| is_banned(line)).collect()
}
