"""Whether what is learnt from is sound: no song in two splits, and no codec that gives away what was degraded."""

import collections
import concurrent.futures
import dataclasses
import pathlib

import numpy as np
import scipy.signal

from songs import RATE, Song, Unusable, decode

MATCHING = 0.05
"""Share of a song's fingerprints that must be found in another for the two to be the same recording; songs that are not
share a few in ten thousand."""


FINGERPRINTED_S = 60
"""Of each song, from its beginning: whoever puts a song into two packages doesn't cut it there."""


def fingerprints(sound: np.ndarray) -> np.ndarray:
    """After Haitsma and Kalker (2002): for each moment 32 bits, whether the energy between neighbouring bands rises more
    than a moment ago. 93 ms frames every 23 ms instead of 370 every 12."""
    mono = scipy.signal.decimate(sound.mean(axis=0), 8, ftype="fir")
    _, _, spectrum = scipy.signal.stft(mono, RATE / 8, nperseg=512, noverlap=384, boundary=None, padded=False)
    power = np.abs(spectrum) ** 2
    hz = np.arange(len(power)) * RATE / 8 / 512
    edges = np.geomspace(300, 2000, 34)
    bands = np.stack([power[(hz >= low) & (hz < high)].sum(0) for low, high in zip(edges[:-1], edges[1:])])
    bits = np.diff(np.diff(bands, axis=0), axis=1) > 0
    words = (bits.astype(np.uint64) << np.arange(32, dtype=np.uint64)[:, None]).sum(0)
    quiet = bands.sum(0)[1:] < 1e-9
    # Long-held sounds repeat one word; it says nothing.
    return np.unique(words[~quiet])


def fingerprints_of(song: Song, cache: pathlib.Path) -> np.ndarray:
    """A song's, kept in the cache; none of one that can't be decoded."""
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
    """Pairs of songs of different splits that are one recording."""
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        words = dict(zip((song.key for song in songs), pool.map(fingerprints_of, songs, [cache] * len(songs))))
    where = collections.defaultdict(list)
    split = {song.key: song.split for song in songs}
    for key, own in words.items():
        for word in own:
            where[int(word)].append(key)
    shared: collections.Counter = collections.Counter()
    for keys in where.values():
        # A word of many songs is no fingerprint.
        if 1 < len(keys) < 6:
            pairs = [(a, b) for i, a in enumerate(keys) for b in keys[i + 1 :] if split[a] != split[b]]
            shared.update(pairs)
    found = [(a, b, n / min(len(words[a]), len(words[b]))) for (a, b), n in shared.items()]
    return sorted([pair for pair in found if pair[2] > MATCHING], key=lambda pair: -pair[2])


def codec_probe(data: dict[str, np.ndarray]) -> float:
    """How well a linear classifier tells degraded from clean by what codecs leave above 14 kHz: area under the curve on
    songs that it didn't learn from; 0.5 is chance."""
    top = data["mel"][:, :, :, -6:].astype(np.float32)
    # Level-free: how steeply the top falls, and how still it is; an equaliser adds the same to all of it.
    slopes = np.diff(top.mean(axis=2), axis=2).reshape(len(top), -1)
    still = top.std(axis=2).reshape(len(top), -1)
    x = np.concatenate([slopes, still], axis=1)
    # Degradations that don't touch the spectrum would leave the same traces.
    only = np.isin(data["kind"], ("clean", "narrow_stereo", "wide_stereo", "mud", "bass"))
    x, y, song = x[only], (data["kind"][only] != "clean").astype(float), data["song"][only]
    x = (x - x.mean(0)) / (x.std(0) + 1e-6)
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    odd = song % 2 == 1
    scores = np.zeros(len(y))
    for learn, judge in ((odd, ~odd), (~odd, odd)):
        share = y[learn].mean()
        weight = np.where(y[learn] > 0, 0.5 / share, 0.5 / (1 - share))
        normal = (x[learn] * weight[:, None]).T @ x[learn] + 10 * np.eye(x.shape[1])
        scores[judge] = x[judge] @ np.linalg.solve(normal, (x[learn] * weight[:, None]).T @ (2 * y[learn] - 1))
    ranks = np.argsort(np.argsort(scores)) + 1
    positive = y > 0
    count = positive.sum()
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(y) - count)))
