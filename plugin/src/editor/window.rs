//! The editor's window, as hosts open and resize it.

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flow_platform::flags::{FLAGS, Flag};
use flow_platform::mutex::lock;
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

use crate::editor::app_part::AppPart;
use crate::editor::file_drop::FileDropInbox;
use crate::editor::language::Language;
use crate::editor::layout::WindowKind;
use crate::editor::model::preferences_file::PreferencesFile;
use crate::editor::model::session_statistics::StatisticsExport;
use crate::editor::model::trace_export::TraceExport;
use crate::editor::model::undo::Host;
use crate::editor::model::user_presets::UserPresets;
use crate::editor::platform::file_dialog::FileDialog;
use crate::editor::platform::window_lifetime::{
    ExitSignal, NativeWindow, NativeWindowHandle, exit_channel,
};
#[cfg(windows)]
use crate::editor::platform::windows_drop;
#[cfg(target_os = "linux")]
use crate::editor::platform::x11;
use crate::editor::screen::Screen;
use crate::editor::widgets::theme;
use crate::plugin_shared::PluginShared;
use crate::references::files::ReferenceFiles;

/// Smallest and largest scale. The largest one fills a screen of 3840 × 2160 pixels.
const MIN_SCALE: f32 = 0.75;
const MAX_SCALE: f32 = 3.1;
/// Shortest time between two frames.
const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 60);

/// Opens windows for one instance.
pub struct FlowEditor {
    shared: Arc<PluginShared>,
    kind: WindowKind,
    /// The part for the first window of the app.
    app_part: Mutex<Option<Box<dyn AppPart>>>,
    /// The scale factor where neither the system nor the host has one.
    scale: Option<f64>,
}

impl FlowEditor {
    /// Creates the editor of an instance. No window opens yet.
    #[must_use]
    pub fn new(shared: Arc<PluginShared>) -> Self {
        Self {
            shared,
            kind: WindowKind::Plugin,
            app_part: Mutex::new(None),
            scale: None,
        }
    }

    /// Adds the app's part.
    #[must_use]
    #[cfg_attr(not(feature = "standalone"), allow(dead_code))]
    pub(crate) fn with_app_part(self, part: Box<dyn AppPart>) -> Self {
        Self {
            kind: WindowKind::App,
            app_part: Mutex::new(Some(part)),
            ..self
        }
    }

    /// Sets the scale factor where neither the system nor the host has one.
    #[must_use]
    #[cfg_attr(not(feature = "standalone"), allow(dead_code))]
    pub(crate) fn with_scale(self, scale: Option<f64>) -> Self {
        Self { scale, ..self }
    }

    /// The nearest size that the window can have, physical pixels.
    pub(crate) fn nearest_size(&self, size: NativeSize<u32>) -> NativeSize<u32> {
        let scale = self.shared.params.window.scale();
        let design = self.kind.design();
        let at = |factor: f32| {
            let size = LogicalSize::new(design.x * factor, design.y * factor);
            NativeSize::<u32>::from_size(size.into(), scale)
        };
        let (smallest, largest) = (at(MIN_SCALE), at(MAX_SCALE));
        NativeSize {
            width: size.width.clamp(smallest.width, largest.width),
            height: size.height.clamp(smallest.height, largest.height),
        }
    }

    /// Takes the size of the user's last window, if the project has none. The app's session has the app's.
    fn take_usual_size(&self) {
        let window = &self.shared.params.window;
        if self.kind == WindowKind::Plugin && !window.is_chosen() {
            let mut file = PreferencesFile::in_user_folder();
            let _ = file.read();
            if let Some(size) = file.display().window {
                window.set_usual(size.logical());
            }
        }
    }

    /// Switches all monitor states off.
    pub(crate) fn end_monitoring(&self) {
        self.shared.monitor.clear();
    }

    fn hint(&self) -> ResizeHint {
        let design = self.kind.design();
        let at = |scale: f32| Some(LogicalSize::new(design.x * scale, design.y * scale));
        ResizeHint {
            can_resize: true,
            can_resize_horizontally: true,
            can_resize_vertically: true,
            size_constraints: SizeConstraints::Logical {
                min_size: at(MIN_SCALE),
                max_size: at(MAX_SCALE),
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
        x11::keep_graphics_loaded();
        self.take_usual_size();
        // The size of an `EguiEditorState` can't change later, so every window gets a new state.
        let state = EguiEditorState::from_size(self.shared.params.window.logical(), 1.0);
        let settings = EguiNiceSettings::new()
            .with_tile("Flow")
            .with_resize_hint(self.hint())
            .with_repaint_poll_interval(FRAME);
        let (exit_signal, thread_exit) = exit_channel();
        let app = App {
            shared: self.shared.clone(),
            kind: self.kind,
            exit_signal: Some(exit_signal),
            screen: None,
            app_part: lock(&self.app_part).take(),
            #[cfg(target_os = "linux")]
            is_embedded: parent.is_some() || wait_for_parent,
            #[cfg(target_os = "linux")]
            keyboard: None,
            #[cfg(target_os = "linux")]
            _file_drops: None,
        };
        let editor = create_egui_editor(state, self.shared.repaint.clone(), settings, app)
            .ok_or("no editor")?;
        let spawned = editor.spawn(
            parent,
            wait_for_parent,
            fallback_scale_factor.or(self.scale),
            gui_context,
            host,
        )?;
        Ok(NativeWindow::wrap(spawned, thread_exit))
    }

    fn size(&self) -> NativeSize<u32> {
        self.take_usual_size();
        let window = &self.shared.params.window;
        NativeSize::from_size(window.logical().into(), window.scale())
    }

    fn resize_hint(&self) -> ResizeHint {
        self.hint()
    }

    unsafe fn assume_standalone_in_process(&self) {
        // SAFETY: the caller keeps the same contract.
        unsafe { baseview::assume_standalone_in_process() };
    }
}

/// An open window. Dropping it ends all work for it.
struct App {
    shared: Arc<PluginShared>,
    kind: WindowKind,
    /// `None` once the window's thread holds it.
    exit_signal: Option<ExitSignal>,
    screen: Option<Screen>,
    /// `None` once the screen has it, and in a plug-in.
    app_part: Option<Box<dyn AppPart>>,
    /// Whether a host embeds the window. The standalone app's window has all keys.
    #[cfg(target_os = "linux")]
    is_embedded: bool,
    /// `None` for a window that has all keys.
    #[cfg(target_os = "linux")]
    keyboard: Option<x11::Keyboard>,
    /// `None` before the window exists.
    #[cfg(target_os = "linux")]
    _file_drops: Option<x11::FileDropTarget>,
}

impl NiceEguiApp for App {
    fn build(
        &mut self,
        egui_ctx: egui::Context,
        nice_gui_ctx: GuiContext,
        frame: &mut Frame,
    ) -> Result<(), HandlerError> {
        let signal = self.exit_signal.take();
        let is_own_thread = signal.is_some_and(ExitSignal::hold_until_thread_exit);
        // Never changes the priority of the host's thread.
        if is_own_thread && FLAGS.is_on(Flag::Scheduler) {
            priority::lower();
        }
        // The scale factor is known only now. If the host sets it, baseview does not resize the window.
        let size = &self.shared.params.window;
        let window = frame.baseview_window();
        size.set_scale(window.scale_factor());
        #[cfg(target_os = "linux")]
        if let Some(screen) = x11::screen_size() {
            size.fit_to_screen(screen);
        }
        window.resize(size.logical())?;
        #[cfg(target_os = "linux")]
        {
            if self.is_embedded {
                x11::declare_xembed(window);
                self.keyboard = x11::Keyboard::new(window).ok();
            }
            x11::wake(window);
        }
        let inbox = FileDropInbox::default();
        let repaint = self.shared.repaint.clone();
        #[cfg(target_os = "linux")]
        {
            self._file_drops = x11::FileDropTarget::of_window(window, inbox.clone(), repaint);
        }
        #[cfg(windows)]
        windows_drop::receive_files(window, inbox.clone(), repaint);
        #[cfg(not(any(target_os = "linux", windows)))]
        drop(repaint);
        theme::install(&egui_ctx);
        frame.set_key_capture(KeyCapture::IgnoreAll);
        self.shared.set_editor_open(true);
        let host = Box::new(NiceHost(nice_gui_ctx));
        let presets = UserPresets::in_user_folder();
        let trace_export = TraceExport::in_user_folder();
        let screen = Screen::new(self.shared.clone(), host, presets, trace_export);
        let screen = screen.with_statistics(StatisticsExport::in_user_folder());
        let screen = screen.with_preferences(PreferencesFile::in_user_folder());
        let screen = screen.with_system_language(Language::of_system());
        let screen = screen.with_reference_files(ReferenceFiles::in_user_folder());
        let screen = screen.with_file_drops(inbox);
        let screen = screen.with_file_dialog(FileDialog::is_available());
        self.screen = Some(match self.app_part.take() {
            Some(part) => {
                part.handle_signals();
                screen.with_app_part(part)
            }
            None => screen,
        });
        Ok(())
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut Frame) {
        if let Some(screen) = &mut self.screen {
            screen.show(ui);
            if screen.should_close() {
                frame.baseview_window().request_close();
                #[cfg(target_os = "macos")]
                crate::editor::platform::macos_loop::wake();
            }
        }
        // The space bar and other keys belong to the host, except during text entry. The app has no host.
        let keys = if self.kind == WindowKind::App || ui.ctx().text_edit_focused() {
            KeyCapture::CaptureAll
        } else {
            KeyCapture::CaptureKeys(NAVIGATION_KEYS.to_vec())
        };
        frame.set_key_capture(keys);
        #[cfg(target_os = "linux")]
        self.share_keyboard(ui.ctx());
    }

    fn resized(&mut self, new_size: WindowSize) {
        let logical = new_size.logical;
        let size = &self.shared.params.window;
        let logical = [logical.width, logical.height].map(flow_dsp::math::narrow);
        if size.set_size(logical)
            && let Some(screen) = &mut self.screen
        {
            screen.remember_size(logical);
        }
        size.set_scale(new_size.scale_factor);
    }
}

#[cfg(target_os = "linux")]
impl App {
    /// Takes the keys that the editor needs now from the host. baseview's captures have no effect on X11.
    fn share_keyboard(&mut self, ctx: &egui::Context) {
        use x11::KeyScope;
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
        // The key that ends text entry is released here too: a host must not see a release without its press.
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

/// Keys that move the focus and change the focused control.
const NAVIGATION_KEYS: [nice_plug_egui::Key; 7] = {
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

/// Passes changes to the host through nice-plug's context.
struct NiceHost(GuiContext);

impl Host for NiceHost {
    fn begin(&self, param: ParamPtr) {
        // SAFETY: the parameters live as long as the instance, which outlives its window.
        unsafe { self.0.raw_begin_set_parameter(param) };
    }

    fn set(&self, param: ParamPtr, normalized: f32) {
        // SAFETY: as in `begin`.
        unsafe { self.0.raw_set_parameter_normalized(param, normalized) };
    }

    fn end(&self, param: ParamPtr) {
        // SAFETY: as in `begin`.
        unsafe { self.0.raw_end_set_parameter(param) };
    }
}
