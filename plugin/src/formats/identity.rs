//! Names, ids and addresses that hosts show. Saved projects hold the ids, so they never change.

/// The name in hosts' lists.
pub(crate) const NAME: &str = "Flow";

/// The vendor in hosts' lists, and the folder of presets in the formats' preset locations.
pub(crate) const VENDOR: &str = "Flow";

/// The version that hosts show.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The CLAP id.
pub(crate) const CLAP_ID: &str = "org.flow-audio.flow";

/// The description in hosts' browsers.
pub(crate) const DESCRIPTION: &str =
    "Mastering in five pillars, with a true-peak limiter and honest meters";

/// The home page.
pub(crate) const URL: &str = "https://flow-audio.org";

/// The manual.
pub(crate) const MANUAL_URL: &str = "https://flow-audio.org/manual";

/// The address for questions and problems.
pub(crate) const SUPPORT_URL: &str = "https://flow-audio.org/support";

/// The e-mail address in the VST3 factory.
pub(crate) const EMAIL: &str = "mailto:hello@flow-audio.org";

/// The CLAP features.
pub(crate) const CLAP_FEATURES: [&str; 5] =
    ["audio-effect", "stereo", "mono", "mastering", "limiter"];

/// The VST3 class id, except on Windows, where [`vst3_class_id`] orders the bytes as COM does.
const VST3_CLASS_ID: [u8; 16] = *b"FlowMasteringPlg";

/// The VST3 subcategories, separated by bars.
pub(crate) const VST3_CATEGORIES: &str = "Fx|Mastering|Dynamics";

/// The VST3 class id in this system's byte order, so that projects and presets move between systems.
pub(crate) const fn vst3_class_id() -> [u8; 16] {
    let id = VST3_CLASS_ID;
    if cfg!(windows) {
        [
            id[3], id[2], id[1], id[0], id[5], id[4], id[7], id[6], id[8], id[9], id[10], id[11],
            id[12], id[13], id[14], id[15],
        ]
    } else {
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_ids_in_every_version_stay_the_same() {
        assert_eq!(CLAP_ID, "org.flow-audio.flow");
        assert_eq!(&VST3_CLASS_ID, b"FlowMasteringPlg");
    }
}
