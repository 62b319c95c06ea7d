//! The way of a graphics processor into the choice: looked for only while it may be, on a thread of its own.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::remote::{Remote, Start};
use super::store::Failure;
use crate::ModelError;
use crate::executor::Executor;
use crate::plan::Plan;

/// A GPU that takes longer for an answer has hung.
pub(super) const PATIENCE: Duration = Duration::from_millis(1500);

/// One that takes longer to be opened has hung too: drivers compile kernels in seconds.
const PATIENCE_TO_OPEN: Duration = Duration::from_secs(60);

/// A graphics processor, or what pretends to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Adapter {
    /// As its driver calls it.
    pub(crate) name: String,
    /// Driver and its version.
    pub(crate) driver: String,
    /// Whether it is a program on the CPU, such as Mesa's lavapipe.
    pub(crate) is_software: bool,
}

impl Adapter {
    /// What figures and failures are remembered under.
    pub(super) fn on(&self) -> String {
        format!("{}, {}", self.name, self.driver)
    }
}

/// Begins to open a GPU, but not one that is known to fail.
pub(super) type Open = Box<dyn FnMut(Option<Failure>) -> Opening + Send>;

/// A GPU that is being opened.
pub(super) struct Opening {
    remote: Remote,
    /// Known once one is about to be opened.
    adapter: Arc<OnceLock<Adapter>>,
    since: Instant,
}

/// Why there is no GPU.
#[derive(Debug)]
pub(super) enum Refused {
    /// There is none that may be tried.
    Nowhere(ModelError),
    /// This one can't be used.
    Failed {
        /// See [`Failure::on`].
        on: String,
        why: ModelError,
    },
}

impl Opening {
    /// `make` tells which adapter it is before it opens it, if it does.
    pub(super) fn start(
        make: impl FnOnce(&OnceLock<Adapter>) -> Result<Box<dyn Executor>, ModelError> + Send + 'static,
        patience: Duration,
    ) -> Self {
        let adapter = Arc::new(OnceLock::new());
        let found = adapter.clone();
        Self {
            remote: Remote::start(Box::new(move || make(&found)), patience),
            adapter,
            since: Instant::now(),
        }
    }

    /// What became of it; none if that isn't known yet. Doesn't wait.
    pub(super) fn poll(&mut self) -> Option<Result<Adapter, Refused>> {
        let late = || ModelError::new("it can't be opened in time");
        let (start, adapter) = (self.remote.poll(), self.adapter.get());
        Some(match (start, adapter) {
            (Start::Ready, Some(adapter)) => Ok(adapter.clone()),
            (Start::Failed(why), None) => Err(Refused::Nowhere(why)),
            (Start::Failed(why), Some(adapter)) => Err(Refused::Failed {
                on: adapter.on(),
                why,
            }),
            _ if self.since.elapsed() < PATIENCE_TO_OPEN => return None,
            // Which one it is isn't known, so the next session can't tell whether its driver is still the same.
            (_, None) => Err(Refused::Nowhere(late())),
            (_, Some(adapter)) => Err(Refused::Failed {
                on: adapter.on(),
                why: late(),
            }),
        })
    }

    /// To be asked once it is open.
    pub(super) fn executor(self) -> Box<dyn Executor> {
        Box::new(self.remote)
    }
}

/// Opens the GPU that needs least power, for a plan.
pub(super) fn opener(plan: Plan) -> Open {
    Box::new(move |failure| {
        let plan = plan.clone();
        Opening::start(move |told| make(&plan, failure, told), PATIENCE)
    })
}

#[cfg(feature = "gpu")]
fn make(
    plan: &Plan,
    failure: Option<Failure>,
    told: &OnceLock<Adapter>,
) -> Result<Box<dyn Executor>, ModelError> {
    use crate::gpu::{Found, Gpu, MOST_BYTES};
    let found = Found::find(false)?;
    let adapter = found.adapter();
    if let Some(failure) = failure.filter(|failure| failure.on == adapter.on()) {
        return Err(failure.again());
    }
    let _ = told.set(adapter);
    Ok(Box::new(Gpu::new(plan, found.open(MOST_BYTES)?)?))
}

#[cfg(not(feature = "gpu"))]
fn make(
    _: &Plan,
    _: Option<Failure>,
    _: &OnceLock<Adapter>,
) -> Result<Box<dyn Executor>, ModelError> {
    Err(ModelError::new("it was built without"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without its name nobody could tell in the next session whether its driver is another one.
    #[test]
    fn only_a_gpu_that_is_known_is_blamed_for_hanging() {
        let adapter = Adapter {
            name: "A card".into(),
            driver: "1.0".into(),
            is_software: false,
        };
        for known in [None, Some(adapter)] {
            let (release, held) = std::sync::mpsc::channel::<()>();
            let hang = move |_: &OnceLock<Adapter>| {
                let _ = held.recv();
                Err(ModelError::new("too late"))
            };
            let mut opening = Opening::start(hang, PATIENCE);
            known.clone().map(|adapter| opening.adapter.set(adapter));
            assert!(opening.poll().is_none());
            opening.since -= PATIENCE_TO_OPEN;
            let refused = opening.poll().unwrap().unwrap_err();
            assert_eq!(
                matches!(refused, Refused::Failed { on, .. } if on == "A card, 1.0"),
                known.is_some()
            );
            drop(release);
        }
    }
}
