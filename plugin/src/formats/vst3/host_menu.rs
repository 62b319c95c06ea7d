//! The entries of a VST3 host in the menu of a parameter.

use vst3::Steinberg::Vst::IContextMenuItem_::Flags_::{
    kIsChecked, kIsDisabled, kIsGroupEnd, kIsGroupStart, kIsSeparator,
};
use vst3::Steinberg::Vst::{
    IComponentHandler3, IComponentHandler3Trait, IContextMenu, IContextMenuItem,
    IContextMenuTarget, IContextMenuTargetTrait, IContextMenuTrait,
};
use vst3::Steinberg::{IPlugView, int32, kResultOk};
use vst3::{ComPtr, ComRef};

use super::int;
use super::utf16::read_utf16;
use crate::editor::host_menu::{MenuBuilder, MenuItem};

/// The flag that a group's begin and end have beside those of other entries.
const GROUP_START: int32 = int!(kIsGroupStart) & !int!(kIsDisabled);
const GROUP_END: int32 = int!(kIsGroupEnd) & !int!(kIsSeparator);

/// A menu that the host made, for as long as one of its entries may be chosen.
pub(super) struct OpenMenu {
    /// The number of the parameter.
    pub(super) param: u32,
    /// The receiver and the number of each entry that can be chosen.
    targets: Vec<(ComPtr<IContextMenuTarget>, int32)>,
    /// The receivers may belong to it.
    _menu: ComPtr<IContextMenu>,
}

// SAFETY: `Vst3Host` makes, uses and drops it on the main thread only: it asks for no menu on another thread, and gives it up
// with the frame.
unsafe impl Send for OpenMenu {}

impl OpenMenu {
    /// `[main]` Asks the host for the menu of a parameter. None if it has none.
    ///
    /// # Safety
    ///
    /// `view` must be a view of this instance.
    pub(super) unsafe fn open(
        handler: &ComPtr<IComponentHandler3>,
        view: *mut IPlugView,
        param: u32,
    ) -> Option<(Self, Vec<MenuItem>)> {
        // SAFETY: as promised by the caller; the host passes the reference on.
        let menu = unsafe { ComPtr::from_raw(handler.createContextMenu(view, &raw const param)) }?;
        let mut open = Self {
            param,
            targets: Vec::new(),
            _menu: menu.clone(),
        };
        let mut builder = MenuBuilder::default();
        // SAFETY: the host's object.
        let count = unsafe { menu.getItemCount() };
        for index in 0..count {
            let mut item = IContextMenuItem {
                name: [0; 128],
                tag: 0,
                flags: 0,
            };
            let mut target = std::ptr::null_mut();
            // SAFETY: the host's object, and places for its answer.
            let (result, target) = unsafe {
                let result = menu.getItem(index, &raw mut item, &raw mut target);
                // The menu keeps its own reference.
                (result, ComRef::from_raw(target))
            };
            if result == kResultOk {
                open.add(&mut builder, &item, target);
            }
        }
        Some((open, builder.finish()))
    }

    /// Adds an entry, unless the menu is full or the entry's text is none.
    fn add(
        &mut self,
        builder: &mut MenuBuilder,
        item: &IContextMenuItem,
        target: Option<ComRef<'_, IContextMenuTarget>>,
    ) {
        let has = |flag: int32| item.flags & flag != 0;
        // SAFETY: an array of 128 units.
        let Some(label) = (unsafe { read_utf16(item.name.as_ptr().cast()) }) else {
            return;
        };
        if has(GROUP_START) {
            builder.begin_submenu(label, true);
            return;
        }
        if has(GROUP_END) {
            builder.end_submenu();
            return;
        }
        if has(int!(kIsSeparator)) {
            builder.add(MenuItem::Separator);
            return;
        }
        let action = u32::try_from(self.targets.len()).unwrap_or(u32::MAX);
        let is_enabled = target.is_some() && !has(int!(kIsDisabled));
        if let Some(target) = target {
            self.targets.push((target.to_com_ptr(), item.tag));
        }
        builder.add(MenuItem::Entry {
            label,
            is_enabled,
            is_checked: has(int!(kIsChecked)),
            action,
        });
    }

    /// `[main]` Performs an entry.
    pub(super) fn perform(&self, action: u32) {
        let index = usize::try_from(action).unwrap_or(usize::MAX);
        if let Some((target, tag)) = self.targets.get(index) {
            // SAFETY: the host's object, on its main thread.
            unsafe { target.executeMenuItem(*tag) };
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use vst3::Steinberg::Vst::{IComponentHandler, IComponentHandlerTrait, ParamID};
    use vst3::Steinberg::{kInvalidArgument, kNotImplemented, tresult};
    use vst3::{Class, ComWrapper};

    use super::*;
    use crate::formats::vst3::utf16::write_utf16;

    /// A host's menu with an entry, a group with a checked and a disabled entry, and an entry without a receiver.
    struct FakeMenu {
        target: ComPtr<IContextMenuTarget>,
    }

    struct FakeTarget(Rc<RefCell<Vec<int32>>>);

    /// A host that gives a menu to each parameter but 9.
    pub(in crate::formats::vst3) struct FakeHandler {
        pub(in crate::formats::vst3) performed: Rc<RefCell<Vec<int32>>>,
    }

    impl Class for FakeMenu {
        type Interfaces = (IContextMenu,);
    }
    impl Class for FakeTarget {
        type Interfaces = (IContextMenuTarget,);
    }
    impl Class for FakeHandler {
        type Interfaces = (IComponentHandler, IComponentHandler3);
    }

    impl IContextMenuTargetTrait for FakeTarget {
        unsafe fn executeMenuItem(&self, tag: int32) -> tresult {
            self.0.borrow_mut().push(tag);
            kResultOk
        }
    }

    const ITEMS: [(&str, int32, int32); 7] = [
        ("Learn", 11, 0),
        ("", 0, int!(kIsSeparator)),
        ("Automation", 0, int!(kIsGroupStart)),
        ("Read", 12, int!(kIsChecked)),
        ("Write", 13, int!(kIsDisabled)),
        ("", 0, int!(kIsGroupEnd)),
        ("Nothing", 14, 0),
    ];

    impl IContextMenuTrait for FakeMenu {
        unsafe fn getItemCount(&self) -> int32 {
            // One more than there are.
            8
        }

        unsafe fn getItem(
            &self,
            index: int32,
            item: *mut IContextMenuItem,
            target: *mut *mut IContextMenuTarget,
        ) -> tresult {
            let index = usize::try_from(index).unwrap();
            let Some((name, tag, flags)) = ITEMS.get(index) else {
                return kInvalidArgument;
            };
            // SAFETY: Flow passes places for the answer.
            unsafe {
                let mut text = [0; 128];
                write_utf16(&mut text, name);
                (*item).name = text.map(|unit| unit as _);
                (*item).tag = *tag;
                (*item).flags = *flags;
                if *name != "Nothing" {
                    *target = self.target.as_ptr();
                }
            }
            kResultOk
        }

        unsafe fn addItem(
            &self,
            _item: *const IContextMenuItem,
            _target: *mut IContextMenuTarget,
        ) -> tresult {
            kNotImplemented
        }

        unsafe fn removeItem(
            &self,
            _item: *const IContextMenuItem,
            _target: *mut IContextMenuTarget,
        ) -> tresult {
            kNotImplemented
        }

        unsafe fn popup(&self, _x: i32, _y: i32) -> tresult {
            kNotImplemented
        }
    }

    impl IComponentHandlerTrait for FakeHandler {
        unsafe fn beginEdit(&self, _id: ParamID) -> tresult {
            kNotImplemented
        }

        unsafe fn performEdit(&self, _id: ParamID, _normalized: f64) -> tresult {
            kNotImplemented
        }

        unsafe fn endEdit(&self, _id: ParamID) -> tresult {
            kNotImplemented
        }

        unsafe fn restartComponent(&self, _flags: int32) -> tresult {
            kNotImplemented
        }
    }

    impl IComponentHandler3Trait for FakeHandler {
        unsafe fn createContextMenu(
            &self,
            _view: *mut IPlugView,
            param: *const ParamID,
        ) -> *mut IContextMenu {
            // SAFETY: Flow passes a parameter.
            if unsafe { *param } == 9 {
                return std::ptr::null_mut();
            }
            let target = ComWrapper::new(FakeTarget(self.performed.clone()));
            let menu = ComWrapper::new(FakeMenu {
                target: target.to_com_ptr().unwrap(),
            });
            menu.to_com_ptr::<IContextMenu>().unwrap().into_raw()
        }
    }

    #[test]
    fn menu_of_a_host_has_its_entries_and_performs_them() {
        let performed = Rc::<RefCell<Vec<int32>>>::default();
        let handler = ComWrapper::new(FakeHandler {
            performed: performed.clone(),
        });
        let handler = handler.to_com_ptr::<IComponentHandler3>().unwrap();
        // SAFETY: the fake host doesn't use the view.
        let open = |param| unsafe { OpenMenu::open(&handler, std::ptr::null_mut(), param) };
        let (menu, items) = open(3).unwrap();
        let entry = |label: &str, is_enabled, is_checked, action| MenuItem::Entry {
            label: label.to_owned(),
            is_enabled,
            is_checked,
            action,
        };
        let group = MenuItem::Submenu {
            label: "Automation".to_owned(),
            is_enabled: true,
            items: vec![
                entry("Read", true, true, 1),
                entry("Write", false, false, 2),
            ],
        };
        let expected = [
            entry("Learn", true, false, 0),
            MenuItem::Separator,
            group,
            entry("Nothing", false, false, 3),
        ];
        assert_eq!(items, expected);
        for action in [1, 0, 3, u32::MAX] {
            menu.perform(action);
        }
        assert_eq!(*performed.borrow(), [12, 11]);
        assert!(open(9).is_none());
    }
}
