//! The ranges and regions that goroutines are in.

use super::{Region, Summarizer};
use crate::analysis::OldSeen as Seen;
use crate::event::range::{Range, RangeScope};
use crate::ids::{GoId, TaskId};
use crate::time::Time;

impl Summarizer {
    /// Whose time a range is: its own goroutine's, or of one on a P, that of the
    /// goroutine which runs there.
    pub(super) fn begin_range(&mut self, event: &Seen<'_, '_>, range: &Range<'_>, since: Time) {
        let name = self.stacks.names.intern(&range.name.name());
        let id = match range.scope {
            RangeScope::Global => return,
            RangeScope::Goroutine(id) => id,
            RangeScope::Proc(proc) => {
                if event.goroutine().is_some_and(|id| self.gs.get_mut(event.slot(id)).is_some()) {
                    self.proc_ranges.insert((proc, name), event.goroutine());
                }
                event.goroutine()
            }
        };
        let Some(person) = id.and_then(|id| self.gs.get_mut(event.slot(id))) else { return };
        match person.ranges.iter_mut().find(|(known, _)| *known == name) {
            Some((_, begun)) => *begun = since,
            None => person.ranges.push((name, since)),
        }
    }

    pub(super) fn go_on_in_range(&mut self, event: &Seen<'_, '_>, range: &Range<'_>) {
        let (name, synced) = (self.stacks.names.intern(&range.name.name()), self.synced);
        let id = match range.scope {
            RangeScope::Global => return,
            RangeScope::Goroutine(id) => id,
            RangeScope::Proc(_) => event.goroutine(),
        };
        if let Some(person) = id.and_then(|id| self.gs.get(event.slot(id)))
            && let Some((_, begun)) = person.ranges.iter().find(|(known, _)| *known == name)
            && let Some(sum) = self.all.get_mut(person.at)
        {
            sum.stats.ranges.add(name, synced.since(*begun));
        }
        self.begin_range(event, range, synced);
    }

    pub(super) fn end_range(&mut self, event: &Seen<'_, '_>, range: &Range<'_>) {
        let name = self.stacks.names.intern(&range.name.name());
        let id = match range.scope {
            RangeScope::Global => None,
            RangeScope::Goroutine(id) => id,
            // It counts only if it ends on the goroutine that it began on.
            RangeScope::Proc(proc) => {
                let begun = self.proc_ranges.remove(&(proc, name)).flatten();
                begun.filter(|_| begun == event.goroutine())
            }
        };
        let Some(person) = id.and_then(|id| self.gs.get_mut(event.slot(id))) else { return };
        let Some(at) = person.ranges.iter().position(|(known, _)| *known == name) else { return };
        let (_, begun) = person.ranges.swap_remove(at);
        if let Some(sum) = self.all.get_mut(person.at) {
            sum.stats.ranges.add(name, event.time().since(begun));
        }
    }

    pub(super) fn begin_region(&mut self, event: &Seen<'_, '_>, kind: &[u8], task: TaskId) {
        let (name, stack) = (self.stacks.names.intern(kind), self.stacks.intern(event.stack()));
        let Some(id) = event.goroutine() else { return };
        let Some(person) = self.gs.get_mut(event.slot(id)) else { return };
        let Some(sum) = self.all.get(person.at) else { return };
        let at = self.regions.len();
        // Until it ends, its figures are what was before it.
        let stats = person.until(sum, event.time(), self.compat);
        person.active.push(at);
        self.regions.push(Region { stats, start: Some(event.time()), stack, ..Region::new(id, name, task) });
        self.join(task, id, at);
    }

    pub(super) fn end_region(&mut self, event: &Seen<'_, '_>, kind: &[u8], task: TaskId) {
        let name = self.stacks.names.intern(kind);
        let Some(id) = event.goroutine() else { return };
        let Some(person) = self.gs.get_mut(event.slot(id)) else { return };
        let Some(sum) = self.all.get_mut(person.at) else { return };
        let now = person.until(sum, event.time(), self.compat);
        let (at, new) = match person.active.pop() {
            Some(at) => (at, false),
            None => (self.regions.len(), true),
        };
        sum.regions.push(at);
        if new {
            self.regions.push(Region::new(id, name, task));
            self.join(task, id, at);
        }
        if let Some(region) = self.regions.get_mut(at) {
            region.stats = now.minus(&region.stats);
            region.end = Some(event.time());
            region.counts = true;
        }
    }

    /// A goroutine takes part in a task with a region.
    fn join(&mut self, task: TaskId, id: GoId, at: usize) {
        let task = self.tasks.entry(task).or_default();
        task.regions.push(at);
        task.goroutines.insert(id);
    }
}
