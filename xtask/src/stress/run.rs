//! One run: instances that play in real time, with load, analysis and windows by its mode.

use super::machine_load::{self, CpuLoad, StealTime};
use super::simulated_device::{self, Stream};
use anyhow::{Context, Result, bail, ensure};
use flow_audio_file::Audio;
use flow_demo_song::{CHORUS_SECONDS, demo_excerpt};
use flow_host::clap::{AudioThread, Bundle, Instance, RenderOptions};
use flow_platform::mutex::lock;
use flow_service::ServiceStats;
use flow_testkit::desktop::Desktop;
use flow_testkit::settings::{changed_texts, everything_on};
use serde::{Deserialize, Serialize};
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const RATE_HZ: u32 = 48_000;
/// The length of the music that is repeated.
const LOOP_SECONDS: f64 = 8.0;
/// The length of the music of the bounce.
const BOUNCE_SECONDS: f64 = 4.0;
/// The longest wait for an audio thread, a window or an analysis. With all cores taken, a window's first frame can take more than a
/// minute.
const LONGEST_WAIT: Duration = Duration::from_secs(240);

/// The parts of Flow that run beside audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Mode {
    /// All parts, as in normal use.
    #[serde(rename = "flow")]
    Flow,
    /// Analysis and windows don't wait for audio.
    #[serde(rename = "without scheduler")]
    WithoutScheduler,
    /// Only audio.
    #[serde(rename = "without analysis and windows")]
    AudioOnly,
}

impl Mode {
    pub(super) const ALL: [Self; 3] = [Self::AudioOnly, Self::WithoutScheduler, Self::Flow];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::WithoutScheduler => "without scheduler",
            Self::AudioOnly => "without analysis and windows",
        }
    }

    pub(super) fn flags(self) -> &'static str {
        match self {
            Self::Flow => "",
            Self::WithoutScheduler => "-scheduler",
            Self::AudioOnly => "-assistant",
        }
    }
}

/// The parameters of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StressPlan {
    pub(super) mode: Mode,
    pub(super) block_samples: usize,
    pub(super) instances: usize,
    pub(super) seconds: u64,
    /// Whether audio threads request real-time priority.
    pub(super) real_time: bool,
    pub(super) bundle: PathBuf,
}

/// The results of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) mode: Mode,
    pub(super) block_samples: usize,
    pub(super) instances: usize,
    pub(super) seconds: u64,
    /// Whether all audio threads have real-time priority.
    pub(super) real_time_priority: bool,
    /// The number of open windows.
    pub(super) windows: usize,
    pub(super) burnt_cores: usize,
    /// The blocks of all instances.
    pub(super) buffers: u64,
    /// The blocks that missed their deadline.
    pub(super) dropped: u64,
    /// The callbacks that began in the second half of their period or later.
    pub(super) late: u64,
    /// The duration of a block in µs.
    pub(super) deadline_us: f64,
    /// The CPU time of audio for each block and instance in µs.
    pub(super) audio_us_median: f64,
    pub(super) audio_us_p99_99: f64,
    pub(super) audio_us_worst: f64,
    /// The steal time in %; none if the system doesn't report it.
    pub(super) steal_percent: Option<f64>,
    /// The CPU time of the analysis thread in % of one core.
    pub(super) analysis_cpu_percent: f64,
    /// The counts of the analysis service.
    #[serde(flatten)]
    pub(super) service: Service,
    /// The hash of an offline render during the run.
    pub(super) bounce: String,
}

/// The counts of the analysis service that the report uses.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Service {
    pub(super) slices: u64,
    pub(super) long_slices: u64,
    pub(super) deferred: u64,
    pub(super) aged: u64,
    pub(super) dropped_frames: u64,
    pub(super) pictures: u64,
    pub(super) stale: u64,
    pub(super) oldest_result_ms: f64,
    pub(super) newest_ui_age_ms: f64,
    pub(super) panics: u64,
    pub(super) stuck: u64,
    /// The analyses, and the times from a full window to its result.
    pub(super) analyses: u64,
    pub(super) analysis_ms_median: f64,
    pub(super) analysis_ms_p99: f64,
}

impl From<ServiceStats> for Service {
    fn from(counts: ServiceStats) -> Self {
        let ms = |ns| Duration::from_nanos(ns).as_secs_f64() * 1e3;
        Self {
            slices: counts.slices,
            long_slices: counts.long_slices,
            deferred: counts.deferred,
            aged: counts.aged,
            dropped_frames: counts.dropped_frames,
            pictures: counts.pictures,
            stale: counts.stale,
            oldest_result_ms: ms(counts.oldest_result_ns),
            newest_ui_age_ms: ms(counts.oldest_shown_ns),
            panics: counts.panics,
            stuck: counts.stuck,
            analyses: counts.analyses,
            analysis_ms_median: ms(counts.analysis_median_ns),
            analysis_ms_p99: ms(counts.analysis_p99_ns),
        }
    }
}

/// Runs a plan in this process and prints its results.
///
/// # Errors
///
/// If the plan is no JSON of a [`StressPlan`], or if the plug-in fails.
pub(crate) fn run(plan: &str) -> Result<()> {
    let plan: StressPlan =
        serde_json::from_str(plan).context("stress-run is called by `stress` only")?;
    let results = StressSession::new(&plan)?.play()?;
    println!("{}", serde_json::to_string(&results)?);
    Ok(())
}

/// The state that all threads of a run share.
struct StressSession<'p> {
    plan: &'p StressPlan,
    bundle: Bundle,
    song: Audio,
    desktop: Option<Desktop>,
    /// The hosts' windows, which embed the plug-in's.
    parents: Mutex<Vec<u32>>,
    /// The number of audio threads that have begun their first block.
    playing: AtomicUsize,
    /// Whether the devices stop.
    is_over: AtomicBool,
    streams: Mutex<Vec<(bool, Stream)>>,
}

/// Stops the devices on drop, even after an error.
struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The results of the main thread while audio runs.
struct MainThreadResults {
    bounce: String,
    counts: ServiceStats,
    analysis_cpu_percent: f64,
    steal_percent: Option<f64>,
}

impl<'p> StressSession<'p> {
    fn new(plan: &'p StressPlan) -> Result<Self> {
        let has_windows = plan.mode != Mode::AudioOnly && std::env::var_os("DISPLAY").is_some();
        Ok(Self {
            plan,
            bundle: Bundle::open(&plan.bundle)?,
            song: demo_excerpt(RATE_HZ, CHORUS_SECONDS, LOOP_SECONDS),
            desktop: has_windows.then(|| Desktop::connect(None)).transpose()?,
            parents: Mutex::default(),
            playing: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            streams: Mutex::default(),
        })
    }

    fn play(&self) -> Result<Run> {
        let plan = self.plan;
        let load = CpuLoad::start();
        let results = self.with_instances(plan.instances)?;
        drop(load);
        let streams = std::mem::take(&mut *lock(&self.streams));
        let sum = |count: fn(&Stream) -> u64| streams.iter().map(|(_, s)| count(s)).sum();
        let mut spent_ns: Vec<u64> = streams
            .iter()
            .flat_map(|(_, s)| s.spent_ns.clone())
            .collect();
        spent_ns.sort_unstable();
        let at = |share: f64| {
            let last = spent_ns.len().saturating_sub(1);
            let place = flow_dsp::math::samples(flow_dsp::math::count(last) * share);
            Duration::from_nanos(spent_ns.get(place).copied().unwrap_or(0)).as_secs_f64() * 1e6
        };
        Ok(Run {
            mode: plan.mode,
            block_samples: plan.block_samples,
            instances: plan.instances,
            seconds: plan.seconds,
            real_time_priority: streams.iter().all(|(granted, _)| *granted),
            windows: self.desktop.as_ref().map_or(0, |_| plan.instances),
            burnt_cores: machine_load::cores(),
            buffers: sum(|s| s.buffers),
            dropped: sum(|s| s.dropped),
            late: sum(|s| s.late),
            deadline_us: self.period().as_secs_f64() * 1e6,
            audio_us_median: at(0.5),
            audio_us_p99_99: at(0.9999),
            audio_us_worst: at(1.0),
            steal_percent: results.steal_percent,
            analysis_cpu_percent: results.analysis_cpu_percent,
            service: results.counts.into(),
            bounce: results.bounce,
        })
    }

    fn period(&self) -> Duration {
        Duration::from_secs_f64(self.plan.block_samples as f64 / f64::from(RATE_HZ))
    }

    /// Starts `remaining` more instances, each on its own audio thread, and then runs the main thread's part.
    fn with_instances(&self, remaining: usize) -> Result<MainThreadResults> {
        if remaining == 0 {
            return self.run_main_thread();
        }
        let mut instance = self.instance_with_everything_on()?;
        let mut results = None;
        let mut session = instance.start(RATE_HZ, 2, self.plan.block_samples, false)?;
        let stream = session.on_audio_thread_while(
            |thread| self.stream(thread),
            |instance, _| {
                let _stop = StopOnDrop(&self.is_over);
                results = Some(self.with_window(instance, remaining));
            },
        )??;
        let mut streams = lock(&self.streams);
        streams.push(stream);
        drop(streams);
        results.context("the main thread's part did not run")?
    }

    fn with_window(&self, instance: &mut Instance, remaining: usize) -> Result<MainThreadResults> {
        if let Some(desktop) = &self.desktop {
            let places = [(0, 0), (1270, 0), (0, 830), (1270, 830)];
            let parent = desktop.window(places[remaining % places.len()], (1240, 800))?;
            instance.open_window(parent)?;
            instance.idle();
            let mut parents = lock(&self.parents);
            parents.push(parent);
        }
        let results = self.with_instances(remaining - 1);
        if self.desktop.is_some() {
            instance.close_window();
        }
        results
    }

    /// Plays the song on an audio thread.
    fn stream(&self, thread: &mut AudioThread<'_>) -> Result<(bool, Stream)> {
        let granted = self.plan.real_time && simulated_device::request_real_time();
        let block = self.plan.block_samples;
        let mut output = vec![vec![0.0; block]; 2];
        let [left, right] = self.song.channels.as_slice() else {
            bail!("the demo song is stereo");
        };
        let mut blocks = left
            .chunks_exact(block)
            .zip(right.chunks_exact(block))
            .cycle();
        // The device runs longer than the plan, because audio threads, windows and the analysis take a while to start.
        let most = Duration::from_secs(self.plan.seconds) + 2 * LONGEST_WAIT;
        let mut is_playing = false;
        let stream = simulated_device::play(self.period(), most, &self.is_over, || {
            if !std::mem::replace(&mut is_playing, true) {
                self.playing.fetch_add(1, Ordering::Relaxed);
            }
            let (left, right) = blocks.next().context("the song is empty")?;
            let [left_out, right_out] = output.as_mut_slice() else {
                bail!("the output is stereo");
            };
            thread.process(&[left, right], &mut [left_out, right_out], &[])?;
            Ok(())
        })?;
        Ok((granted, stream))
    }

    /// Presses *Listen*, bounces, and waits for the end of the plan while all instances play.
    fn run_main_thread(&self) -> Result<MainThreadResults> {
        // The plan's time begins when all devices run, which a busy machine may delay.
        wait_for("an audio thread does not start", || {
            self.playing.load(Ordering::Relaxed) == self.plan.instances
        })?;
        if let Some(desktop) = &self.desktop {
            self.listen(desktop)?;
        }
        let steal = StealTime::begin();
        let begin = Instant::now();
        let analysis_seconds = machine_load::cpu_seconds("flow analysis");
        let bounce = self.bounce()?;
        std::thread::sleep(Duration::from_secs(self.plan.seconds).saturating_sub(begin.elapsed()));
        let seconds = begin.elapsed().as_secs_f64();
        Ok(MainThreadResults {
            bounce,
            counts: self.bundle.service_stats().unwrap_or_default(),
            analysis_cpu_percent: 100.0
                * (machine_load::cpu_seconds("flow analysis") - analysis_seconds)
                / seconds,
            steal_percent: steal.percent(),
        })
    }

    /// Starts listening in all instances, once their windows have drawn a frame.
    fn listen(&self, desktop: &Desktop) -> Result<()> {
        let parents = lock(&self.parents);
        for parent in &*parents {
            wait_for("a window draws nothing", || desktop.shows_flow(*parent))?;
        }
        ensure!(
            self.bundle.start_listening() >= parents.len(),
            "the bundle does not start listening in all instances"
        );
        wait_for("no instance listens", || {
            let counts = self.bundle.service_stats();
            counts.is_some_and(|counts| counts.slices > 0)
        })
    }

    /// An instance in which every stage works.
    fn instance_with_everything_on(&self) -> Result<Instance> {
        let mut instance = self.bundle.instantiate()?;
        for (id, text) in changed_texts(&everything_on()) {
            instance.set_text(id.as_str(), &text)?;
        }
        Ok(instance)
    }

    /// Renders music offline and returns the hash of its samples.
    fn bounce(&self) -> Result<String> {
        let mut instance = self.instance_with_everything_on()?;
        let song = demo_excerpt(RATE_HZ, CHORUS_SECONDS, BOUNCE_SECONDS);
        let rendered = instance.render(&song, &RenderOptions::default())?;
        let mut hasher = DefaultHasher::new();
        for sample in rendered.audio.channels.iter().flatten() {
            sample.to_bits().hash(&mut hasher);
        }
        Ok(format!("{:016x}", hasher.finish()))
    }
}

/// Waits for a condition for at most [`LONGEST_WAIT`].
///
/// # Errors
///
/// `error`, if it is still false then.
fn wait_for(error: &str, condition: impl Fn() -> bool) -> Result<()> {
    let begin = Instant::now();
    while !condition() {
        ensure!(begin.elapsed() < LONGEST_WAIT, "{error}");
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
