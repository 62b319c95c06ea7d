//! The references of a session and how closely to match them.

use std::sync::Arc;

use flow_dsp::math::{count, narrow};

use super::song::Reference;
use crate::message::{Message, message};

/// References, and the share of the difference to their mean that is corrected. Clones share the references.
#[derive(Clone, Debug, PartialEq)]
pub struct ReferenceTarget {
    /// Empty: the network or the rules decide on balance and width.
    pub references: Arc<[Reference]>,
    /// Share of the difference, 0 to 1.5.
    pub amount: f32,
}

impl Default for ReferenceTarget {
    fn default() -> Self {
        Self {
            references: Arc::default(),
            amount: 1.0,
        }
    }
}

impl ReferenceTarget {
    /// Whether there are no references.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.references.is_empty()
    }

    /// Display name: the reference's, or the number of references.
    #[must_use]
    pub fn name(&self) -> Message {
        match &*self.references {
            [only] => only.name().to_owned().into(),
            several => {
                let count = several.len().to_string();
                message!("the mean of {count} references", count)
            }
        }
    }

    /// The loudness of the references, LUFS: the mean of those that have one.
    #[must_use]
    pub fn loudness_lufs(&self) -> Option<f32> {
        let all = self.references.iter().map(|r| r.summary().integrated_lufs);
        let known: Vec<f32> = all.filter(|lufs| lufs.is_finite()).collect();
        (!known.is_empty()).then(|| known.iter().sum::<f32>() / narrow(count(known.len())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::song::tests::{reference, summary};

    #[test]
    fn loudness_of_several_references_is_their_mean() {
        let song = summary();
        let mut louder = song.clone();
        louder.integrated_lufs += 4.0;
        let both = ReferenceTarget {
            references: vec![reference(song.clone()), reference(louder)].into(),
            amount: 1.0,
        };
        let lufs = both.loudness_lufs().unwrap();
        assert!((lufs - song.integrated_lufs - 2.0).abs() < 1e-3);
        assert_eq!(both.name(), "the mean of 2 references");
        assert_eq!(ReferenceTarget::default().loudness_lufs(), None);
    }
}
