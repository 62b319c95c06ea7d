//! Chrome's trace-event format, as far as Flow writes it: an object with `traceEvents`.
//!
//! The format: "Trace Event Format", Google, 2016. Times are in microseconds.

use std::fmt;
use std::fs;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The kinds of events that Flow writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Something with a duration.
    #[serde(rename = "X")]
    Complete,
    /// A value over time.
    #[serde(rename = "C")]
    Counter,
    /// Something without a duration.
    #[serde(rename = "i")]
    Instant,
    /// Names of processes and threads.
    #[serde(rename = "M")]
    Metadata,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceEvent {
    /// What it is called.
    pub name: String,
    /// Its kind.
    pub ph: Phase,
    /// When, µs.
    pub ts: f64,
    /// How long, µs; of complete events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dur: Option<f64>,
    /// The process.
    pub pid: u32,
    /// The thread.
    pub tid: u32,
    /// How far an instant reaches: `t`, its thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s: Option<String>,
    /// More about it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub args: Map<String, Value>,
}

/// Nanoseconds as microseconds; exact for a hundred days.
#[allow(clippy::cast_precision_loss)]
fn micros(ns: u64) -> f64 {
    ns as f64 / 1000.0
}

impl TraceEvent {
    fn new(ph: Phase, tid: u32, name: &str, ns: u64) -> Self {
        Self {
            name: name.into(),
            ph,
            ts: micros(ns),
            dur: None,
            pid: std::process::id(),
            tid,
            s: None,
            args: Map::new(),
        }
    }

    /// From a time to another.
    #[must_use]
    pub fn complete(tid: u32, name: &str, begin_ns: u64, end_ns: u64) -> Self {
        Self {
            dur: Some(micros(end_ns.saturating_sub(begin_ns))),
            ..Self::new(Phase::Complete, tid, name, begin_ns)
        }
    }

    /// At a time.
    #[must_use]
    pub fn instant(tid: u32, name: &str, ns: u64) -> Self {
        Self {
            s: Some("t".into()),
            ..Self::new(Phase::Instant, tid, name, ns)
        }
    }

    /// A value from a time on; it is in the arguments.
    #[must_use]
    pub fn counter(tid: u32, name: &str, ns: u64) -> Self {
        Self::new(Phase::Counter, tid, name, ns)
    }

    /// What a thread is called.
    #[must_use]
    pub fn thread_name(tid: u32, name: &str) -> Self {
        Self::new(Phase::Metadata, tid, "thread_name", 0).with("name", name.into())
    }

    /// With one more argument.
    #[must_use]
    pub fn with(mut self, key: &str, value: Value) -> Self {
        self.args.insert(key.into(), value);
        self
    }

    fn check(&self) -> Result<(), String> {
        let is_time = |us: f64| us.is_finite() && us >= 0.0;
        let complaint = if self.name.is_empty() {
            "has no name"
        } else if !is_time(self.ts) {
            "has no time"
        } else if self.dur.is_some() != (self.ph == Phase::Complete) {
            "has a duration and is not complete, or the other way round"
        } else if !self.dur.is_none_or(is_time) {
            "ends before it begins"
        } else if self.ph == Phase::Counter && !self.args.values().all(Value::is_number) {
            "counts what is no number"
        } else {
            return Ok(());
        };
        Err(format!("\"{}\" at {} µs {complaint}", self.name, self.ts))
    }
}

/// A whole recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    /// In any order.
    pub trace_events: Vec<TraceEvent>,
    /// How viewers show times.
    pub display_time_unit: String,
}

impl Default for Trace {
    fn default() -> Self {
        Self::new()
    }
}

impl Trace {
    /// Without events, but for the name of the process.
    #[must_use]
    pub fn new() -> Self {
        let process = TraceEvent::new(Phase::Metadata, 0, "process_name", 0);
        Self {
            trace_events: vec![process.with("name", "Flow".into())],
            display_time_unit: "ms".into(),
        }
    }

    /// One more.
    pub fn push(&mut self, event: TraceEvent) {
        self.trace_events.push(event);
    }

    /// Writes it down. The file is there as a whole or not at all.
    ///
    /// # Errors
    ///
    /// When the folder can't be written to.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let part = path.with_file_name(name);
        let written = fs::File::create(&part).and_then(|file| {
            let mut file = BufWriter::new(file);
            serde_json::to_writer(&mut file, self)?;
            file.flush()?;
            file.get_ref().sync_all()?;
            fs::rename(&part, path)
        });
        if written.is_err() {
            // Nothing more can be done about what is left of it.
            let _ = fs::remove_file(&part);
        }
        written
    }

    /// Reads one and checks it.
    ///
    /// # Errors
    ///
    /// When the file can't be read, or isn't what Flow writes.
    pub fn read(path: &Path) -> Result<Self, TraceError> {
        let text = fs::read_to_string(path).map_err(TraceError::Io)?;
        let trace: Self = serde_json::from_str(&text).map_err(TraceError::Json)?;
        trace.check().map_err(TraceError::Event)?;
        Ok(trace)
    }

    /// Whether every event is whole, and every thread has a name.
    ///
    /// # Errors
    ///
    /// The first event that isn't, in words.
    pub fn check(&self) -> Result<(), String> {
        let named = |event: &&TraceEvent| event.name == "thread_name";
        let threads: Vec<u32> = self
            .trace_events
            .iter()
            .filter(named)
            .map(|e| e.tid)
            .collect();
        for event in &self.trace_events {
            event.check()?;
            if event.ph != Phase::Metadata && !threads.contains(&event.tid) {
                return Err(format!("the thread of \"{}\" has no name", event.name));
            }
        }
        Ok(())
    }
}

/// Why a file is no trace of Flow.
#[derive(Debug)]
pub enum TraceError {
    /// It can't be read.
    Io(io::Error),
    /// It is no JSON, or of another form.
    Json(serde_json::Error),
    /// An event isn't whole.
    Event(String),
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "can't be read: {error}"),
            Self::Json(error) => write!(f, "is no trace: {error}"),
            Self::Event(complaint) => f.write_str(complaint),
        }
    }
}

impl std::error::Error for TraceError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::recording::Track;
    use crate::probe::{Event, Kind, Recording};

    fn recording() -> Recording {
        let mut recording = Recording::default();
        let mut event = Event::at(Kind::Block, 1_000_000, 1_333_333);
        event.end_ns = 1_200_000;
        recording.push(Track::Audio(0), event);
        recording.push(Track::Audio(0), Event::at(Kind::Late, 2_000_000, 0));
        recording.push(Track::Audio(0), Event::at(Kind::Load, 2_000_000, 150_000));
        recording.push(Track::Service, Event::at(Kind::Flags, 3_000_000, 0b1111));
        recording.push(
            Track::Window(0),
            Event::at(Kind::Stale, 4_000_000, 120_000_000),
        );
        recording
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("probe.json");
        let trace = recording().trace();
        trace.write(&path).unwrap();
        trace.write(&path).unwrap();
        assert_eq!(Trace::read(&path).unwrap(), trace);
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "no part is left"
        );
        // The names of the format, not only of our own types.
        let json: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let events = json["traceEvents"].as_array().unwrap();
        let block = events.iter().find(|e| e["name"] == "Block").unwrap();
        assert_eq!(
            (&block["ph"], &block["ts"], &block["dur"]),
            (&"X".into(), &1000.0.into(), &200.0.into())
        );
        assert_eq!(block["args"]["deadline_ns"], 1_333_333);
        let load = events.iter().find(|e| e["ph"] == "C").unwrap();
        assert_eq!(load["args"]["share"], 0.15);
        let flags = events.iter().find(|e| e["name"] == "Flags").unwrap();
        assert_eq!(
            (&flags["args"]["gpu"], &flags["args"]["probe"]),
            (&true.into(), &false.into())
        );
        assert_eq!(events.iter().filter(|e| e["ph"] == "M").count(), 4);
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        let mut trace = recording().trace();
        assert_eq!(trace.check(), Ok(()));
        trace.trace_events[2].dur = None;
        assert!(trace.check().unwrap_err().contains("Block"));
        trace = recording().trace();
        trace.trace_events[2].tid = 99;
        assert!(trace.check().unwrap_err().contains("no name"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("no.json");
        assert!(matches!(Trace::read(&path), Err(TraceError::Io(_))));
        fs::write(&path, "[1, 2").unwrap();
        assert!(matches!(Trace::read(&path), Err(TraceError::Json(_))));
        let nowhere = folder.path().join("none").join("probe.json");
        assert!(trace.write(&nowhere).is_err());
    }

    #[test]
    fn memory_is_bounded_and_the_newest_stay() {
        let mut recording = Recording::default();
        for ns in 0..(1 << 17) + 10 {
            recording.push(Track::Service, Event::at(Kind::Deferred, ns, 0));
        }
        assert_eq!((recording.len(), recording.lost()), (1 << 17, 10));
    }
}
