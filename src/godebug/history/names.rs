//! Assignment of records to programs by the text about them.

use crate::godebug::prefix::{self, Shape, first_words};

/// Number of consecutive prefixes of another shape after which a log keeps to that.
const STREAK: u32 = 4;

/// Form in which the programs of a log are named.
///
/// A prefix may be text of the program that happened to be cut off: a log whose first line
/// has none, or whose first two lines do not agree, has no prefixes.
#[derive(Debug, Default)]
pub(super) struct Names {
    mode: Mode,
    streak: (Option<Shape>, u32),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    /// No prefix was seen.
    #[default]
    New,
    /// One prefix was seen.
    One(Shape),
    /// Lines have no prefixes.
    Bare,
    /// All prefixes have this shape.
    All(Shape),
}

/// Result of naming a record's program.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// Name of the program; none if nothing names it.
    As(Option<String>),
    /// Undecided until the next record.
    Wait,
}

impl Names {
    /// Names the program of a record, from the fields of its wrapping and from the text in
    /// front of it.
    pub(super) fn name(&mut self, fields: Option<&str>, prefix: &[u8]) -> Named {
        // The usual case without prefixes: nothing has to be learned.
        if prefix.is_empty() && self.mode == Mode::Bare {
            self.streak = (None, 0);
            return Named::As(fields.map(str::to_string));
        }
        let (shape, name) = prefix::read(prefix);
        let kept = match self.learn(shape, fields.is_some()) {
            None => return Named::Wait,
            Some(kept) => kept,
        };
        let name = match (kept, shape) {
            // A certain prefix names its program in every log.
            (_, Shape::Certain) => Some(name),
            (Shape::Words(words), Shape::Words(_)) => first_words(&name, words),
            (kept, shape) if kept == shape && shape != Shape::Bare => Some(name),
            _ => None,
        };
        Named::As(match (name, fields) {
            (Some(name), Some(fields)) => Some(format!("{name} {fields}")),
            (Some(name), None) => Some(name),
            (None, fields) => fields.map(str::to_string),
        })
    }

    /// Ends the log: the single prefix that was seen counts as a name.
    pub(super) fn decide(&mut self) {
        if let Mode::One(shape) = self.mode {
            self.mode = Mode::All(shape);
        }
    }

    /// Takes note of a prefix; returns the shape that the log keeps to, if that is known.
    fn learn(&mut self, shape: Shape, has_fields: bool) -> Option<Shape> {
        let bare = |mode: &mut Mode| {
            *mode = Mode::Bare;
            Some(Shape::Bare)
        };
        match (self.mode, shape) {
            // A certain prefix says nothing about the form of the others.
            (Mode::New | Mode::One(_), Shape::Certain) => Some(Shape::Bare),
            (Mode::New, Shape::Bare) => bare(&mut self.mode),
            // Text in front of the record inside a field is the program's own.
            (Mode::New, _) if has_fields => bare(&mut self.mode),
            (Mode::New, _) => {
                self.mode = Mode::One(shape);
                None
            }
            // Lines with more or fewer words keep to the words that they share.
            (Mode::One(Shape::Words(a)), Shape::Words(b)) => {
                self.mode = Mode::All(Shape::Words(a.min(b)));
                Some(Shape::Words(a.min(b)))
            }
            (Mode::One(one), _) if one == shape => {
                self.mode = Mode::All(shape);
                Some(shape)
            }
            (Mode::One(_), _) => bare(&mut self.mode),
            (Mode::Bare | Mode::All(_), _) => {
                // A log may begin with odd lines: many of another form in a row change the
                // decision.
                let kept = if let Mode::All(kept) = self.mode { kept } else { Shape::Bare };
                let weak = matches!(shape, Shape::Bare | Shape::Certain | Shape::Words(_));
                if weak || shape == kept || has_fields {
                    self.streak = (None, 0);
                } else if self.streak.0 == Some(shape) {
                    self.streak.1 += 1;
                } else {
                    self.streak = (Some(shape), 1);
                }
                if self.streak.1 >= STREAK {
                    self.mode = Mode::All(shape);
                }
                Some(kept)
            }
        }
    }
}

/// Returns whether a user's text names a program: as its whole name, or as parts of it,
/// like `api-a` in `pod/api-a/app`.
pub(super) fn is_called(name: &str, called: &str) -> bool {
    let called = called.trim_matches(|c: char| "[] |".contains(c) && !name.ends_with(c));
    let part = |c: Option<char>| c.is_none_or(|c| " /[]:|".contains(c));
    !called.is_empty()
        && name.match_indices(called).any(|(at, _)| {
            part(name.get(..at).and_then(|before| before.chars().next_back()))
                && part(name.get(at + called.len()..).and_then(|after| after.chars().next()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(prefixes: &[&str]) -> Vec<Named> {
        let mut names = Names::default();
        prefixes.iter().map(|prefix| names.name(None, prefix.as_bytes())).collect()
    }

    fn named(name: &str) -> Named {
        Named::As(Some(name.into()))
    }

    #[test]
    fn a_log_keeps_to_one_shape() {
        assert_eq!(names(&["a-1 app", "a-2 app done", "a-1 app"])[1..], [named("a-2 app"), named("a-1 app")]);
        assert_eq!(names(&["request done", "", "x |"])[1..], [Named::As(None), Named::As(None)]);
        assert_eq!(names(&["", "a |", "b |"]), [Named::As(None), Named::As(None), Named::As(None)]);
        assert_eq!(names(&["[pod/a/b]", "", "[pod/c/d]"]), [named("pod/a/b"), Named::As(None), named("pod/c/d")]);
        assert_eq!(names(&["", "a |", "a |", "b |", "a |", "b |"])[5], named("b"));
    }

    #[test]
    fn parts_of_names_fit() {
        for (name, called, fits) in [
            ("pod/api-a/app", "api-a", true),
            ("pod/api-a/app", "[pod/api-a/app]", true),
            ("pod/api-a/app", "api", false),
            ("host api[12]", "api[12]", true),
            ("host api[12]", "12", true),
            ("host api[12]", "1", false),
        ] {
            assert_eq!(is_called(name, called), fits, "{name} {called}");
        }
    }
}
