//! Events as lines of text: time, M, P, G and what happened.

use crate::human::{bytes, name, wall};
use crate::output::Styles;
use gotrace::export::EventWriter;
use gotrace::{
    Event, EventKind, Log, Metric, MetricName, Range, RangeScope, Region, Stack, StateTransition, Swept, SyncPoint,
    Task, TaskId, Time,
};
use std::io::{self, Write};

/// The writer of events as lines.
pub(super) struct Lines<W> {
    out: W,
    /// The lines of the event at hand.
    text: Vec<u8>,
    /// Start of the trace.
    start: Time,
    /// Time of the event in the line above.
    above: Option<Time>,
    stacks: bool,
    styles: Styles,
}

impl<W: Write> Lines<W> {
    /// Returns a writer to `out`; with `stacks`, the stacks of events stand below them.
    pub(super) fn new(out: W, start: Time, stacks: bool, styles: Styles) -> Lines<W> {
        Lines { out, text: Vec::new(), start, above: None, stacks, styles }
    }

    /// Appends an event as a line, and its stacks below if they are wanted.
    fn append(&mut self, out: &mut Vec<u8>, event: &Event<'_>) -> io::Result<()> {
        let Styles { dim, heading, .. } = self.styles;
        let time = event.time().since(self.start);
        let step = self.above.replace(event.time()).map_or(0, |above| event.time().since(above));
        write!(out, "{:>4}.{:09} ", time.div_euclid(1_000_000_000), time.rem_euclid(1_000_000_000))?;
        write!(out, " {dim}{step:>+9}  ")?;
        place(out, 'M', 8, event.thread().map(|m| m.0))?;
        place(out, 'P', 4, event.proc().map(|p| p.0))?;
        place(out, 'G', 8, event.goroutine().map(|g| g.0))?;
        write!(out, "{dim:#} ")?;
        let kind = event.kind();
        let own = self.kind(out, event, &kind)?;
        out.push(b'\n');
        if self.stacks {
            if let Some(own) = own.filter(|own| Some(*own) != event.stack()) {
                writeln!(out, "        {heading}its stack:{heading:#}")?;
                self.stack(out, own)?;
            }
            if let Some(stack) = event.stack() {
                self.stack(out, stack)?;
            }
        }
        Ok(())
    }

    /// Writes what happened. Returns the stack of the goroutine to which it happened, if
    /// that may differ from the stack of the event.
    fn kind<'t>(&self, out: &mut Vec<u8>, event: &Event<'t>, kind: &EventKind<'t>) -> io::Result<Option<Stack<'t>>> {
        match kind {
            EventKind::StateTransition(StateTransition::Goroutine { id, from, to, reason, stack }) => {
                write!(out, "G{id} {from} -> {to}")?;
                if !reason.is_empty() {
                    write!(out, " ({})", name(reason))?;
                }
                if *from == gotrace::GoState::NotExist
                    && let Some(begin) = stack.and_then(|stack| stack.frames().last())
                {
                    write!(out, ", to run {}", name(&begin.name()))?;
                }
                return Ok(*stack);
            }
            EventKind::StateTransition(StateTransition::Proc { id, from, to }) => write!(out, "P{id} {from} -> {to}")?,
            EventKind::Metric(metric) => figure(out, *metric)?,
            EventKind::Label(label) => write!(out, "label \"{}\"", name(label.label))?,
            EventKind::StackSample => {
                write!(out, "CPU sample")?;
                if let Some(frame) = event.stack().and_then(|stack| stack.frames().next()) {
                    write!(out, " in {}", name(&frame.name()))?;
                }
            }
            EventKind::RangeBegin(range) => ranged(out, range, "begins", None)?,
            EventKind::RangeActive(range) => ranged(out, range, "goes on", None)?,
            EventKind::RangeEnd(range, swept) => ranged(out, range, "ends", *swept)?,
            EventKind::TaskBegin(task) => tasked(out, task, "begins")?,
            EventKind::TaskEnd(task) => tasked(out, task, "ends")?,
            EventKind::RegionBegin(Region { task, kind, .. }) => {
                write!(out, "region \"{}\" begins", name(kind))?;
                of_task(out, *task)?;
            }
            EventKind::RegionEnd(Region { task, kind, .. }) => {
                write!(out, "region \"{}\" ends", name(kind))?;
                of_task(out, *task)?;
            }
            EventKind::Log(Log { task, category, message, .. }) => {
                write!(out, "log \"{}\": \"{}\"", name(category), name(message))?;
                of_task(out, *task)?;
            }
            EventKind::Sync(sync) => synced(out, sync)?,
            EventKind::Experimental(experimental) => {
                write!(out, "{}", experimental.event)?;
                for (name, value) in experimental.args() {
                    write!(out, " {name}={value}")?;
                }
            }
            other => write!(out, "{}", other.name())?,
        }
        Ok(None)
    }

    fn stack(&self, out: &mut Vec<u8>, stack: Stack<'_>) -> io::Result<()> {
        let dim = self.styles.dim;
        for frame in stack.frames() {
            write!(out, "        {}", name(&frame.name()))?;
            // Traces of Go 1.5 and 1.6 have only the program counter.
            if !frame.file.is_empty() {
                write!(out, "  {dim}{}:{}{dim:#}", name(frame.file), frame.line)?;
            }
            out.push(b'\n');
        }
        Ok(())
    }
}

impl<'t, W: Write> EventWriter<'t> for Lines<W> {
    type Output = ();

    fn event(&mut self, event: &Event<'t>) -> io::Result<()> {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        self.append(&mut text, event)?;
        self.text = text;
        self.out.write_all(&self.text)
    }

    fn finish(self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes the ID of an M, P or G in a column, or `-` if there is none.
fn place(out: &mut Vec<u8>, letter: char, width: usize, id: Option<u64>) -> io::Result<()> {
    match id {
        Some(id) => write!(out, "{letter}{id:<width$}"),
        None => write!(out, "{letter}{:<width$}", '-'),
    }
}

fn figure(out: &mut Vec<u8>, metric: Metric) -> io::Result<()> {
    match metric.name {
        MetricName::GoMaxProcs => write!(out, "GOMAXPROCS {}", metric.value),
        MetricName::HeapLive => write!(out, "heap live {}", bytes(metric.value)),
        MetricName::HeapGoal => {
            write!(out, "heap goal {}", metric.figure().map_or("none".into(), bytes))
        }
        other => write!(out, "{} {}", other.name(), metric.value),
    }
}

fn ranged(out: &mut Vec<u8>, range: &Range<'_>, what: &str, swept: Option<Swept>) -> io::Result<()> {
    write!(out, "{} {what}", name(&range.name.name()))?;
    match range.scope {
        RangeScope::Goroutine(Some(g)) => write!(out, " on G{g}")?,
        RangeScope::Proc(Some(p)) => write!(out, " on P{p}")?,
        _ => {}
    }
    match swept {
        Some(swept) => write!(out, ", {} swept, {} reclaimed", bytes(swept.swept), bytes(swept.reclaimed)),
        None => Ok(()),
    }
}

fn tasked(out: &mut Vec<u8>, task: &Task<'_>, what: &str) -> io::Result<()> {
    write!(out, "task {} ", task.id)?;
    // Its name stands at its beginning, which need not be in the trace.
    if !task.kind.is_empty() {
        write!(out, "\"{}\" ", name(task.kind))?;
    }
    write!(out, "{what}")?;
    match task.parent {
        Some(parent) => write!(out, " in task {parent}"),
        None => Ok(()),
    }
}

fn of_task(out: &mut Vec<u8>, task: TaskId) -> io::Result<()> {
    if task == TaskId::BACKGROUND { Ok(()) } else { write!(out, " in task {task}") }
}

fn synced(out: &mut Vec<u8>, sync: &SyncPoint<'_>) -> io::Result<()> {
    let Some(generation) = sync.generation else { return write!(out, "the trace ends") };
    write!(out, "generation {} begins", generation.number())?;
    match sync.clock_snapshot().and_then(|clock| wall(clock.wall)) {
        Some(wall) => write!(out, ", {wall}"),
        None => Ok(()),
    }
}
