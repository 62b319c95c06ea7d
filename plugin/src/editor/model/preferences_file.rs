//! What the user likes, kept in one small file: read when listening begins, written when what was decided is final, by the
//! window's thread.
//!
//! It is read again before it is written, and replaced whole. Instances of one image take turns; of two images or hosts that
//! write at the same moment the last one wins, and what the other had to add is lost, never the file. One that can't be read is named
//! and left alone, and proposals are as if there were none.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use flow_analysis::preferences::Preferences;
use flow_platform::atomic_file;
use flow_platform::flags::{FLAGS, Flag};
use flow_platform::user_folders;
use tracing_log::log;

/// Held while the file is read and replaced.
static TURN: Mutex<()> = Mutex::new(());

/// The file, and what it says.
#[derive(Debug, Default)]
pub struct PreferencesFile {
    path: Option<PathBuf>,
    taste: Preferences,
    fault: Option<String>,
}

impl PreferencesFile {
    /// In the place where the system keeps a user's data. Nothing is read yet.
    #[must_use]
    pub fn of_user() -> Self {
        Self::at(user_folders::data().map(|data| data.join("taste.json")))
    }

    /// A file that doesn't have to be there. None: nothing is learnt.
    #[must_use]
    pub fn at(path: Option<PathBuf>) -> Self {
        Self {
            path,
            ..Self::default()
        }
    }

    /// What is known of the user's taste now; nothing while the flag is off.
    #[must_use]
    pub fn read(&mut self) -> Preferences {
        self.look();
        if FLAGS.is_on(Flag::Preferences) {
            self.taste.clone()
        } else {
            Preferences::default()
        }
    }

    /// All that is in the file, as it was when it was looked at last.
    #[must_use]
    pub fn known(&self) -> &Preferences {
        &self.taste
    }

    /// What is wrong with the file, in a line.
    #[must_use]
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Takes in what was kept of proposals, unless the flag is off.
    pub fn learn(&mut self, kept: &[(&str, f32)]) {
        if kept.is_empty() || !FLAGS.is_on(Flag::Preferences) {
            return;
        }
        let _turn = turn();
        self.look();
        let Some(path) = self.path.as_deref().filter(|_| self.fault.is_none()) else {
            return;
        };
        let mut taste = self.taste.clone();
        kept.iter().for_each(|(id, share)| taste.note(id, *share));
        match atomic_file::replace(path, taste.to_text().as_bytes()) {
            Ok(()) => self.taste = taste,
            Err(error) => self.complain(format!("{} can't be written: {error}", path.display())),
        }
    }

    /// Forgets all of it, for all instances.
    pub fn reset(&mut self) {
        let _turn = turn();
        let Some(path) = self.path.as_deref() else {
            return;
        };
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                self.complain(format!("{} can't be removed: {error}", path.display()));
            }
            _ => self.look(),
        }
    }

    /// Reads it again.
    fn look(&mut self) {
        self.fault = None;
        let read = self
            .path
            .as_deref()
            .map_or(Ok(Preferences::default()), read);
        self.taste = read.unwrap_or_else(|fault| {
            self.complain(fault);
            Preferences::default()
        });
    }

    fn complain(&mut self, fault: String) {
        log::warn!("{fault}");
        self.fault = Some(fault);
    }
}

fn turn() -> MutexGuard<'static, ()> {
    // Nothing here is left half done by a panic.
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Nothing, where there is no file.
fn read(path: &Path) -> Result<Preferences, String> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Preferences::default()),
        text => text,
    };
    let taste = text
        .map_err(|error| error.to_string())
        .and_then(|text| Preferences::from_text(&text).map_err(|error| error.to_string()));
    taste.map_err(|error| format!("{} is left alone: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILK: [(&str, f32); 1] = [("crsil", 0.7)];

    fn file(folder: &tempfile::TempDir) -> PreferencesFile {
        PreferencesFile::at(Some(folder.path().join("Flow").join("taste.json")))
    }

    fn entries(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    #[test]
    fn what_one_instance_learns_the_next_one_knows_until_it_is_reset() {
        let folder = tempfile::tempdir().unwrap();
        let (mut one, mut other) = (file(&folder), file(&folder));
        assert_eq!(other.read(), Preferences::default());
        one.learn(&SILK);
        // Neither has read what the other has written: both count.
        other.learn(&SILK);
        one.learn(&SILK);
        assert_eq!(other.read().amount("crsil"), 0.7);
        assert_eq!(
            entries(&folder.path().join("Flow")),
            1,
            "nothing is left beside it"
        );
        one.reset();
        assert_eq!((one.known().decisions(), one.fault()), (0, None));
        assert_eq!(other.read(), Preferences::default());
        assert_eq!(entries(&folder.path().join("Flow")), 0);
        one.reset();
        assert_eq!(one.fault(), None, "there is nothing to forget");
    }

    #[test]
    fn instances_at_once_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for id in ["crbod", "crsou", "crsil", "crair"] {
                let mut own = file(&folder);
                scope.spawn(move || (0..5).for_each(|_| own.learn(&[(id, 0.5)])));
            }
        });
        assert_eq!(file(&folder).read().decisions(), 20);
    }

    #[test]
    fn a_damaged_or_newer_file_is_named_and_left_alone() {
        for text in ["{ half", r#"{"version": 9}"#, "\u{0}\u{1}"] {
            let folder = tempfile::tempdir().unwrap();
            let mut taste = PreferencesFile::at(Some(folder.path().join("taste.json")));
            fs::write(folder.path().join("taste.json"), text).unwrap();
            assert_eq!(taste.read(), Preferences::default());
            taste.learn(&SILK);
            let fault = taste.fault().unwrap();
            assert!(
                fault.contains("is left alone") && !fault.contains('\n'),
                "{fault}"
            );
            let there = fs::read_to_string(folder.path().join("taste.json")).unwrap();
            assert_eq!((there.as_str(), entries(folder.path())), (text, 1));
            // Whoever resets it knows what they do.
            taste.reset();
            taste.learn(&SILK);
            assert_eq!((taste.read().decisions(), taste.fault()), (1, None));
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_gives_a_line() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Flow"), "in the way").unwrap();
        let mut taste = file(&folder);
        taste.learn(&SILK);
        assert!(taste.fault().is_some());
        assert_eq!(entries(folder.path()), 1);
        let mut nowhere = PreferencesFile::at(None);
        nowhere.learn(&SILK);
        assert_eq!(
            (nowhere.read(), nowhere.fault()),
            (Preferences::default(), None)
        );
    }
}
