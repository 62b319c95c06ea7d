//! One run: instances that play in real time, and whatever else its mode has.

use super::machine_load::{self, Burners, Steal};
use super::simulated_device::{self, Stream};
use anyhow::{Context, Result, bail, ensure};
use flow_audio_file::Audio;
use flow_demo_song::{CHORUS_SECONDS, demo_excerpt};
use flow_host::clap::{AudioThread, Bundle, Instance, RenderOptions, parameter_id};
use flow_service::ServiceStats;
use flow_testkit::desktop::{Desktop, LISTEN};
use serde::{Deserialize, Serialize};
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const RATE_HZ: u32 = 48_000;
/// Music that is played over and over.
const LOOP_SECONDS: f64 = 8.0;
/// Music of the bounce that goes on beside.
const BOUNCE_SECONDS: f64 = 4.0;
/// Every stage at work.
const SETTINGS: [(&str, &str); 19] = [
    ("lcut", "on"),
    ("fldep", "50 %"),
    ("flwrm", "50 %"),
    ("lapre", "2 dB"),
    ("lashn", "2 dB"),
    ("lachr", "Warm"),
    ("ladrv", "30 %"),
    ("wewid", "130 %"),
    ("wemon", "on"),
    ("wesaf", "50 %"),
    ("crbod", "1 dB"),
    ("crair", "1 dB"),
    ("crcom", "50 %"),
    ("msamt", "100 %"),
    ("mbamt", "100 %"),
    ("glamt", "100 %"),
    ("drive", "30 %"),
    ("gain", "3 dB"),
    ("dith", "24 bit"),
];

/// What a run has beside its audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Mode {
    /// As users have it.
    #[serde(rename = "flow")]
    Flow,
    /// Analysis and windows work as if audio had all the time in the world.
    #[serde(rename = "without scheduler")]
    WithoutScheduler,
    /// Audio alone.
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

/// What a run is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) mode: Mode,
    pub(super) block_samples: usize,
    pub(super) instances: usize,
    pub(super) seconds: u64,
    /// Ask for real-time priority.
    pub(super) real_time: bool,
    pub(super) bundle: PathBuf,
}

/// What a run found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) mode: Mode,
    pub(super) block_samples: usize,
    pub(super) instances: usize,
    pub(super) seconds: u64,
    /// Whether all audio threads got it.
    pub(super) real_time_priority: bool,
    /// Windows that were open.
    pub(super) windows: usize,
    pub(super) burnt_cores: usize,
    /// Blocks that the device wanted, of all instances.
    pub(super) buffers: u64,
    /// Blocks that weren't there in time.
    pub(super) dropped: u64,
    /// Callbacks that began in the second half of their period, or later.
    pub(super) late: u64,
    /// Duration of a block, µs.
    pub(super) deadline_us: f64,
    /// CPU time that audio takes a block and instance, µs.
    pub(super) audio_us_median: f64,
    pub(super) audio_us_p99_99: f64,
    pub(super) audio_us_worst: f64,
    /// Share of the machine's time that its owner gave to others, %; none where the system doesn't tell.
    pub(super) steal_percent: Option<f64>,
    /// CPU time of the analysis thread in percent of one core.
    pub(super) analysis_cpu_percent: f64,
    /// What the service counted.
    #[serde(flatten)]
    pub(super) service: Service,
    /// Of what an offline render gave meanwhile.
    pub(super) bounce: String,
}

/// The service's counts as far as they tell something of a run.
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
    /// From a full window to a result, of all instances that were due together.
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

/// Does what a plan says, in this process, and prints what it found.
pub(crate) fn run(plan: &str) -> Result<()> {
    let plan: Plan = serde_json::from_str(plan).context("this is not for people")?;
    let found = Stage::set(&plan)?.play()?;
    println!("{}", serde_json::to_string(&found)?);
    Ok(())
}

/// Everything that is there before the music begins.
struct Stage<'p> {
    plan: &'p Plan,
    bundle: Bundle,
    song: Audio,
    desktop: Option<Desktop>,
    /// The hosts' windows, with the plug-in's in them.
    parents: Mutex<Vec<u32>>,
    /// Counts the audio threads that process their first block.
    playing: AtomicUsize,
    /// The device stops.
    over: AtomicBool,
    streams: Mutex<Vec<(bool, Stream)>>,
}

/// Stops the device at the end of all that happens beside, also where that fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What the main thread found while audio ran.
struct Beside {
    bounce: String,
    counts: ServiceStats,
    analysis_cpu_percent: f64,
    steal_percent: Option<f64>,
}

impl<'p> Stage<'p> {
    fn set(plan: &'p Plan) -> Result<Self> {
        let has_windows = plan.mode != Mode::AudioOnly && std::env::var_os("DISPLAY").is_some();
        Ok(Self {
            plan,
            bundle: Bundle::open(&plan.bundle)?,
            song: demo_excerpt(RATE_HZ, CHORUS_SECONDS, LOOP_SECONDS),
            desktop: has_windows.then(|| Desktop::connect(None)).transpose()?,
            parents: Mutex::default(),
            playing: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            streams: Mutex::default(),
        })
    }

    fn play(&self) -> Result<Run> {
        let plan = self.plan;
        let burners = Burners::light();
        let beside = self.with_instances(plan.instances)?;
        drop(burners);
        let streams =
            std::mem::take(&mut *self.streams.lock().unwrap_or_else(PoisonError::into_inner));
        let sum = |what: fn(&Stream) -> u64| streams.iter().map(|(_, s)| what(s)).sum();
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
            steal_percent: beside.steal_percent,
            analysis_cpu_percent: beside.analysis_cpu_percent,
            service: beside.counts.into(),
            bounce: beside.bounce,
        })
    }

    fn period(&self) -> Duration {
        Duration::from_secs_f64(self.plan.block_samples as f64 / f64::from(RATE_HZ))
    }

    /// Starts `left` more instances, each on an audio thread of its own while the next ones are started, and goes on
    /// with what happens beside them.
    fn with_instances(&self, left: usize) -> Result<Beside> {
        if left == 0 {
            return self.beside();
        }
        let mut instance = self.bundle.instantiate()?;
        for (id, text) in SETTINGS {
            instance.set_text(parameter_id(id), text)?;
        }
        let mut beside = None;
        let mut session = instance.start(RATE_HZ, 2, self.plan.block_samples, false)?;
        let stream = session.on_audio_thread_while(
            |thread| self.stream(thread),
            |instance, _| {
                let _over = Over(&self.over);
                beside = Some(self.with_window(instance, left));
            },
        )??;
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.push(stream);
        drop(streams);
        beside.context("nothing happened beside")?
    }

    fn with_window(&self, instance: &mut Instance, left: usize) -> Result<Beside> {
        if let Some(desktop) = &self.desktop {
            let places = [(0, 0), (1270, 0), (0, 830), (1270, 830)];
            let parent = desktop.window(places[left % places.len()], (1240, 800))?;
            instance.open_window(parent)?;
            instance.idle();
            let mut parents = self.parents.lock().unwrap_or_else(PoisonError::into_inner);
            parents.push(parent);
        }
        let beside = self.with_instances(left - 1);
        if self.desktop.is_some() {
            instance.close_window();
        }
        beside
    }

    /// On an audio thread.
    fn stream(&self, thread: &mut AudioThread<'_>) -> Result<(bool, Stream)> {
        let granted = self.plan.real_time && simulated_device::ask_for_real_time();
        let block = self.plan.block_samples;
        let mut output = vec![vec![0.0; block]; 2];
        let [left, right] = self.song.channels.as_slice() else {
            bail!("the demo song is stereo");
        };
        let mut blocks = left
            .chunks_exact(block)
            .zip(right.chunks_exact(block))
            .cycle();
        // What lies beyond isn't kept: the windows take a while to open.
        let most = Duration::from_secs(self.plan.seconds + 60);
        let mut is_playing = false;
        let stream = simulated_device::play(self.period(), most, &self.over, || {
            if !std::mem::replace(&mut is_playing, true) {
                self.playing.fetch_add(1, Ordering::Relaxed);
            }
            let (left, right) = blocks.next().context("some music")?;
            let [left_out, right_out] = output.as_mut_slice() else {
                bail!("stereo");
            };
            thread.process(&[left, right], &mut [left_out, right_out], &[])?;
            Ok(())
        })?;
        Ok((granted, stream))
    }

    /// On the main thread, while all instances play: a bounce, as the user might make one of another track.
    fn beside(&self) -> Result<Beside> {
        // The seconds of the plan begin when all devices run: a busy machine may start their threads late.
        wait_for("an audio thread doesn't start", || {
            self.playing.load(Ordering::Relaxed) == self.plan.instances
        })?;
        if let Some(desktop) = &self.desktop {
            self.listen(desktop)?;
        }
        let steal = Steal::begin();
        let begin = Instant::now();
        let analysed = machine_load::cpu_seconds("flow analysis");
        let bounce = self.bounce()?;
        std::thread::sleep(Duration::from_secs(self.plan.seconds).saturating_sub(begin.elapsed()));
        let seconds = begin.elapsed().as_secs_f64();
        Ok(Beside {
            bounce,
            counts: self.bundle.service_stats().unwrap_or_default(),
            analysis_cpu_percent: 100.0 * (machine_load::cpu_seconds("flow analysis") - analysed)
                / seconds,
            steal_percent: steal.percent(),
        })
    }

    /// Presses *Listen* in all windows, once they have drawn themselves.
    fn listen(&self, desktop: &Desktop) -> Result<()> {
        let parents = self.parents.lock().unwrap_or_else(PoisonError::into_inner);
        for parent in &*parents {
            wait_for("a window draws nothing", || desktop.shows_flow(*parent))?;
            desktop.click(*parent, LISTEN)?;
        }
        wait_for("Listen was pressed, and nobody listens", || {
            let counts = self.bundle.service_stats();
            counts.is_some_and(|counts| counts.slices > 0)
        })
    }

    fn bounce(&self) -> Result<String> {
        let mut instance = self.bundle.instantiate()?;
        for (id, text) in SETTINGS {
            instance.set_text(parameter_id(id), text)?;
        }
        let song = demo_excerpt(RATE_HZ, CHORUS_SECONDS, BOUNCE_SECONDS);
        let rendered = instance.render(&song, &RenderOptions::default())?;
        let mut hasher = DefaultHasher::new();
        for sample in rendered.audio.channels.iter().flatten() {
            sample.to_bits().hash(&mut hasher);
        }
        Ok(format!("{:016x}", hasher.finish()))
    }
}

/// Looks again and again, for a minute at most; `if_not` says what is wrong then.
fn wait_for(if_not: &str, what: impl Fn() -> bool) -> Result<()> {
    let begin = Instant::now();
    while !what() {
        ensure!(begin.elapsed() < Duration::from_secs(60), "{if_not}");
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
