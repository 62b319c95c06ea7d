//! The host's entries in the menu of a parameter.
//!
//! A right click asks the host, which answers on its main thread. The menu shows the entries from the next frame on.

use std::sync::Mutex;

use flow_params::ParameterId;
use flow_platform::mutex::lock;

/// The most entries of a menu. A host that adds more is cut off.
const MAX_ITEMS: usize = 500;
/// The deepest submenu.
const MAX_DEPTH: usize = 8;

/// A line of a host's menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MenuItem {
    /// Something that the host can do.
    Entry {
        /// Its text.
        label: String,
        /// Whether it can be chosen.
        is_enabled: bool,
        /// Whether it has a mark.
        is_checked: bool,
        /// The host's number of it.
        action: u32,
    },
    /// A line between entries.
    Separator,
    /// A heading.
    Title(String),
    /// A menu inside the menu.
    Submenu {
        /// Its text.
        label: String,
        /// Whether it can be opened.
        is_enabled: bool,
        /// Its lines.
        items: Vec<MenuItem>,
    },
}

/// The entries for the parameter that was clicked last.
#[derive(Default)]
pub struct HostMenu(Mutex<Option<(ParameterId, Vec<MenuItem>)>>);

impl HostMenu {
    /// `[gui]` Forgets the entries, before the host is asked for new ones.
    pub(crate) fn clear(&self) {
        *lock(&self.0) = None;
    }

    /// `[main]` The host's answer.
    pub fn set(&self, param: ParameterId, items: Vec<MenuItem>) {
        *lock(&self.0) = Some((param, items));
    }

    /// `[gui]` The entries of a parameter; none until the host has answered.
    #[must_use]
    pub(crate) fn items(&self, param: ParameterId) -> Vec<MenuItem> {
        match &*lock(&self.0) {
            Some((of, items)) if *of == param => items.clone(),
            _ => Vec::new(),
        }
    }
}

/// Builds a menu from a host's lines, in which a submenu has a begin and an end.
#[derive(Debug, Default)]
pub(crate) struct MenuBuilder {
    items: Vec<MenuItem>,
    /// The submenus that have begun: label, whether it is enabled, and the lines before it.
    open: Vec<(String, bool, Vec<MenuItem>)>,
    /// The submenus that have begun without a place. Their lines go to the menu around them.
    refused: usize,
    count: usize,
}

impl MenuBuilder {
    /// Adds a line. False if the menu is full.
    pub(crate) fn add(&mut self, item: MenuItem) -> bool {
        let has_room = self.count < MAX_ITEMS;
        if has_room {
            self.count += 1;
            self.items.push(item);
        }
        has_room
    }

    /// Begins a submenu. False if the menu is full.
    pub(crate) fn begin_submenu(&mut self, label: String, is_enabled: bool) -> bool {
        let has_room = self.count < MAX_ITEMS && self.open.len() < MAX_DEPTH;
        if has_room {
            self.count += 1;
            let before = std::mem::take(&mut self.items);
            self.open.push((label, is_enabled, before));
        } else {
            self.refused += 1;
        }
        has_room
    }

    /// Ends the submenu that began last. False if there is none.
    pub(crate) fn end_submenu(&mut self) -> bool {
        if self.refused > 0 {
            self.refused -= 1;
            return true;
        }
        let Some((label, is_enabled, before)) = self.open.pop() else {
            return false;
        };
        let items = std::mem::replace(&mut self.items, before);
        self.items.push(MenuItem::Submenu {
            label,
            is_enabled,
            items,
        });
        true
    }

    /// The menu. Submenus without an end get one.
    #[must_use]
    pub(crate) fn finish(mut self) -> Vec<MenuItem> {
        self.refused = 0;
        while self.end_submenu() {}
        self.items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(label: &str, action: u32) -> MenuItem {
        MenuItem::Entry {
            label: label.to_owned(),
            is_enabled: true,
            is_checked: false,
            action,
        }
    }

    #[test]
    fn builder_nests_submenus_and_ends_open_ones() {
        let mut builder = MenuBuilder::default();
        assert!(!builder.end_submenu(), "nothing has begun");
        assert!(builder.add(entry("Learn", 1)));
        assert!(builder.begin_submenu("More".to_owned(), true));
        assert!(builder.add(entry("Automate", 2)));
        assert!(builder.begin_submenu("Modulate".to_owned(), false));
        assert!(builder.add(MenuItem::Separator));
        let submenu = |label: &str, is_enabled, items| MenuItem::Submenu {
            label: label.to_owned(),
            is_enabled,
            items,
        };
        let modulate = submenu("Modulate", false, vec![MenuItem::Separator]);
        let more = submenu("More", true, vec![entry("Automate", 2), modulate]);
        assert_eq!(builder.finish(), [entry("Learn", 1), more]);
    }

    #[test]
    fn end_of_a_submenu_without_a_place_leaves_its_parent_open() {
        let mut builder = MenuBuilder::default();
        let begun = (0..=MAX_DEPTH).filter(|_| builder.begin_submenu("More".to_owned(), true));
        assert_eq!(begun.count(), MAX_DEPTH);
        assert!(builder.end_submenu());
        assert!(builder.add(entry("Inside", 1)));
        (0..MAX_DEPTH).for_each(|_| assert!(builder.end_submenu()));
        assert!(!builder.end_submenu());
        assert!(builder.add(entry("Outside", 2)));
        let mut items = builder.finish();
        assert_eq!(items.pop(), Some(entry("Outside", 2)));
        for _ in 0..MAX_DEPTH {
            let [MenuItem::Submenu { items: inner, .. }] = &*items else {
                panic!("{items:?}")
            };
            items = inner.clone();
        }
        assert_eq!(items, [entry("Inside", 1)]);
    }

    #[test]
    fn builder_of_an_endless_menu_is_bounded() {
        let mut builder = MenuBuilder::default();
        let begun = (0..100).filter(|_| builder.begin_submenu(String::new(), true));
        assert_eq!(begun.count(), MAX_DEPTH);
        let added = (0..2000).filter(|n| builder.add(entry("again", *n)));
        assert_eq!(added.count(), MAX_ITEMS - MAX_DEPTH);
        assert_eq!(builder.finish().len(), 1);
    }

    #[test]
    fn menu_of_another_parameter_is_not_shown() {
        let menu = HostMenu::default();
        menu.set(ParameterId::Ceiling, vec![entry("Learn", 1)]);
        assert_eq!(menu.items(ParameterId::Ceiling), [entry("Learn", 1)]);
        assert_eq!(menu.items(ParameterId::Bypass), []);
        menu.clear();
        assert_eq!(menu.items(ParameterId::Ceiling), []);
    }
}
