//! The subset of Chrome's trace-event format that Flow writes: an object with `traceEvents`, times in microseconds.
//!
//! The format is specified in "Trace Event Format", Google, 2016.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use flow_platform::atomic_file::AtomicFile;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The phases of events that Flow writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// An event with a duration.
    #[serde(rename = "X")]
    Complete,
    /// A value that changes over time.
    #[serde(rename = "C")]
    Counter,
    /// An event without a duration.
    #[serde(rename = "i")]
    Instant,
    /// Names of processes and threads.
    #[serde(rename = "M")]
    Metadata,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceEvent {
    /// Its name.
    pub name: String,
    /// Its phase.
    pub ph: Phase,
    /// Its begin, µs.
    pub ts: f64,
    /// The duration of complete events, µs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dur: Option<f64>,
    /// The process.
    pub pid: u32,
    /// The thread.
    pub tid: u32,
    /// The scope of an instant: `t`, its thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s: Option<String>,
    /// Its arguments.
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

    /// An event between two times.
    #[must_use]
    pub fn complete(tid: u32, name: &str, begin_ns: u64, end_ns: u64) -> Self {
        Self {
            dur: Some(micros(end_ns.saturating_sub(begin_ns))),
            ..Self::new(Phase::Complete, tid, name, begin_ns)
        }
    }

    /// An event without a duration.
    #[must_use]
    pub fn instant(tid: u32, name: &str, ns: u64) -> Self {
        Self {
            s: Some("t".into()),
            ..Self::new(Phase::Instant, tid, name, ns)
        }
    }

    /// A value from a time on. The value is an argument.
    #[must_use]
    pub fn counter(tid: u32, name: &str, ns: u64) -> Self {
        Self::new(Phase::Counter, tid, name, ns)
    }

    /// The name of a thread.
    #[must_use]
    pub fn thread_name(tid: u32, name: &str) -> Self {
        Self::new(Phase::Metadata, tid, "thread_name", 0).with("name", name.into())
    }

    /// Adds an argument.
    #[must_use]
    pub fn with(mut self, key: &str, value: Value) -> Self {
        self.args.insert(key.into(), value);
        self
    }

    fn check(&self) -> Result<()> {
        let is_time = |us: f64| us.is_finite() && us >= 0.0;
        let fault = if self.name.is_empty() {
            "has no name"
        } else if !is_time(self.ts) {
            "has no time"
        } else if self.dur.is_some() != (self.ph == Phase::Complete) {
            "has a duration but is not complete, or is complete without one"
        } else if !self.dur.is_none_or(is_time) {
            "ends before it begins"
        } else if self.ph == Phase::Counter && !self.args.values().all(Value::is_number) {
            "has a counter value that is no number"
        } else {
            return Ok(());
        };
        bail!("{:?} at {} µs {fault}", self.name, self.ts)
    }
}

/// A whole recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    /// The events, in any order.
    pub trace_events: Vec<TraceEvent>,
    /// The unit in which viewers show times.
    pub display_time_unit: String,
}

impl Default for Trace {
    fn default() -> Self {
        Self::new()
    }
}

impl Trace {
    /// The first bytes of every file that [`Self::write`] writes.
    pub const BEGIN: &[u8] = br#"{"traceEvents":[{"name":"process_name","ph":"M","ts":0.0,"pid":"#;

    /// A trace with the name of the process only.
    #[must_use]
    pub fn new() -> Self {
        let process = TraceEvent::new(Phase::Metadata, 0, "process_name", 0);
        Self {
            trace_events: vec![process.with("name", "Flow".into())],
            display_time_unit: "ms".into(),
        }
    }

    /// Adds an event.
    pub fn push(&mut self, event: TraceEvent) {
        self.trace_events.push(event);
    }

    /// Writes the trace as JSON, and its folder if that is missing.
    ///
    /// # Errors
    ///
    /// If the folder can't be created or written to. Then nothing has changed.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut file = AtomicFile::create(path)?;
        serde_json::to_writer(&mut file, self)?;
        file.finish()
    }

    /// Reads and checks a trace.
    ///
    /// # Errors
    ///
    /// If the file can't be read, or is no trace of Flow.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).context("it can't be read")?;
        let trace: Self = serde_json::from_str(&text).context("it is no trace")?;
        trace.check()?;
        Ok(trace)
    }

    /// Checks that every event is complete and every thread has a name.
    fn check(&self) -> Result<()> {
        let events = self.trace_events.iter();
        let named = events.filter(|event| event.name == "thread_name");
        let threads: Vec<u32> = named.map(|event| event.tid).collect();
        for event in &self.trace_events {
            event.check()?;
            let is_named = event.ph == Phase::Metadata || threads.contains(&event.tid);
            ensure!(is_named, "the thread of {:?} has no name", event.name);
        }
        Ok(())
    }
}

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
            Track::Editor(0),
            Event::at(Kind::Stale, 4_000_000, 120_000_000),
        );
        recording
    }

    #[test]
    fn trace_after_write_and_read_is_equal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("probe.json");
        let trace = recording().trace();
        trace.write(&path).unwrap();
        trace.write(&path).unwrap();
        assert_eq!(Trace::read(&path).unwrap(), trace);
        assert!(fs::read(&path).unwrap().starts_with(Trace::BEGIN));
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "a temporary file is left"
        );
        // The JSON has the names of the format.
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
    fn check_and_read_of_faulty_trace_return_error() {
        let mut trace = recording().trace();
        trace.check().unwrap();
        trace.trace_events[2].dur = None;
        assert!(trace.check().unwrap_err().to_string().contains("Block"));
        trace = recording().trace();
        trace.trace_events[2].tid = 99;
        assert!(trace.check().unwrap_err().to_string().contains("no name"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("no.json");
        let error = || Trace::read(&path).unwrap_err().to_string();
        assert_eq!(error(), "it can't be read");
        fs::write(&path, "[1, 2").unwrap();
        assert_eq!(error(), "it is no trace");
        let below_a_file = path.join("probe.json");
        assert!(trace.write(&below_a_file).is_err());
    }

    #[test]
    fn push_into_full_recording_replaces_oldest_event() {
        let mut recording = Recording::default();
        for ns in 0..(1 << 17) + 10 {
            recording.push(Track::Service, Event::at(Kind::Deferred, ns, 0));
        }
        assert_eq!((recording.len(), recording.lost()), (1 << 17, 10));
    }
}
