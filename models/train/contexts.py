"""The context of songs as musicnn labels it (see models/styles): the teacher of the context head.

Songs without a confident label are "unsure", and so is music of styles without training data.
"""

import concurrent.futures
import csv
import pathlib
import sys

import numpy as np
import scipy.signal

from network import CONTEXTS
from songs import HERE, Song, Unusable, decode
from degradation.sounds import loudness_lufs

sys.path.append(str(HERE.parent / "styles"))
import style_statistics  # noqa: E402
import tagger  # noqa: E402

LABELS = HERE / "data" / "labels.csv"
STYLES = HERE.parent / "styles" / "labels.csv"
NAMES = {"Electronic": "electronic", "Ambient": "ambient", "Orchestral": "orchestral", "Rock": "rock"}
SURE = 0.9
"""The target probability of the teacher's label, which isn't always right."""


def known() -> dict[str, str]:
    """The contexts of songs that have been labeled, here or for the style targets, by key."""
    with STYLES.open(newline="", encoding="utf-8") as file:
        found = {f"{row['package']}--{row['title']}".replace(" ", "_"): row["style"] for row in csv.DictReader(file)}
    labels = {key: NAMES.get(style, "unsure") for key, style in found.items()}
    if LABELS.exists():
        with LABELS.open(newline="", encoding="utf-8") as file:
            labels.update((row["song"], row["context"]) for row in csv.DictReader(file))
    return labels


def write(labels: dict[str, str], path: pathlib.Path = LABELS) -> None:
    partial = path.with_suffix(".partial")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("song", "context"))
        writer.writerows(sorted(labels.items()))
    partial.rename(path)


_TAGGER: tagger.Tagger | None = None


def _label(song: Song, cache: pathlib.Path) -> str | None:
    global _TAGGER
    _TAGGER = _TAGGER or tagger.Tagger(cache)
    try:
        return context_of(_TAGGER, decode(song, cache))
    except (Unusable, RuntimeError) as error:
        print(error)
        return None


def label(songs: list[Song], cache: pathlib.Path, jobs: int = 2) -> dict[str, str]:
    """The contexts of all songs. Those in labels.csv aren't computed again."""
    labels = known()
    missing = [song for song in songs if song.key not in labels]
    if missing:
        tagger.Tagger(cache)  # Fetches the networks once, before the processes start.
        with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
            found = pool.map(_label, missing, [cache] * len(missing))
            for i, (song, context) in enumerate(zip(missing, found)):
                if context:
                    labels[song.key] = context
                if i % 20 == 19:
                    write(labels)
                    print(f"  {i + 1} of {len(missing)} songs labeled", flush=True)
        write(labels)
    return labels


def context_of(tags: tagger.Tagger, sound: np.ndarray) -> str:
    gain = 10 ** ((tagger.LOUDNESS_LUFS - loudness_lufs(sound)) / 20)
    mono = scipy.signal.resample_poly(0.5 * gain * (sound[0] + sound[1]), 160, 441)
    style = style_statistics.style_of(tags(mono))
    return NAMES.get(style, "unsure")


def targets(songs: list[Song], labels: dict[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """Target probabilities and weights of songs. Rare contexts weigh more, unlabeled songs nothing."""
    which = [CONTEXTS.index(labels[song.key]) if song.key in labels else -1 for song in songs]
    counts = np.bincount([i for i in which if i >= 0], minlength=len(CONTEXTS))
    rest = (1 - SURE) / (len(CONTEXTS) - 1)
    probabilities = np.full((len(songs), len(CONTEXTS)), rest, np.float32)
    weights = np.zeros(len(songs), np.float32)
    for song, i in enumerate(which):
        if i >= 0:
            probabilities[song, i] = SURE
            weights[song] = np.sqrt(counts.sum() / (len(CONTEXTS) * counts[i]))
    return probabilities, weights
