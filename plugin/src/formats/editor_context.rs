//! The way of a gesture in the window to the host.

use std::sync::Arc;

use nice_plug::context::PluginApi;
use nice_plug::context::gui::{GuiContext, GuiContextInner};
use nice_plug::plugin::PluginState;
use nice_plug::prelude::ParamPtr;

use super::parameters::ParameterTable;
use super::state::{self, Purpose};
use crate::plugin_shared::PluginShared;

/// One step of a gesture on the parameter with this number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Edit {
    /// The user takes hold of a control.
    Begin(u32),
    /// A new value, normalized.
    Set(u32, f32),
    /// The user lets go.
    End(u32),
}

/// The format's end of the way.
pub(crate) trait Host: Send + Sync + 'static {
    /// `[gui]` Tells the host of an edit. The parameter has its new value already.
    fn edit(&self, edit: Edit);

    /// `[gui]` Tells the host that there is something new to save beside the parameters.
    fn state_changed(&self);

    /// `[gui]` Has the host call the window back on its main thread.
    fn call_main_thread(&self);

    /// `[main]` Asks the host for another size of the window, in its own pixels.
    fn request_resize(&self, width: u32, height: u32) -> bool;

    /// `[main]` Tells the host that the window went by itself.
    fn window_closed(&self);
}

/// The framework's context of a window, for either format.
struct Context {
    shared: Arc<PluginShared>,
    parameters: Arc<ParameterTable>,
    host: Arc<dyn Host>,
    api: PluginApi,
}

/// The context for a window of an instance.
pub(crate) fn context(
    shared: Arc<PluginShared>,
    parameters: Arc<ParameterTable>,
    host: Arc<dyn Host>,
    api: PluginApi,
) -> GuiContext {
    GuiContext::new(Arc::new(Context {
        shared,
        parameters,
        host,
        api,
    }))
}

impl Context {
    fn edit(&self, param: ParamPtr, edit: impl FnOnce(u32) -> Edit) {
        if let Some(host_id) = self.parameters.host_id_of(param) {
            self.host.edit(edit(host_id));
        }
    }
}

impl GuiContextInner for Context {
    fn plugin_api(&self) -> PluginApi {
        self.api
    }

    unsafe fn raw_begin_set_parameter(&self, param: ParamPtr) {
        self.edit(param, Edit::Begin);
    }

    unsafe fn raw_set_parameter_normalized(&self, param: ParamPtr, normalized: f32) {
        let Some(host_id) = self.parameters.host_id_of(param) else {
            return;
        };
        let Some(param) = self.parameters.get(host_id) else {
            return;
        };
        // The value counts at once, whether the host processes audio or not.
        param.set_normalized(normalized);
        self.host.edit(Edit::Set(host_id, param.normalized()));
    }

    unsafe fn raw_end_set_parameter(&self, param: ParamPtr) {
        self.edit(param, Edit::End);
    }

    fn get_state(&self) -> PluginState {
        state::object(&self.parameters, Purpose::Project)
    }

    fn set_state(&self, state: PluginState) {
        state::apply(&self.shared, &self.parameters, state, Purpose::Project);
        self.host.state_changed();
    }

    // Nothing in Flow needs one.
    fn request_restart(&self) {}
}
