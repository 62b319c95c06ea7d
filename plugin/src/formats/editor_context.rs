//! The editor's access to its instance and the host: parameter gestures, state and requests.

use std::sync::{Arc, Weak};

use flow_params::ParameterId;
use nice_plug::context::PluginApi;
use nice_plug::context::gui::{GuiContext, GuiContextInner};
use nice_plug::plugin::PluginState;
use nice_plug::prelude::ParamPtr;

use super::parameters::ParameterTable;
use super::state_container::{self, Purpose};
use crate::host_connection::HostRequests;
use crate::plugin_shared::PluginShared;

/// One step of a gesture on the parameter with this number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Edit {
    /// The user grabs a control.
    Begin(u32),
    /// A new value, normalized.
    Set(u32, f32),
    /// The user releases it.
    End(u32),
}

/// The host, as each format implements it.
pub(crate) trait Host: Send + Sync + 'static {
    /// `[gui]` Reports an edit. The parameter has its new value already.
    fn edit(&self, edit: Edit);

    /// `[gui]` Reports that saved data beside the parameters changed.
    fn state_changed(&self);

    /// `[gui]` Asks for process calls, which the host stopped in silence. VST3 has no such request.
    fn wake(&self) {}

    /// `[gui]` Asks for the host's entries in the menu of the parameter with this number.
    fn request_menu(&self, param: u32);

    /// `[gui]` Performs one of these entries.
    fn perform_menu(&self, param: u32, action: u32);

    /// `[gui]` Requests a callback of the window on the main thread.
    fn call_main_thread(&self);

    /// `[main]` Requests another size of the window, in physical pixels.
    fn request_resize(&self, width: u32, height: u32) -> bool;

    /// `[main]` Reports that the window closed by itself.
    fn window_closed(&self);
}

/// The requests of an instance to its host. The instance doesn't keep the host alive.
pub(super) struct HostLink<H: Host>(Weak<H>);

impl<H: Host> HostLink<H> {
    pub(super) fn to(host: &Arc<H>) -> Self {
        Self(Arc::downgrade(host))
    }
}

impl<H: Host> HostRequests for HostLink<H> {
    fn state_changed(&self) {
        if let Some(host) = self.0.upgrade() {
            host.state_changed();
        }
    }

    fn wake(&self) {
        if let Some(host) = self.0.upgrade() {
            host.wake();
        }
    }

    fn request_menu(&self, param: ParameterId) {
        if let Some(host) = self.0.upgrade() {
            host.request_menu(param.host_id());
        }
    }

    fn perform_menu(&self, param: ParameterId, action: u32) {
        if let Some(host) = self.0.upgrade() {
            host.perform_menu(param.host_id(), action);
        }
    }
}

/// The framework's context of an editor, for either format.
struct Context {
    shared: Arc<PluginShared>,
    parameters: Arc<ParameterTable>,
    host: Arc<dyn Host>,
    api: PluginApi,
}

/// Creates the context of an instance's editor.
pub(super) fn create(
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
        if let Some(param) = self.parameters.of_ptr(param) {
            self.host.edit(edit(self.parameters.host_id(param.id())));
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
        let Some(param) = self.parameters.of_ptr(param) else {
            return;
        };
        let host_id = self.parameters.host_id(param.id());
        // The value applies at once, whether the host processes audio or not.
        param.set_normalized(normalized);
        self.host.edit(Edit::Set(host_id, param.normalized()));
    }

    unsafe fn raw_end_set_parameter(&self, param: ParamPtr) {
        self.edit(param, Edit::End);
    }

    fn get_state(&self) -> PluginState {
        state_container::object(&self.parameters, Purpose::Project)
    }

    fn set_state(&self, state: PluginState) {
        state_container::apply(&self.shared, &self.parameters, state, Purpose::Project);
        self.host.state_changed();
    }

    // Flow never needs a restart.
    fn request_restart(&self) {}
}
