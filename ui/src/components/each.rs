//! Lists.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use leptos::prelude::*;

/// A list whose items keep their place on the page, and with it their state and the focus, for as long as their keys are in it:
/// leptos' `For`, compiled once for lists of all kinds.
#[component]
pub(crate) fn Each<I, T, KF, K, F, V>(
    /// The items.
    each: I,
    /// What tells one from the others.
    key: KF,
    /// What is made of one, once.
    children: F,
) -> impl IntoView
where
    I: Fn() -> Vec<T> + Send + Sync + 'static,
    T: Send + 'static,
    KF: Fn(&T) -> K + Send + Sync + 'static,
    K: Hash,
    F: Fn(T) -> V + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let children = Arc::new(children);
    list(Box::new(move || {
        let item = |item: T| {
            let key = Key::of(&key(&item));
            let children = Arc::clone(&children);
            Item { key, make: Box::new(move || children(item).into_any()) }
        };
        each().into_iter().map(item).collect()
    }))
}

/// An item of a list of whatever kind.
struct Item {
    key: Key,
    make: Box<dyn FnOnce() -> AnyView + Send>,
}

fn list(items: Box<dyn Fn() -> Vec<Item> + Send + Sync>) -> AnyView {
    view! { <For each=items key=|item: &Item| item.key.clone() children=|item: Item| (item.make)() /> }
        .into_any()
}

/// A key of whatever type, by all that it gives to be hashed: equal keys give the same, and others do not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Key(Vec<u8>);

impl Key {
    fn of(key: &impl Hash) -> Self {
        let mut given = Self::default();
        key.hash(&mut given);
        given
    }
}

impl Hasher for Key {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        // Nobody asks: what was given is compared whole.
        0
    }
}

#[cfg(test)]
mod tests {
    use bithedge_ipc::BucketRef;
    use bithedge_protocol::Asset;

    use super::Key;

    #[test]
    fn keys_are_the_same_only_for_the_same() {
        let bucket = |tier, asset| Key::of(&BucketRef { tier, asset });
        assert_eq!(bucket(1, Asset::Stx), bucket(1, Asset::Stx));
        assert_ne!(bucket(1, Asset::Stx), bucket(1, Asset::Sbtc));
        assert_ne!(bucket(1, Asset::Stx), bucket(2, Asset::Stx));
        // What one text ends with is not what the next one begins with.
        assert_ne!(Key::of(&("ab", "c")), Key::of(&("a", "bc")));
        assert_ne!(Key::of(&Some(0_u8)), Key::of(&None::<u8>));
    }
}
