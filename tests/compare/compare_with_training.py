"""What the model card promises beside what the plug-in gives, on the validation songs of models/train/frozen.jsonl.

    target/train/python/bin/python3 tests/compare/compare_with_training.py [SONGS]

(`cargo xtask train --quick` makes that environment, and the recipe's programs.) The card's figures come from the chain
itself with the solver's own values; users get `cargo xtask master --assist`: the service, the plug-in, values through text
onto the knobs' grids, and the rules for what is broken. Both are given the same excerpts, at most SONGS songs (16), and both
results are held against the song as it was by the same meter (`flow_trainer judge`). Packages that aren't in target/train
yet are downloaded; FLOW_BUNDLE names the plug-in where nothing is to be built.

Prints a line for each excerpt that either moves, and how far apart both are over all.
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
from programs import FFMPEG, RAW, run, to_bytes, to_sound  # noqa: E402

MANIFEST = ROOT / "models" / "flow.json"
METRICS = ("bark_db", "spectral_db", "crest_db", "width_db")


def judged(clean, degraded, folder):
    """All answers of the training's evaluation to one pair of sounds."""
    paths = []
    for name, sound in (("clean", clean), ("degraded", degraded)):
        paths.append(folder / f"{name}.f32")
        np.ascontiguousarray(sound.T, "<f4").tofile(paths[-1])
    question = {"clean": str(paths[0]), "degraded": str(paths[1]), "calibrations": []}
    command = [str(evaluate.TRAINER), "judge", str(MANIFEST)]
    done = subprocess.run(command, input=json.dumps(question) + "\n", capture_output=True, text=True, check=True)
    return {answer["who"]: answer for answer in json.loads(done.stdout)["answers"]}


def mastered(degraded, folder):
    """What `master --assist` makes of it, its loudness left to it and no peak held back; none of what it takes for no mix."""
    path = folder / "degraded.wav"
    run([*FFMPEG, *RAW, "-i", "-", "-c:a", "pcm_f32le", str(path)], to_bytes(degraded))
    command = ["cargo", "--quiet", "xtask", "master", str(path), "--assist", "--profile", "keep", "--set", "ceil=0"]
    command += ["--json", "--out", str(folder)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    record = json.loads(done.stdout)
    if any(words in str(record["verdict"]) for words in ("single instrument", "hears speech", "hears no music")):
        return None
    return to_sound(run([*FFMPEG, "-i", record["output_path"], *RAW, "-"], b""), degraded.shape[1])


def compare(row, sound):
    """The figures of doing nothing, as promised, and as given; none where it hears no mix."""
    clean, degraded = evaluate.sounds(row, sound)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        promised = judged(clean, degraded, folder)
        output = mastered(degraded, folder)
        if output is None:
            return None
        given = judged(clean, output, folder)["nothing"]
    return np.array([[one[metric] for metric in METRICS] for one in (promised["nothing"], promised["network"], given)])


def main():
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 16
    wanted = {song.key: song for song in songs.songs() if song.split == "val"}
    # Sound effects, which are frozen too, aren't judged.
    frozen = [row for row in evaluate.read_frozen() if row["song"] in wanted]
    # The same number of songs of each source, as far as they go.
    by_source = {}
    for key in dict.fromkeys(row["song"] for row in frozen):
        by_source.setdefault(wanted[key].source, []).append(key)
    chosen = sorted((i, source, key) for source, keys in by_source.items() for i, key in enumerate(keys))[:most]
    found = []
    print("| song | degraded by | Bark error, dB: before, promised, given |")
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
            figures = compare(row, sound)
            if figures is None:
                print(f"| {song.title} | {row['severity_db']:.0f} dB | taken for no mix, and left alone |", flush=True)
                continue
            found.append(figures)
            before, promised, given = figures[:, 0]
            if max(abs(promised - before), abs(given - before)) > 0.05:
                print(f"| {song.title} | {row['severity_db']:.0f} dB | {before:.2f}, {promised:.2f}, {given:.2f} |", flush=True)
    means = np.mean(found, axis=0)
    for i, metric in enumerate(METRICS):
        before, promised, given = means[:, i]
        print(f"{metric}, mean of {len(found)}: before {before:.3f}, promised {promised:.3f}, given {given:.3f} ({given / promised - 1:+.1%})")


if __name__ == "__main__":
    main()
