//! Maps of few entries, as a sorted list. The standard library's trees are code of its own for each pair of types, at 2 KB of
//! compressed wasm each; here it is a search and a shift. Where there may be many, in any order, a tree is right.

/// Entries in the order of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Map<K, V>(Vec<(K, V)>);

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Map(Vec::new())
    }
}

impl<K: Ord + Copy, V> Map<K, V> {
    /// Where the key is, or would be.
    fn find(&self, key: K) -> Result<usize, usize> {
        let at = self.0.partition_point(|(other, _)| *other < key);
        match self.0.get(at) {
            Some((other, _)) if *other == key => Ok(at),
            _ => Err(at),
        }
    }

    pub(crate) fn get(&self, key: K) -> Option<&V> {
        let at = self.find(key).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let at = self.find(key).ok()?;
        self.0.get_mut(at).map(|(_, value)| value)
    }

    pub(crate) fn contains(&self, key: K) -> bool {
        self.find(key).is_ok()
    }

    /// In place of what the key had.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        match self.find(key) {
            Ok(at) => {
                if let Some(entry) = self.0.get_mut(at) {
                    entry.1 = value;
                }
            }
            Err(at) => self.0.insert(at, (key, value)),
        }
    }

    pub(crate) fn remove(&mut self, key: K) -> Option<V> {
        let at = self.find(key).ok()?;
        Some(self.0.remove(at).1)
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(K) -> bool) {
        self.0.retain(|(key, _)| keep(*key));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.0.iter().map(|(key, value)| (*key, value))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (K, &mut V)> {
        self.0.iter_mut().map(|(key, value)| (*key, value))
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    pub(crate) fn into_keys(self) -> impl Iterator<Item = K> {
        self.0.into_iter().map(|(key, _)| key)
    }
}

impl<K: Ord + Copy, V> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Map::default();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::Map;

    proptest! {
        #[test]
        fn it_does_what_a_tree_does(steps in prop::collection::vec((0_u32..12, 0_u32..4), 0..60)) {
            let (mut few, mut tree) = (Map::default(), BTreeMap::new());
            for (key, what) in steps {
                match what {
                    0 => prop_assert_eq!(few.remove(key), tree.remove(&key)),
                    1 => {
                        few.retain(|other| other % 5 != key % 5);
                        tree.retain(|other, _| other % 5 != key % 5);
                    }
                    _ => {
                        few.insert(key, what);
                        tree.insert(key, what);
                    }
                }
                prop_assert_eq!(few.get(key), tree.get(&key));
                prop_assert_eq!(few.contains(key), tree.contains_key(&key));
                prop_assert_eq!((few.len(), few.is_empty()), (tree.len(), tree.is_empty()));
                prop_assert!(few.iter().eq(tree.iter().map(|(key, value)| (*key, value))));
            }
            prop_assert_eq!(&few.iter().map(|(key, value)| (key, *value)).collect::<Map<_, _>>(), &few);
            prop_assert!(few.into_keys().eq(tree.into_keys()));
        }
    }
}
