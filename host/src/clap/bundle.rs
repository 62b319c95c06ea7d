//! A bundle on disk and its descriptor.

use super::error::HostError;
use super::instance::Instance;
use clack_host::prelude::*;
use flow_service::ServiceStats;
use std::ffi::CStr;
use std::path::{Path, PathBuf};

/// Flow's own export of the counts of the analysis service.
const STATS_SYMBOL: &[u8] = b"flow_service_counts_v2\0";
type StatsFn = unsafe extern "C" fn(*mut ServiceStats) -> bool;

/// Flow's own export that starts listening in all instances.
const LISTEN_SYMBOL: &[u8] = b"flow_start_listening_v1\0";
type ListenFn = unsafe extern "C" fn() -> usize;

/// The identifier of Flow's plug-in. The tests of the built bundle need it.
pub const FLOW_ID: &str = "org.flow-audio.flow";

/// The descriptor of the bundle's first plug-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Reverse-domain identifier.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Vendor.
    pub vendor: String,
    /// Version.
    pub version: String,
    /// CLAP features, such as "audio-effect" and "mastering".
    pub features: Vec<String>,
}

/// A loaded CLAP bundle.
pub struct Bundle {
    path: PathBuf,
    entry: PluginEntry,
    // A second handle to the module that `entry` loaded, because clack offers no access to other symbols.
    library: libloading::Library,
}

impl Bundle {
    /// Loads the bundle at `path`: a file, or on macOS a folder.
    ///
    /// # Errors
    ///
    /// If the file is missing, is no loadable CLAP, or contains no plug-in.
    pub fn open(path: &Path) -> Result<Self, HostError> {
        if !path.exists() {
            return Err(HostError::BundleNotFound(path.to_owned()));
        }
        // The loader would look for a bare name in the system's folders.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let load = |reason: String| HostError::Load {
            path: path.clone(),
            reason,
        };
        // SAFETY: hosts trust the initializers of the plug-ins that they load.
        let entry = unsafe { PluginEntry::load(&path) }.map_err(|e| load(e.to_string()))?;
        // SAFETY: as above. The module is loaded already, so this only increments its reference count.
        let library = unsafe { libloading::Library::new(executable_in(&path)) }
            .map_err(|e| load(e.to_string()))?;
        let bundle = Self {
            path,
            entry,
            library,
        };
        bundle.descriptor()?;
        Ok(bundle)
    }

    /// The path that it was loaded from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The descriptor of its first plug-in.
    ///
    /// # Errors
    ///
    /// If there is no plug-in.
    pub fn descriptor(&self) -> Result<Descriptor, HostError> {
        let missing = || HostError::NoPlugin(self.path.clone());
        let factory = self.entry.get_plugin_factory().ok_or_else(missing)?;
        let descriptor = factory.plugin_descriptors().next().ok_or_else(missing)?;
        let text = |text: Option<&CStr>| {
            text.map_or_else(String::new, |t| t.to_string_lossy().into_owned())
        };
        Ok(Descriptor {
            id: text(descriptor.id()),
            name: text(descriptor.name()),
            vendor: text(descriptor.vendor()),
            version: text(descriptor.version()),
            features: descriptor
                .features()
                .map(|feature| text(Some(feature)))
                .collect(),
        })
    }

    /// A new instance of the bundle's first plug-in.
    ///
    /// # Errors
    ///
    /// If the plug-in cannot be created.
    pub fn instantiate(&self) -> Result<Instance, HostError> {
        let id = self.descriptor()?.id;
        Instance::new(&self.entry, &id)
    }

    /// The counts of the module's analysis service. `None` if the bundle doesn't export them or no instance was activated.
    #[must_use]
    pub fn service_stats(&self) -> Option<ServiceStats> {
        // SAFETY: the symbol's type is part of its versioned name.
        let read = unsafe { self.library.get::<StatsFn>(STATS_SYMBOL) }.ok()?;
        let mut stats = ServiceStats::default();
        // SAFETY: the pointer is to a valid, writable `ServiceStats`, which is `repr(C)` on both sides.
        unsafe { read(&raw mut stats) }.then_some(stats)
    }

    /// Starts listening in all instances, as their *Listen* buttons do. Returns the number of instances; 0 if the bundle
    /// doesn't export the call.
    #[must_use]
    pub fn start_listening(&self) -> usize {
        // SAFETY: the symbol's type is part of its versioned name, and the call has no other precondition.
        unsafe {
            self.library
                .get::<ListenFn>(LISTEN_SYMBOL)
                .map_or(0, |start| start())
        }
    }
}

/// The shared library of a bundle: on macOS the file in Contents/MacOS, elsewhere the bundle itself.
#[must_use]
pub fn executable_in(bundle: &Path) -> PathBuf {
    let folder = bundle.join("Contents").join("MacOS");
    let inside = std::fs::read_dir(folder)
        .ok()
        .and_then(|mut entries| entries.find_map(Result::ok));
    inside.map_or_else(|| bundle.to_owned(), |entry| entry.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executable_of_a_bundle_for_macos_lies_in_its_folder() {
        let root = std::env::temp_dir().join(format!("flow-macos-{}", std::process::id()));
        let bundle = root.join("Flow.clap");
        assert_eq!(executable_in(&bundle), bundle);
        let folder = bundle.join("Contents").join("MacOS");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("Flow"), "library").unwrap();
        let executable = executable_in(&bundle);
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(executable, folder.join("Flow"));
    }

    #[test]
    fn open_of_invalid_bundle_returns_error_of_one_line() {
        let folder = std::env::temp_dir().join(format!("flow-bundle-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let error_of = |name: &str, content: Option<&[u8]>| {
            let path = folder.join(name);
            if let Some(content) = content {
                std::fs::write(&path, content).unwrap();
            }
            Bundle::open(&path)
                .err()
                .map(|e| e.to_string())
                .unwrap_or_default()
        };
        let messages = [
            error_of("missing.clap", None),
            error_of("empty.clap", Some(b"")),
            error_of("text.clap", Some(b"not a plug-in\n")),
            // The start of an ELF file and no more.
            error_of(
                "cut.clap",
                Some(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0"),
            ),
        ];
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(
            messages[0].contains("there is no plug-in bundle at"),
            "{}",
            messages[0]
        );
        for message in &messages {
            assert!(
                message.contains(".clap") && message.lines().count() == 1,
                "{message:?}"
            );
        }
    }
}
