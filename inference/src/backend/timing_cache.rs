//! Keeps timings, and the GPU that failed, from one session to the next.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use flow_platform::atomic_file;
use serde::{Deserialize, Serialize};

use super::Backend;
use super::timing::{BATCHES, BackendTiming};

/// Flow writes no longer file.
const MAX_BYTES: u64 = 1 << 20;

/// A GPU that isn't tried again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct GpuFailure {
    /// The adapter and its driver.
    #[serde(rename = "on")]
    pub(crate) device: String,
    /// The cause, in one line.
    #[serde(rename = "why")]
    pub(crate) cause: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Contents {
    /// Everything that timings depend on, except adapters and drivers. Contents with another key are void.
    key: String,
    #[serde(rename = "figures")]
    timings: Vec<BackendTiming>,
    failure: Option<GpuFailure>,
}

/// A file in a folder of the user's. Without a folder, every session measures anew.
#[derive(Debug)]
pub(crate) struct TimingCache {
    file: Option<PathBuf>,
    contents: Contents,
}

impl TimingCache {
    /// Reads the file. One that is damaged or has another key counts as empty.
    pub(crate) fn open(folder: Option<&Path>, key: String) -> Self {
        let mut cache = Self {
            file: folder.map(|folder| folder.join("backends.json")),
            contents: Contents {
                key,
                ..Contents::default()
            },
        };
        cache.read();
        cache
    }

    /// The timings of a backend on a device, if there is one for each batch size.
    pub(crate) fn timings(&self, backend: Backend, device: &str) -> Vec<BackendTiming> {
        let of = |batch: &usize| {
            let mut timings = self.contents.timings.iter();
            timings.find(|t| {
                let is_it = t.backend == backend && t.device == device && t.batch == *batch;
                is_it && t.is_plausible()
            })
        };
        let all: Option<Vec<_>> = BATCHES.iter().map(|batch| of(batch).cloned()).collect();
        all.unwrap_or_default()
    }

    /// The GPU that failed.
    pub(crate) fn failure(&self) -> Option<&GpuFailure> {
        self.contents.failure.as_ref()
    }

    /// Stores timings beside those of devices that aren't here now.
    pub(crate) fn store_timings(&mut self, timings: &[BackendTiming]) {
        self.read();
        let is_new = |old: &BackendTiming| {
            timings
                .iter()
                .any(|t| t.backend == old.backend && t.device == old.device)
        };
        self.contents.timings.retain(|old| !is_new(old));
        self.contents.timings.extend(timings.iter().cloned());
        self.write();
    }

    /// Stores the GPU that failed.
    pub(crate) fn store_failure(&mut self, failure: GpuFailure) {
        self.read();
        self.contents.failure = Some(failure);
        self.write();
    }

    /// Allows the GPU that failed to be tried again.
    pub(crate) fn clear_failure(&mut self) {
        self.read();
        if self.contents.failure.take().is_some() {
            self.write();
        }
    }

    /// Reads what another image or another process may have written meanwhile.
    fn read(&mut self) {
        let read = |file: &Path| {
            // Opening a pipe would block.
            fs::metadata(file).ok().filter(fs::Metadata::is_file)?;
            let mut bytes = Vec::new();
            let file = File::open(file).ok()?;
            file.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
            serde_json::from_slice::<Contents>(&bytes).ok()
        };
        let stored = self.file.as_deref().and_then(read);
        if let Some(stored) = stored.filter(|stored| stored.key == self.contents.key) {
            self.contents = stored;
        }
    }

    fn write(&self) {
        let Some(file) = &self.file else { return };
        let json = serde_json::to_vec_pretty(&self.contents).map_err(io::Error::from);
        if let Err(e) = json.and_then(|json| atomic_file::replace(file, &json)) {
            log::info!("{}: the timings can't be stored: {e}", file.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timings(device: &str) -> [BackendTiming; 2] {
        BackendTiming::of_all_batches(Backend::Gpu, device, 1)
    }

    #[test]
    fn timing_cache_with_another_key_or_driver_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let open = |key: &str| TimingCache::open(Some(folder.path()), key.into());
        let mut cache = open("one");
        cache.store_timings(&timings("driver 1"));
        cache.store_timings(&timings("driver 2"));
        let found = |key: &str, on: &str| open(key).timings(Backend::Gpu, on);
        assert_eq!(found("one", "driver 1"), timings("driver 1"));
        assert_eq!(found("one", "driver 2"), timings("driver 2"));
        assert_eq!(found("one", "driver 3"), []);
        assert_eq!(found("another network", "driver 1"), []);
        fs::write(folder.path().join("backends.json"), "{ half").unwrap();
        assert_eq!(found("one", "driver 1"), []);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn timing_cache_failure_is_kept_until_it_is_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let open = || TimingCache::open(Some(folder.path()), "one".into());
        let failure = GpuFailure {
            device: "driver 1".into(),
            cause: "it hung".into(),
        };
        open().store_failure(failure.clone());
        assert_eq!(open().failure(), Some(&failure));
        open().clear_failure();
        assert_eq!(open().failure(), None);
    }

    #[test]
    fn timing_cache_store_keeps_entries_of_other_processes() {
        let folder = tempfile::tempdir().unwrap();
        let open = || TimingCache::open(Some(folder.path()), "one".into());
        let (mut one, mut other) = (open(), open());
        let failure = GpuFailure {
            device: "driver 1".into(),
            cause: "it hung".into(),
        };
        one.store_failure(failure.clone());
        other.store_timings(&timings("driver 2"));
        assert_eq!(open().failure(), Some(&failure));
        one.clear_failure();
        assert_eq!(
            open().timings(Backend::Gpu, "driver 2"),
            timings("driver 2")
        );
        assert_eq!(open().failure(), None);
    }

    #[test]
    fn timing_cache_with_implausible_timings_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let found = |change: &dyn Fn(&mut Vec<BackendTiming>)| {
            let mut kept = timings("driver 1").to_vec();
            change(&mut kept);
            TimingCache::open(Some(folder.path()), "one".into()).store_timings(&kept);
            TimingCache::open(Some(folder.path()), "one".into()).timings(Backend::Gpu, "driver 1")
        };
        assert_eq!(found(&|kept| kept[1].least_ns = 0), []);
        assert_eq!(found(&|kept| kept[0].least_ns = u64::MAX), []);
        assert_eq!(found(&|kept| kept[0].median_ns = u64::MAX), []);
        assert_eq!(found(&|kept| kept[1].batch = usize::MAX), []);
        let twice = |timings: &mut Vec<BackendTiming>| timings.extend_from_within(..);
        assert_eq!(found(&twice), timings("driver 1"), "each counts once");
    }

    #[cfg(unix)]
    #[test]
    fn timing_cache_with_oversized_file_or_pipe_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("backends.json");
        let mut kept = serde_json::to_vec(&Contents {
            key: "one".into(),
            timings: timings("driver 1").into(),
            failure: None,
        })
        .unwrap();
        let found = || {
            let cache = TimingCache::open(Some(folder.path()), "one".into());
            cache.timings(Backend::Gpu, "driver 1").len()
        };
        fs::write(&file, &kept).unwrap();
        assert_eq!(found(), 2);
        kept.resize(2 << 20, b' ');
        fs::write(&file, &kept).unwrap();
        assert_eq!(found(), 2, "1 MiB is read at most");
        // Opening a pipe without a writer would block.
        fs::remove_file(&file).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&file).status();
        assert!(made.unwrap().success());
        assert_eq!(found(), 0);
    }

    #[test]
    fn timing_cache_without_usable_folder_keeps_timings_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("in the way"), "").unwrap();
        let no_folder = folder.path().join("in the way");
        let mut cache = TimingCache::open(Some(&no_folder), "one".into());
        cache.store_timings(&timings("driver 1"));
        assert_eq!(cache.timings(Backend::Gpu, "driver 1"), timings("driver 1"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        TimingCache::open(None, "one".into()).store_timings(&[]);
    }
}
