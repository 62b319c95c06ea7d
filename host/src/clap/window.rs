//! The plug-in's editor, embedded in a window of the host.

use std::time::Duration;

use super::error::HostError;
use super::instance::Instance;
use clack_extensions::gui::{GuiApiType, GuiConfiguration, GuiSize, PluginGui, Window};
use clack_host::prelude::PluginMainThreadHandle;

/// Width and height in physical pixels.
pub type Pixels = (u32, u32);

fn size((width, height): Pixels) -> GuiSize {
    GuiSize { width, height }
}

impl Instance {
    /// Opens the editor in an X11 window of the host, and shows it.
    ///
    /// # Errors
    ///
    /// If the plug-in has no editor or can't open it.
    pub fn open_window(&mut self, parent: u32) -> Result<(), HostError> {
        self.open_window_with_delay(parent, Duration::ZERO)
    }

    /// As [`Self::open_window`], with a delay between embedding and showing, as some hosts have it.
    ///
    /// # Errors
    ///
    /// As [`Self::open_window`].
    pub fn open_window_with_delay(
        &mut self,
        parent: u32,
        delay: Duration,
    ) -> Result<(), HostError> {
        const EMBEDDED: GuiConfiguration<'static> = GuiConfiguration {
            api_type: GuiApiType::X11,
            is_floating: false,
        };
        self.on_gui("open its editor", |gui, plugin| {
            gui.create(plugin, EMBEDDED)?;
            // SAFETY: if the window is gone, the X server reports an error to the plug-in.
            unsafe { gui.set_parent(plugin, Window::from_x11_handle(parent.into())) }?;
            std::thread::sleep(delay);
            gui.show(plugin)
        })
    }

    /// Closes the editor.
    pub fn close_window(&mut self) {
        let closed = self.on_gui("close its editor", |gui, plugin| {
            gui.destroy(plugin);
            Ok(())
        });
        // Without the extension there is no editor.
        drop(closed);
        self.run_requested_callbacks();
    }

    /// The size of the editor, or the size at which it would open.
    pub fn window_size(&mut self) -> Option<Pixels> {
        let handle = self.plugin.plugin_handle();
        let size = handle.get_extension::<PluginGui>()?.get_size(&handle)?;
        Some((size.width, size.height))
    }

    /// Whether the editor is resizable.
    pub fn window_can_be_resized(&mut self) -> bool {
        let handle = self.plugin.plugin_handle();
        let gui = handle.get_extension::<PluginGui>();
        gui.is_some_and(|gui| gui.can_resize(&handle))
    }

    /// The nearest size that the open editor supports.
    pub fn nearest_window_size(&mut self, wanted: Pixels) -> Option<Pixels> {
        let handle = self.plugin.plugin_handle();
        let gui = handle.get_extension::<PluginGui>()?;
        let size = gui.adjust_size(&handle, size(wanted))?;
        Some((size.width, size.height))
    }

    /// Resizes the open editor.
    ///
    /// # Errors
    ///
    /// If the editor is not open or the plug-in refuses.
    pub fn resize_window(&mut self, wanted: Pixels) -> Result<(), HostError> {
        self.on_gui("resize its editor", |gui, plugin| {
            gui.set_size(plugin, size(wanted))
        })
    }

    /// Sets the scale factor of the open editor.
    ///
    /// # Errors
    ///
    /// If the editor is not open or the plug-in refuses.
    pub fn scale_window(&mut self, scale: f64) -> Result<(), HostError> {
        self.on_gui("scale its editor", |gui, plugin| {
            gui.set_scale(plugin, scale)
        })
    }

    /// Calls the plug-in on the main thread if it requested that.
    pub fn idle(&mut self) {
        self.run_requested_callbacks();
    }

    fn on_gui(
        &mut self,
        step: &'static str,
        work: impl FnOnce(
            &PluginGui,
            &PluginMainThreadHandle<'_>,
        ) -> Result<(), clack_extensions::gui::GuiError>,
    ) -> Result<(), HostError> {
        let handle = self.plugin.plugin_handle();
        let gui = handle
            .get_extension::<PluginGui>()
            .ok_or(HostError::MissingExtension("gui"))?;
        work(&gui, &handle).map_err(|e| HostError::Plugin {
            step,
            reason: e.to_string(),
        })
    }
}
