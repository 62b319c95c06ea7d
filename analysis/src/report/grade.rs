//! How strongly a change is proposed.

use serde::Serialize;

/// The grade of a proposal, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// A matter of taste: the usual settings of the style. It is taken on request only.
    Taste,
    /// It may help, but less than nine of ten such proposals do. It is taken on request only.
    Possible,
    /// It makes hardly any song worse. *Apply all* takes it.
    Recommended,
}
