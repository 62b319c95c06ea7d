//! Load on all cores, and measurements of CPU time.

use flow_dsp::math;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Instant;

/// The memory of a load thread in words, larger than a core's private caches.
const WALK_WORDS: usize = 1 << 20;

/// A thread on each core that computes and reads memory, until this is dropped.
pub(super) struct CpuLoad {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl CpuLoad {
    /// Starts the threads on all cores that this process may use.
    pub(super) fn start() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let threads = (0..cores())
            .map(|_| {
                let over = over.clone();
                thread::spawn(move || burn(&over))
            })
            .collect();
        Self { over, threads }
    }
}

impl Drop for CpuLoad {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // The threads cannot panic.
            let _ = thread.join();
        }
    }
}

pub(super) fn cores() -> usize {
    thread::available_parallelism().map_or(1, |n| n.get())
}

fn burn(over: &AtomicBool) {
    let mut memory = vec![1.0_f64; WALK_WORDS];
    let mut sum = 0.0;
    while !over.load(Ordering::Relaxed) {
        for word in &mut memory {
            sum = sum * 0.999 + *word;
            *word = sum;
        }
        for _ in 0..1000 {
            sum = (sum + 1.0).sqrt();
        }
    }
    black_box(sum);
}

/// Steal time: the time that the hypervisor gave to other machines.
pub(super) struct StealTime {
    begin: Instant,
    jiffies: Option<u64>,
}

impl StealTime {
    pub(super) fn begin() -> Self {
        Self {
            begin: Instant::now(),
            jiffies: stolen_jiffies(),
        }
    }

    /// The share of all cores' time since the beginning in percent; none if the system doesn't report it.
    pub(super) fn percent(&self) -> Option<f64> {
        let stolen = stolen_jiffies()?.saturating_sub(self.jiffies?);
        // Linux reports hundredths of a second.
        let seconds = math::count(usize::try_from(stolen).ok()?) / 100.0;
        Some(100.0 * seconds / (self.begin.elapsed().as_secs_f64() * math::count(cores())))
    }
}

/// The eighth value of the line of all cores; see proc_stat(5).
fn stolen_jiffies() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let all = stat.lines().next()?.strip_prefix("cpu ")?;
    all.split_whitespace().nth(7)?.parse().ok()
}

/// The CPU time in seconds of the threads of this process whose names begin with `name`.
pub(super) fn cpu_seconds(name: &str) -> f64 {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else {
        return 0.0;
    };
    let of_task = |folder: std::path::PathBuf| {
        let comm = std::fs::read_to_string(folder.join("comm")).ok()?;
        let schedule = std::fs::read_to_string(folder.join("schedstat")).ok()?;
        let ns: f64 = schedule.split_whitespace().next()?.parse().ok()?;
        comm.starts_with(name).then_some(ns / 1e9)
    };
    tasks
        .flatten()
        .filter_map(|task| of_task(task.path()))
        .sum()
}
