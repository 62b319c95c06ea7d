"""The content classes of analysis windows of music, of speech and of single instruments.

    cargo xtask measure --table content-classes

Counts windows of ten seconds, and prints a Markdown table. Each window of a song that isn't taken for music goes to standard
error with its measurements, so that it can be listened to.
"""

import argparse
import collections
import pathlib
import sys
from collections.abc import Iterable

import numpy as np

import class_inputs
import songs
from features_client import TRAINER

CLASSES = {"Music": "music", "Speech": "speech", "SingleInstrument": "a single instrument"}
OTHER = "other"
SPLITS = ("train", "val")


def classify(sound: np.ndarray) -> list[tuple[str, str]]:
    """The class and the measurements of each ten seconds of a sound [2, samples]."""
    lines = songs.run(TRAINER, "classify", input=sound.T.astype("<f4").tobytes()).decode().splitlines()
    return [(kind, measurements) for kind, _, measurements in (line.partition("\t") for line in lines)]


def of_songs(cache: pathlib.Path) -> collections.Counter:
    """Counts the windows of all songs of the training and validation splits."""
    known = [song for song in songs.songs() if song.split in SPLITS]
    for package in sorted({song.package for song in known}):
        songs.fetch(package, [song for song in known if song.package == package], cache)
    counts = collections.Counter()
    for song in known:
        try:
            windows = classify(songs.decode(song, cache))
        except songs.Unusable as unusable:
            print(f"left out: {unusable}", file=sys.stderr)
            continue
        for number, (kind, measurements) in enumerate(windows):
            if kind != "Music":
                print(f"{song.source}: {song.title}, {10 * number} s: {kind} {measurements}", file=sys.stderr)
        counts.update(kind for kind, _ in windows)
    return counts


def of_sounds(sounds: Iterable[np.ndarray]) -> collections.Counter:
    return collections.Counter(kind for sound in sounds for kind, _ in classify(sound))


def row(name: str, counts: collections.Counter) -> str:
    total = counts.total()
    known = [counts[kind] for kind in CLASSES]
    cells = [f"{count} ({count / total:.1%})".replace("%", " %") if count else "0" for count in (*known, total - sum(known))]
    return f"| {name} | {total} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=pathlib.Path, required=True, help="the folder of the recipe's packages")
    cache = parser.parse_args().cache
    cache.mkdir(parents=True, exist_ok=True)
    print(f"| input | windows | {' | '.join((*CLASSES.values(), OTHER))} |")
    print(f"|---|{'---|' * (len(CLASSES) + 2)}")
    for name, sounds in class_inputs.all_inputs(cache):
        print(row(name, of_sounds(sounds)), flush=True)
    print(row("songs of the training and validation splits", of_songs(cache)), flush=True)


if __name__ == "__main__":
    main()
