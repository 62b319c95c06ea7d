//! How Flow presents itself to hosts. The ids are in saved projects: they never change.

/// The name in hosts' lists.
pub(crate) const NAME: &str = "Flow";

/// The vendor in hosts' lists, and the folder of presets in the formats' preset locations.
pub(crate) const VENDOR: &str = "Flow";

/// The version that hosts show.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// CLAP's id.
pub(crate) const CLAP_ID: &str = "org.flow-audio.flow";

/// One sentence for hosts' browsers.
pub(crate) const DESCRIPTION: &str =
    "Mastering in five pillars, with a true-peak limiter and honest meters";

/// The home page.
pub(crate) const URL: &str = "https://flow-audio.org";

/// The manual.
pub(crate) const MANUAL_URL: &str = "https://flow-audio.org/manual";

/// Where questions and faults go.
pub(crate) const SUPPORT_URL: &str = "https://flow-audio.org/support";

/// The address that VST3's factory names.
pub(crate) const EMAIL: &str = "mailto:hello@flow-audio.org";

/// CLAP's key words.
pub(crate) const CLAP_FEATURES: [&str; 5] =
    ["audio-effect", "stereo", "mono", "mastering", "limiter"];

/// VST3's class id on every system but Windows, where [`vst3_class_id`] orders its bytes as COM does.
const VST3_CLASS_ID: [u8; 16] = *b"FlowMasteringPlg";

/// VST3's key words, with a bar between them.
pub(crate) const VST3_CATEGORIES: &str = "Fx|Mastering|Dynamics";

/// VST3's class id in the byte order of this system, so that projects and presets go from one system to another.
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
    fn format_ids_stay_frozen() {
        assert_eq!(CLAP_ID, "org.flow-audio.flow");
        assert_eq!(&VST3_CLASS_ID, b"FlowMasteringPlg");
    }
}
