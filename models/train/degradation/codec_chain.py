"""The distribution chain of songs: low-pass filters, noise, lossy codecs, and loudness."""

import dataclasses

import numpy as np
from scipy import signal

from degradation.sampling import rounded
from degradation.programs import FFMPEG, RAW, run, to_bytes, to_sound
from songs import RATE
from degradation.sounds import at_loudness, convolved, peak


@dataclasses.dataclass(frozen=True)
class CodecChain:
    steps: tuple[dict, ...]


# Encoders at their faster settings. A delay is that of a round trip through a pipe, where no header states it.
CODECS = {
    "mp3": {
        "encoder": ["-c:a", "libmp3lame", "-compression_level", "7"],
        "format": "mp3",
        "kbits": (128, 160, 192, 256, 320),
        "delay": 1105,
    },
    "vorbis": {"encoder": ["-c:a", "libvorbis"], "format": "ogg", "qualities": range(3, 10), "delay": 0},
    "opus": {
        "encoder": ["-c:a", "libopus", "-compression_level", "5"],
        "format": "ogg",
        "kbits": (96, 128, 160, 192),
        "delay": 0,
    },
    "aac": {
        "encoder": ["-c:a", "aac", "-aac_coder", "fast"],
        "format": "adts",
        "kbits": (128, 160, 192, 256),
        "delay": 1024,
    },
}


def _draw_codec(rng: np.random.Generator) -> dict:
    name = str(rng.choice(list(CODECS)))
    setting = "qualities" if "qualities" in CODECS[name] else "kbits"
    return {"kind": "codec", "by": name, setting: rng.choice(CODECS[name][setting])}


def draw(rng: np.random.Generator) -> CodecChain:
    """Draws a chain, with equal odds for degraded and clean examples, so that it reveals neither."""
    steps = []
    if rng.random() < 0.15:
        steps.append({"kind": "low_pass", "hz": rng.uniform(13_000, 19_000)})
    if rng.random() < 0.2:
        color, seed = str(rng.choice(("white", "pink"))), rng.integers(2**31)
        steps.append({"kind": "noise", "color": color, "dbfs": rng.uniform(-90, -60), "seed": seed})
    if rng.random() < 0.4:
        steps.append(_draw_codec(rng))
    steps.append({"kind": "loudness", "lufs": rng.uniform(-24, -10)})
    return CodecChain(tuple(rounded(steps)))


def _codec(step: dict, sound: np.ndarray) -> np.ndarray:
    """Encodes and decodes through pipes. Peaks are scaled below full scale first, as in practice."""
    codec, scale = CODECS[step["by"]], max(peak(sound), 1.0)
    rate = ["-q:a", str(step["qualities"])] if "qualities" in step else ["-b:a", f"{step['kbits']}k"]
    # Silence at the end compensates for the encoder's delay.
    padded = to_bytes(np.pad(sound / scale, ((0, 0), (0, 4096))))
    packed = run([*FFMPEG, *RAW, "-i", "-", *codec["encoder"], *rate, "-f", codec["format"], "-"], padded)
    unpacked = run([*FFMPEG, "-f", codec["format"].replace("adts", "aac"), "-i", "-", *RAW, "-"], packed)
    return to_sound(unpacked, sound.shape[1], codec["delay"]) * np.float32(scale)


def _low_pass(step: dict, sound: np.ndarray) -> np.ndarray:
    return convolved(sound, signal.firwin(301, step["hz"], window=("kaiser", 8.0), fs=RATE))


def _with_noise(step: dict, sound: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(step["seed"]).standard_normal(sound.shape, dtype=np.float32)
    if step["color"] == "pink":
        spectrum = np.fft.rfft(noise, axis=1)
        hz = np.fft.rfftfreq(sound.shape[1], 1 / RATE)
        noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(hz, 20)), n=sound.shape[1], axis=1)
    return sound + (noise * (10 ** (step["dbfs"] / 20) / np.std(noise))).astype(np.float32)


def apply(chain: CodecChain, sound: np.ndarray) -> np.ndarray:
    """Applies a chain, keeping the length. Raises `RuntimeError` if a program fails."""
    appliers = {"codec": _codec, "low_pass": _low_pass, "noise": _with_noise}
    for step in chain.steps:
        if step["kind"] == "loudness":
            sound = at_loudness(sound, step["lufs"])
        else:
            sound = appliers[step["kind"]](step, sound)
    return sound.astype(np.float32)
