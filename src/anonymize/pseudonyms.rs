//! Pseudonyms: equal ones for equal names.

use super::function;
use super::std_packages;
use super::words;
use std::collections::HashMap;
use std::fmt;

/// The kind of thing that a replaced name stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// A package, by its import path.
    Package,
    /// A type, in its package.
    Type,
    /// A function.
    Function,
    /// A file with source text.
    File,
    /// The type of a task.
    Task,
    /// The type of a region.
    Region,
    /// The category of a log.
    Category,
    /// The message of a log.
    Message,
    /// The label of a goroutine.
    Label,
    /// Any other text.
    Text,
}

impl Kind {
    /// Returns the word that pseudonyms of the kind begin with.
    fn word(self) -> &'static [u8] {
        match self {
            Kind::Package => b"pkg",
            Kind::Type => b"type",
            Kind::Function => b"fn",
            Kind::File => b"file",
            Kind::Task => b"task",
            Kind::Region => b"region",
            Kind::Category => b"category",
            Kind::Message => b"message",
            Kind::Label => b"label",
            Kind::Text => b"text",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::Package => "package",
            Kind::Type => "type",
            Kind::Function => "function",
            Kind::File => "file",
            Kind::Task => "task type",
            Kind::Region => "region type",
            Kind::Category => "log category",
            Kind::Message => "log message",
            Kind::Label => "label",
            Kind::Text => "text",
        })
    }
}

/// A name that was replaced.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub struct Replaced {
    /// Kind of thing that it stands for.
    pub kind: Kind,
    /// The name; not necessarily UTF-8.
    pub name: Vec<u8>,
    /// The name that it has now.
    pub pseudonym: Vec<u8>,
}

/// A function from a kind and a name to a number that does not tell the name.
type Number = Box<dyn Fn(Kind, &[u8]) -> u64>;

/// A test of names.
type Test = Box<dyn Fn(&[u8]) -> bool>;

/// Pseudonyms of names, equal for equal names. By default they are numbered as they come:
/// `pkg1.(*type2).fn3`.
#[derive(Default)]
pub struct Pseudonyms {
    /// Returns the number of a name, if not the order decides.
    number: Option<Number>,
    keeps: Option<Test>,
    /// Pseudonyms of parts of names, by kind.
    parts: HashMap<(Kind, Vec<u8>), Vec<u8>>,
    counts: HashMap<Kind, u64>,
    /// New texts of whole strings, also of those that stay.
    strings: HashMap<Vec<u8>, (Kind, Vec<u8>)>,
}

impl Pseudonyms {
    /// Numbers names by a function, such as a hash with a key: pseudonyms are the same in all
    /// traces then. Of the number, 50 bits are used. It must not be possible to tell the name
    /// from it without the key.
    #[must_use]
    pub fn numbered_by(mut self, number: impl Fn(Kind, &[u8]) -> u64 + 'static) -> Pseudonyms {
        self.number = Some(Box::new(number));
        self
    }

    /// Keeps names that pass the test: strings of the trace as a whole.
    #[must_use]
    pub fn keep(mut self, keeps: impl Fn(&[u8]) -> bool + 'static) -> Pseudonyms {
        self.keeps = Some(Box::new(keeps));
        self
    }

    /// Returns the strings that have been replaced, by kind and name.
    pub fn replaced(&self) -> Vec<Replaced> {
        let changed = self.strings.iter().filter(|(name, (_, pseudonym))| *name != pseudonym);
        let mut all: Vec<_> = changed
            .map(|(name, (kind, pseudonym))| Replaced { kind: *kind, name: name.clone(), pseudonym: pseudonym.clone() })
            .collect();
        all.sort_unstable();
        all
    }

    /// Returns the new text of a string, which may be the old one.
    pub(super) fn of(&mut self, kind: Kind, name: &[u8], package: Option<&[u8]>) -> Vec<u8> {
        if let Some((_, known)) = self.strings.get(name) {
            return known.clone();
        }
        let new = if name.is_empty() || words::has(name) || self.keeps.as_ref().is_some_and(|keeps| keeps(name)) {
            name.to_vec()
        } else {
            match kind {
                Kind::Function if function::is_std(name) => function::without_arguments(name),
                Kind::Function => function::pseudonym(name, self),
                Kind::File => self.file(name, package),
                kind => self.part(kind, name, kind.word()),
            }
        };
        self.strings.insert(name.to_vec(), (kind, new.clone()));
        new
    }

    /// Keeps a string.
    pub(super) fn leave(&mut self, name: &[u8]) {
        self.strings.entry(name.to_vec()).or_insert_with(|| (Kind::Text, name.to_vec()));
    }

    /// Returns the pseudonym of a part of a name.
    pub(super) fn part(&mut self, kind: Kind, name: &[u8], word: &[u8]) -> Vec<u8> {
        let key = (kind, name.to_vec());
        if let Some(known) = self.parts.get(&key) {
            return known.clone();
        }
        let new = match &self.number {
            Some(number) => [word, &letters(number(kind, name))].concat(),
            None => {
                let count = self.counts.entry(kind).or_default();
                *count += 1;
                [word, count.to_string().as_bytes()].concat()
            }
        };
        self.parts.insert(key, new.clone());
        new
    }

    /// Returns the new name of a file that has functions of a package.
    fn file(&mut self, name: &[u8], package: Option<&[u8]>) -> Vec<u8> {
        if name == b"<autogenerated>" {
            return name.to_vec();
        }
        let package = package.unwrap_or_default();
        if std_packages::has(package)
            && let Some(kept) = in_std(name)
        {
            return kept;
        }
        let folder = match package {
            b"" => Vec::new(),
            of if of == b"main" || std_packages::has(of) => [of, b"/"].concat(),
            package => [&self.part(Kind::Package, package, b"pkg")[..], b"/"].concat(),
        };
        let ending = [&b".go"[..], b".s", b".c", b".h", b".cc", b".cpp"].into_iter().find(|end| name.ends_with(end));
        [&folder[..], &self.part(Kind::File, name, b"file"), ending.unwrap_or_default()].concat()
    }
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pseudonyms").field("strings", &self.strings.len()).finish_non_exhaustive()
    }
}

/// Returns the name of a file of the standard library, without the place where Go was
/// installed; none if it is not there.
fn in_std(name: &[u8]) -> Option<Vec<u8>> {
    let folder = name.get(..name.iter().rposition(|&byte| byte == b'/')?)?;
    // As with -trimpath.
    if std_packages::has(folder) {
        return Some(name.to_vec());
    }
    let at = folder.windows(5).rposition(|part| part == b"/src/")?;
    let is_std = std_packages::has(folder.get(at + 5..)?);
    is_std.then(|| [b"$GOROOT", name.get(at..).unwrap_or_default()].concat())
}

/// Returns ten letters and digits for the low 50 bits of a number.
fn letters(number: u64) -> [u8; 10] {
    const LETTERS: [u8; 32] = *b"abcdefghijklmnopqrstuvwxyz234567";
    std::array::from_fn(|n| LETTERS[(number >> (5 * n)) as usize % 32])
}
