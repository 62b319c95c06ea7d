//! The window as hosts know it.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use flow_platform::flags::{FLAGS, Flag};
use flow_platform::priority;
use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::{LogicalSize, NativeSize};
use nice_plug::editor::{HostMethods, SizeConstraints, SpawnedEditor};
use nice_plug::params::internals::ParamPtr;
use nice_plug::prelude::{Editor, ParentWindowHandle, ResizeHint};
use nice_plug_egui::baseview::{self, HandlerError, WindowSize};
use nice_plug_egui::{
    EguiEditorState, EguiNiceSettings, Frame, KeyCapture, NiceEguiApp, create_egui_editor,
};

use crate::editor::model::preferences_file::PreferencesFile;
use crate::editor::model::trace_export::TraceExport;
use crate::editor::model::undo::Host;
use crate::editor::model::user_presets::UserPresets;
use crate::editor::platform::window_lifetime::{
    NativeWindow, NativeWindowHandle, Presence, presence,
};
use crate::editor::screen::Screen;
use crate::editor::widgets::theme::{self, DESIGN};
use crate::plugin_shared::PluginShared;

/// 75 % and 200 % of the design.
const SMALLEST: f32 = 0.75;
const LARGEST: f32 = 2.0;
/// From one picture to the next, at least.
const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 60);

/// Opens windows for one instance.
pub struct FlowEditor {
    shared: Arc<PluginShared>,
}

impl FlowEditor {
    /// For an instance.
    #[must_use]
    pub fn new(shared: Arc<PluginShared>) -> Self {
        Self { shared }
    }

    /// The nearest size that the window can have, in the system's pixels.
    pub(crate) fn nearest_size(&self, size: NativeSize<u32>) -> NativeSize<u32> {
        let scale = self.shared.params.window.scale();
        let at = |factor: f32| {
            let size = LogicalSize::new(DESIGN.x * factor, DESIGN.y * factor);
            NativeSize::<u32>::from_size(size.into(), scale)
        };
        let (smallest, largest) = (at(SMALLEST), at(LARGEST));
        NativeSize {
            width: size.width.clamp(smallest.width, largest.width),
            height: size.height.clamp(smallest.height, largest.height),
        }
    }

    fn hint() -> ResizeHint {
        let at = |scale: f32| Some(LogicalSize::new(DESIGN.x * scale, DESIGN.y * scale));
        ResizeHint {
            can_resize: true,
            can_resize_horizontally: true,
            can_resize_vertically: true,
            size_constraints: SizeConstraints::Logical {
                min_size: at(SMALLEST),
                max_size: at(LARGEST),
            },
            ..ResizeHint::NON_RESIZABLE
        }
    }
}

impl Editor for FlowEditor {
    type Handle = NativeWindowHandle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui_context: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<Self::Handle>, Box<dyn Error>> {
        #[cfg(target_os = "linux")]
        crate::editor::platform::x11::keep_graphics_loaded();
        // nice-plug-egui's state can't be given a size later, so every window gets a state of its own.
        let state = EguiEditorState::from_size(self.shared.params.window.logical(), 1.0);
        let settings = EguiNiceSettings::new()
            .with_tile("Flow")
            .with_resize_hint(Self::hint())
            .with_repaint_poll_interval(FRAME);
        let (presence, absence) = presence();
        let app = App {
            shared: self.shared.clone(),
            presence: Some(presence),
            screen: None,
            #[cfg(target_os = "linux")]
            is_embedded: parent.is_some() || wait_for_parent,
            #[cfg(target_os = "linux")]
            keyboard: None,
        };
        let editor = create_egui_editor(state, self.shared.repaint.clone(), settings, app)
            .ok_or("no editor")?;
        let spawned = editor.spawn(
            parent,
            wait_for_parent,
            fallback_scale_factor,
            gui_context,
            host,
        )?;
        Ok(NativeWindow::spawned(spawned, absence))
    }

    fn size(&self) -> NativeSize<u32> {
        let window = &self.shared.params.window;
        NativeSize::from_size(window.logical().into(), window.scale())
    }

    fn resize_hint(&self) -> ResizeHint {
        Self::hint()
    }

    unsafe fn assume_standalone_in_process(&self) {
        // SAFETY: as promised by the caller.
        unsafe { baseview::assume_standalone_in_process() };
    }
}

/// One open window. Its end is the end of all work for it.
struct App {
    shared: Arc<PluginShared>,
    /// None once the window's thread is known.
    presence: Option<Presence>,
    screen: Option<Screen>,
    /// Whether the window lies in a host's. The standalone app's is one of its own and has all keys.
    #[cfg(target_os = "linux")]
    is_embedded: bool,
    /// None where the window has all keys.
    #[cfg(target_os = "linux")]
    keyboard: Option<crate::editor::platform::x11::Keyboard>,
}

impl NiceEguiApp for App {
    fn build(
        &mut self,
        egui_ctx: egui::Context,
        nice_gui_ctx: GuiContext,
        frame: &mut Frame,
    ) -> Result<(), HandlerError> {
        let is_own_thread = self.presence.take().is_some_and(Presence::stay);
        // The host's thread is none of our business.
        if is_own_thread && FLAGS.is_on(Flag::Scheduler) {
            priority::lower();
        }
        // Only now is it known how dense the screen is; where it comes from the host, baseview leaves it to us.
        let size = &self.shared.params.window;
        let window = frame.baseview_window();
        size.set_scale(window.scale_factor());
        window.resize(size.logical())?;
        #[cfg(target_os = "linux")]
        {
            if self.is_embedded {
                crate::editor::platform::x11::declare_xembed(window);
                self.keyboard = crate::editor::platform::x11::Keyboard::new(window).ok();
            }
            crate::editor::platform::x11::wake(window);
        }
        theme::install(&egui_ctx);
        frame.set_key_capture(KeyCapture::IgnoreAll);
        self.shared.set_editor_open(true);
        let host = Box::new(NiceHost(nice_gui_ctx));
        let (library, recordings) = (UserPresets::of_user(), TraceExport::of_user());
        let screen = Screen::new(self.shared.clone(), host, library, recordings);
        self.screen = Some(screen.with_taste(PreferencesFile::of_user()));
        Ok(())
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut Frame) {
        if let Some(screen) = &mut self.screen {
            screen.show(ui);
        }
        // The space bar and the rest belong to the host, but while a name or a value is typed.
        let keys = if ui.ctx().text_edit_focused() {
            KeyCapture::CaptureAll
        } else {
            KeyCapture::CaptureKeys(OWN_KEYS.to_vec())
        };
        frame.set_key_capture(keys);
        #[cfg(target_os = "linux")]
        self.share_keyboard(ui.ctx());
    }

    fn resized(&mut self, new_size: WindowSize) {
        let logical = new_size.logical;
        let size = &self.shared.params.window;
        size.set_size([logical.width, logical.height].map(flow_dsp::math::narrow));
        size.set_scale(new_size.scale_factor);
    }
}

#[cfg(target_os = "linux")]
impl App {
    /// Takes the keys that Flow needs now from the host, as baseview's captures have no effect on X11.
    fn share_keyboard(&mut self, ctx: &egui::Context) {
        use crate::editor::platform::x11::KeyScope;
        let Some(keyboard) = &mut self.keyboard else {
            return;
        };
        let has_focus = ctx.memory(|m| m.focused().is_some()) || egui::Popup::is_any_open(ctx);
        let is_under_pointer = ctx.input(|i| i.pointer.has_pointer());
        let scope = if ctx.text_edit_focused() {
            KeyScope::Text
        } else if has_focus && is_under_pointer {
            KeyScope::Navigation
        } else {
            KeyScope::Host
        };
        // The key that ends the typing is released here too: a host would not know a release without its press.
        let is_key_held = ctx.input(|i| !i.keys_down.is_empty());
        if keyboard.scope() != KeyScope::Text || !is_key_held {
            keyboard.set_scope(scope);
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.shared.set_editor_open(false);
    }
}

/// Keys that move the focus and turn what has it.
const OWN_KEYS: [nice_plug_egui::Key; 7] = {
    use keyboard_types::NamedKey;
    use nice_plug_egui::Key::Named;
    [
        Named(NamedKey::Tab),
        Named(NamedKey::ArrowUp),
        Named(NamedKey::ArrowDown),
        Named(NamedKey::ArrowLeft),
        Named(NamedKey::ArrowRight),
        Named(NamedKey::Enter),
        Named(NamedKey::Escape),
    ]
};

/// The host behind nice-plug's context.
struct NiceHost(GuiContext);

impl Host for NiceHost {
    fn begin(&self, param: ParamPtr) {
        // SAFETY: the parameters live as long as the instance, and this as long as its window.
        unsafe { self.0.raw_begin_set_parameter(param) };
    }

    fn set(&self, param: ParamPtr, normalized: f32) {
        // SAFETY: as above.
        unsafe { self.0.raw_set_parameter_normalized(param, normalized) };
    }

    fn end(&self, param: ParamPtr) {
        // SAFETY: as above.
        unsafe { self.0.raw_end_set_parameter(param) };
    }
}
