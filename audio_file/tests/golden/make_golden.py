#!/usr/bin/env python3
"""Makes the golden songs of this folder, and the samples that other programs decode from them.

Needs numpy and the programs ffmpeg, flac, lame, oggenc and opusenc with opusdec (Debian: ffmpeg, flac, lame, vorbis-tools,
opus-tools). golden.tsv has a line for each song: file, sample rate in Hz, channels, file of the expected samples, and the largest
difference that is allowed. Expected samples are interleaved: 32-bit floats for lossless formats (.f32), and 16-bit integers for
others (.s16), whose tolerance is half a step and the rounding of two decoders.

ffmpeg decodes the expected samples, with four exceptions. flac decodes 32-bit FLAC, which ffmpeg 5 can't. opusdec, the reference
decoder, decodes Opus. 24 bits in four bytes are the 32-bit integers that they were made of, because ffmpeg takes them for floats.
The samples of AAC in MP4 end where the edit list says so, while ffmpeg returns the last packet's padding too.
"""
import hashlib
import pathlib
import struct
import subprocess

import numpy as np

FOLDER = pathlib.Path(__file__).parent
RATE = 44_100
LOSSLESS_FRAMES = 200
LOSSY_FRAMES = 1500
LOSSY_TOLERANCE = 1.7e-5
rows = []


def signal(frames, channels):
    """Two sines and noise for each channel, different in each, float64 [frames, channels]."""
    noise = np.random.default_rng(7)
    t = np.arange(frames) / RATE
    columns = [
        0.4 * np.sin(2 * np.pi * (441 + 90 * c) * t) + 0.2 * np.sin(2 * np.pi * 2500 * t + c) + 0.1 * noise.uniform(-1, 1, frames)
        for c in range(channels)
    ]
    return np.stack(columns, 1)


def run(command, data=b""):
    return subprocess.run([str(part) for part in command], input=data, check=True, capture_output=True).stdout


def integers(audio, bits, bytes_each=None):
    """Little-endian integers, the valid bits on top."""
    bytes_each = bytes_each or (bits + 7) // 8
    scaled = np.round(audio * (2.0 ** (bits - 1) - 1)).astype("<i8") << (8 * bytes_each - bits)
    return scaled.reshape(-1, 1).view("u1").reshape(-1, 8)[:, :bytes_each].tobytes()


def expect(name, rate, channels, samples, tolerance, is_lossless):
    kind = "<f4" if is_lossless else "<i2"
    samples = np.asarray(samples, "f8")
    data = (samples if is_lossless else np.round(samples * 32768)).astype(kind).tobytes()
    expected = hashlib.sha256(data).hexdigest()[:12] + (".f32" if is_lossless else ".s16")
    (FOLDER / expected).write_bytes(data)
    rows.append((name, rate, channels, expected, tolerance))


def by_ffmpeg(name, rate, channels, is_lossless=True, frames=None):
    raw = run(["ffmpeg", "-v", "error", "-i", FOLDER / name, "-c:a", "pcm_f32le", "-f", "f32le", "-"])
    samples = np.frombuffer(raw, "<f4").reshape(-1, channels)[:frames]
    expect(name, rate, channels, samples, 0 if is_lossless else LOSSY_TOLERANCE, is_lossless)


def encode(name, audio, *options, rate=RATE):
    source = ["-f", "f64le", "-ar", rate, "-ac", audio.shape[1], "-i", "-"]
    command = ["ffmpeg", "-v", "error", "-y", *source, "-bitexact", *options, FOLDER / name]
    run(command, audio.astype("<f8").tobytes())


def chunk(name, data):
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) & 1)


def wav(name, audio, bits, bytes_each, is_extensible):
    channels = audio.shape[1]
    align = channels * bytes_each
    written = 8 * bytes_each if is_extensible else bits
    fields = struct.pack("<HHIIHH", 0xFFFE if is_extensible else 1, channels, RATE, RATE * align, align, written)
    if is_extensible:
        guid = b"\1\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"
        fields += struct.pack("<HHI", 22, bits, 3 if channels == 2 else 4) + guid
    body = b"WAVE" + chunk(b"fmt ", fields) + chunk(b"data", integers(audio, bits, bytes_each))
    (FOLDER / name).write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


def lossless(channels):
    audio = signal(LOSSLESS_FRAMES, channels)
    suffix = {1: "mono", 2: "stereo"}[channels]
    for codec in ("u8", "s16le", "s24le", "s32le", "f32le", "f64le", "alaw", "mulaw"):
        name = f"wav_{codec}_{suffix}.wav"
        encode(name, audio, "-c:a", f"pcm_{codec}")
        by_ffmpeg(name, RATE, channels)
    for codec in ("s8", "s16be", "s24be", "s32be", "f32be", "f64be", "s16le", "u8", "alaw", "mulaw"):
        name = f"aiff_{codec}_{suffix}.aiff"
        encode(name, audio, "-c:a", f"pcm_{codec}")
        by_ffmpeg(name, RATE, channels)
    for bits, bytes_each, is_extensible in ((20, 3, True), (20, 3, False), (24, 4, True), (24, 4, False)):
        name = f"wav_{bits}_in_{bytes_each}_bytes_{'extensible' if is_extensible else 'plain'}_{suffix}.wav"
        wav(name, audio, bits, bytes_each, is_extensible)
        if bytes_each == 3:
            by_ffmpeg(name, RATE, channels)
        else:
            samples = np.frombuffer(integers(audio, bits, bytes_each), "<i4").reshape(-1, channels) / 2**31
            expect(name, RATE, channels, samples, 0, True)
    encode(f"rf64_s16le_{suffix}.wav", audio, "-c:a", "pcm_s16le", "-rf64", "always")
    by_ffmpeg(f"rf64_s16le_{suffix}.wav", RATE, channels)
    encode(f"w64_s24le_{suffix}.w64", audio[:160], "-c:a", "pcm_s24le")
    by_ffmpeg(f"w64_s24le_{suffix}.w64", RATE, channels)
    for bits in (8, 16, 24, 32):
        layout = ["--endian=little", "--sign=signed", f"--channels={channels}", f"--bps={bits}", f"--sample-rate={RATE}"]
        options = ["flac", "-s", "-f", "-8", "--no-padding", "--force-raw-format", *layout]
        for name, more in ((f"flac_{bits}_{suffix}.flac", []), (f"ogg_flac_{bits}_{suffix}.oga", ["--ogg", "--serial-number=1"])):
            if bits == 32 and more:
                continue
            run([*options, *more, "-o", FOLDER / name, "-"], integers(audio, bits))
            if bits < 32:
                by_ffmpeg(name, RATE, channels)
                continue
            raw = run(["flac", "-s", "-d", "-c", "--force-raw-format", "--endian=little", "--sign=signed", FOLDER / name])
            expect(name, RATE, channels, np.frombuffer(raw, "<i4").reshape(-1, channels) / 2**31, 0, True)
    for bits, sample_format in ((16, "s16p"), (24, "s32p")):
        for name in (f"alac_{bits}_{suffix}.m4a", f"alac_{bits}_{suffix}.mov"):
            encode(name, audio, "-c:a", "alac", "-sample_fmt", sample_format)
            by_ffmpeg(name, RATE, channels)


def other_rates():
    name = "aac_24000_stereo.m4a"
    encode(name, signal(LOSSY_FRAMES, 2), "-c:a", "aac", "-b:a", "48k", "-aac_pns", "0", rate=24_000)
    by_ffmpeg(name, 24_000, 2, False, LOSSY_FRAMES)
    audio = signal(LOSSLESS_FRAMES, 2)
    for rate in (22_050, 48_000, 88_200, 96_000, 176_400, 192_000, 384_000):
        encode(f"wav_{rate}.wav", audio, "-c:a", "pcm_s24le", rate=rate)
        by_ffmpeg(f"wav_{rate}.wav", rate, 2)
        layout = ["--endian=little", "--sign=signed", "--channels=2", "--bps=16", f"--sample-rate={rate}"]
        options = ["--no-padding", "--lax", "--force-raw-format", *layout]
        run(["flac", "-s", "-f", *options, "-o", FOLDER / f"flac_{rate}.flac", "-"], integers(audio, 16))
        by_ffmpeg(f"flac_{rate}.flac", rate, 2)


def lossy(channels):
    audio = signal(LOSSY_FRAMES, channels)
    suffix = {1: "mono", 2: "stereo"}[channels]
    pcm = integers(audio, 16)
    source = ["lame", "--quiet", "-r", "-s", "44.1", "--bitwidth", "16", "-m", "m" if channels == 1 else "j"]
    for name, rate, options in (
        (f"mp3_128_{suffix}.mp3", RATE, ["-b", "128"]),
        (f"mp3_vbr_{suffix}.mp3", RATE, ["-V", "4", "--resample", "44.1"]),
        (f"mp3_22050_{suffix}.mp3", 22_050, ["-b", "48", "--resample", "22.05"]),
        (f"mp3_48000_{suffix}.mp3", 48_000, ["-b", "96", "--resample", "48"]),
        (f"mp3_no_header_{suffix}.mp3", RATE, ["-b", "64", "-t", "--resample", "44.1"]),
    ):
        run([*source, *options, "-", FOLDER / name], pcm)
        by_ffmpeg(name, rate, channels, False)
    name = f"vorbis_{suffix}.ogg"
    run(["oggenc", "-Q", "-s", "1", "-r", "-R", RATE, "-C", channels, "-q", "3", "-o", FOLDER / name, "-"], pcm)
    by_ffmpeg(name, RATE, channels, False, LOSSY_FRAMES)
    name = f"opus_{suffix}.opus"
    run(["opusenc", "--quiet", "--raw", "--raw-rate", "48000", "--raw-chan", channels, "--bitrate", "48", "--serial", "1", "-", FOLDER / name], pcm)
    run(["opusdec", "--quiet", "--float", "--no-dither", "--rate", "48000", FOLDER / name, "/tmp/flow_golden.wav"])
    raw = run(["ffmpeg", "-v", "error", "-i", "/tmp/flow_golden.wav", "-f", "f32le", "-"])
    expect(name, 48_000, channels, np.frombuffer(raw, "<f4").reshape(-1, channels), LOSSY_TOLERANCE, False)
    for name in (f"aac_{suffix}.m4a", f"aac_{suffix}.aac"):
        # Noise substitution is random, so that two decoders differ.
        encode(name, audio, "-c:a", "aac", "-b:a", "64k", "-aac_pns", "0")
        by_ffmpeg(name, RATE, channels, False, LOSSY_FRAMES if name.endswith("m4a") else None)


for old in FOLDER.iterdir():
    if old.suffix != ".py":
        old.unlink()
for count in (1, 2):
    lossless(count)
    lossy(count)
other_rates()
table = ["\t".join(map(str, row)) for row in sorted(rows)]
(FOLDER / "golden.tsv").write_text("\n".join(table) + "\n")
