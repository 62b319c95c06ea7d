//! What was measured, and which GPU failed, from one session to the next.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::measure::Figure;
use crate::{Backend, ModelError};

/// A GPU that isn't tried again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// The adapter and its driver; empty if it failed before these were known.
    pub(crate) on: String,
    /// What happened, in a line.
    pub(crate) why: String,
}

impl Failure {
    /// Why it isn't tried again.
    pub(super) fn again(&self) -> ModelError {
        ModelError::new(format!("it failed before: {}", self.why))
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// Everything that it depends on but adapters and drivers; with another one it means nothing.
    key: String,
    figures: Vec<Figure>,
    failure: Option<Failure>,
}

/// A file in a folder of the user's. Without one, everything is found out again next time.
#[derive(Debug)]
pub(super) struct Store {
    file: Option<PathBuf>,
    kept: Kept,
}

impl Store {
    /// What the file has to say under these circumstances: nothing, if it is damaged or was made under others.
    pub(super) fn open(folder: Option<&Path>, key: String) -> Self {
        let file = folder.map(|folder| folder.join("backends.json"));
        let read = |file: &Path| serde_json::from_slice::<Kept>(&fs::read(file).ok()?).ok();
        let kept = file.as_deref().and_then(read);
        let kept = kept.filter(|kept| kept.key == key).unwrap_or(Kept {
            key,
            ..Kept::default()
        });
        Self { file, kept }
    }

    /// What was measured of a backend on a device.
    pub(super) fn figures(&self, backend: Backend, on: &str) -> Vec<Figure> {
        let figures = self.kept.figures.iter();
        let own = figures.filter(|f| f.backend == backend && f.on == on);
        own.cloned().collect()
    }

    /// The GPU that failed.
    pub(super) fn failure(&self) -> Option<&Failure> {
        self.kept.failure.as_ref()
    }

    pub(super) fn keep_figures(&mut self, figures: &[Figure]) {
        // Those of what isn't here now are of use another time.
        let is_new = |kept: &Figure| {
            figures
                .iter()
                .any(|f| f.backend == kept.backend && f.on == kept.on)
        };
        self.kept.figures.retain(|kept| !is_new(kept));
        self.kept.figures.extend(figures.iter().cloned());
        self.write();
    }

    pub(super) fn keep_failure(&mut self, failure: Failure) {
        self.kept.failure = Some(failure);
        self.write();
    }

    /// The GPU may be tried again.
    pub(super) fn forgive(&mut self) {
        if self.kept.failure.take().is_some() {
            self.write();
        }
    }

    fn write(&self) {
        let Some(file) = &self.file else { return };
        // Nobody ever reads half of it.
        let partial = file.with_extension(format!("{}.partial", std::process::id()));
        let write = || {
            fs::create_dir_all(file.parent()?).ok()?;
            fs::write(&partial, serde_json::to_vec_pretty(&self.kept).ok()?).ok()?;
            fs::rename(&partial, file).ok()
        };
        if write().is_none() {
            let _ = fs::remove_file(&partial);
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

    fn figure(on: &str) -> Figure {
        Figure {
            backend: Backend::Gpu,
            on: on.into(),
            batch: 1,
            least_ns: 1,
            median_ns: 2,
        }
    }

    #[test]
    fn figures_are_of_one_network_and_one_driver() {
        let folder = tempfile::tempdir().unwrap();
        let open = |key: &str| Store::open(Some(folder.path()), key.into());
        let mut store = open("one");
        store.keep_figures(&[figure("driver 1")]);
        store.keep_figures(&[figure("driver 2")]);
        let found = |key: &str, on: &str| open(key).figures(Backend::Gpu, on);
        assert_eq!(found("one", "driver 1"), [figure("driver 1")]);
        assert_eq!(found("one", "driver 2"), [figure("driver 2")]);
        assert_eq!(found("one", "driver 3"), []);
        assert_eq!(found("another network", "driver 1"), []);
        fs::write(folder.path().join("backends.json"), "{ half").unwrap();
        assert_eq!(found("one", "driver 1"), []);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_failed_is_remembered_until_it_is_forgiven() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Store::open(Some(folder.path()), "one".into());
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
    fn a_folder_that_cannot_be_made_is_done_without() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("in the way"), "").unwrap();
        let no_folder = folder.path().join("in the way");
        let mut store = Store::open(Some(&no_folder), "one".into());
        store.keep_figures(&[figure("driver 1")]);
        assert_eq!(
            store.figures(Backend::Gpu, "driver 1"),
            [figure("driver 1")]
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        Store::open(None, "one".into()).keep_figures(&[]);
    }
}
