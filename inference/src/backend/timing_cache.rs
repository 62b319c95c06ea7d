//! What was measured, and which GPU failed, from one session to the next.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use flow_platform::atomic_file;
use serde::{Deserialize, Serialize};

use super::Backend;
use super::timing::{BATCHES, BackendTiming};
#[cfg(feature = "gpu")]
use crate::error::ModelError;

/// No file of ours is longer.
const MAX_BYTES: u64 = 1 << 20;

/// A GPU that isn't tried again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// The adapter and its driver.
    pub(crate) on: String,
    /// What happened, in a line.
    pub(crate) why: String,
}

#[cfg(feature = "gpu")]
impl Failure {
    /// Why it isn't tried again.
    pub(crate) fn again(&self) -> ModelError {
        ModelError::new(format!("it failed before: {}", self.why))
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// Everything that it depends on but adapters and drivers; with another one it means nothing.
    key: String,
    figures: Vec<BackendTiming>,
    failure: Option<Failure>,
}

/// A file in a folder of the user's. Without one, everything is found out again next time.
#[derive(Debug)]
pub(crate) struct TimingCache {
    file: Option<PathBuf>,
    kept: Kept,
}

impl TimingCache {
    /// What the file has to say under these circumstances: nothing, if it is damaged or was made under others.
    pub(crate) fn open(folder: Option<&Path>, key: String) -> Self {
        let mut store = Self {
            file: folder.map(|folder| folder.join("backends.json")),
            kept: Kept {
                key,
                ..Kept::default()
            },
        };
        store.read();
        store
    }

    /// What was measured of a backend on a device: all of it or nothing, else the sums of what was mean nothing.
    pub(crate) fn figures(&self, backend: Backend, on: &str) -> Vec<BackendTiming> {
        let of = |batch: &usize| {
            let mut figures = self.kept.figures.iter();
            figures.find(|f| {
                let is_it = f.backend == backend && f.on == on && f.batch == *batch;
                is_it && f.is_plausible()
            })
        };
        let all: Option<Vec<_>> = BATCHES.iter().map(|batch| of(batch).cloned()).collect();
        all.unwrap_or_default()
    }

    /// The GPU that failed.
    pub(crate) fn failure(&self) -> Option<&Failure> {
        self.kept.failure.as_ref()
    }

    pub(crate) fn keep_figures(&mut self, figures: &[BackendTiming]) {
        self.read();
        // Those of what isn't here now are of use another time.
        let is_new = |kept: &BackendTiming| {
            figures
                .iter()
                .any(|f| f.backend == kept.backend && f.on == kept.on)
        };
        self.kept.figures.retain(|kept| !is_new(kept));
        self.kept.figures.extend(figures.iter().cloned());
        self.write();
    }

    pub(crate) fn keep_failure(&mut self, failure: Failure) {
        self.read();
        self.kept.failure = Some(failure);
        self.write();
    }

    /// The GPU may be tried again.
    pub(crate) fn forgive(&mut self) {
        self.read();
        if self.kept.failure.take().is_some() {
            self.write();
        }
    }

    /// Takes what the file says now, as another image of this process, or another process, may have written to it.
    fn read(&mut self) {
        let read = |file: &Path| {
            // GpuProbe what is no file may wait for ever.
            fs::metadata(file).ok().filter(fs::Metadata::is_file)?;
            let mut bytes = Vec::new();
            let file = File::open(file).ok()?;
            file.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
            serde_json::from_slice::<Kept>(&bytes).ok()
        };
        let there = self.file.as_deref().and_then(read);
        if let Some(there) = there.filter(|there| there.key == self.kept.key) {
            self.kept = there;
        }
    }

    fn write(&self) {
        let Some(file) = &self.file else { return };
        let json = serde_json::to_vec_pretty(&self.kept).map_err(io::Error::from);
        if json
            .and_then(|json| atomic_file::replace(file, &json))
            .is_err()
        {
            log::info!(
                "the choice of a backend can't be kept in {}",
                file.display()
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(on: &str) -> [BackendTiming; 2] {
        BATCHES.map(|batch| BackendTiming {
            backend: Backend::Gpu,
            on: on.into(),
            batch,
            least_ns: 1,
            median_ns: 2,
        })
    }

    #[test]
    fn figures_are_of_one_network_and_one_driver() {
        let folder = tempfile::tempdir().unwrap();
        let open = |key: &str| TimingCache::open(Some(folder.path()), key.into());
        let mut store = open("one");
        store.keep_figures(&figures("driver 1"));
        store.keep_figures(&figures("driver 2"));
        let found = |key: &str, on: &str| open(key).figures(Backend::Gpu, on);
        assert_eq!(found("one", "driver 1"), figures("driver 1"));
        assert_eq!(found("one", "driver 2"), figures("driver 2"));
        assert_eq!(found("one", "driver 3"), []);
        assert_eq!(found("another network", "driver 1"), []);
        fs::write(folder.path().join("backends.json"), "{ half").unwrap();
        assert_eq!(found("one", "driver 1"), []);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_failed_is_remembered_until_it_is_forgiven() {
        let folder = tempfile::tempdir().unwrap();
        let open = || TimingCache::open(Some(folder.path()), "one".into());
        let failure = Failure {
            on: "driver 1".into(),
            why: "it hung".into(),
        };
        open().keep_failure(failure.clone());
        assert_eq!(open().failure(), Some(&failure));
        open().forgive();
        assert_eq!(open().failure(), None);
    }

    #[test]
    fn what_another_image_wrote_meanwhile_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let open = || TimingCache::open(Some(folder.path()), "one".into());
        let (mut one, mut other) = (open(), open());
        let failure = Failure {
            on: "driver 1".into(),
            why: "it hung".into(),
        };
        one.keep_failure(failure.clone());
        other.keep_figures(&figures("driver 2"));
        assert_eq!(open().failure(), Some(&failure));
        one.forgive();
        assert_eq!(
            open().figures(Backend::Gpu, "driver 2"),
            figures("driver 2")
        );
        assert_eq!(open().failure(), None);
    }

    #[test]
    fn figures_that_nobody_can_have_measured_are_measured_anew() {
        let folder = tempfile::tempdir().unwrap();
        let found = |change: &dyn Fn(&mut Vec<BackendTiming>)| {
            let mut kept = figures("driver 1").to_vec();
            change(&mut kept);
            TimingCache::open(Some(folder.path()), "one".into()).keep_figures(&kept);
            TimingCache::open(Some(folder.path()), "one".into()).figures(Backend::Gpu, "driver 1")
        };
        assert_eq!(found(&|kept| kept[1].least_ns = 0), []);
        assert_eq!(found(&|kept| kept[0].least_ns = u64::MAX), []);
        assert_eq!(found(&|kept| kept[0].median_ns = u64::MAX), []);
        assert_eq!(found(&|kept| kept[1].batch = usize::MAX), []);
        let twice = |kept: &mut Vec<BackendTiming>| kept.extend_from_within(..);
        assert_eq!(found(&twice), figures("driver 1"), "each counts once");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_of_ours_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("backends.json");
        let mut kept = serde_json::to_vec(&Kept {
            key: "one".into(),
            figures: figures("driver 1").into(),
            failure: None,
        })
        .unwrap();
        let found = || {
            let store = TimingCache::open(Some(folder.path()), "one".into());
            store.figures(Backend::Gpu, "driver 1").len()
        };
        fs::write(&file, &kept).unwrap();
        assert_eq!(found(), 2);
        kept.resize(2 << 20, b' ');
        fs::write(&file, &kept).unwrap();
        assert_eq!(found(), 2, "no more of it than the beginning");
        // Nobody ever writes to it: whoever opens it waits for ever.
        fs::remove_file(&file).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&file).status();
        assert!(made.unwrap().success());
        assert_eq!(found(), 0);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_done_without() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("in the way"), "").unwrap();
        let no_folder = folder.path().join("in the way");
        let mut store = TimingCache::open(Some(&no_folder), "one".into());
        store.keep_figures(&figures("driver 1"));
        assert_eq!(store.figures(Backend::Gpu, "driver 1"), figures("driver 1"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        TimingCache::open(None, "one".into()).keep_figures(&[]);
    }
}
