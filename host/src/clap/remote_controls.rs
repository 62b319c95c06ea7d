//! Pages of eight parameters for hardware controllers.

use super::instance::Instance;
use clack_extensions::remote_controls::{PluginRemoteControls, RemoteControlsPageBuffer};

/// A page of up to eight parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteControlsPage {
    /// Section, which several pages may share.
    pub section: String,
    /// Name of the page.
    pub name: String,
    /// CLAP ids of the parameters, in the order of the controls; `None` for an unused control.
    pub parameters: [Option<u32>; 8],
}

impl Instance {
    /// All pages, in order; empty if the plug-in has none.
    pub fn remote_controls(&mut self) -> Vec<RemoteControlsPage> {
        let handle = self.plugin.plugin_handle();
        let Some(extension) = handle.get_extension::<PluginRemoteControls>() else {
            return Vec::new();
        };
        let mut buffer = RemoteControlsPageBuffer::new();
        let mut pages = Vec::new();
        for index in 0..extension.count(&handle) {
            let Some(page) = extension.get(&handle, index, &mut buffer) else {
                continue;
            };
            pages.push(RemoteControlsPage {
                section: String::from_utf8_lossy(page.section_name).into_owned(),
                name: String::from_utf8_lossy(page.page_name).into_owned(),
                parameters: page.param_ids.map(|id| id.map(|id| id.get())),
            });
        }
        pages
    }
}
