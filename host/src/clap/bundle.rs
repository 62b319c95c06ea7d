//! A bundle on disk, and what it says of itself.

use super::{HostError, Instance};
use clack_host::prelude::*;
use flow_dsp::Readings;
use flow_service::ServiceStats;
use std::ffi::CStr;
use std::path::{Path, PathBuf};

/// The bundle's export that gives the meters of the thread's newest living instance. It is Flow's own: CLAP has no such thing.
const READINGS_SYMBOL: &[u8] = b"flow_readings_v2\0";
type ReadingsFn = unsafe extern "C" fn(*mut Readings) -> bool;

/// The same of what its analysis service counted.
const COUNTS_SYMBOL: &[u8] = b"flow_service_counts_v2\0";
type CountsFn = unsafe extern "C" fn(*mut ServiceStats) -> bool;

/// What the bundle's first plug-in says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Reverse-domain identifier.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Maker.
    pub vendor: String,
    /// Version of the plug-in.
    pub version: String,
    /// CLAP feature words, such as "audio-effect" and "mastering".
    pub features: Vec<String>,
}

/// A loaded CLAP bundle.
pub struct Bundle {
    path: PathBuf,
    entry: PluginEntry,
    // A second handle to the image that `entry` loaded: clack does not offer symbols of the plug-in's own.
    library: libloading::Library,
}

impl Bundle {
    /// Loads the bundle at `path`: a file, or on macOS a folder.
    ///
    /// # Errors
    ///
    /// If it is missing, no loadable CLAP, or has no plug-in in it.
    pub fn open(path: &Path) -> Result<Self, HostError> {
        if !path.exists() {
            return Err(HostError::Missing(path.to_owned()));
        }
        // The loader looks bare names up in the system's folders: make sure that it gets a path.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let load = |reason: String| HostError::Load {
            path: path.clone(),
            reason,
        };
        // SAFETY: a bundle's initialisers are trusted as those of any plug-in that a host loads.
        let entry = unsafe { PluginEntry::load(&path) }.map_err(|e| load(e.to_string()))?;
        // SAFETY: as above; the image is loaded already, so that this only counts another use of it.
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

    /// Where it was loaded from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What its first plug-in says of itself.
    ///
    /// # Errors
    ///
    /// If there is no plug-in.
    pub fn descriptor(&self) -> Result<Descriptor, HostError> {
        let missing = || HostError::Empty(self.path.clone());
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

    /// The meters of the newest living instance that this thread made, else of the newest at all; none if the bundle doesn't
    /// export them or has no active instance. May be called from any thread, also while audio runs.
    #[must_use]
    pub fn readings(&self) -> Option<Readings> {
        // SAFETY: the symbol's type is part of its versioned name.
        let read = unsafe { self.library.get::<ReadingsFn>(READINGS_SYMBOL) }.ok()?;
        let mut readings = Readings::default();
        // SAFETY: the pointer is to a valid, writable `Readings`, which is `repr(C)` on both sides.
        unsafe { read(&raw mut readings) }.then_some(readings)
    }

    /// What the image's analysis service counted so far, or none if the bundle doesn't export it or no instance was
    /// activated.
    #[must_use]
    pub fn service_counts(&self) -> Option<ServiceStats> {
        // SAFETY: as above.
        let read = unsafe { self.library.get::<CountsFn>(COUNTS_SYMBOL) }.ok()?;
        let mut counts = ServiceStats::default();
        // SAFETY: as above, with `ServiceStats`.
        unsafe { read(&raw mut counts) }.then_some(counts)
    }
}

/// The shared library in a bundle: on macOS a file in the folder's Contents/MacOS, elsewhere the bundle itself.
fn executable_in(bundle: &Path) -> PathBuf {
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
    fn what_is_no_bundle_is_refused_in_one_line() {
        let folder = std::env::temp_dir().join(format!("flow-bundle-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let refused = |name: &str, content: Option<&[u8]>| {
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
            refused("missing.clap", None),
            refused("empty.clap", Some(b"")),
            refused("text.clap", Some(b"not a plug-in\n")),
            // The start of an ELF file and no more.
            refused(
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
