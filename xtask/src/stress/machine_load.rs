//! The machine: burnt cores, and time that others took from it.

use flow_dsp::math;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Instant;

/// What a burner walks through: more than any cache that a core has to itself.
const WALK_WORDS: usize = 1 << 20;

/// One thread a core that computes and walks through memory, until this is dropped.
pub(super) struct Burners {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Burners {
    /// On all cores that this process may use.
    pub(super) fn light() -> Self {
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

impl Drop for Burners {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // They can't panic.
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

/// Time that the machine's owner gave to others.
pub(super) struct Steal {
    begin: Instant,
    jiffies: Option<u64>,
}

impl Steal {
    pub(super) fn begin() -> Self {
        Self {
            begin: Instant::now(),
            jiffies: stolen_jiffies(),
        }
    }

    /// Share of all cores' time since then, in percent; none where the system doesn't tell.
    pub(super) fn percent(&self) -> Option<f64> {
        let stolen = stolen_jiffies()?.saturating_sub(self.jiffies?);
        // Linux reports in hundredths of a second, whatever it counts in.
        let seconds = math::count(usize::try_from(stolen).ok()?) / 100.0;
        Some(100.0 * seconds / (self.begin.elapsed().as_secs_f64() * math::count(cores())))
    }
}

/// The eighth figure of all cores' line; see proc_stat(5).
fn stolen_jiffies() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let all = stat.lines().next()?.strip_prefix("cpu ")?;
    all.split_whitespace().nth(7)?.parse().ok()
}

/// CPU time of all threads of this process, by what their names begin with, seconds.
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
