//! The plug-in's window, embedded in one of the host's own.

use std::time::Duration;

use super::{HostError, Instance};
use clack_extensions::gui::{GuiApiType, GuiConfiguration, GuiSize, PluginGui, Window};
use clack_host::prelude::PluginMainThreadHandle;

/// Width and height in pixels of the screen.
pub type Pixels = (u32, u32);

fn size((width, height): Pixels) -> GuiSize {
    GuiSize { width, height }
}

impl Instance {
    /// Opens the window in an X11 window of the host's, and shows it.
    ///
    /// # Errors
    ///
    /// If the plug-in has no window or can't open it.
    pub fn open_window(&mut self, parent: u32) -> Result<(), HostError> {
        self.open_window_slowly(parent, Duration::ZERO)
    }

    /// The same by a host that takes its time before it shows the window.
    ///
    /// # Errors
    ///
    /// As [`Self::open_window`].
    pub fn open_window_slowly(&mut self, parent: u32, pause: Duration) -> Result<(), HostError> {
        const EMBEDDED: GuiConfiguration<'static> = GuiConfiguration {
            api_type: GuiApiType::X11,
            is_floating: false,
        };
        self.on_gui("open its window", |gui, plugin| {
            gui.create(plugin, EMBEDDED)?;
            // SAFETY: a window that has gone by now is an error of the X server's, which the plug-in gets to know.
            unsafe { gui.set_parent(plugin, Window::from_x11_handle(parent.into())) }?;
            std::thread::sleep(pause);
            gui.show(plugin)
        })
    }

    /// Closes the window.
    pub fn close_window(&mut self) {
        let closed = self.on_gui("close its window", |gui, plugin| {
            gui.destroy(plugin);
            Ok(())
        });
        // Without the extension there is no window.
        drop(closed);
        self.run_requested_callbacks();
    }

    /// How large the window is, or would be if it were open.
    pub fn window_size(&mut self) -> Option<Pixels> {
        let handle = self.plugin.plugin_handle();
        let size = handle.get_extension::<PluginGui>()?.get_size(&handle)?;
        Some((size.width, size.height))
    }

    /// Whether its size may be changed.
    pub fn window_can_be_resized(&mut self) -> bool {
        let handle = self.plugin.plugin_handle();
        let gui = handle.get_extension::<PluginGui>();
        gui.is_some_and(|gui| gui.can_resize(&handle))
    }

    /// The size nearest to this one that the open window can have.
    pub fn nearest_window_size(&mut self, wanted: Pixels) -> Option<Pixels> {
        let handle = self.plugin.plugin_handle();
        let gui = handle.get_extension::<PluginGui>()?;
        let size = gui.adjust_size(&handle, size(wanted))?;
        Some((size.width, size.height))
    }

    /// Gives the open window another size.
    ///
    /// # Errors
    ///
    /// If it is not open or refuses.
    pub fn resize_window(&mut self, wanted: Pixels) -> Result<(), HostError> {
        self.on_gui("resize its window", |gui, plugin| {
            gui.set_size(plugin, size(wanted))
        })
    }

    /// Tells the open window how dense the screen is.
    ///
    /// # Errors
    ///
    /// If it is not open or refuses.
    pub fn scale_window(&mut self, scale: f64) -> Result<(), HostError> {
        self.on_gui("scale its window", |gui, plugin| {
            gui.set_scale(plugin, scale)
        })
    }

    /// Gives the plug-in the turns on the main thread that it has asked for.
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
            .ok_or(HostError::NoExtension("gui"))?;
        work(&gui, &handle).map_err(|e| HostError::Plugin {
            step,
            reason: e.to_string(),
        })
    }
}
