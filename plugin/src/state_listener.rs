//! Tells the host that there is something new to save beside the parameters: references, or the other slot.

use std::sync::OnceLock;

type Notify = Box<dyn Fn() + Send + Sync>;

/// The way from the window to the host's "unsaved" mark.
#[derive(Default)]
pub struct StateListener(OnceLock<Notify>);

impl StateListener {
    /// `[main]` Connects the host, once. The app has none.
    pub(crate) fn connect(&self, notify: impl Fn() + Send + Sync + 'static) {
        // An instance has one host for its life.
        let _ = self.0.set(Box::new(notify));
    }

    /// `[gui]` There is something new to save.
    pub fn notify(&self) {
        if let Some(notify) = self.0.get() {
            notify();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn notify_calls_the_connected_host_only() {
        let listener = StateListener::default();
        listener.notify();
        let count = Arc::new(AtomicU32::new(0));
        let counted = count.clone();
        listener.connect(move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        listener.notify();
        listener.notify();
        assert_eq!(count.load(Ordering::Relaxed), 2);
    }
}
