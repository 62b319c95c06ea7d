"""Compares the plug-in with the model card's evaluation, on the validation songs of models/train/frozen.jsonl.

    target/train/python/bin/python3 tests/compare/compare_with_training.py [SONGS]

`cargo xtask train --quick` creates that environment and builds the recipe's programs. The card's values come from the chain
with the solver's own values. `cargo xtask master` adds the service, the plug-in, values rounded to the parameters'
steps, and the rules for damage. Both process the same excerpts of at most SONGS songs (16), and the same meter compares both
outputs with the original (`flow_trainer evaluate`). Packages that are missing in target/train are downloaded. FLOW_BUNDLE names
a built plug-in.

Prints a line for each excerpt that either changes, and the mean differences.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = ROOT / "target" / "train"
sys.path.insert(0, str(ROOT / "models" / "train"))

import evaluate  # noqa: E402
import songs  # noqa: E402
from degradation.programs import FFMPEG, RAW, run, to_bytes, to_sound  # noqa: E402

MANIFEST = ROOT / "models" / "flow.json"
METRICS = ("bark_db", "spectral_db", "crest_db", "width_db")


def evaluate_pair(clean, degraded, folder):
    """Returns the training's evaluations for a pair of sounds."""
    paths = []
    for name, sound in (("clean", clean), ("degraded", degraded)):
        paths.append(folder / f"{name}.f32")
        np.ascontiguousarray(sound.T, "<f4").tofile(paths[-1])
    question = {"clean": str(paths[0]), "degraded": str(paths[1]), "calibrations": []}
    command = [str(evaluate.TRAINER), "evaluate", str(MANIFEST)]
    done = subprocess.run(command, input=json.dumps(question) + "\n", capture_output=True, text=True, check=True)
    return {one["method"]: one for one in json.loads(done.stdout)["evaluations"]}


def master(degraded, folder):
    """Returns the output of `master` at unchanged loudness and without limiting; None if the assistant hears no mix."""
    path = folder / "degraded.wav"
    run([*FFMPEG, *RAW, "-i", "-", "-c:a", "pcm_f32le", str(path)], to_bytes(degraded))
    command = ["cargo", "--quiet", "xtask", "master", str(path), "--profile", "keep", "--set", "ceil=0"]
    command += ["--json", "--out", str(folder)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    record = json.loads(done.stdout)
    if any(words in str(record["verdict"]) for words in ("single instrument", "hears speech", "hears no music")):
        return None
    return to_sound(run([*FFMPEG, "-i", record["output_path"], *RAW, "-"], b""), degraded.shape[1])


def compare(row, sound):
    """Returns the metrics without processing, of the evaluation and of the plug-in; None if the assistant hears no mix."""
    clean, degraded = evaluate.sounds(row, sound)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        evaluated = evaluate_pair(clean, degraded, folder)
        output = master(degraded, folder)
        if output is None:
            return None
        actual = evaluate_pair(clean, output, folder)["nothing"]
    return np.array([[one[metric] for metric in METRICS] for one in (evaluated["nothing"], evaluated["network"], actual)])


def main():
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 16
    wanted = {song.key: song for song in songs.songs() if song.split == "val"}
    # The frozen rows contain sound effects too.
    frozen = [row for row in evaluate.read_frozen() if row["song"] in wanted]
    # Each source contributes the same number of songs, if it has so many.
    by_source = {}
    for key in dict.fromkeys(row["song"] for row in frozen):
        by_source.setdefault(wanted[key].source, []).append(key)
    chosen = sorted((i, source, key) for source, keys in by_source.items() for i, key in enumerate(keys))[:most]
    found = []
    print("| song | degraded by | Bark error, dB: before, evaluation, plug-in |")
    print("|---|---|---|")
    for _, _, key in chosen:
        song = wanted[key]
        try:
            songs.fetch(song.package, [one for one in wanted.values() if one.package == song.package], CACHE)
            sound = songs.decode(song, CACHE)
        except songs.Unusable as error:
            print(error, file=sys.stderr)
            continue
        for row in (row for row in frozen if row["song"] == key):
            metrics = compare(row, sound)
            if metrics is None:
                print(f"| {song.title} | {row['severity_db']:.0f} dB | no mix, unchanged |", flush=True)
                continue
            found.append(metrics)
            before, evaluated, actual = metrics[:, 0]
            if max(abs(evaluated - before), abs(actual - before)) > 0.05:
                print(f"| {song.title} | {row['severity_db']:.0f} dB | {before:.2f}, {evaluated:.2f}, {actual:.2f} |", flush=True)
    means = np.mean(found, axis=0)
    for i, metric in enumerate(METRICS):
        before, evaluated, actual = means[:, i]
        print(f"{metric}, mean of {len(found)}: before {before:.3f}, evaluation {evaluated:.3f}, plug-in {actual:.3f} ({actual / evaluated - 1:+.1%})")


if __name__ == "__main__":
    main()
