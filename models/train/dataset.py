"""Training examples: features of windows of songs, some degraded, all sent through a random codec chain.

The cache holds one file for each song. Files that exist aren't made again.
"""

import concurrent.futures
import hashlib
import pathlib

import numpy as np

from degradation import degrade
from degradation import codec_chain
from features_client import BANDS, ESTIMATES, FeaturesClient, correction
from songs import LOW_RATE, RATE, Song, Unusable, decode
from degradation.sounds import loudness_lufs

VERSION = 2  # Raise it when examples change, so that the cache is rebuilt.

WINDOW_S = 12
"""A little more than the 10.24 s that a network sees."""

# Songs with more clipped samples than this in a minute don't train the dynamics.
CLIPPED = 100
# Songs with a side level below this, relative to mid, count as mono.
MONO_DB = -35


def windows(sound: np.ndarray, most: int) -> list[np.ndarray]:
    """The loudest window of each of `most` equal parts of a song."""
    length = WINDOW_S * RATE
    parts = max(1, min(most, sound.shape[1] // (2 * length)))
    step = RATE // 2
    energy = np.concatenate([[0], np.cumsum((sound**2).sum(axis=0, dtype=np.float64))])
    found = []
    for part in range(parts):
        low = part * sound.shape[1] // parts
        high = max(low + 1, (part + 1) * sound.shape[1] // parts - length)
        starts = np.arange(low, min(high, sound.shape[1] - length) + 1, step)
        if len(starts) == 0:
            continue
        start = starts[np.argmax(energy[starts + length] - energy[starts])]
        window = sound[:, start : start + length]
        if loudness_lufs(window) > -45:
            found.append(window)
    return found


def seed_of(*words: object) -> int:
    return int.from_bytes(hashlib.sha256(" ".join(map(str, words)).encode()).digest()[:8], "little")


def mask_of(song: Song) -> np.ndarray:
    """The estimates that a song can train."""
    mask = np.ones(ESTIMATES, bool)
    if not song.treble:
        mask[BANDS - 1] = False
    if song.package == LOW_RATE:
        mask[BANDS - 3 : BANDS + 4] = False
    if song.side_db < MONO_DB:
        mask[BANDS : BANDS + 4] = False
    if song.clipped > CLIPPED:
        mask[BANDS + 4 :] = False
    return mask


def examples(song: Song, client: FeaturesClient, cache: pathlib.Path, counts: tuple[int, int, int]) -> dict[str, np.ndarray]:
    """Makes the examples of a song. `counts` are windows, and degraded and clean examples of each window."""
    most, degraded, clean = counts
    rng = np.random.default_rng(seed_of("examples", VERSION, song.key))
    mels, targets, kinds, severities, figures = [], [], [], [], []
    for window in windows(decode(song, cache), most):
        _, summary = client(window)
        for i in range(degraded + clean):
            try:
                if i < degraded:
                    degradation = degrade.draw(rng)
                    sound = degrade.apply(degradation, window)
                    target = correction(client(sound)[1], summary)
                    kind, severity = degradation.steps[0]["kind"], degradation.severity_db
                else:
                    sound, target, kind, severity = window, np.zeros(ESTIMATES), "clean", 0.0
                mel, _ = client(codec_chain.apply(codec_chain.draw(rng), sound))
            except RuntimeError as error:
                print(f"{song.key}: {error}")
                continue
            if len(mel) == 0 or not np.isfinite(target).all():
                continue
            mels.append(mel[-1].astype(np.float16))
            targets.append(target)
            kinds.append(kind)
            severities.append(severity)
            figures.append(pattern(summary))
    if not mels:
        raise Unusable(f"{song.package}: {song.title}: nothing loud enough")
    return {
        "mel": np.stack(mels),
        "target": np.array(targets, np.float32),
        "kind": np.array(kinds),
        "severity": np.array(severities, np.float32),
        "pattern": np.array(figures, np.float32),
    }


def pattern(summary: dict) -> tuple[float, float]:
    """Energy and density, 0 to 1, from the PLR and from the onsets per second."""
    return float(np.clip((20 - summary["plr_db"]) / 14, 0, 1)), float(np.clip(summary["onsets_per_second"] / 10, 0, 1))


def folder(cache: pathlib.Path, counts: tuple[int, int, int]) -> pathlib.Path:
    return cache / "examples" / f"v{VERSION}-{'-'.join(map(str, counts))}"


def path_of(song: Song, cache: pathlib.Path, counts: tuple[int, int, int]) -> pathlib.Path:
    return folder(cache, counts) / f"{song.key}.npz"


_CLIENT: FeaturesClient | None = None


def make(song: Song, cache: pathlib.Path, counts: tuple[int, int, int]) -> str | None:
    """Writes a song's examples into the cache, and returns the error, if there is one."""
    global _CLIENT
    path = path_of(song, cache, counts)
    if path.exists():
        return None
    # A failure may take a minute, so that it is cached too.
    unusable = path.with_suffix(".unusable")
    if unusable.exists():
        return unusable.read_text(encoding="utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    _CLIENT = _CLIENT or FeaturesClient()
    try:
        arrays = examples(song, _CLIENT, cache, counts)
    except Unusable as error:
        unusable.write_text(str(error), encoding="utf-8")
        return str(error)
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, **arrays)
    partial.rename(path)
    return None


def make_all(wanted: list[Song], cache: pathlib.Path, counts: tuple[int, int, int], jobs: int = 2) -> list[Song]:
    """Makes the examples of all songs, and returns the usable songs."""
    usable = []
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        results = pool.map(make, wanted, [cache] * len(wanted), [counts] * len(wanted))
        for i, (song, problem) in enumerate(zip(wanted, results)):
            if problem:
                print(problem)
            else:
                usable.append(song)
            if i % 20 == 19:
                print(f"  {i + 1} of {len(wanted)} songs", flush=True)
    return usable


def load(usable: list[Song], cache: pathlib.Path, counts: tuple[int, int, int]) -> dict[str, np.ndarray]:
    """All examples of some songs. `song` is the index into these songs."""
    parts = [dict(np.load(path_of(song, cache, counts))) for song in usable]
    for i, (song, part) in enumerate(zip(usable, parts)):
        count = len(part["target"])
        part["song"] = np.full(count, i)
        part["mask"] = np.tile(mask_of(song), (count, 1))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
