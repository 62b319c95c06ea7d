//! The keys that VST3 hosts intercept and pass to views by code.

use nice_plug::prelude::VirtualKeyCode;

/// The keys of VST3's codes (`pluginterfaces/base/keycodes.h`), which begin at 1 and have no gaps.
const KEYS: [VirtualKeyCode; 77] = {
    use VirtualKeyCode::*;
    [
        Backspace,
        Tab,
        Clear,
        Return,
        Pause,
        Escape,
        Space,
        Next,
        End,
        Home,
        ArrowLeft,
        ArrowUp,
        ArrowRight,
        ArrowDown,
        PageUp,
        PageDown,
        Select,
        Print,
        NumpadEnter,
        Snapshot,
        Insert,
        Delete,
        Help,
        Numpad0,
        Numpad1,
        Numpad2,
        Numpad3,
        Numpad4,
        Numpad5,
        Numpad6,
        Numpad7,
        Numpad8,
        Numpad9,
        NumpadMultiply,
        NumpadAdd,
        NumpadSeparator,
        NumpadSubtract,
        NumpadDecimal,
        NumpadDivide,
        F1,
        F2,
        F3,
        F4,
        F5,
        F6,
        F7,
        F8,
        F9,
        F10,
        F11,
        F12,
        NumLock,
        ScrollLock,
        Shift,
        Control,
        Alt,
        Equals,
        ContextMenu,
        MediaPlay,
        MediaStop,
        MediaPrevTrack,
        MediaNextTrack,
        VolumeUp,
        VolumeDown,
        F13,
        F14,
        F15,
        F16,
        F17,
        F18,
        F19,
        F20,
        F21,
        F22,
        F23,
        F24,
        Super,
    ]
};

/// The key of a code. None for characters, which windows get from the system.
pub(crate) fn virtual_key(code: i16) -> Option<VirtualKeyCode> {
    let index = usize::try_from(code).ok()?.checked_sub(1)?;
    KEYS.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_key_of_any_code_follows_the_header() {
        for (code, key) in [
            (1, VirtualKeyCode::Backspace),
            (7, VirtualKeyCode::Space),
            (24, VirtualKeyCode::Numpad0),
            (40, VirtualKeyCode::F1),
            (54, VirtualKeyCode::Shift),
            (77, VirtualKeyCode::Super),
        ] {
            assert_eq!(virtual_key(code), Some(key), "{code}");
        }
        for code in [i16::MIN, -1, 0, 78, 128] {
            assert_eq!(virtual_key(code), None, "{code}");
        }
    }
}
