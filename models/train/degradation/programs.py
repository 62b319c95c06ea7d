"""Audio processing by SoX, FFmpeg, and LADSPA plug-ins in FFmpeg."""

import subprocess

import numpy as np

from songs import RATE
from degradation.sounds import peak

FFMPEG = ("ffmpeg", "-v", "error", "-nostdin", "-filter_threads", "1")
RAW = ("-f", "f32le", "-ar", str(RATE), "-ac", "2")
LADSPA = "/usr/lib/ladspa/{0}-ladspa.so"


def run(command: list[str], data: bytes) -> bytes:
    """Sends data to a program's standard input, and returns its output."""
    try:
        result = subprocess.run(command, input=data, capture_output=True)
    except OSError as error:
        raise RuntimeError(f"{command[0]}: {error.strerror}") from error
    message = result.stderr.decode(errors="replace").strip()
    if result.returncode or "clipped" in message:
        lines = message.splitlines() or [f"exit status {result.returncode}"]
        raise RuntimeError(f"{command[0]}: {lines[0]} ({' '.join(command)[:300]})")
    return result.stdout


def to_bytes(sound: np.ndarray) -> bytes:
    return np.ascontiguousarray(sound.T, dtype="<f4").tobytes()


def to_sound(data: bytes, frames: int, delay: int = 0) -> np.ndarray:
    """A sound without the delay at its start. Up to 50 ms may be missing at the end, which become silence."""
    sound = np.frombuffer(data, "<f4").reshape(-1, 2).T[:, delay : delay + frames]
    missing = frames - sound.shape[1]
    if missing > RATE // 20:
        raise RuntimeError(f"{missing} of {frames} frames are missing")
    return np.pad(sound, ((0, 0), (0, missing))).astype(np.float32)


def sox(sound: np.ndarray, effects: list[str], boost_db: float = 0.0) -> np.ndarray:
    """Applies SoX effects. SoX computes in integers that clip, so that the sound is scaled down before."""
    raw = ["-t", "f32", "-r", str(RATE), "-c", "2", "-"]
    scale = peak(sound) * 10 ** ((boost_db + 12) / 20)
    return to_sound(run(["sox", "-D", *raw, *raw, *effects], to_bytes(sound / scale)), sound.shape[1]) * scale


def ffmpeg(sound: np.ndarray, filters: str, delay: int = 0) -> np.ndarray:
    data = run([*FFMPEG, *RAW, "-i", "-", "-af", filters, "-f", "f32le", "-"], to_bytes(sound))
    return to_sound(data, sound.shape[1], delay)


def ladspa(plugin: str, controls: list[float]) -> str:
    values = "|".join(f"c{index}={value:.6g}" for index, value in enumerate(controls))
    return f"ladspa=file={LADSPA.format(plugin)}:plugin={plugin}:controls={values}"
