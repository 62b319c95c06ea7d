//! The report on a song before and after mastering: one HTML file without references to others.

mod changes;
mod chart;
mod excerpts;
mod over_time;
mod overview;
mod page;
mod player;
mod settings;
mod spectrum;
mod spectrum_charts;
mod stages;
mod tables;
mod waveform;

use super::mastering::MasteringResult;
use super::outcome::MasteringOutcome;
use super::outputs::Outputs;
use super::target::MasteringTarget;
use crate::content_text::time;
use anyhow::{Result, anyhow};
use excerpts::Excerpts;
use flow_audio_file::{Metadata, StoredAudio};
use flow_params::number::number;
use maud::{Markup, html};
use page::{Legend, panel};
use spectrum::{Spectrum, SpectrumMeter};
use waveform::Waveform;

/// The tags that the page shows, with their labels.
const TAGS: [(&str, &str); 4] = [
    ("TITLE", "Title"),
    ("ARTIST", "Artist"),
    ("ALBUM", "Album"),
    ("ISRC", "ISRC"),
];
/// The block size in which audio is summarized.
const BLOCK_FRAMES: usize = 65_536;

/// The parts that a song contributes to its own report and to the report on all songs.
pub(crate) struct SongReport {
    title: String,
    /// The line under the title: target, duration, format and version.
    subtitle: String,
    /// The row in the table of all songs.
    row: overview::Row,
    body: Markup,
}

/// A song with everything that its report shows.
struct ReportedSong<'a> {
    song: &'a MasteringResult,
    target: &'a MasteringTarget,
    outcome: &'a MasteringOutcome,
    outputs: &'a Outputs,
    metadata: &'a Metadata,
}

impl SongReport {
    /// The report on a song, mastered by this version of Flow.
    ///
    /// # Errors
    ///
    /// If its temporary files cannot be read.
    pub(crate) fn new(
        title: &str,
        version: &str,
        target: &MasteringTarget,
        song: &MasteringResult,
        outcome: &MasteringOutcome,
        outputs: &Outputs,
        metadata: &Metadata,
    ) -> Result<Self> {
        let reported = ReportedSong {
            song,
            target,
            outcome,
            outputs,
            metadata,
        };
        Ok(Self {
            title: title.to_owned(),
            subtitle: format!(
                "{} · {} · {} kHz {} · Flow {version}",
                target.name(),
                time(song.seconds()),
                f64::from(song.input.sample_rate_hz) / 1000.0,
                if song.input.channel_count() == 1 {
                    "mono"
                } else {
                    "stereo"
                },
            ),
            row: overview::Row::new(title, song, outcome, outputs),
            body: reported.body()?,
        })
    }

    /// The report as an HTML page.
    pub(crate) fn page(&self) -> String {
        page::page(&self.title, &self.subtitle, &self.body)
    }
}

/// The page on all songs of a run to these `targets`. `failures` holds the names of songs that failed, each with its error.
pub(crate) fn overview(
    targets: &str,
    reports: &[SongReport],
    failures: &[(String, String)],
) -> String {
    let rows: Vec<&overview::Row> = reports.iter().map(|report| &report.row).collect();
    overview::of_rows(targets, &rows, failures)
}

impl ReportedSong<'_> {
    fn body(&self) -> Result<Markup> {
        let song = self.song;
        // A song that cannot be played on the page has a report nevertheless.
        let (input, output) = (&song.input, &song.output);
        let (before, after, excerpts) = std::thread::scope(|scope| {
            let before = scope.spawn(|| summarize(input));
            let after = scope.spawn(|| summarize(output));
            let excerpts = Excerpts::of(song).ok();
            (before.join(), after.join(), excerpts)
        });
        let internal = |_| anyhow!("an internal error stopped the report");
        let (before, after) = (before.map_err(internal)??, after.map_err(internal)??);
        let span = |excerpts: &Excerpts| {
            let percent = |seconds: f64| 100.0 * seconds / song.seconds();
            format!(
                "--from:{:.3}%;--span:{:.3}%",
                percent(excerpts.start_seconds),
                percent(excerpts.seconds)
            )
        };
        Ok(html! {
            div.song style=[excerpts.as_ref().map(span)] {
                (self.headline())
                (tables::tiles(song))
                @if let Some(excerpts) = &excerpts {
                    (player::player(excerpts, song.seconds()))
                }
                (self.charts_over_time(&before.0, &after.0))
                (self.stages())
                (self.spectra(&before.1, &after.1))
                (changes::section(song))
                div.two {
                    (panel("Measured", &[], &tables::measurements(song)))
                    (panel("Files and metadata", &[], &self.files()))
                }
                (panel("Settings", &[], &settings::groups(song, self.target)))
            }
        })
    }

    fn headline(&self) -> Markup {
        let (song, outcome) = (self.song, self.outcome);
        // The proposals have a section of their own.
        let proposals: Vec<String> = song.advice.lines().collect();
        let lines = outcome
            .lines
            .iter()
            .filter(|line| !proposals.contains(line));
        let class = |index: usize| match index {
            0 if outcome.target_reached == Some(false) => "missed",
            1 if !outcome.ceiling_held => "over",
            0 | 1 => "held",
            _ => "remark",
        };
        html! {
            section.panel.hero aria-label="Outcome" {
                div.loudness {
                    p.big { (number(song.after.lufs_i, 1)) span { "LUFS" } }
                    p {
                        span { "before " (number(song.before.lufs_i, 1)) }
                        @if let Some(target) = song.target_lufs { span { "target " (number(target, 1)) } }
                        span { "ceiling " (number(song.ceiling_dbtp, 1)) " dBTP" }
                    }
                }
                ul.verdict {
                    @for (index, line) in lines.enumerate() {
                        li class=(class(index)) { (line) }
                    }
                }
            }
        }
    }

    fn charts_over_time(&self, before: &Waveform, after: &Waveform) -> Markup {
        let song = self.song;
        let ceiling = format!("ceiling {} dBTP", number(song.ceiling_dbtp, 1));
        let target = song
            .target_lufs
            .map(|lufs| format!("target {} LUFS", number(lufs, 1)));
        let mut loudness = vec![
            Legend::new("before", "before"),
            Legend::new("after", "after"),
        ];
        loudness.extend(target.map(|text| Legend::new("target", text)));
        html! {
            (panel(
                "Waveform",
                &[Legend::new("ceiling", ceiling)],
                &over_time::waveforms(song, before, after),
            ))
            @if let Some(chart) = over_time::loudness(song) {
                (panel("Short-term loudness, LUFS", &loudness, &chart))
            }
        }
    }

    /// The formats, the names and the metadata of the files.
    fn files(&self) -> Markup {
        let song = self.song;
        let format = &self.target.format.output;
        let signal = |audio: &StoredAudio| {
            let channels = if audio.channel_count() == 1 {
                "mono"
            } else {
                "stereo"
            };
            let khz = f64::from(audio.sample_rate_hz) / 1000.0;
            format!("{} · {khz} kHz · {channels}", time(audio.seconds()))
        };
        let name = self.outputs.song.file_name().unwrap_or_default();
        let tags = TAGS.map(|(tag, label)| (label, self.metadata.tag(tag)));
        let dropped = self
            .metadata
            .dropped_data(format, song.output.sample_rate_hz);
        html! {
            dl.files {
                dt { "Master" }
                dd { (signal(&song.output)) " · " (format.name()) br; bdi { (name.to_string_lossy()) } }
                @for (label, value) in tags {
                    @if let Some(value) = value {
                        dt { (label) }
                        dd dir="auto" { (value) }
                    }
                }
                dt { "Not carried over" }
                dd { (if dropped.is_empty() { "nothing".to_owned() } else { dropped.join(", ") }) }
            }
        }
    }

    fn stages(&self) -> Markup {
        let song = self.song;
        let Some(activity) = &song.activity else {
            return html! {};
        };
        let rate_hz = song.output.sample_rate_hz;
        let reduction = stages::gain_reduction(activity, song.seconds(), rate_hz);
        let legend = [
            Legend::new("deepest", "deepest"),
            Legend::new("least", "least, each on its own scale"),
        ];
        html! {
            (panel("Gain reduction by stage, dB", &legend, &reduction))
            @if let Some(levels) = stages::harmonics(activity, song.seconds(), rate_hz) {
                (panel("Added sound by stage, dBFS", &[], &levels))
            }
        }
    }

    fn spectra(&self, before: &Spectrum, after: &Spectrum) -> Markup {
        let content = html! {
            (spectrum_charts::chart(before, after))
            h3 { "Change at equal loudness, dB" }
            (spectrum_charts::difference(self.song, before, after))
            (spectrum_charts::tilts(before, after))
        };
        let legend = [
            Legend::new("before", "before"),
            Legend::new("after", "after"),
        ];
        panel("Average spectrum, dB", &legend, &content)
    }
}

/// The waveform and the spectrum.
fn summarize(audio: &StoredAudio) -> Result<(Waveform, Spectrum)> {
    let frames = audio.frames() as u64;
    let mut waveform = Waveform::new(frames);
    let mut spectrum = SpectrumMeter::new(audio.sample_rate_hz, audio.channel_count(), frames);
    audio.for_each_block(BLOCK_FRAMES, |block| {
        waveform.add(block);
        spectrum.add(block);
    })?;
    Ok((waveform.finish(), spectrum.finish()))
}
