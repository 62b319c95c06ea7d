#!/usr/bin/env python3
"""Estimates the loudness of a song from its loud part: quantiles of "song minus part", LU, over the training songs.

The loud part is one of the loudest third of all excerpts of a length. Prints a Markdown table, whose values
`analysis/src/features/song_loudness.rs` holds.

    cargo xtask measure --table song-loudness
"""

import argparse
import pathlib
import sys

import numpy as np
from scipy import signal

import songs

RATE = 48_000
STEP_S = 0.1
BLOCK_STEPS = 4
"""ITU-R BS.1770: blocks of 400 ms that begin every 100 ms."""
LENGTHS_S = (10, 20, 30, 60, 120, 180, 240)
QUANTILES = (0.1, 0.5, 0.9)
STARTS_S = 5
SHORTEST_S = 90
"""Shorter songs count as jingles."""
LONGER = 1.2
"""A song has to be longer than the part by this factor."""
MOST_PARTS = 12
"""The most parts of one song."""

SHELF = ([1.53512485958697, -2.69169618940638, 1.19839281085285], [1, -1.69065929318241, 0.73248077421585])
HIGH_PASS = ([1.0, -2.0, 1.0], [1, -1.99004745483398, 0.99007225036621])


def blocks(sound: np.ndarray) -> np.ndarray:
    """Mean squares of the overlapping blocks of both channels together."""
    weighted = signal.lfilter(*HIGH_PASS, signal.lfilter(*SHELF, sound))
    step = round(STEP_S * RATE)
    whole = weighted[:, : weighted.shape[1] // step * step]
    steps = np.sum(whole.reshape(2, -1, step) ** 2, axis=(0, 2)) / step
    return np.convolve(steps, np.ones(BLOCK_STEPS) / BLOCK_STEPS, mode="valid")


def lufs(power: np.ndarray) -> float:
    """Gated loudness of blocks; −∞ for silence."""
    levels = -0.691 + 10 * np.log10(np.maximum(power, 1e-12))
    loud = power[levels > -70]
    if not len(loud):
        return -np.inf
    levels = -0.691 + 10 * np.log10(loud)
    gate = -10.691 + 10 * np.log10(loud.mean())
    return -0.691 + 10 * np.log10(loud[levels > gate].mean())


def differences(power: np.ndarray, seconds: int) -> np.ndarray:
    """Song minus part, LU, for some loud parts of a song."""
    length = round(seconds / STEP_S) - BLOCK_STEPS + 1
    starts = range(0, len(power) - length, round(STARTS_S / STEP_S))
    parts = np.array([lufs(power[start : start + length]) for start in starts])
    loud = np.sort(parts)[-max(1, len(parts) // 3) :]
    picked = loud[np.linspace(0, len(loud) - 1, min(MOST_PARTS, len(loud))).round().astype(int)]
    return lufs(power) - picked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=pathlib.Path, required=True, help="the folder of the recipe's packages")
    cache = parser.parse_args().cache
    cache.mkdir(parents=True, exist_ok=True)
    found: dict[int, list[np.ndarray]] = {seconds: [] for seconds in LENGTHS_S}
    # Projects of a sequencer aren't mastered songs.
    known = [song for song in songs.songs() if song.split == "train" and song.package != songs.PROJECTS]
    for package in sorted({song.package for song in known}):
        songs.fetch(package, [song for song in known if song.package == package], cache)
    for song in known:
        if song.seconds < SHORTEST_S:
            continue
        try:
            sound = sum(songs.decoded(songs.read(song, path, cache), song.seconds, RATE) for path in songs.stems_of(song))
        except (songs.Unusable, OSError, KeyError, ValueError, songs.subprocess.SubprocessError) as error:
            print(f"left out: {song.title}: {songs.reason(error)}", file=sys.stderr)
            continue
        power = blocks(sound)
        for seconds in LENGTHS_S:
            if len(power) * STEP_S > LONGER * seconds:
                found[seconds].append(differences(power, seconds))
    print("| part, s | songs | 10th percentile, LU | median, LU | 90th percentile, LU |")
    print("|---|---|---|---|---|")
    for seconds, by_song in found.items():
        if not by_song:
            continue
        # Each song counts once.
        values = np.concatenate(by_song)
        weights = np.concatenate([np.full(len(some), 1 / len(some)) for some in by_song])
        order = np.argsort(values)
        shares = np.cumsum(weights[order]) / weights.sum()
        quantiles = [values[order][np.searchsorted(shares, quantile)] for quantile in QUANTILES]
        columns = " | ".join(f"{value:.1f}".replace("-", "−") for value in quantiles)
        print(f"| {seconds} | {len(by_song)} | {columns} |", flush=True)


if __name__ == "__main__":
    main()
