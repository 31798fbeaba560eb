//! Names of slices and states.

use crate::analysis::names::{NameId, Names};
use crate::base::ids::GoId;
use std::borrow::Cow;

/// Name of a slice or a state.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Label {
    Running,
    Runnable,
    Syscall,
    /// Waiting, for a reason.
    Waiting(NameId),
    /// A P or an M without a goroutine.
    Scheduler,
    /// The function of the goroutine that runs.
    Function(NameId),
    /// A goroutine whose function is not known.
    Goroutine(GoId),
    /// A goroutine is woken.
    Wakes,
    /// A goroutine is created.
    Creates,
    /// A CPU sample.
    Sample,
    Mark,
    Sweep,
    Assist,
    /// A stop of the world, for a reason.
    Stop(NameId),
    /// A task of a type.
    Task(NameId),
    /// A region of a type.
    Region(NameId),
}

impl Label {
    /// Returns the name of what a goroutine does that runs.
    pub(super) fn of_goroutine(id: GoId, function: NameId) -> Label {
        if function == NameId::EMPTY { Label::Goroutine(id) } else { Label::Function(function) }
    }

    /// Returns the name as text. Bytes of it that are not UTF-8 become U+FFFD.
    pub(super) fn text(self, names: &Names) -> Cow<'_, str> {
        let name = |id| String::from_utf8_lossy(names.get(id));
        let or = |id, other: &'static str| if id == NameId::EMPTY { Cow::Borrowed(other) } else { name(id) };
        Cow::Borrowed(match self {
            Label::Running => "running",
            Label::Runnable => "runnable",
            Label::Syscall => "syscall",
            Label::Waiting(NameId::EMPTY) => "waiting",
            Label::Waiting(reason) => return format!("waiting: {}", name(reason)).into(),
            Label::Scheduler => "scheduler",
            Label::Function(function) => return name(function),
            Label::Goroutine(id) => return format!("G{id}").into(),
            Label::Wakes => "wakes",
            Label::Creates => "creates",
            Label::Sample => "sample",
            Label::Mark => "GC concurrent mark phase",
            Label::Sweep => "GC incremental sweep",
            Label::Assist => "GC mark assist",
            Label::Stop(NameId::EMPTY) => "stop-the-world",
            Label::Stop(reason) => return format!("stop-the-world ({})", name(reason)).into(),
            Label::Task(kind) => return or(kind, "task"),
            Label::Region(kind) => return or(kind, "region"),
        })
    }
}
