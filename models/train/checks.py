"""Checks of the training data: no song is in two splits, and codecs don't reveal which examples are degraded."""

import collections
import concurrent.futures
import dataclasses
import pathlib

import numpy as np
import scipy.signal

from songs import RATE, Song, Unusable, decode

MATCHING = 0.05
"""The share of fingerprints that two songs of the same recording have in common. Other songs share a few in ten thousand."""

FINGERPRINTED_S = 60
"""The fingerprinted beginning of each song, seconds. Copies of a song begin alike."""


def fingerprints(sound: np.ndarray) -> np.ndarray:
    """Fingerprints after Haitsma and Kalker (2002): the signs of energy differences in time and frequency, 32 bits for each
    frame. Frames are 93 ms every 23 ms instead of 370 ms every 12 ms."""
    mono = scipy.signal.decimate(sound.mean(axis=0), 8, ftype="fir")
    _, _, spectrum = scipy.signal.stft(mono, RATE / 8, nperseg=512, noverlap=384, boundary=None, padded=False)
    power = np.abs(spectrum) ** 2
    hz = np.arange(len(power)) * RATE / 8 / 512
    edges = np.geomspace(300, 2000, 34)
    bands = np.stack([power[(hz >= low) & (hz < high)].sum(0) for low, high in zip(edges[:-1], edges[1:])])
    bits = np.diff(np.diff(bands, axis=0), axis=1) > 0
    words = (bits.astype(np.uint64) << np.arange(32, dtype=np.uint64)[:, None]).sum(0)
    quiet = bands.sum(0)[1:] < 1e-9
    # Sustained sounds repeat one word, which counts once.
    return np.unique(words[~quiet])


def fingerprints_of(song: Song, cache: pathlib.Path) -> np.ndarray:
    """The fingerprints of a song, from the cache if they are there. A song that can't be decoded has none."""
    path = cache / "fingerprints" / f"{song.key}.npy"
    if not path.exists():
        try:
            beginning = dataclasses.replace(song, seconds=min(song.seconds, FINGERPRINTED_S))
            words = fingerprints(decode(beginning, cache))
        except Unusable:
            words = np.zeros(0, np.uint64)
        path.parent.mkdir(exist_ok=True)
        partial = path.with_suffix(".partial.npy")
        np.save(partial, words)
        partial.rename(path)
    return np.load(path)


def duplicates(songs: list[Song], cache: pathlib.Path, jobs: int = 2) -> list[tuple[str, str, float]]:
    """Pairs of songs of different splits that are the same recording."""
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        words = dict(zip((song.key for song in songs), pool.map(fingerprints_of, songs, [cache] * len(songs))))
    where = collections.defaultdict(list)
    split = {song.key: song.split for song in songs}
    for key, own in words.items():
        for word in own:
            where[int(word)].append(key)
    shared: collections.Counter = collections.Counter()
    for keys in where.values():
        # A word in many songs identifies none of them.
        if 1 < len(keys) < 6:
            pairs = [(a, b) for i, a in enumerate(keys) for b in keys[i + 1 :] if split[a] != split[b]]
            shared.update(pairs)
    found = [(a, b, n / min(len(words[a]), len(words[b]))) for (a, b), n in shared.items()]
    return sorted([pair for pair in found if pair[2] > MATCHING], key=lambda pair: -pair[2])


def codec_probe(data: dict[str, np.ndarray]) -> float:
    """How well a linear classifier detects degradation from the spectrum above 14 kHz, which codecs change: the area under
    the ROC curve on held-out songs. 0.5 is chance."""
    top = data["mel"][:, :, :, -6:].astype(np.float32)
    # The slope and the standard deviation at the top don't depend on the level.
    slopes = np.diff(top.mean(axis=2), axis=2).reshape(len(top), -1)
    still = top.std(axis=2).reshape(len(top), -1)
    x = np.concatenate([slopes, still], axis=1)
    # Only degradations without an effect above 14 kHz are compared.
    only = np.isin(data["kind"], ("clean", "narrow_stereo", "wide_stereo", "mud", "bass"))
    x, y, song = x[only], (data["kind"][only] != "clean").astype(float), data["song"][only]
    x = (x - x.mean(0)) / (x.std(0) + 1e-6)
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    odd = song % 2 == 1
    scores = np.zeros(len(y))
    for train, test in ((odd, ~odd), (~odd, odd)):
        share = y[train].mean()
        weight = np.where(y[train] > 0, 0.5 / share, 0.5 / (1 - share))
        normal = (x[train] * weight[:, None]).T @ x[train] + 10 * np.eye(x.shape[1])
        scores[test] = x[test] @ np.linalg.solve(normal, (x[train] * weight[:, None]).T @ (2 * y[train] - 1))
    ranks = np.argsort(np.argsort(scores)) + 1
    positive = y > 0
    count = positive.sum()
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(y) - count)))
