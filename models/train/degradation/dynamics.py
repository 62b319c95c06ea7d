"""Degradations of the dynamics."""

import math
from collections.abc import Callable

import numpy as np

from degradation.sampling import log_uniform, pick
from degradation.programs import ffmpeg, ladspa, sox
from songs import RATE
from degradation.sounds import at_loudness, loudness_lufs, peak

KINDS = ("over_compressed", "under_compressed")

# The loudness at the input of dynamics processors, so that thresholds suit quiet and loud songs.
WORKING_LUFS = -18.0
WARM_UP = RATE // 2


def draw(rng: np.random.Generator, kind: str, severity_db: float, split: str) -> dict:
    return (_draw_over if kind == "over_compressed" else _draw_under)(rng, severity_db, split)


def _draw_over(rng: np.random.Generator, severity_db: float, split: str) -> dict:
    """Gain reduction from 4 dB at the lowest severity to 12 dB at the highest. Limiters and clippers get less, as they
    reduce peaks only."""
    if split == "train":
        by = pick(rng, {"acompressor": 0.35, "sox_compand": 0.25, "zam_compx2": 0.25, "alimiter": 0.15})
        times = {"attack_ms": log_uniform(rng, 1, 30), "release_ms": log_uniform(rng, 40, 300)}
    else:
        by = pick(rng, {"zam_multicomp": 0.4, "sox_compand": 0.2, "acompressor": 0.2, "clip": 0.2})
        times = {"attack_ms": log_uniform(rng, 0.3, 0.9), "release_ms": log_uniform(rng, 15, 38)}
    reduction = 4 * severity_db ** (math.log(3) / math.log(8))
    step = {"kind": "over_compressed", "by": by}
    if by in ("alimiter", "clip"):
        return step | {"drive_db": 0.8 * reduction} | ({} if by == "clip" else {"release_ms": times["release_ms"]})
    ratio = log_uniform(rng, 2, 8)
    step |= {"reduction_db": reduction, "ratio": ratio, "below_lu": reduction / (1 - 1 / ratio)} | times
    if by == "zam_multicomp":
        step["crossovers_hz"] = [log_uniform(rng, 100, 400), log_uniform(rng, 1600, 6000)]
    return step


def _draw_under(rng: np.random.Generator, severity_db: float, split: str) -> dict:
    """Expansion over the whole range, with ratios up to 1:2."""
    attack, release = ((2, 15), (60, 250)) if split == "train" else ((0.5, 1.5), (25, 50))
    return {
        "kind": "under_compressed",
        "by": pick(rng, {"sox_compand": 1, "ffmpeg_compand": 1}),
        "slope": 1 + 0.125 * severity_db,
        "attack_ms": log_uniform(rng, *attack),
        "release_ms": log_uniform(rng, *release),
    }


def _sox_compand(step: dict, sound: np.ndarray) -> np.ndarray:
    """The curve ends at 0 dB and never exceeds it, so that peaks don't clip."""
    level = -12.0 - 20 * math.log10(peak(sound))
    if step["kind"] == "under_compressed":
        points = f"-90,{-90 * step['slope']:.4f},0,0"
    else:
        threshold = WORKING_LUFS + level - step["below_lu"]
        points = f"6:-120,-120,{threshold:.4f},{threshold:.4f},0,{threshold - threshold / step['ratio']:.4f}"
    return sox(sound, ["compand", f"{step['attack_ms'] / 1000:.6f},{step['release_ms'] / 1000:.6f}", points])


def _ffmpeg_compand(step: dict, sound: np.ndarray) -> np.ndarray:
    times = f"attacks={step['attack_ms'] / 1000:.6f}:decays={step['release_ms'] / 1000:.6f}"
    points = f"-90/{-90 * step['slope']:.4f}|0/0"
    return ffmpeg(sound / peak(sound), f"compand={times}:points={points}")


def _acompressor(step: dict, sound: np.ndarray) -> np.ndarray:
    threshold = 10 ** ((WORKING_LUFS - step["below_lu"]) / 20)
    times = f"attack={step['attack_ms']}:release={step['release_ms']}"
    return ffmpeg(sound, f"acompressor=threshold={threshold:.6f}:ratio={step['ratio']}:{times}:link=maximum")


def _zam_compressor(step: dict, sound: np.ndarray) -> np.ndarray:
    """One band, or three with the same settings, with a knee of 3 dB."""
    attack, release, ratio = step["attack_ms"], step["release_ms"], step["ratio"]
    threshold = WORKING_LUFS - step["below_lu"]
    if step["by"] == "zam_compx2":
        return ffmpeg(sound, ladspa("ZamCompX2", [attack, release, 3, ratio, threshold, 0, 1, 1, 0]))
    controls = [value for value in (attack, release, 3, ratio, threshold, 0) for _ in range(3)]
    return ffmpeg(sound, ladspa("ZaMultiCompX2", [*controls, *step["crossovers_hz"], 1, 1, 1, 0, 0, 0, 1, 0]))


def _driven(step: dict, sound: np.ndarray) -> np.ndarray:
    """Scales the sound so that the 99.9th percentile of its samples lies at the drive above full scale."""
    return sound * np.float32(10 ** (step["drive_db"] / 20) / max(np.quantile(np.abs(sound), 0.999), 1e-6))


def _alimiter(step: dict, sound: np.ndarray) -> np.ndarray:
    options = f"limit=0.5:attack=3:release={step['release_ms']}:level=0:latency=1"
    return ffmpeg(0.5 * _driven(step, sound), f"alimiter={options}")


def _clip(step: dict, sound: np.ndarray) -> np.ndarray:
    return np.clip(_driven(step, sound), -1, 1)


APPLIERS: dict[str, Callable[[dict, np.ndarray], np.ndarray]] = {
    "sox_compand": _sox_compand,
    "ffmpeg_compand": _ffmpeg_compand,
    "acompressor": _acompressor,
    "zam_compx2": _zam_compressor,
    "zam_multicomp": _zam_compressor,
    "alimiter": _alimiter,
    "clip": _clip,
}


def apply(step: dict, sound: np.ndarray) -> np.ndarray:
    """Applies the step at a fixed loudness, and restores the original loudness. A mirrored beginning lets the processor
    settle, because excerpts begin amid the music."""
    before = loudness_lufs(sound)
    if math.isinf(before):
        return sound
    mirrored = np.concatenate((sound[:, WARM_UP - 1 :: -1], sound), axis=1)
    processed = APPLIERS[step["by"]](step, at_loudness(mirrored, WORKING_LUFS))
    return at_loudness(processed[:, -sound.shape[1] :], before)
