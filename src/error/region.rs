//! The names of regions in messages.

use crate::base::ids::TaskId;
use std::fmt;

/// A region by its type and task, as a message names it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct NamedRegion {
    /// The type of the region; not necessarily UTF-8.
    pub name: Box<[u8]>,
    /// The task that the region belongs to.
    pub task: TaskId,
}

impl NamedRegion {
    pub(crate) fn new(name: &[u8], task: u64) -> Box<NamedRegion> {
        Box::new(NamedRegion { name: name.into(), task: TaskId(task) })
    }
}

/// Writes `"NAME" of task 3`, with control characters of the name escaped so that it stays
/// on one line.
impl fmt::Display for NamedRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for c in String::from_utf8_lossy(&self.name).chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                c if c.is_control() => write!(f, "{}", c.escape_default())?,
                c => write!(f, "{c}")?,
            }
        }
        match self.task {
            TaskId::BACKGROUND => f.write_str("\" of no task"),
            task => write!(f, "\" of task {task}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_on_their_line() {
        let shown = |name: &[u8], task| NamedRegion::new(name, task).to_string();
        assert_eq!(shown(b"load", 7), "\"load\" of task 7");
        assert_eq!(shown(b"a\"b\n\x1b\xff", 0), "\"a\\\"b\\n\\u{1b}\u{fffd}\" of no task");
    }
}
