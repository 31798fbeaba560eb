//! The ranges and regions that goroutines are in.

use super::person::Person;
use super::{Region, Stats, Summarizer};
use crate::analysis::{Known, Seen};
use crate::event::range::{Range, RangeScope};
use crate::ids::{GoId, TaskId};
use crate::time::Time;

impl Summarizer {
    /// Whose time a range is: its own goroutine's, or of one on a P, that of the
    /// goroutine which runs there.
    pub(super) fn begin_range(&mut self, event: &Seen<'_, '_>, range: &Range<'_>, since: Time, known: &mut Known) {
        let name = known.stacks_mut().names.intern(&range.name.name());
        let id = match range.scope {
            RangeScope::Global => return,
            RangeScope::Goroutine(id) => id,
            RangeScope::Proc(proc) => {
                if event.goroutine().is_some_and(|id| known.slot(id).is_some()) {
                    self.proc_ranges.insert((proc, name), event.goroutine());
                }
                event.goroutine()
            }
        };
        let Some(person) = id.and_then(|id| self.gs.get_mut(known.slot(id)?)) else { return };
        let ranges = &mut person.within_mut().ranges;
        match ranges.iter_mut().find(|(other, _)| *other == name) {
            Some((_, begun)) => *begun = since,
            None => ranges.push((name, since)),
        }
    }

    pub(super) fn go_on_in_range(&mut self, event: &Seen<'_, '_>, range: &Range<'_>, known: &mut Known) {
        let (name, synced) = (known.stacks_mut().names.intern(&range.name.name()), known.synced());
        let id = match range.scope {
            RangeScope::Global => return,
            RangeScope::Goroutine(id) => id,
            RangeScope::Proc(_) => event.goroutine(),
        };
        if let Some(person) = id.and_then(|id| self.gs.get_mut(known.slot(id)?))
            && let Some(within) = person.within()
            && let Some(&(_, begun)) = within.ranges.iter().find(|(other, _)| *other == name)
        {
            person.sum.stats.ranges.add(name, synced.since(begun));
        }
        self.begin_range(event, range, synced, known);
    }

    pub(super) fn end_range(&mut self, event: &Seen<'_, '_>, range: &Range<'_>, known: &mut Known) {
        let name = known.stacks_mut().names.intern(&range.name.name());
        let id = match range.scope {
            RangeScope::Global => None,
            RangeScope::Goroutine(id) => id,
            // It counts only if it ends on the goroutine that it began on.
            RangeScope::Proc(proc) => {
                let begun = self.proc_ranges.remove(&(proc, name)).flatten();
                begun.filter(|_| begun == event.goroutine())
            }
        };
        let Some(person) = id.and_then(|id| self.gs.get_mut(known.slot(id)?)) else { return };
        let ranges = &mut person.within_mut().ranges;
        let Some(at) = ranges.iter().position(|(other, _)| *other == name) else { return };
        let (_, begun) = ranges.swap_remove(at);
        person.sum.stats.ranges.add(name, event.time().since(begun));
    }

    pub(super) fn begin_region(&mut self, event: &Seen<'_, '_>, kind: &[u8], task: TaskId, known: &mut Known) {
        let (name, stack) = (known.stacks_mut().names.intern(kind), known.intern(event.stack()));
        let Some(id) = event.goroutine() else { return };
        let at = self.regions.len();
        let Some((person, stats)) = self.until(event, id, known) else { return };
        // Until it ends, its figures are what was before it.
        person.within_mut().active.push(at);
        self.regions.push(Region { stats, start: Some(event.time()), stack, ..Region::new(id, name, task) });
        self.join(task, id, at);
    }

    pub(super) fn end_region(&mut self, event: &Seen<'_, '_>, kind: &[u8], task: TaskId, known: &mut Known) {
        let name = known.stacks_mut().names.intern(kind);
        let Some(id) = event.goroutine() else { return };
        let next = self.regions.len();
        let Some((person, now)) = self.until(event, id, known) else { return };
        let within = person.within_mut();
        let (at, new) = match within.active.pop() {
            Some(at) => (at, false),
            None => (next, true),
        };
        within.regions.push(at);
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

    /// A goroutine, and its figures up to now.
    fn until(&mut self, event: &Seen<'_, '_>, id: GoId, known: &Known) -> Option<(&mut Person, Stats)> {
        let (slot, life) = known.find(id)?;
        let person = self.gs.get_mut(slot)?;
        let stats = person.until(life, known.spent(slot), event.time(), self.compat);
        Some((person, stats))
    }

    /// A goroutine takes part in a task with a region.
    fn join(&mut self, task: TaskId, id: GoId, at: usize) {
        let task = self.tasks.entry(task).or_default();
        task.regions.push(at);
        task.goroutines.insert(id);
    }
}
