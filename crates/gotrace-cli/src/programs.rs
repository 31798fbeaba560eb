//! The programs of a log, each with a value of its own.

use gotrace::godebug::{Entry, Mixed, Moment};
use std::sync::Arc;

/// A value for each program of a log, in the order in which programs appear.
#[derive(Default)]
pub(crate) struct ByProgram<T>(Vec<OneProgram<T>>);

/// One program of a log, and the value that is kept for it.
pub(crate) struct OneProgram<T> {
    /// The program's name; none if its lines name no program.
    pub(crate) name: Option<Arc<str>>,
    pub(crate) value: T,
    /// The reason why its lines cannot be judged, if they cannot.
    pub(crate) mixed: Option<Mixed>,
}

impl<T: Default> ByProgram<T> {
    /// Returns the value of the entry's program; none if its lines cannot be judged.
    pub(crate) fn of(&mut self, entry: &Entry) -> Option<&mut T> {
        let found = self.find(entry);
        if let Moment::Mixed(mixed) = entry.moment {
            (found.mixed, found.value) = (Some(mixed), T::default());
        }
        found.mixed.is_none().then_some(&mut found.value)
    }

    /// Returns the value of the entry's program, even if its lines cannot be judged.
    pub(crate) fn of_any(&mut self, entry: &Entry) -> &mut T {
        &mut self.find(entry).value
    }

    /// Returns the entry's program, which is added if it is new.
    fn find(&mut self, entry: &Entry) -> &mut OneProgram<T> {
        let at = self.0.iter().position(|program| program.name == entry.program);
        let at = at.unwrap_or_else(|| {
            self.0.push(OneProgram { name: entry.program.clone(), value: T::default(), mixed: None });
            self.0.len() - 1
        });
        // The index is valid: the program was found, or was just added.
        &mut self.0[at]
    }

    /// Returns the number of programs.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the programs whose lines can be judged.
    pub(crate) fn judged(&self) -> impl Iterator<Item = &OneProgram<T>> {
        self.0.iter().filter(|program| program.mixed.is_none())
    }
}

impl<T> IntoIterator for ByProgram<T> {
    type Item = OneProgram<T>;
    type IntoIter = std::vec::IntoIter<OneProgram<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T> OneProgram<T> {
    /// Returns the title of a page about this program: the log's name, and the program's if
    /// the log has `several`.
    pub(crate) fn title(&self, log: &str, several: bool) -> String {
        match &self.name {
            Some(name) if several => format!("{log}, program {name}"),
            None if several => format!("{log}, lines that name no program"),
            _ => log.to_string(),
        }
    }
}
