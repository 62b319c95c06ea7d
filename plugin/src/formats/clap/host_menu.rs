//! The entries of a CLAP host in the menu of a parameter.

use std::ffi::{c_char, c_void};

use clap_sys::ext::context_menu::{
    CLAP_CONTEXT_MENU_ITEM_BEGIN_SUBMENU, CLAP_CONTEXT_MENU_ITEM_CHECK_ENTRY,
    CLAP_CONTEXT_MENU_ITEM_END_SUBMENU, CLAP_CONTEXT_MENU_ITEM_ENTRY,
    CLAP_CONTEXT_MENU_ITEM_SEPARATOR, CLAP_CONTEXT_MENU_ITEM_TITLE,
    CLAP_CONTEXT_MENU_TARGET_KIND_PARAM, clap_context_menu_builder, clap_context_menu_check_entry,
    clap_context_menu_entry, clap_context_menu_item_kind, clap_context_menu_item_title,
    clap_context_menu_submenu, clap_context_menu_target, clap_host_context_menu,
};
use clap_sys::host::clap_host;

use crate::editor::host_menu::{MenuBuilder, MenuItem};
use crate::formats::c_string::c_str;
use crate::formats::panic_guard::guard_some;

fn target(param: u32) -> clap_context_menu_target {
    clap_context_menu_target {
        kind: CLAP_CONTEXT_MENU_TARGET_KIND_PARAM,
        id: param,
    }
}

/// `[main]` The host's entries for a parameter.
///
/// # Safety
///
/// `host` and its extension must be alive.
pub(super) unsafe fn items(
    host: *const clap_host,
    extension: &clap_host_context_menu,
    param: u32,
) -> Vec<MenuItem> {
    let Some(populate) = extension.populate else {
        return Vec::new();
    };
    let target = target(param);
    let mut menu = MenuBuilder::default();
    let builder = clap_context_menu_builder {
        ctx: (&raw mut menu).cast(),
        add_item: Some(add_item),
        supports: Some(supports),
    };
    // SAFETY: as promised by the caller; the builder lives during the call.
    let is_complete = unsafe { populate(host, &raw const target, &raw const builder) };
    if is_complete {
        menu.finish()
    } else {
        Vec::new()
    }
}

/// An entry that the user chose. It borrows nothing of the instance, which the host may destroy while it performs the entry.
pub(super) struct ChosenEntry {
    host: *const clap_host,
    perform: Option<PerformFn>,
    param: u32,
    action: u32,
}

type PerformFn =
    unsafe extern "C" fn(*const clap_host, *const clap_context_menu_target, u32) -> bool;

impl ChosenEntry {
    /// An entry of a host's menu of a parameter.
    pub(super) fn new(
        host: *const clap_host,
        extension: &clap_host_context_menu,
        param: u32,
        action: u32,
    ) -> Self {
        Self {
            host,
            perform: extension.perform,
            param,
            action,
        }
    }

    /// `[main]` Performs it.
    ///
    /// # Safety
    ///
    /// `host` must be alive.
    pub(super) unsafe fn perform(self) {
        if let Some(perform) = self.perform {
            let target = target(self.param);
            // SAFETY: as promised by the caller.
            unsafe { perform(self.host, &raw const target, self.action) };
        }
    }
}

unsafe extern "C" fn supports(
    _builder: *const clap_context_menu_builder,
    kind: clap_context_menu_item_kind,
) -> bool {
    kind <= CLAP_CONTEXT_MENU_ITEM_TITLE
}

unsafe extern "C" fn add_item(
    builder: *const clap_context_menu_builder,
    kind: clap_context_menu_item_kind,
    data: *const c_void,
) -> bool {
    guard_some(false, || {
        // SAFETY: hosts pass the builder of `items` and the data that belong to the kind, or null.
        unsafe {
            let menu = builder.as_ref()?.ctx.cast::<MenuBuilder>().as_mut()?;
            match kind {
                CLAP_CONTEXT_MENU_ITEM_ENTRY => {
                    let entry = data.cast::<clap_context_menu_entry>().as_ref()?;
                    Some(menu.add(MenuItem::Entry {
                        label: text(entry.label)?,
                        is_enabled: entry.is_enabled,
                        is_checked: false,
                        action: entry.action_id,
                    }))
                }
                CLAP_CONTEXT_MENU_ITEM_CHECK_ENTRY => {
                    let entry = data.cast::<clap_context_menu_check_entry>().as_ref()?;
                    Some(menu.add(MenuItem::Entry {
                        label: text(entry.label)?,
                        is_enabled: entry.is_enabled,
                        is_checked: entry.is_checked,
                        action: entry.action_id,
                    }))
                }
                CLAP_CONTEXT_MENU_ITEM_SEPARATOR => Some(menu.add(MenuItem::Separator)),
                CLAP_CONTEXT_MENU_ITEM_BEGIN_SUBMENU => {
                    let submenu = data.cast::<clap_context_menu_submenu>().as_ref()?;
                    Some(menu.begin_submenu(text(submenu.label)?, submenu.is_enabled))
                }
                CLAP_CONTEXT_MENU_ITEM_END_SUBMENU => Some(menu.end_submenu()),
                CLAP_CONTEXT_MENU_ITEM_TITLE => {
                    let title = data.cast::<clap_context_menu_item_title>().as_ref()?;
                    Some(menu.add(MenuItem::Title(text(title.title)?)))
                }
                _ => None,
            }
        }
    })
}

/// A host's text; invalid parts of it are replaced.
///
/// # Safety
///
/// As for [`c_str`].
unsafe fn text(text: *const c_char) -> Option<String> {
    // SAFETY: as promised by the caller.
    unsafe { c_str(text) }.map(|text| text.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::ptr;

    use super::*;

    thread_local! {
        /// The targets and actions that the host was asked to perform.
        static PERFORMED: RefCell<Vec<(u32, u32, u32)>> = const { RefCell::new(Vec::new()) };
    }

    /// Adds a title, an entry, a submenu with a checked entry and an unknown kind.
    unsafe extern "C" fn populate(
        _host: *const clap_host,
        target: *const clap_context_menu_target,
        builder: *const clap_context_menu_builder,
    ) -> bool {
        // SAFETY: Flow passes valid pointers.
        unsafe {
            if (*target).id == 9 {
                return false;
            }
            assert_eq!((*target).kind, CLAP_CONTEXT_MENU_TARGET_KIND_PARAM);
            let supports = (*builder).supports.unwrap();
            assert!(supports(builder, CLAP_CONTEXT_MENU_ITEM_TITLE) && !supports(builder, 99));
            let add = (*builder).add_item.unwrap();
            let title = clap_context_menu_item_title {
                title: c"Host".as_ptr(),
                is_enabled: true,
            };
            assert!(add(
                builder,
                CLAP_CONTEXT_MENU_ITEM_TITLE,
                (&raw const title).cast()
            ));
            let entry = clap_context_menu_entry {
                label: c"Learn".as_ptr(),
                is_enabled: true,
                action_id: 7,
            };
            assert!(add(
                builder,
                CLAP_CONTEXT_MENU_ITEM_ENTRY,
                (&raw const entry).cast()
            ));
            assert!(add(builder, CLAP_CONTEXT_MENU_ITEM_SEPARATOR, ptr::null()));
            let submenu = clap_context_menu_submenu {
                label: c"Modulate".as_ptr(),
                is_enabled: false,
            };
            let begin = CLAP_CONTEXT_MENU_ITEM_BEGIN_SUBMENU;
            assert!(add(builder, begin, (&raw const submenu).cast()));
            let check = clap_context_menu_check_entry {
                label: c"By \xff".as_ptr(),
                is_enabled: false,
                is_checked: true,
                action_id: 8,
            };
            let kind = CLAP_CONTEXT_MENU_ITEM_CHECK_ENTRY;
            assert!(add(builder, kind, (&raw const check).cast()));
            assert!(add(
                builder,
                CLAP_CONTEXT_MENU_ITEM_END_SUBMENU,
                ptr::null()
            ));
            // Wrong calls add nothing.
            assert!(!add(
                builder,
                CLAP_CONTEXT_MENU_ITEM_END_SUBMENU,
                ptr::null()
            ));
            assert!(!add(builder, CLAP_CONTEXT_MENU_ITEM_ENTRY, ptr::null()));
            assert!(!add(builder, 99, (&raw const entry).cast()));
            let nameless = clap_context_menu_entry {
                label: ptr::null(),
                ..entry
            };
            let kind = CLAP_CONTEXT_MENU_ITEM_ENTRY;
            assert!(!add(builder, kind, (&raw const nameless).cast()));
            true
        }
    }

    unsafe extern "C" fn perform_action(
        _host: *const clap_host,
        target: *const clap_context_menu_target,
        action: u32,
    ) -> bool {
        // SAFETY: Flow passes a valid pointer.
        let target = unsafe { *target };
        PERFORMED.with_borrow_mut(|performed| performed.push((target.kind, target.id, action)));
        true
    }

    const EXTENSION: clap_host_context_menu = clap_host_context_menu {
        populate: Some(populate),
        perform: Some(perform_action),
        can_popup: None,
        popup: None,
    };

    #[test]
    fn menu_of_a_host_has_its_entries_and_performs_them() {
        let entry = |label: &str, is_enabled, is_checked, action| MenuItem::Entry {
            label: label.to_owned(),
            is_enabled,
            is_checked,
            action,
        };
        // SAFETY: the fake host uses no pointer to itself.
        let menu = unsafe { items(ptr::null(), &EXTENSION, 3) };
        let modulate = MenuItem::Submenu {
            label: "Modulate".to_owned(),
            is_enabled: false,
            items: vec![entry("By \u{fffd}", false, true, 8)],
        };
        let expected = [
            MenuItem::Title("Host".to_owned()),
            entry("Learn", true, false, 7),
            MenuItem::Separator,
            modulate,
        ];
        assert_eq!(menu, expected);
        // SAFETY: as above.
        unsafe { ChosenEntry::new(ptr::null(), &EXTENSION, 3, 7).perform() };
        let performed = PERFORMED.take();
        assert_eq!(performed, [(CLAP_CONTEXT_MENU_TARGET_KIND_PARAM, 3, 7)]);
    }

    #[test]
    fn menu_of_a_host_without_entries_is_empty() {
        let without_functions = clap_host_context_menu {
            populate: None,
            perform: None,
            ..EXTENSION
        };
        // SAFETY: as above.
        unsafe {
            assert_eq!(items(ptr::null(), &EXTENSION, 9), []);
            assert_eq!(items(ptr::null(), &without_functions, 3), []);
            ChosenEntry::new(ptr::null(), &without_functions, 3, 7).perform();
        }
    }
}
