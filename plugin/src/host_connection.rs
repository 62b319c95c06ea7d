//! Requests of the window and of the processor to the host, which each format answers in its way.

use std::sync::OnceLock;

use flow_params::ParameterId;

use crate::editor::host_menu::HostMenu;

/// The host of an instance.
pub trait HostRequests: Send + Sync {
    /// `[gui]` There is something new to save beside the parameters: references, or the other slot.
    fn state_changed(&self);

    /// `[gui]` An instance that sleeps in silence has something to play.
    fn wake(&self);

    /// `[gui]` Asks for the host's entries in the menu of a parameter. The answer goes to [`HostConnection::menu`].
    fn request_menu(&self, param: ParameterId);

    /// `[gui]` Performs one of these entries.
    fn perform_menu(&self, param: ParameterId, action: u32);
}

/// The way to the host.
#[derive(Default)]
pub struct HostConnection {
    host: OnceLock<Box<dyn HostRequests>>,
    /// The host's entries in the menu of a parameter.
    pub menu: HostMenu,
}

impl HostConnection {
    /// `[main]` Connects the host, once. The app has none.
    pub fn connect(&self, host: impl HostRequests + 'static) {
        // An instance has one host for its life.
        let _ = self.host.set(Box::new(host));
    }

    /// `[gui]` Asks for the host's entries in the menu of a parameter.
    pub(crate) fn request_menu(&self, param: ParameterId) {
        self.menu.clear();
        if let Some(host) = self.host.get() {
            host.request_menu(param);
        }
    }

    /// `[gui]` Performs one of these entries.
    pub(crate) fn perform_menu(&self, param: ParameterId, action: u32) {
        if let Some(host) = self.host.get() {
            host.perform_menu(param, action);
        }
    }

    /// `[gui]` There is something new to save.
    pub fn state_changed(&self) {
        if let Some(host) = self.host.get() {
            host.state_changed();
        }
    }

    /// `[gui]` The instance has something to play, whatever its input is.
    pub fn wake(&self) {
        if let Some(host) = self.host.get() {
            host.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    struct Counter(Arc<AtomicU32>);

    impl HostRequests for Counter {
        fn state_changed(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }

        fn wake(&self) {
            self.0.fetch_add(10, Ordering::Relaxed);
        }

        fn request_menu(&self, _param: ParameterId) {
            self.0.fetch_add(100, Ordering::Relaxed);
        }

        fn perform_menu(&self, _param: ParameterId, action: u32) {
            self.0.fetch_add(action, Ordering::Relaxed);
        }
    }

    #[test]
    fn requests_reach_the_connected_host_only() {
        let connection = HostConnection::default();
        connection.state_changed();
        let count = Arc::new(AtomicU32::new(0));
        connection.connect(Counter(count.clone()));
        connection.state_changed();
        connection.state_changed();
        connection.wake();
        connection.request_menu(ParameterId::Ceiling);
        connection.perform_menu(ParameterId::Ceiling, 1000);
        assert_eq!(count.load(Ordering::Relaxed), 1112);
    }
}
