//! Tables in which equal entries stand once.

use std::collections::HashMap;
use std::hash::Hash;

/// Entries in the order in which they came, each once.
pub struct Table<T> {
    entries: Vec<T>,
    places: HashMap<T, usize>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { entries: Vec::new(), places: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Table<T> {
    /// Where an entry stands.
    pub fn place(&mut self, entry: T) -> usize {
        if let Some(place) = self.places.get(&entry) {
            return *place;
        }
        self.entries.push(entry.clone());
        self.places.insert(entry, self.entries.len() - 1);
        self.entries.len() - 1
    }

    pub fn into_entries(self) -> Vec<T> {
        self.entries
    }
}
