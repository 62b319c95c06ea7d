//! The window as hosts know it.

use std::error::Error;
use std::sync::Arc;

use nice_plug::context::gui::GuiContext;
use nice_plug::editor::dpi::{LogicalSize, NativeSize};
use nice_plug::editor::{HostMethods, SizeConstraints, SpawnedEditor};
use nice_plug::params::internals::ParamPtr;
use nice_plug::prelude::{Editor, ParentWindowHandle, ResizeHint};
use nice_plug_egui::baseview::{self, HandlerError, WindowSize};
use nice_plug_egui::{
    EguiEditorHandle, EguiEditorState, EguiNiceSettings, Frame, KeyCapture, NiceEguiApp,
    create_egui_editor,
};

use super::hand::Host;
use super::library::Library;
use super::look::{self, DESIGN};
use super::screen::Screen;
use crate::shared::Shared;

/// 75 % and 200 % of the design.
const SMALLEST: f32 = 0.75;
const LARGEST: f32 = 2.0;

/// Opens windows for one instance.
pub struct FlowEditor {
    shared: Arc<Shared>,
}

impl FlowEditor {
    /// For an instance.
    #[must_use]
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
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
    type Handle = EguiEditorHandle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui_context: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<Self::Handle>, Box<dyn Error>> {
        let [width, height] = self.shared.params.window.get();
        let size = LogicalSize::new(f64::from(width), f64::from(height));
        // nice-plug-egui's state can't be given a size later, so every window gets a state of its own.
        let state = EguiEditorState::from_size(size, 1.0);
        let settings = EguiNiceSettings::new()
            .with_tile("Flow")
            .with_resize_hint(Self::hint());
        let app = App {
            shared: self.shared.clone(),
            screen: None,
        };
        let editor = create_egui_editor(state, self.shared.repaint.clone(), settings, app)
            .ok_or("no editor")?;
        editor.spawn(
            parent,
            wait_for_parent,
            fallback_scale_factor,
            gui_context,
            host,
        )
    }

    fn size(&self) -> NativeSize<u32> {
        let [width, height] = self.shared.params.window.get();
        let size = LogicalSize::new(width, height);
        NativeSize::from_size(size.into(), 1.0)
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
    shared: Arc<Shared>,
    screen: Option<Screen>,
}

impl NiceEguiApp for App {
    fn build(
        &mut self,
        egui_ctx: egui::Context,
        nice_gui_ctx: GuiContext,
        frame: &mut Frame,
    ) -> Result<(), HandlerError> {
        look::install(&egui_ctx);
        frame.set_key_capture(KeyCapture::IgnoreAll);
        self.shared.watch(true);
        let host = Box::new(NiceHost(nice_gui_ctx));
        self.screen = Some(Screen::new(self.shared.clone(), host, Library::of_user()));
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
    }

    fn resized(&mut self, new_size: WindowSize) {
        let size = new_size.logical;
        let size = [size.width, size.height].map(flow_dsp::math::narrow);
        self.shared.params.window.set_size(size);
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.shared.watch(false);
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

    fn set(&self, param: ParamPtr, normalised: f32) {
        // SAFETY: as above.
        unsafe { self.0.raw_set_parameter_normalized(param, normalised) };
    }

    fn end(&self, param: ParamPtr) {
        // SAFETY: as above.
        unsafe { self.0.raw_end_set_parameter(param) };
    }
}
