//! The table of cost: instructions by callgrind, and times by the benches of the chain, the analysis and the service.

use crate::command_steps::output;
use crate::{bench, workspace};
use anyhow::{Context, Result, ensure};
use std::fmt::Write as _;

/// Real time is this many nanoseconds for a frame at 48 kHz.
const FRAME_NS: f64 = 1e9 / 48_000.0;

/// Measures all, and returns both tables.
///
/// # Errors
///
/// If a program is missing and cannot be installed, if a bench fails, or if it prints other lines than expected.
pub(super) fn measure() -> Result<String> {
    bench::prepare()?;
    let counts = instructions(&output(&mut bench::instructions())?);
    ensure!(!counts.is_empty(), "the bench printed no counts");
    let mut tables = "| processor | instructions a frame |\n|---|---|\n".to_owned();
    for (name, count) in counts {
        writeln!(
            tables,
            "| {} | {:.0} |",
            name.replace('_', " "),
            count / 48_000.0
        )?;
    }
    tables += "\n| work | fastest of 100 runs | median |\n|---|---|---|\n";
    for (package, bench, rows) in [
        ("flow_dsp", "speed", CHAIN.as_slice()),
        ("flow_analysis", "speed", &ANALYSIS),
        ("flow_service", "speed", &SERVICE),
    ] {
        let mut command = workspace::cargo();
        command.args([
            "bench",
            "-p",
            package,
            "-p",
            "workspace_features",
            "--bench",
            bench,
        ]);
        let lines = timings(&output(&mut command)?);
        for row in rows {
            let [fastest, median] = row.times(&lines)?;
            writeln!(tables, "| {} | {fastest} | {median} |", row.work)?;
        }
    }
    Ok(tables)
}

/// A row of the table of times.
struct Row {
    work: &'static str,
    /// The bench's name as divan prints it, with that of its group.
    bench: &'static str,
    unit: Unit,
}

#[derive(Clone, Copy)]
enum Unit {
    /// Nanoseconds for a frame, and how many times faster than real time that is.
    RealTime,
    /// Nanoseconds for a frame.
    Frame,
    /// The time of the whole.
    Whole,
    /// The preset in the middle, nanoseconds for a frame.
    MedianOfGroup,
}

const CHAIN: [Row; 6] = [
    Row {
        work: "chain, every stage at work, blocks of 512",
        bench: "chain/512",
        unit: Unit::RealTime,
    },
    Row {
        work: "the same, blocks of 64",
        bench: "chain/64",
        unit: Unit::RealTime,
    },
    Row {
        work: "the same, blocks of 512, without AVX2",
        bench: "chain_without_instruction_set_selection/512",
        unit: Unit::RealTime,
    },
    Row {
        work: "the factory preset in the middle",
        bench: "preset/",
        unit: Unit::MedianOfGroup,
    },
    Row {
        work: "the defaults (*Neutral*)",
        bench: "preset/Neutral",
        unit: Unit::RealTime,
    },
    Row {
        work: "the defaults in silence",
        bench: "silence_at_the_defaults/512",
        unit: Unit::RealTime,
    },
];
const ANALYSIS: [Row; 2] = [
    Row {
        work: "the assistant's features at 48 kHz",
        bench: "features/48000",
        unit: Unit::Frame,
    },
    Row {
        work: "the assistant's rules, for a full window",
        bench: "rules",
        unit: Unit::Whole,
    },
];
const SERVICE: [Row; 3] = [
    Row {
        work: "the audio thread's part of a callback, 64 frames, not listening",
        bench: "hand_over/(false, false)",
        unit: Unit::Frame,
    },
    Row {
        work: "the same, listening",
        bench: "hand_over/(true, false)",
        unit: Unit::Frame,
    },
    Row {
        work: "the same, listening and recording with the probe",
        bench: "hand_over/(true, true)",
        unit: Unit::Frame,
    },
];

impl Row {
    /// The fastest time and the median as text.
    fn times(&self, timings: &[Timing]) -> Result<[String; 2]> {
        let missing = || format!("the bench printed no line of {}", self.bench);
        let found = timings.iter().find(|timing| timing.bench == self.bench);
        let whole = |timing: &Timing| timing.times_ns.map(|ns| format!("{:.2} ms", ns / 1e6));
        let frame = |ns: f64| format!("{ns:.1} ns a frame");
        Ok(match self.unit {
            Unit::Whole => whole(found.with_context(missing)?),
            Unit::Frame => item_ns(found.with_context(missing)?)?.map(frame),
            Unit::RealTime => item_ns(found.with_context(missing)?)?
                .map(|ns| format!("{}, {:.0} × real time", frame(ns), FRAME_NS / ns)),
            Unit::MedianOfGroup => {
                let group = timings
                    .iter()
                    .filter(|timing| timing.bench.starts_with(self.bench));
                let times: Vec<[f64; 2]> = group.map(item_ns).collect::<Result<_>>()?;
                ensure!(!times.is_empty(), missing());
                [0, 1].map(|column| {
                    let mut column: Vec<f64> = times.iter().map(|times| times[column]).collect();
                    column.sort_by(f64::total_cmp);
                    frame(column[column.len() / 2])
                })
            }
        })
    }
}

/// A bench's fastest run and its median.
#[derive(Debug, Default, PartialEq)]
struct Timing {
    bench: String,
    times_ns: [f64; 2],
    /// Items in a second, if the bench counts items.
    items: Option<[f64; 2]>,
}

fn item_ns(timing: &Timing) -> Result<[f64; 2]> {
    let items = timing.items;
    let items = items.with_context(|| format!("{} counts no items", timing.bench))?;
    Ok(items.map(|items| 1e9 / items))
}

/// The lines of divan's tree. A bench with arguments has a line for each, `bench/argument`.
fn timings(printed: &str) -> Vec<Timing> {
    const BRANCHES: [char; 6] = ['├', '─', '╰', '│', ' ', '\u{a0}'];
    let mut found: Vec<Timing> = Vec::new();
    let mut group = "";
    for line in printed.lines() {
        let rest = line.trim_start_matches(BRANCHES);
        let depth = line.chars().take_while(|c| BRANCHES.contains(c)).count();
        let columns: Vec<&str> = rest.split('│').map(str::trim).collect();
        let &[first, _, median, ..] = columns.as_slice() else {
            continue;
        };
        let (name, fastest) = name_and_time(first);
        if let (Some(fastest), Some(median)) = (per_second(first), per_second(median)) {
            if let Some(last) = found.last_mut() {
                last.items = Some([fastest, median]);
            }
        } else if let (Some(fastest), Some(median)) = (nanoseconds(fastest), nanoseconds(median)) {
            let bench = if depth > 3 {
                format!("{group}/{name}")
            } else {
                name.to_owned()
            };
            let times_ns = [fastest, median];
            found.push(Timing {
                bench,
                times_ns,
                items: None,
            });
        } else if depth <= 3 {
            group = first;
        }
    }
    found
}

/// The parts of a column that ends with a number and its unit.
fn name_and_time(column: &str) -> (&str, &str) {
    let number = column.rsplit(' ').nth(1).unwrap_or_default();
    let start = column.rfind(number).unwrap_or(0);
    let (name, time) = column.split_at(start);
    (name.trim(), time)
}

/// A time as divan prints it, in nanoseconds.
fn nanoseconds(text: &str) -> Option<f64> {
    let (number, unit) = text.split_once(' ')?;
    let scale = match unit {
        "ns" => 1.0,
        "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * scale)
}

/// A number of items in a second as divan prints it.
fn per_second(text: &str) -> Option<f64> {
    let (number, unit) = text.split_once(' ')?;
    let scale = match unit {
        "item/s" => 1.0,
        "Kitem/s" => 1e3,
        "Mitem/s" => 1e6,
        "Gitem/s" => 1e9,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * scale)
}

/// The names of the benches that callgrind counted, with their instructions.
fn instructions(printed: &str) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    let mut name = "";
    for line in printed.lines() {
        if let Some(path) = line.strip_prefix("instructions::") {
            let path = path.split(' ').next().unwrap_or_default();
            name = path.rsplit("::").next().unwrap_or_default();
        } else if let Some(counts) = line.trim().strip_prefix("Instructions:") {
            let count = counts.trim().split('|').next().unwrap_or_default();
            if let Ok(count) = count.parse() {
                found.push((name.to_owned(), count));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\
speed             fastest       │ slowest       │ median        │ mean          │ samples │ iters
├─ chain                        │               │               │               │         │
│  ├─ 1           98.02 ms      │ 101 ms        │ 99.1 ms       │ 99.2 ms       │ 100     │ 100
│  │              4.897 Mitem/s │ 4.75 Mitem/s  │ 4.843 Mitem/s │ 4.84 Mitem/s  │         │
│  ╰─ 512         90 ms         │ 99 ms         │ 96 ms         │ 96 ms         │ 100     │ 100
│                 5 Mitem/s     │ 4.7 Mitem/s   │ 4 Mitem/s     │ 4 Mitem/s     │         │
├─ preset                       │               │               │               │         │
│  ╰─ Gentle glue 45 ms         │ 46 ms         │ 45 ms         │ 45 ms         │ 100     │ 100
│                 10 Mitem/s    │ 9 Mitem/s     │ 8 Mitem/s     │ 9 Mitem/s     │         │
╰─ rules          923.1 µs      │ 1.5 ms        │ 1.2 ms        │ 1.2 ms        │ 100     │ 100
";

    #[test]
    fn lines_of_divan_are_read_with_their_groups_and_items() {
        let found = timings(PRINTED);
        let benches: Vec<&str> = found.iter().map(|timing| &*timing.bench).collect();
        assert_eq!(
            benches,
            ["chain/1", "chain/512", "preset/Gentle glue", "rules"]
        );
        assert_eq!(found[1].items, Some([5e6, 4e6]));
        assert_eq!(found[3].times_ns, [923_100.0, 1_200_000.0]);
        let times = |row: &Row| row.times(&found).unwrap().join("; ");
        assert_eq!(
            times(&CHAIN[0]),
            "200.0 ns a frame, 104 × real time; 250.0 ns a frame, 83 × real time"
        );
        assert_eq!(times(&CHAIN[3]), "100.0 ns a frame; 125.0 ns a frame");
        assert_eq!(times(&ANALYSIS[1]), "0.92 ms; 1.20 ms");
        assert!(CHAIN[5].times(&found).is_err());
    }

    #[test]
    fn counts_of_callgrind_are_read_with_their_names() {
        let printed = "instructions::processors::free_bells noise_48k:((prepared ...\n  Instructions:  1584000|1584000  (No change)\n  L1 Hits: 5|5\n";
        assert_eq!(
            instructions(printed),
            [("free_bells".to_owned(), 1_584_000.0)]
        );
    }
}
