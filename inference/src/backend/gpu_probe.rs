//! The way of a graphics processor into the choice: looked for only while it may be, on a thread of its own.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::timing_cache::Failure;
use super::worker_executor::{Start, WorkerExecutor};
use crate::adapter::GpuAdapter;
use crate::error::ModelError;
use crate::executor::Executor;
use crate::model::plan::Plan;

/// A GPU that takes longer for an answer has hung.
pub(crate) const TIMEOUT: Duration = Duration::from_millis(1500);

/// One that takes longer to be opened has hung too: drivers compile kernels in seconds.
const OPEN_TIMEOUT: Duration = Duration::from_secs(60);

/// Begins to open a GPU, but not one that is known to fail.
pub(crate) type Open = Box<dyn FnMut(Option<Failure>) -> GpuProbe + Send>;

/// A GPU that is being opened.
pub(crate) struct GpuProbe {
    remote: WorkerExecutor,
    /// Known once one is about to be opened.
    adapter: Arc<OnceLock<GpuAdapter>>,
    since: Instant,
}

/// Why there is no GPU.
#[derive(Debug)]
pub(crate) enum ProbeError {
    /// There is none that may be tried.
    Nowhere(ModelError),
    /// This one can't be used.
    Failed {
        /// See [`Failure::on`].
        on: String,
        why: ModelError,
    },
}

impl GpuProbe {
    /// `make` tells which adapter it is before it opens it, if it does.
    pub(crate) fn start(
        make: impl FnOnce(&OnceLock<GpuAdapter>) -> Result<Box<dyn Executor>, ModelError>
        + Send
        + 'static,
        timeout: Duration,
    ) -> Self {
        let adapter = Arc::new(OnceLock::new());
        let found = adapter.clone();
        Self {
            remote: WorkerExecutor::start(Box::new(move || make(&found)), timeout),
            adapter,
            since: Instant::now(),
        }
    }

    /// What became of it; none if that isn't known yet. Doesn't wait.
    pub(crate) fn poll(&mut self) -> Option<Result<GpuAdapter, ProbeError>> {
        let late = || ModelError::new("it can't be opened in time");
        let (start, adapter) = (self.remote.poll(), self.adapter.get());
        Some(match (start, adapter) {
            (Start::Ready, Some(adapter)) => Ok(adapter.clone()),
            (Start::Failed(why), None) => Err(ProbeError::Nowhere(why)),
            (Start::Failed(why), Some(adapter)) => Err(ProbeError::Failed {
                on: adapter.on(),
                why,
            }),
            _ if self.since.elapsed() < OPEN_TIMEOUT => return None,
            // Which one it is isn't known, so the next session can't tell whether its driver is still the same.
            (_, None) => Err(ProbeError::Nowhere(late())),
            (_, Some(adapter)) => Err(ProbeError::Failed {
                on: adapter.on(),
                why: late(),
            }),
        })
    }

    /// To be asked once it is open.
    pub(crate) fn executor(self) -> Box<dyn Executor> {
        Box::new(self.remote)
    }
}

/// Opens the GPU that needs least power, for a plan.
pub(crate) fn opener(plan: Plan) -> Open {
    Box::new(move |failure| {
        let plan = plan.clone();
        GpuProbe::start(move |told| make(&plan, failure, told), TIMEOUT)
    })
}

#[cfg(feature = "gpu")]
fn make(
    plan: &Plan,
    failure: Option<Failure>,
    told: &OnceLock<GpuAdapter>,
) -> Result<Box<dyn Executor>, ModelError> {
    use crate::gpu::{AdapterHandle, GpuExecutor, MAX_BYTES};
    let found = AdapterHandle::find(false)?;
    let adapter = found.adapter();
    if let Some(failure) = failure.filter(|failure| failure.on == adapter.on()) {
        return Err(failure.again());
    }
    let _ = told.set(adapter);
    Ok(Box::new(GpuExecutor::new(plan, found.open(MAX_BYTES)?)?))
}

#[cfg(not(feature = "gpu"))]
fn make(
    _: &Plan,
    _: Option<Failure>,
    _: &OnceLock<GpuAdapter>,
) -> Result<Box<dyn Executor>, ModelError> {
    Err(ModelError::new("it was built without"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without its name nobody could tell in the next session whether its driver is another one.
    #[test]
    fn only_a_gpu_that_is_known_is_blamed_for_hanging() {
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
            let mut opening = GpuProbe::start(hang, TIMEOUT);
            known.clone().map(|adapter| opening.adapter.set(adapter));
            assert!(opening.poll().is_none());
            opening.since -= OPEN_TIMEOUT;
            let refused = opening.poll().unwrap().unwrap_err();
            assert_eq!(
                matches!(refused, ProbeError::Failed { on, .. } if on == "A card, 1.0"),
                known.is_some()
            );
            drop(release);
        }
    }
}
