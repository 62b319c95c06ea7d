//! The declaration of a group of settings: each field with its default and its range, in one place.

/// The least and the largest value of a setting, in its unit.
pub type SettingRange = [f32; 2];

/// A setting that can be brought into its range.
pub(super) trait Sanitize: Copy {
    /// The setting in its range.
    fn sanitized(self, _default: Self) -> Self {
        self
    }
}

impl Sanitize for bool {}

impl<T: Sanitize, const N: usize> Sanitize for [T; N] {
    fn sanitized(self, default: Self) -> Self {
        core::array::from_fn(|i| self[i].sanitized(default[i]))
    }
}

/// A number, or several of one range.
pub(super) trait Within: Copy {
    /// Clamps to a range; NaN becomes the default.
    fn within(self, range: SettingRange, default: Self) -> Self;
}

impl Within for f32 {
    fn within(self, [least, most]: SettingRange, default: Self) -> Self {
        if self.is_nan() {
            default
        } else {
            self.clamp(least, most)
        }
    }
}

impl<const N: usize> Within for [f32; N] {
    fn within(self, range: SettingRange, default: Self) -> Self {
        core::array::from_fn(|i| self[i].within(range, default[i]))
    }
}

/// Declares a struct of settings. Each field has its default, and a number the constant with its range.
macro_rules! settings {
    (
        $(#[$doc:meta])*
        $settings:ident {
            $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr $(, $RANGE:ident: $range:expr)?;)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $settings {
            $($(#[$field_doc])* pub $field: $type,)+
        }

        impl $settings {
            $($(
                #[doc = concat!("Least and largest `", stringify!($field), "`.")]
                pub const $RANGE: $crate::settings::declare::SettingRange = $range;
            )?)+
        }

        impl Default for $settings {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl $crate::settings::declare::Sanitize for $settings {
            fn sanitized(self, default: Self) -> Self {
                Self {
                    $($field: $crate::settings::declare::sanitized!(
                        self.$field, default.$field $(, Self::$RANGE)?
                    ),)+
                }
            }
        }
    };
}

/// A field in its range, or with its own fields in theirs.
macro_rules! sanitized {
    ($value:expr, $default:expr) => {
        $crate::settings::declare::Sanitize::sanitized($value, $default)
    };
    ($value:expr, $default:expr, $range:expr) => {
        $crate::settings::declare::Within::within($value, $range, $default)
    };
}

pub(super) use {sanitized, settings};
