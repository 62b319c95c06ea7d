//! Factory and user presets in a CLAP host's browser: discovery, metadata and loading.

use std::ffi::{CStr, CString, c_char, c_void};
use std::path::Path;
use std::ptr::null;

use clap_sys::ext::preset_load::{CLAP_EXT_PRESET_LOAD, clap_plugin_preset_load};
use clap_sys::factory::preset_discovery::{
    CLAP_PRESET_DISCOVERY_FACTORY_ID, CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT,
    CLAP_PRESET_DISCOVERY_IS_USER_CONTENT, CLAP_PRESET_DISCOVERY_LOCATION_FILE,
    CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN, clap_preset_discovery_factory,
    clap_preset_discovery_filetype, clap_preset_discovery_indexer, clap_preset_discovery_location,
    clap_preset_discovery_metadata_receiver, clap_preset_discovery_provider,
};
use clap_sys::universal_plugin_id::clap_universal_plugin_id;
use clap_sys::version::CLAP_VERSION;
use flow_testkit::raw_clap::{RawBundle, RawPlugin};

use super::hostile_clap_audio::{open, value};

/// The reports of a provider.
#[derive(Debug, Default)]
struct Reports {
    file_types: Vec<String>,
    locations: Vec<(u32, u32, Option<String>)>,
    presets: Vec<Preset>,
    errors: Vec<String>,
}

#[derive(Debug, Default)]
struct Preset {
    name: String,
    key: Option<String>,
    plugin: String,
    flags: u32,
    description: String,
    features: Vec<String>,
}

fn text(text: *const c_char) -> Option<String> {
    // SAFETY: the plug-in's strings, or null.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_str().unwrap().to_owned())
}

/// # Safety
///
/// The receiver must come from [`Crawl`].
unsafe fn reports<'f>(receiver: *const clap_preset_discovery_metadata_receiver) -> &'f mut Reports {
    // SAFETY: as promised by the caller.
    unsafe { &mut *(*receiver).receiver_data.cast::<Reports>() }
}

type Receiver = *const clap_preset_discovery_metadata_receiver;
type Indexer = *const clap_preset_discovery_indexer;

unsafe extern "C" fn begin(receiver: Receiver, name: *const c_char, key: *const c_char) -> bool {
    // SAFETY: the provider passes this test's receiver, here and below.
    let reports = unsafe { reports(receiver) };
    reports.presets.push(Preset {
        name: text(name).unwrap(),
        key: text(key),
        ..Preset::default()
    });
    true
}

unsafe extern "C" fn on_error(receiver: Receiver, _code: i32, message: *const c_char) {
    // SAFETY: as above.
    unsafe { reports(receiver) }
        .errors
        .push(text(message).unwrap());
}

unsafe extern "C" fn add_plugin_id(receiver: Receiver, id: *const clap_universal_plugin_id) {
    // SAFETY: as above.
    unsafe {
        let [abi, id] = [(*id).abi, (*id).id].map(|part| text(part).unwrap());
        preset(receiver).plugin = format!("{abi}:{id}");
    }
}

/// The preset that the provider describes.
///
/// # Safety
///
/// As [`reports`].
unsafe fn preset<'f>(receiver: Receiver) -> &'f mut Preset {
    // SAFETY: as promised by the caller.
    unsafe { reports(receiver) }.presets.last_mut().unwrap()
}

unsafe extern "C" fn set_flags(receiver: Receiver, flags: u32) {
    // SAFETY: as above.
    unsafe { preset(receiver) }.flags = flags;
}

unsafe extern "C" fn set_description(receiver: Receiver, description: *const c_char) {
    // SAFETY: as above.
    unsafe { preset(receiver) }.description = text(description).unwrap();
}

unsafe extern "C" fn add_feature(receiver: Receiver, feature: *const c_char) {
    // SAFETY: as above.
    unsafe { preset(receiver) }
        .features
        .push(text(feature).unwrap());
}

unsafe extern "C" fn declare_file_type(
    indexer: Indexer,
    kind: *const clap_preset_discovery_filetype,
) -> bool {
    // SAFETY: as above.
    unsafe {
        let reports = &mut *(*indexer).indexer_data.cast::<Reports>();
        reports
            .file_types
            .push(text((*kind).file_extension).unwrap());
    }
    true
}

unsafe extern "C" fn declare_location(
    indexer: Indexer,
    place: *const clap_preset_discovery_location,
) -> bool {
    // SAFETY: as above.
    unsafe {
        let reports = &mut *(*indexer).indexer_data.cast::<Reports>();
        let (kind, flags) = ((*place).kind, (*place).flags);
        reports
            .locations
            .push((kind, flags, text((*place).location)));
    }
    true
}

/// A provider with the host's indexer.
struct Crawl {
    reports: Box<Reports>,
    indexer: Box<clap_preset_discovery_indexer>,
    provider: *const clap_preset_discovery_provider,
}

impl Crawl {
    fn new(bundle: &RawBundle) -> Self {
        let mut reports = Box::new(Reports::default());
        let indexer = Box::new(clap_preset_discovery_indexer {
            clap_version: CLAP_VERSION,
            name: c"test".as_ptr(),
            vendor: c"".as_ptr(),
            url: c"".as_ptr(),
            version: c"1".as_ptr(),
            indexer_data: std::ptr::from_mut(&mut *reports).cast::<c_void>(),
            declare_filetype: Some(declare_file_type),
            declare_location: Some(declare_location),
            declare_soundpack: None,
            get_extension: None,
        });
        let factory =
            bundle.factory::<clap_preset_discovery_factory>(CLAP_PRESET_DISCOVERY_FACTORY_ID);
        assert!(!factory.is_null());
        // SAFETY: a loaded bundle's factory, and an indexer that outlives the provider.
        let provider = unsafe {
            assert_eq!((*factory).count.unwrap()(factory), 1);
            assert!((*factory).get_descriptor.unwrap()(factory, 1).is_null());
            let descriptor = (*factory).get_descriptor.unwrap()(factory, 0);
            let create = (*factory).create.unwrap();
            assert!(create(factory, &*indexer, c"another".as_ptr()).is_null());
            assert!(create(factory, null(), (*descriptor).id).is_null());
            let provider = create(factory, &*indexer, (*descriptor).id);
            assert!((*provider).init.unwrap()(provider));
            provider
        };
        Self {
            reports,
            indexer,
            provider,
        }
    }

    fn metadata(&mut self, kind: u32, location: Option<&Path>) -> bool {
        let receiver = clap_preset_discovery_metadata_receiver {
            receiver_data: std::ptr::from_mut(&mut *self.reports).cast(),
            on_error: Some(on_error),
            begin_preset: Some(begin),
            add_plugin_id: Some(add_plugin_id),
            set_soundpack_id: None,
            set_flags: Some(set_flags),
            add_creator: None,
            set_description: Some(set_description),
            set_timestamps: None,
            add_feature: Some(add_feature),
            add_extra_info: None,
        };
        let location = location.map(|path| CString::new(path.to_str().unwrap()).unwrap());
        let location = location.as_ref().map_or(null(), |text| text.as_ptr());
        // SAFETY: a living provider; all else outlives the call.
        unsafe { (*self.provider).get_metadata.unwrap()(self.provider, kind, location, &receiver) }
    }
}

impl Drop for Crawl {
    fn drop(&mut self) {
        assert!(!self.indexer.indexer_data.is_null());
        // SAFETY: a living provider, once.
        unsafe { (*self.provider).destroy.unwrap()(self.provider) };
    }
}

fn load(flow: &RawPlugin<'_>, kind: u32, location: Option<&Path>, key: Option<&str>) -> bool {
    let presets: &clap_plugin_preset_load = flow.extension(CLAP_EXT_PRESET_LOAD);
    let location = location.map(|path| CString::new(path.to_str().unwrap()).unwrap());
    let key = key.map(|key| CString::new(key).unwrap());
    let pointer = |text: &Option<CString>| text.as_ref().map_or(null(), |text| text.as_ptr());
    // SAFETY: a living instance, and texts that outlive the call.
    unsafe { presets.from_location.unwrap()(flow.plugin, kind, pointer(&location), pointer(&key)) }
}

#[test]
fn factory_presets_in_discovery_have_description_and_features() {
    let bundle = open();
    let mut crawl = Crawl::new(&bundle);
    assert_eq!(crawl.reports.file_types, ["json"]);
    let (kind, flags, place) = &crawl.reports.locations[0];
    assert_eq!(*kind, CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN);
    assert_eq!(*flags, CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT);
    assert_eq!(*place, None);
    assert!(crawl.metadata(CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN, None));
    let presets = &crawl.reports.presets;
    assert_eq!(presets.len(), flow_params::presets::all().len());
    for (found, preset) in presets.iter().zip(flow_params::presets::all()) {
        assert_eq!(found.name, preset.name);
        assert_eq!(found.key.as_deref(), Some(preset.name.as_str()));
        assert_eq!(found.plugin, "clap:org.flow-audio.flow");
        assert_eq!(found.flags, CLAP_PRESET_DISCOVERY_IS_FACTORY_CONTENT);
        assert_eq!(found.description, preset.description);
        assert!(found.features.contains(&"mastering".to_owned()));
    }
}

#[test]
fn factory_preset_loaded_by_key_sets_values_and_rescans() {
    let bundle = open();
    let flow = bundle.create();
    let before = value(&flow, "gain");
    let plugin = CLAP_PRESET_DISCOVERY_LOCATION_PLUGIN;
    assert!(load(&flow, plugin, None, Some("Club")));
    assert_ne!(value(&flow, "gain"), before);
    let rescans = &flow.requests().rescans;
    assert_eq!(rescans.load(std::sync::atomic::Ordering::Relaxed), 1);
    for (kind, key) in [
        (plugin, Some("No such preset")),
        (plugin, None),
        (77, Some("Club")),
    ] {
        assert!(!load(&flow, kind, None, key), "{kind} {key:?}");
    }
    assert!(load(&flow, plugin, None, Some("Neutral")));
    assert_eq!(value(&flow, "gain"), before);
}

#[test]
fn user_preset_file_loads_and_a_broken_one_is_reported() {
    let bundle = open();
    let folder = std::env::temp_dir().join(format!("flow-presets-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let [good, bad, newer] =
        ["mine", "bad", "newer"].map(|name| folder.join(name).with_extension("json"));
    let json = r#"{"name": "Mine", "category": "My presets", "description": "", "values": {"gain": "12 dB"}}"#;
    std::fs::write(&good, json).unwrap();
    std::fs::write(&bad, "{").unwrap();
    std::fs::write(&newer, json.replace("}}", r#", "zap": "1"}}"#)).unwrap();
    let file = CLAP_PRESET_DISCOVERY_LOCATION_FILE;
    let mut crawl = Crawl::new(&bundle);
    assert!(crawl.metadata(file, Some(&good)));
    let preset = &crawl.reports.presets[0];
    assert_eq!((preset.name.as_str(), &preset.key), ("Mine", &None));
    assert_eq!(preset.flags, CLAP_PRESET_DISCOVERY_IS_USER_CONTENT);
    assert!(!crawl.metadata(file, Some(&bad)));
    assert!(!crawl.metadata(file, Some(&folder.join("missing.json"))));
    assert!(!crawl.metadata(file, None));
    assert!(!crawl.metadata(file, Some(&newer)));
    let errors = &crawl.reports.errors;
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(
        errors[2].contains("unknown parameter \"zap\""),
        "{errors:?}"
    );

    let flow = bundle.create();
    let before = value(&flow, "gain");
    for refused in [&bad, &newer] {
        assert!(!load(&flow, file, Some(refused), None));
        assert_eq!(value(&flow, "gain"), before);
    }
    assert!(load(&flow, file, Some(&good), None));
    assert_ne!(value(&flow, "gain"), before);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn user_preset_folder_that_exists_is_a_location() {
    // nextest runs each test in its own process, so the environment belongs to this test.
    let home = std::env::temp_dir().join(format!("flow-home-{}", std::process::id()));
    let presets = home.join("Flow").join("presets");
    std::fs::create_dir_all(&presets).unwrap();
    // SAFETY: no other thread reads the environment now.
    unsafe { std::env::set_var("XDG_DATA_HOME", &home) };
    let bundle = open();
    let crawl = Crawl::new(&bundle);
    let user = crawl.reports.locations.iter().find(|(kind, ..)| *kind == 0);
    std::fs::remove_dir_all(&home).unwrap();
    if cfg!(target_os = "linux") {
        let (_, flags, place) = user.expect("the user's folder is a location");
        assert_eq!(*flags, CLAP_PRESET_DISCOVERY_IS_USER_CONTENT);
        assert_eq!(place.as_deref(), presets.to_str());
    }
}
