//! Opens a GPU on a thread of its own, while the GPU flag allows it.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::timing_cache::GpuFailure;
use super::worker_executor::{Start, WorkerExecutor};
use crate::backend::gpu_adapter::GpuAdapter;
use crate::error::ModelError;
use crate::executor::Executor;
use crate::model::plan::Plan;

/// A GPU that takes longer for one run has hung.
pub(crate) const TIMEOUT: Duration = Duration::from_millis(1500);

/// A driver compiles the kernels in seconds. One that takes longer to open has hung.
const OPEN_TIMEOUT: Duration = Duration::from_secs(60);

/// Starts a probe, which refuses the GPU that failed before.
pub(crate) type StartProbe = Box<dyn FnMut(Option<GpuFailure>) -> GpuProbe + Send>;

/// A GPU that is being opened.
pub(crate) struct GpuProbe {
    worker: WorkerExecutor,
    /// Set just before the adapter is opened.
    adapter: Arc<OnceLock<GpuAdapter>>,
    since: Instant,
}

/// Why there is no GPU.
#[derive(Debug)]
pub(crate) enum ProbeError {
    /// No adapter was tried.
    Unavailable(ModelError),
    /// An adapter can't be used.
    Failed {
        /// See [`GpuFailure::device`].
        device: String,
        cause: ModelError,
    },
}

impl GpuProbe {
    /// `make` sets the adapter before it opens it.
    pub(crate) fn start(
        make: impl FnOnce(&OnceLock<GpuAdapter>) -> Result<Box<dyn Executor>, ModelError>
        + Send
        + 'static,
        timeout: Duration,
    ) -> Self {
        let adapter = Arc::new(OnceLock::new());
        let found = adapter.clone();
        Self {
            worker: WorkerExecutor::start(Box::new(move || make(&found)), timeout),
            adapter,
            since: Instant::now(),
        }
    }

    /// The result, or none while it isn't known. Doesn't wait.
    pub(crate) fn poll(&mut self) -> Option<Result<GpuAdapter, ProbeError>> {
        let late = || ModelError::new("it can't be opened in time");
        let (start, adapter) = (self.worker.poll(), self.adapter.get());
        Some(match (start, adapter) {
            (Start::Ready, Some(adapter)) => Ok(adapter.clone()),
            (Start::Failed(cause), None) => Err(ProbeError::Unavailable(cause)),
            (Start::Failed(cause), Some(adapter)) => Err(ProbeError::Failed {
                device: adapter.key(),
                cause,
            }),
            _ if self.since.elapsed() < OPEN_TIMEOUT => return None,
            // Without its name, the next session can't tell whether the driver is still the same.
            (_, None) => Err(ProbeError::Unavailable(late())),
            (_, Some(adapter)) => Err(ProbeError::Failed {
                device: adapter.key(),
                cause: late(),
            }),
        })
    }

    /// The executor of an open GPU.
    pub(crate) fn into_executor(self) -> Box<dyn Executor> {
        Box::new(self.worker)
    }
}

/// Probes the GPU that needs least power, for a plan.
pub(crate) fn start_probe(plan: Plan) -> StartProbe {
    Box::new(move |failure| {
        let plan = plan.clone();
        GpuProbe::start(move |adapter| open(&plan, failure, adapter), TIMEOUT)
    })
}

#[cfg(feature = "gpu")]
fn open(
    plan: &Plan,
    failure: Option<GpuFailure>,
    opened: &OnceLock<GpuAdapter>,
) -> Result<Box<dyn Executor>, ModelError> {
    use crate::gpu::{AdapterHandle, GpuExecutor, MAX_BYTES};
    let handle = AdapterHandle::find(false)?;
    let adapter = handle.adapter();
    if let Some(failure) = failure.filter(|failure| failure.device == adapter.key()) {
        let cause = failure.cause;
        return Err(ModelError::new(format!("it failed before: {cause}")));
    }
    let _ = opened.set(adapter);
    Ok(Box::new(GpuExecutor::new(plan, handle.open(MAX_BYTES)?)?))
}

#[cfg(not(feature = "gpu"))]
fn open(
    _: &Plan,
    _: Option<GpuFailure>,
    _: &OnceLock<GpuAdapter>,
) -> Result<Box<dyn Executor>, ModelError> {
    Err(ModelError::new("this build has no GPU support"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpu_probe_when_opening_hangs_blames_only_a_named_adapter() {
        let adapter = GpuAdapter {
            name: "A card".into(),
            driver: "1.0".into(),
            is_software: false,
        };
        for known in [None, Some(adapter)] {
            let (release, held) = std::sync::mpsc::channel::<()>();
            let hang = move |_: &OnceLock<GpuAdapter>| {
                let _ = held.recv();
                Err(ModelError::new("too late"))
            };
            let mut probe = GpuProbe::start(hang, TIMEOUT);
            known.clone().map(|adapter| probe.adapter.set(adapter));
            assert!(probe.poll().is_none());
            probe.since -= OPEN_TIMEOUT;
            let error = probe.poll().unwrap().unwrap_err();
            assert_eq!(
                matches!(error, ProbeError::Failed { device, .. } if device == "A card, 1.0"),
                known.is_some()
            );
            drop(release);
        }
    }
}
