//! Presets in hosts' browsers: the factory presets inside the plug-in, and the user's preset files.

use std::ffi::{CString, c_char, c_void};
use std::io;
use std::path::Path;

use clap_sys::factory::preset_discovery::{
    CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT, CLAP_PRESET_DISCOVERY_IS_USER_CONTENT,
    CLAP_PRESET_DISCOVERY_LOCATION_FILE, CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN,
    clap_preset_discovery_factory, clap_preset_discovery_filetype, clap_preset_discovery_indexer,
    clap_preset_discovery_location, clap_preset_discovery_location_kind,
    clap_preset_discovery_metadata_receiver, clap_preset_discovery_provider,
    clap_preset_discovery_provider_descriptor,
};
use clap_sys::universal_plugin_id::clap_universal_plugin_id;
use clap_sys::version::CLAP_VERSION;
use flow_params::{Preset, presets};

use crate::editor::model::user_presets;
use crate::formats::c_string::{c_str, str_from};
use crate::formats::identity;
use crate::formats::panic_guard::{guard, guard_some};

pub(super) static FACTORY: clap_preset_discovery_factory = clap_preset_discovery_factory {
    count: Some(count),
    get_descriptor: Some(descriptor),
    create: Some(create),
};

static DESCRIPTOR: clap_preset_discovery_provider_descriptor =
    clap_preset_discovery_provider_descriptor {
        clap_version: CLAP_VERSION,
        id: c"org.flow-audio.flow.presets".as_ptr(),
        name: c"Flow presets".as_ptr(),
        vendor: c"Flow".as_ptr(),
    };

/// The type of the user's preset files.
static FILE_TYPE: clap_preset_discovery_filetype = clap_preset_discovery_filetype {
    name: c"Flow preset".as_ptr(),
    description: c"Settings of Flow by name".as_ptr(),
    file_extension: c"json".as_ptr(),
};

/// Reports presets to one host.
struct Provider {
    raw: clap_preset_discovery_provider,
    indexer: *const clap_preset_discovery_indexer,
}

unsafe extern "C" fn count(_factory: *const clap_preset_discovery_factory) -> u32 {
    1
}

unsafe extern "C" fn descriptor(
    _factory: *const clap_preset_discovery_factory,
    index: u32,
) -> *const clap_preset_discovery_provider_descriptor {
    if index == 0 {
        &raw const DESCRIPTOR
    } else {
        std::ptr::null()
    }
}

unsafe extern "C" fn create(
    _factory: *const clap_preset_discovery_factory,
    indexer: *const clap_preset_discovery_indexer,
    id: *const c_char,
) -> *const clap_preset_discovery_provider {
    guard(std::ptr::null(), || {
        // SAFETY: hosts pass a string or null; the descriptor's id is a string.
        let is_known = unsafe { c_str(id) == c_str(DESCRIPTOR.id) };
        if indexer.is_null() || !is_known {
            return std::ptr::null();
        }
        let provider = Box::into_raw(Box::new(Provider {
            raw: clap_preset_discovery_provider {
                desc: &raw const DESCRIPTOR,
                provider_data: std::ptr::null_mut(),
                init: Some(init),
                destroy: Some(destroy),
                get_metadata: Some(get_metadata),
                get_extension: Some(get_extension),
            },
            indexer,
        }));
        // SAFETY: just created, and no other pointer exists.
        unsafe {
            (*provider).raw.provider_data = provider.cast();
            &raw const (*provider).raw
        }
    })
}

/// # Safety
///
/// `provider` must be null or come from [`create`] and not be destroyed.
unsafe fn get<'p>(provider: *const clap_preset_discovery_provider) -> Option<&'p Provider> {
    // SAFETY: as promised by the caller.
    unsafe { provider.as_ref()?.provider_data.cast::<Provider>().as_ref() }
}

unsafe extern "C" fn init(provider: *const clap_preset_discovery_provider) -> bool {
    guard_some(false, || {
        // SAFETY: hosts pass their provider or null; an indexer outlives its providers.
        let indexer = unsafe { get(provider)?.indexer.as_ref()? };
        let (declare_file_type, declare_location) =
            (indexer.declare_filetype?, indexer.declare_location?);
        let factory = clap_preset_discovery_location {
            flags: CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT,
            name: c"Flow factory presets".as_ptr(),
            kind: CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN,
            location: std::ptr::null(),
        };
        // SAFETY: the indexer's functions; the arguments live until they return.
        let mut declared = unsafe {
            declare_file_type(indexer, &FILE_TYPE) && declare_location(indexer, &factory)
        };
        // Hosts can't index a missing folder.
        let folder = user_presets::user_folder().filter(|folder| folder.is_dir());
        let folder = folder.and_then(|folder| CString::new(folder.to_str()?).ok());
        if let Some(folder) = folder {
            let user = clap_preset_discovery_location {
                flags: CLAP_PRESET_DISCOVERY_IS_USER_CONTENT,
                name: c"My Flow presets".as_ptr(),
                kind: CLAP_PRESET_DISCOVERY_LOCATION_FILE,
                location: folder.as_ptr(),
            };
            // SAFETY: as above.
            declared &= unsafe { declare_location(indexer, &user) };
        }
        Some(declared)
    })
}

unsafe extern "C" fn destroy(provider: *const clap_preset_discovery_provider) {
    guard((), || {
        // SAFETY: hosts pass their provider or null, and destroy it once; `create` boxed it.
        unsafe {
            if let Some(this) = get(provider) {
                drop(Box::from_raw(std::ptr::from_ref(this).cast_mut()));
            }
        }
    });
}

unsafe extern "C" fn get_extension(
    _provider: *const clap_preset_discovery_provider,
    _id: *const c_char,
) -> *const c_void {
    std::ptr::null()
}

unsafe extern "C" fn get_metadata(
    _provider: *const clap_preset_discovery_provider,
    kind: clap_preset_discovery_location_kind,
    location: *const c_char,
    receiver: *const clap_preset_discovery_metadata_receiver,
) -> bool {
    guard_some(false, || {
        // SAFETY: null or the host's, and a string or null.
        let (receiver, path) = unsafe { (receiver.as_ref()?, str_from(location)) };
        Some(match (kind, path) {
            (CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN, _) => {
                let is_factory = CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT;
                presets::all()
                    .iter()
                    // SAFETY: the host's receiver.
                    .all(|preset| unsafe {
                        report_preset(receiver, preset, Some(&preset.name), is_factory)
                    })
            }
            (CLAP_PRESET_DISCOVERY_LOCATION_FILE, Some(path)) => {
                let is_user = CLAP_PRESET_DISCOVERY_IS_USER_CONTENT;
                match user_presets::read_file(Path::new(path)) {
                    // SAFETY: as above.
                    Ok(preset) => unsafe { report_preset(receiver, &preset, None, is_user) },
                    Err(error) => {
                        // SAFETY: as above.
                        unsafe { report_error(receiver, &error) };
                        false
                    }
                }
            }
            _ => false,
        })
    })
}

/// Reports a preset, and returns whether the host wants more.
///
/// # Safety
///
/// The receiver must be valid.
unsafe fn report_preset(
    receiver: &clap_preset_discovery_metadata_receiver,
    preset: &Preset,
    load_key: Option<&str>,
    flags: u32,
) -> bool {
    let text = |text: &str| CString::new(text).unwrap_or_default();
    let (name, key) = (text(&preset.name), load_key.map(text));
    let key = key.as_ref().map_or(std::ptr::null(), |key| key.as_ptr());
    // SAFETY: the receiver's functions; all strings live until they return.
    unsafe {
        let Some(begin) = receiver.begin_preset else {
            return false;
        };
        if !begin(receiver, name.as_ptr(), key) {
            return false;
        }
        if let Some(add_plugin_id) = receiver.add_plugin_id {
            let id = text(identity::CLAP_ID);
            let id = clap_universal_plugin_id {
                abi: c"clap".as_ptr(),
                id: id.as_ptr(),
            };
            add_plugin_id(receiver, &id);
        }
        if let Some(set_flags) = receiver.set_flags {
            set_flags(receiver, flags);
        }
        if let Some(set_description) = receiver.set_description
            && !preset.description.is_empty()
        {
            set_description(receiver, text(&preset.description).as_ptr());
        }
        if let Some(add_feature) = receiver.add_feature {
            add_feature(receiver, c"mastering".as_ptr());
            add_feature(receiver, text(&preset.category.to_lowercase()).as_ptr());
        }
        if let Some(add_extra_info) = receiver.add_extra_info {
            add_extra_info(
                receiver,
                c"category".as_ptr(),
                text(&preset.category).as_ptr(),
            );
        }
        if let Some(add_creator) = receiver.add_creator
            && flags == CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT
        {
            add_creator(receiver, text(identity::VENDOR).as_ptr());
        }
    }
    true
}

/// # Safety
///
/// The receiver must be valid.
unsafe fn report_error(receiver: &clap_preset_discovery_metadata_receiver, error: &io::Error) {
    if let Some(on_error) = receiver.on_error {
        let text = CString::new(error.to_string()).unwrap_or_default();
        // SAFETY: the receiver's function; the string lives until it returns.
        unsafe { on_error(receiver, error.raw_os_error().unwrap_or(0), text.as_ptr()) };
    }
}
