"""Counts how often music is classified as speech or as a single instrument, and how often those are recognized.

    python3 classify.py CACHE          all songs of the training and validation splits, by their windows of ten seconds
    python3 classify.py CACHE FILE…    files of speech, or of single instruments

CACHE is the recipe's folder (target/train), with its packages. Each window that isn't music is printed with its measurements.
"""

import collections
import pathlib
import sys

import songs
from features_client import TRAINER


def classify(sound) -> list[str]:
    """One line for each ten seconds: the class, a tab and the measurements."""
    return songs.run(TRAINER, "classify", input=sound.T.astype("<f4").tobytes()).decode().splitlines()


def main(cache: pathlib.Path, files: list[pathlib.Path]) -> None:
    known = songs.own(files) if files else [song for song in songs.songs() if song.split in ("train", "val")]
    counts = collections.Counter()
    for song in known:
        try:
            lines = classify(songs.decode(song, cache))
        except songs.Unusable as unusable:
            print(f"left out: {unusable}")
            continue
        for number, line in enumerate(lines):
            kind, _, measurements = line.partition("\t")
            counts[kind] += 1
            if kind != "Music":
                print(f"{song.source}: {song.title}, {10 * number} s: {kind} {measurements}", flush=True)
    print(f"{sum(counts.values())} windows:", *(f"{kind} {count}" for kind, count in counts.most_common()))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), [pathlib.Path(name) for name in sys.argv[2:]])
