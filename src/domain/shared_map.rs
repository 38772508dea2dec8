//! An ordered map that is cheap to copy: a copy shares with the original all that neither changes
//! afterwards, so that the writer's book can be handed to readers after every turn.

use rpds::RedBlackTreeMapSync;
use std::borrow::Borrow;
use std::fmt;
use std::ops::{Index, RangeBounds};

/// See the module. Its methods mean what they mean of a `BTreeMap`.
pub struct SharedMap<K: Ord, V>(RedBlackTreeMapSync<K, V>);

impl<K: Ord, V> SharedMap<K, V> {
    pub fn new() -> SharedMap<K, V> {
        SharedMap(RedBlackTreeMapSync::new_sync())
    }

    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0.get(key)
    }

    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.0.contains_key(key)
    }

    pub fn len(&self) -> usize {
        self.0.size()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter()
    }

    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.keys()
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.0.values()
    }

    pub fn range<Q: Ord + ?Sized>(
        &self,
        range: impl RangeBounds<Q>,
    ) -> impl Iterator<Item = (&K, &V)>
    where
        K: Borrow<Q>,
    {
        self.0.range(range)
    }

    pub fn first_key_value(&self) -> Option<(&K, &V)> {
        self.0.first()
    }

    /// True where two copies share all: nothing was put in or taken out of either since.
    pub fn shares_all(&self, other: &SharedMap<K, V>) -> bool {
        self.0.ptr_eq(&other.0)
    }

    pub fn insert(&mut self, key: K, value: V) {
        self.0.insert_mut(key, value);
    }

    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        self.0.remove_mut(key);
    }
}

impl<K: Ord + Clone, V: Clone> SharedMap<K, V> {
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.0.get_mut(key)
    }

    pub fn retain(&mut self, mut stays: impl FnMut(&K, &V) -> bool) {
        let gone: Vec<K> =
            self.iter().filter(|(key, value)| !stays(key, value)).map(|(k, _)| k.clone()).collect();
        for key in gone {
            self.0.remove_mut(&key);
        }
    }
}

impl<K: Ord + Clone, V: Clone + Default> SharedMap<K, V> {
    /// The value of a key, which is the default where there was none.
    ///
    /// # Panics
    /// Never: the key is put in before it is looked for.
    pub fn get_or_default(&mut self, key: &K) -> &mut V {
        if !self.0.contains_key(key) {
            self.0.insert_mut(key.clone(), V::default());
        }
        self.0.get_mut(key).expect("it was put in")
    }
}

impl<K: Ord, V> Clone for SharedMap<K, V> {
    fn clone(&self) -> SharedMap<K, V> {
        SharedMap(self.0.clone())
    }
}

impl<K: Ord, V> Default for SharedMap<K, V> {
    fn default() -> SharedMap<K, V> {
        SharedMap::new()
    }
}

impl<K: Ord, V: PartialEq> PartialEq for SharedMap<K, V> {
    fn eq(&self, other: &SharedMap<K, V>) -> bool {
        self.0.ptr_eq(&other.0) || self.0 == other.0
    }
}

impl<K: Ord, V: Eq> Eq for SharedMap<K, V> {}

impl<K: Ord + fmt::Debug, V: fmt::Debug> fmt::Debug for SharedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for SharedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> SharedMap<K, V> {
        let mut map = SharedMap::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

impl<'a, K: Ord, V> IntoIterator for &'a SharedMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = <&'a RedBlackTreeMapSync<K, V> as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<K: Ord + Borrow<Q>, V, Q: Ord + ?Sized> Index<&Q> for SharedMap<K, V> {
    type Output = V;

    fn index(&self, key: &Q) -> &V {
        self.0.get(key).expect("the map has the key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_stays_as_it_was() {
        let mut map: SharedMap<u32, String> = (0..100).map(|n| (n, n.to_string())).collect();
        let before = map.clone();
        map.insert(7, "seven".to_owned());
        map.get_or_default(&8).push('!');
        map.retain(|key, _| key % 2 == 0 || *key == 7);
        assert_eq!((&*before[&7], &*before[&8], before.len()), ("7", "8", 100));
        assert_eq!((&*map[&7], &*map[&8], map.len()), ("seven", "8!", 51));
        assert_eq!(map.first_key_value().map(|(key, _)| *key), Some(0));
    }
}
