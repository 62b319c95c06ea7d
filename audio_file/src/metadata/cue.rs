//! Cue points: chunks `cue ` and `adtl` of WAV files, and chapters of Vorbis comments.

use super::tags::Tags;
use crate::resample::converted_frames;
use std::collections::{BTreeMap, HashMap};

/// Chapters of Vorbis comments have whole milliseconds.
const CHAPTERS_HZ: u32 = 1000;
/// The largest number of chapters, whose numbers have three digits.
pub(super) const MAX_CHAPTERS: usize = 999;
/// The largest sum of all labels and notes in bytes.
const LIMIT_BYTES: usize = 2 << 20;
/// The purpose of a region in `ltxt`.
const REGION: &[u8; 4] = b"rgn ";

/// A marked position.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct CuePoint {
    /// In frames of `rate_hz`.
    pub(super) position: u64,
    pub(super) rate_hz: u32,
    pub(super) label: String,
    pub(super) note: String,
    /// The length of a region in frames of `rate_hz`; 0 for a point.
    pub(super) length: u64,
}

impl CuePoint {
    /// Whether it has more than a position and a label.
    pub(super) fn has_details(&self) -> bool {
        self.length > 0 || !self.note.is_empty()
    }

    /// Whether a `cue ` chunk has no room for its position, even at its own rate.
    pub(super) fn is_too_late_for_wav(&self, rate_hz: u32) -> bool {
        self.position_at(rate_hz).is_none()
    }

    /// The position at a rate, if it fits into 32 bits.
    fn position_at(&self, rate_hz: u32) -> Option<u32> {
        u32::try_from(converted_frames(self.position, self.rate_hz, rate_hz)).ok()
    }
}

/// The points of a `cue ` chunk with the texts of `adtl` lists, in the order of their positions, and whether all texts are
/// within the limit.
pub(super) fn from_chunks(
    cue: &[u8],
    adtl: &[(&[u8], &[u8])],
    rate_hz: u32,
) -> (Vec<CuePoint>, bool) {
    let points = cue.get(4..).unwrap_or_default().chunks_exact(24);
    let mut points: Vec<(u32, CuePoint)> = points
        .map(|bytes| {
            let point = CuePoint {
                position: u64::from(u32_at(bytes, 20)),
                rate_hz,
                ..CuePoint::default()
            };
            (u32_at(bytes, 0), point)
        })
        .collect();
    let by_id: HashMap<u32, usize> = points
        .iter()
        .zip(0..)
        .map(|((id, _), i)| (*id, i))
        .collect();
    let (mut bytes, mut is_complete) = (0, true);
    for (name, body) in adtl {
        let Some((_, point)) = by_id.get(&u32_at(body, 0)).map(|i| &mut points[*i]) else {
            continue;
        };
        let mut text = || {
            let text = super::riff::text(body.get(4..).unwrap_or_default());
            bytes += text.len();
            is_complete &= bytes <= LIMIT_BYTES;
            if bytes <= LIMIT_BYTES {
                text
            } else {
                String::new()
            }
        };
        match *name {
            b"labl" => point.label = text(),
            b"note" => point.note = text(),
            b"ltxt" => point.length = u64::from(u32_at(body, 4)),
            _ => {}
        }
    }
    let mut points: Vec<CuePoint> = points.into_iter().map(|(_, point)| point).collect();
    points.sort_by_key(|point| point.position);
    (points, is_complete)
}

/// The `cue ` chunk and the `adtl` list of these points; empty without points. A position that doesn't fit into 32 bits is
/// left out.
pub(super) fn to_chunks(points: &[CuePoint], rate_hz: u32) -> Vec<u8> {
    let (mut cue, mut adtl) = (Vec::new(), b"adtl".to_vec());
    let mut count = 0u32;
    for point in points {
        let Some(position) = point.position_at(rate_hz) else {
            continue;
        };
        count += 1;
        let id = count.to_le_bytes();
        cue.extend(id);
        cue.extend(position.to_le_bytes());
        cue.extend(b"data");
        cue.extend([0; 8]);
        cue.extend(position.to_le_bytes());
        for (name, text) in [(b"labl", &point.label), (b"note", &point.note)] {
            if !text.is_empty() {
                let body = [&id, text.as_bytes(), &[0]].concat();
                super::riff::append_chunk(&mut adtl, name, &body);
            }
        }
        let length = converted_frames(point.length, point.rate_hz, rate_hz);
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        if length > 0 {
            let body = [&id[..], &length.to_le_bytes(), REGION, &[0; 8]].concat();
            super::riff::append_chunk(&mut adtl, b"ltxt", &body);
        }
    }
    let mut chunks = Vec::new();
    if count > 0 {
        let body = [&count.to_le_bytes()[..], &cue].concat();
        super::riff::append_chunk(&mut chunks, b"cue ", &body);
        if adtl.len() > 4 {
            super::riff::append_chunk(&mut chunks, b"LIST", &adtl);
        }
    }
    chunks
}

/// Takes the chapters out of comments: `CHAPTER001=00:01:02.500` and `CHAPTER001NAME=Verse`.
pub(super) fn take_chapters(tags: &mut Tags) -> Vec<CuePoint> {
    let number = |name: &str| {
        let digits = name.strip_prefix("CHAPTER")?;
        let is_number = digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| digits.to_owned())
    };
    let mut chapters: BTreeMap<String, CuePoint> = BTreeMap::new();
    for (name, value) in tags.iter() {
        if let (Some(number), Some(position)) = (number(name), milliseconds(value)) {
            chapters.entry(number).or_insert(CuePoint {
                position,
                rate_hz: CHAPTERS_HZ,
                ..CuePoint::default()
            });
        }
    }
    let number_of_label = |name: &str| name.strip_suffix("NAME").and_then(number);
    for (name, value) in tags.iter() {
        let number = number_of_label(name);
        if let Some(point) = number.and_then(|number| chapters.get_mut(&number))
            && point.label.is_empty()
        {
            value.clone_into(&mut point.label);
        }
    }
    tags.retain(|name| {
        let number = number(name).or_else(|| number_of_label(name));
        number.is_none_or(|number| !chapters.contains_key(&number))
    });
    let mut points: Vec<CuePoint> = chapters.into_values().collect();
    points.sort_by_key(|point| point.position);
    points
}

/// The comments of these points as chapters.
pub(super) fn to_chapters(points: &[CuePoint]) -> Vec<(String, String)> {
    let mut comments = Vec::new();
    for (point, number) in points.iter().take(MAX_CHAPTERS).zip(1..) {
        let name = format!("CHAPTER{number:03}");
        let all = converted_frames(point.position, point.rate_hz, CHAPTERS_HZ);
        let (seconds, ms) = (all / 1000, all % 1000);
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        let time = format!("{hours:02}:{minutes:02}:{:02}.{ms:03}", seconds % 60);
        comments.push((name.clone(), time));
        if !point.label.is_empty() {
            comments.push((format!("{name}NAME"), point.label.clone()));
        }
    }
    comments
}

/// A time such as `01:02:03.500` in milliseconds.
fn milliseconds(time: &str) -> Option<u64> {
    let (whole, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut seconds: u64 = 0;
    for part in whole.split(':') {
        seconds = seconds.checked_mul(60)?.checked_add(part.parse().ok()?)?;
    }
    let ms: u64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    seconds.checked_mul(1000)?.checked_add(ms)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let word = bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
    u32::from_le_bytes(word.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cue_points_become_chapters_and_return() {
        let points = [
            CuePoint {
                position: 0,
                rate_hz: 48_000,
                ..CuePoint::default()
            },
            CuePoint {
                position: 48_000 * 3_723 + 24_000,
                rate_hz: 48_000,
                label: "Брідж".to_owned(),
                ..CuePoint::default()
            },
        ];
        let mut tags = Tags::default();
        tags.push("TITLE", "Song");
        for (name, value) in to_chapters(&points) {
            tags.push(&name, &value);
        }
        assert_eq!(tags.get("CHAPTER002"), Some("01:02:03.500"));
        let read = take_chapters(&mut tags);
        assert_eq!(read[0].position, 0);
        assert_eq!(
            (read[1].position, read[1].label.as_str()),
            (3_723_500, "Брідж")
        );
        assert_eq!(tags.iter().collect::<Vec<_>>(), [("TITLE", "Song")]);
    }

    #[test]
    fn broken_cue_chunks_give_no_points() {
        let none = (Vec::new(), true);
        assert_eq!(from_chunks(&[], &[], 48_000), none);
        let cut = &[9, 0, 0, 0, 1, 2, 3];
        assert_eq!(from_chunks(cut, &[(b"labl", &[1])], 48_000), none);
        assert_eq!(milliseconds("1:x"), None);
        assert_eq!(milliseconds("99999999999999999999:00"), None);
    }
}
