//! Properties that are in order.

use serde::Serialize;

use super::finding::FindingKind;
use crate::message::Message;

/// A property of the audio that was checked and is in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its subject.
    #[serde(skip)]
    pub kind: FindingKind,
    /// The property, such as "Low end in mono".
    pub name: &'static str,
    /// A sentence with numbers.
    pub text: Message,
}
