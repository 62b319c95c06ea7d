//! MP3, and MPEG audio of the other layers. A file of several streams is decoded as their sequence, each without the samples
//! that its encoder added.

use std::collections::VecDeque;
use std::ops::Range;

use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

use super::frames::FrameReader;
use super::header::MpegHeader;
use super::info::MpegInfo;
use crate::decode::section::Section;
use crate::decode::{DecodeError, Decoder, Result, check_channels, refused, truncated};

/// A stream of the file.
struct Stream {
    /// The contents of its header frame, if it has one.
    info: Option<MpegInfo>,
    /// The frames behind the header frame.
    mpeg_frames: u64,
}

/// Decodes MPEG audio.
pub(in crate::decode) struct MpegDecoder {
    frames: FrameReader,
    decoder: Box<dyn AudioDecoder>,
    /// The present stream and those behind it.
    streams: VecDeque<Stream>,
    /// The MPEG frames of the present stream that have been decoded. None before its header frame.
    decoded: Option<u64>,
    declared_frames: u64,
    warnings: Vec<String>,
}

impl MpegDecoder {
    /// Opens a section with MPEG audio and counts its frames.
    pub(in crate::decode) fn open(audio: &Section) -> Result<Self> {
        let mut frames = FrameReader::open(audio)?;
        let first = *frames.first();
        check_channels(first.channel_count)?;
        let streams = scan(&mut frames)?;
        let mut warnings = frames.take_warnings();
        for stream in &streams {
            stream.check(&first, frames.is_cut_off(), &mut warnings)?;
        }
        if streams.len() > 1 {
            warnings.push(format!(
                "it consists of {} MP3 streams; all are read, one after the other",
                streams.len()
            ));
        }
        let mut parameters = AudioCodecParameters::new();
        parameters.for_codec(first.codec());
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(&parameters, &AudioDecoderOptions::default())
            .map_err(|e| DecodeError::Refused(format!("its codec is not supported ({e})")))?;
        Ok(Self {
            frames: FrameReader::open(audio)?,
            decoder,
            declared_frames: streams.iter().map(|s| s.length(&first)).sum(),
            streams: streams.into(),
            decoded: None,
            warnings,
        })
    }

    /// Goes to the next MPEG frame and returns how many of the present stream were decoded before it.
    fn next_frame(&mut self) -> Result<Option<(MpegHeader, u64)>> {
        loop {
            let Some(stream) = self.streams.front() else {
                return Ok(None);
            };
            let Some(header) = self.frames.peek()? else {
                return Ok(None);
            };
            match self.decoded {
                None => {
                    if stream.info.is_some() {
                        self.frames.take(header);
                    }
                    self.decoder.reset();
                    self.decoded = Some(0);
                }
                Some(decoded) if decoded < stream.mpeg_frames => {
                    self.decoded = Some(decoded + 1);
                    return Ok(Some((header, decoded)));
                }
                Some(_) => {
                    self.streams.pop_front();
                    self.decoded = None;
                }
            }
        }
    }
}

impl Decoder for MpegDecoder {
    fn decode(&mut self, block: &mut Vec<Vec<f32>>) -> Result<Option<u32>> {
        let Some((header, index)) = self.next_frame()? else {
            return Ok(None);
        };
        let frame = self.frames.take(header);
        let packet = Packet::new(0, Timestamp::ZERO, Duration::from(header.frames()), frame);
        let decoded = self
            .decoder
            .decode(&packet)
            .map_err(|e| DecodeError::Damaged(e.to_string()))?;
        decoded.copy_to_vecs_planar(block);
        let kept = self.streams.front().map(|s| s.kept(index, &header));
        for channel in block {
            let kept = kept.clone().unwrap_or_default();
            channel.truncate(kept.end);
            channel.drain(..kept.start.min(channel.len()));
        }
        Ok(Some(header.sample_rate_hz))
    }

    fn declared_frames(&self) -> Option<u64> {
        Some(self.declared_frames)
    }

    fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }
}

impl Stream {
    /// The samples of a channel to leave out in front and at the end. The end is known only if the frames are as many as the
    /// header frame says.
    fn delays(&self) -> (u64, u64) {
        let info = self.info.unwrap_or_default();
        let is_whole = info
            .mpeg_frames
            .is_none_or(|count| count == self.mpeg_frames);
        (info.delay, if is_whole { info.padding } else { 0 })
    }

    /// The samples of a channel.
    fn length(&self, header: &MpegHeader) -> u64 {
        let (delay, padding) = self.delays();
        (self.mpeg_frames * header.frames()).saturating_sub(delay + padding)
    }

    /// The samples of the MPEG frame with this index that belong to the song.
    fn kept(&self, index: u64, header: &MpegHeader) -> Range<usize> {
        let (delay, padding) = self.delays();
        let end = (self.mpeg_frames * header.frames()).saturating_sub(padding);
        let at = index * header.frames();
        let within = |position: u64| {
            let offset = position.saturating_sub(at).min(header.frames());
            usize::try_from(offset).unwrap_or(0)
        };
        within(delay)..within(end)
    }

    /// Compares the number of frames with that in the header frame.
    fn check(
        &self,
        header: &MpegHeader,
        is_cut_off: bool,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        let Some(declared) = self.info.and_then(|info| info.mpeg_frames) else {
            return Ok(());
        };
        let seconds =
            |count: u64| (count * header.frames()) as f64 / f64::from(header.sample_rate_hz);
        let (says, has) = (seconds(declared), seconds(self.mpeg_frames));
        // Some encoders count the header frame.
        let is_short = declared > self.mpeg_frames + u64::from(!is_cut_off);
        if is_short {
            return refused(truncated(says, has));
        }
        if declared > self.mpeg_frames {
            warnings.push("its header counts one MP3 frame more than it has".to_owned());
        }
        if declared < self.mpeg_frames {
            warnings.push(format!(
                "its header says {says:.1} s, and it has {has:.1} s; all are read"
            ));
        }
        Ok(())
    }
}

/// Counts the frames of each stream. A header frame begins a stream.
fn scan(frames: &mut FrameReader) -> Result<Vec<Stream>> {
    let mut streams: Vec<Stream> = Vec::new();
    while let Some(header) = frames.peek()? {
        if !header.continues(frames.first()) {
            return refused("its sample rate or number of channels changes; split it first");
        }
        let info = MpegInfo::parse(&header, frames.take(header));
        match streams.last_mut() {
            Some(stream) if info.is_none() => stream.mpeg_frames += 1,
            _ => streams.push(Stream {
                mpeg_frames: u64::from(info.is_none()),
                info,
            }),
        }
    }
    Ok(streams)
}
