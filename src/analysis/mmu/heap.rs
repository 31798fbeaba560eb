//! A binary heap that keeps equal elements in the order in which Go's does
//! (`container/heap`), since the order of equals decides which windows are looked at.

/// Order of the elements of a heap.
pub(super) trait HeapOrder {
    /// Returns whether the element comes before another.
    fn before(&self, other: &Self) -> bool;
}

/// A heap whose first element comes before all others.
#[derive(Clone, Debug)]
pub(super) struct Heap<T>(Vec<T>);

impl<T: HeapOrder + Copy> Heap<T> {
    /// Returns a heap of the elements.
    pub(super) fn of(elements: Vec<T>) -> Heap<T> {
        let mut heap = Heap(elements);
        for at in (0..heap.0.len() / 2).rev() {
            heap.down(at, heap.0.len());
        }
        heap
    }

    pub(super) fn first(&self) -> Option<&T> {
        self.0.first()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    pub(super) fn push(&mut self, element: T) {
        self.0.push(element);
        self.up(self.0.len() - 1);
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        let last = self.0.len().checked_sub(1)?;
        self.0.swap(0, last);
        self.down(0, last);
        self.0.pop()
    }

    /// Removes the element at an index.
    pub(super) fn remove(&mut self, at: usize) {
        let Some(last) = self.0.len().checked_sub(1).filter(|last| at <= *last) else { return };
        if at != last {
            self.0.swap(at, last);
            if !self.down(at, last) {
                self.up(at);
            }
        }
        self.0.pop();
    }

    fn precedes(&self, a: usize, b: usize) -> bool {
        match (self.0.get(a), self.0.get(b)) {
            (Some(a), Some(b)) => a.before(b),
            _ => false,
        }
    }

    fn up(&mut self, mut at: usize) {
        while at > 0 {
            let parent = (at - 1) / 2;
            if !self.precedes(at, parent) {
                break;
            }
            self.0.swap(parent, at);
            at = parent;
        }
    }

    /// Moves an element down to its place; returns whether it moved.
    fn down(&mut self, begin: usize, len: usize) -> bool {
        let mut at = begin;
        loop {
            let left = 2 * at + 1;
            if left >= len {
                break;
            }
            let right = left + 1;
            let child = if right < len && self.precedes(right, left) { right } else { left };
            if !self.precedes(child, at) {
                break;
            }
            self.0.swap(at, child);
            at = child;
        }
        at > begin
    }
}
