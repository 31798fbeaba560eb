//! Something of each place there is.

/// Something of each place: of goroutines by their slots, of stacks and names by where
/// they are kept. A place that nobody asked for has what there is at first. Memory
/// grows with the highest that somebody did.
#[derive(Clone, Debug)]
pub(crate) struct Table<T>(Vec<T>);

impl<T> Default for Table<T> {
    fn default() -> Table<T> {
        Table(Vec::new())
    }
}

impl<T: Default> Table<T> {
    /// What is at a place.
    #[inline(always)]
    pub(crate) fn at(&mut self, place: usize) -> &mut T {
        // The slice is looked at once.
        if place < self.0.len() { &mut self.0[place] } else { self.grow(place) }
    }

    #[inline(never)]
    fn grow(&mut self, place: usize) -> &mut T {
        self.0.resize_with(place + 1, T::default);
        &mut self.0[place]
    }
}

impl<T> Table<T> {
    /// What is at a place, if that was asked for, or one above it.
    #[inline(always)]
    pub(crate) fn get(&self, place: usize) -> Option<&T> {
        self.0.get(place)
    }

    /// What is at a place, if that was asked for, or one above it.
    #[inline(always)]
    pub(crate) fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        self.0.get_mut(place)
    }

    /// What is at a place that was asked for.
    #[inline(always)]
    pub(crate) fn known(&self, place: usize) -> &T {
        &self.0[place]
    }

    /// What is at all places, from the first on.
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
