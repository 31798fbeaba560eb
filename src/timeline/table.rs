//! A list that grows to the highest place asked for.

/// A value for each place: for goroutines by their slots, for stacks and names by their
/// index. A place that was never asked for has the default. Memory grows with the highest
/// place asked for.
#[derive(Clone, Debug)]
pub(crate) struct Table<T>(Vec<T>);

impl<T> Default for Table<T> {
    fn default() -> Table<T> {
        Table(Vec::new())
    }
}

impl<T: Default> Table<T> {
    /// Returns the value at a place, made if it is not there.
    #[inline(always)]
    pub(crate) fn at(&mut self, place: usize) -> &mut T {
        // One bounds check; the compiler drops the second.
        if place < self.0.len() { &mut self.0[place] } else { self.grow(place) }
    }

    #[inline(never)]
    fn grow(&mut self, place: usize) -> &mut T {
        self.0.resize_with(place + 1, T::default);
        &mut self.0[place]
    }
}

impl<T> Table<T> {
    /// Returns the value at a place; none if neither that nor a higher one was asked for.
    #[inline(always)]
    pub(crate) fn get(&self, place: usize) -> Option<&T> {
        self.0.get(place)
    }

    /// Returns the value at a place for changing; none if neither that nor a higher one was
    /// asked for.
    #[inline(always)]
    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        self.0.get_mut(place)
    }

    /// Returns the value at a place that was asked for. Panics if it was not.
    #[inline(always)]
    pub(crate) fn known(&self, place: usize) -> &T {
        &self.0[place]
    }

    /// Returns the values at all places for changing, from the first on.
    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.0.iter_mut()
    }

    /// Returns the values at all places, from the first on.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }
}

impl<'t, T> IntoIterator for &'t Table<T> {
    type Item = &'t T;
    type IntoIter = std::slice::Iter<'t, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
