"""Compares Flow's reference match with matchering 2 on the same songs.

    cargo xtask measure --table matching

Both match the first two minutes of each song of pairs.csv to its reference, at 44.1 kHz; the pairs are those of the
validation split, or with the argument `test` those of the test split. The songs are those of models/train/songs.csv;
packages that are missing in target/train are downloaded. FLOW names the program `flow`, FLOW_BUNDLE the built plug-in. The
metrics of the outputs are:

- the distance to the reference's average spectrum in Bark bands (Zwicker's 24 critical bands, power, dB RMS, level aside);
- the difference of integrated loudness (BS.1770, by pyloudnorm);
- the true peak, by 32-fold oversampling.

Prints a Markdown table, its last row the medians.
"""

import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import matchering
import numpy as np
import pyloudnorm
import soundfile
from scipy.signal import resample_poly, welch

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = ROOT / "target" / "train"
sys.path.insert(0, str(ROOT / "models" / "train"))

import songs  # noqa: E402

LONGEST_S = 120
BARK_HZ = [20, 100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000, 2320, 2700, 3150, 3700, 4400, 5300,
           6400, 7700, 9500, 12000, 15500]
OVERSAMPLING = 32
REACH = 32
"""Samples on either side of an interpolated point, as in the meter of Flow's own tests."""
COARSE = 4
COARSE_LEAST = 0.9
"""A fourfold meter reads at most 0.7 dB (0.92) too low. So the peak is where it reads at least 0.9 of its own maximum."""


def bark_db(audio, rate_hz):
    hz, power = welch(audio.T, rate_hz, nperseg=8192)
    power = power.mean(axis=0)
    bands = [power[(hz >= low) & (hz < high)].sum() for low, high in zip(BARK_HZ, BARK_HZ[1:])]
    level = 10 * np.log10(np.maximum(bands, 1e-12))
    return level - level.mean()


def interpolators():
    """Returns Kaiser-windowed sincs, with a column for each point between two samples."""
    points = np.arange(OVERSAMPLING) / OVERSAMPLING
    at = np.arange(1 - REACH, REACH + 1)[:, None] - points
    return np.sinc(at) * np.i0(10.0 * np.sqrt(np.maximum(0.0, 1 - (at / (REACH + 1)) ** 2))) / np.i0(10.0)


def true_peak_db(audio):
    coarse = np.abs(resample_poly(audio, COARSE, 1, axis=0))
    highest = 1e-9
    for channel, readings in zip(audio.T, coarse.T):
        near = np.flatnonzero(readings >= COARSE_LEAST * coarse.max()) // COARSE
        if len(near):
            around = np.lib.stride_tricks.sliding_window_view(np.pad(channel, (REACH - 1, REACH)), 2 * REACH)
            highest = max(highest, np.abs(around[np.unique(near)] @ interpolators()).max())
    return 20 * np.log10(highest)


def metrics(path):
    audio, rate_hz = soundfile.read(path, always_2d=True)
    return {
        "bark": bark_db(audio, rate_hz),
        "lufs": pyloudnorm.Meter(rate_hz).integrated_loudness(audio),
        "dbtp": true_peak_db(audio),
    }


def with_flow(song, reference, folder):
    command = [os.environ["FLOW"], "master", song, "--no-assist", "--reference", reference, "--out", folder, "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["output_path"]


def with_matchering(song, reference, folder):
    path = str(pathlib.Path(folder) / "matchering.wav")
    matchering.process(target=song, reference=reference, results=[matchering.pcm24(path)])
    return path


def compare(song, reference, folder):
    """Returns Bark distance, loudness difference and true peak of the original, of Flow and of matchering."""
    wanted = metrics(reference)
    results = [song, with_flow(song, reference, folder), with_matchering(song, reference, folder)]
    found = [metrics(path) for path in results]
    return [
        (
            float(np.sqrt(np.mean((f["bark"] - wanted["bark"]) ** 2))),
            float(abs(f["lufs"] - wanted["lufs"])),
            float(f["dbtp"]),
        )
        for f in found
    ]


def write(song, folder):
    path = pathlib.Path(folder) / f"{song.title}.wav"
    sound = songs.decode(song, CACHE)[:, : LONGEST_S * songs.RATE]
    soundfile.write(path, sound.T, songs.RATE, subtype="FLOAT")
    return str(path)


def pairs(split):
    """Returns the songs of one split, each with its reference."""
    by_key = {song.key: song for song in songs.songs()}
    with (HERE / "pairs.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split]
    found = [(by_key[row["song"]], by_key[row["reference"]]) for row in rows]
    packages = {song.package for pair in found for song in pair}
    for package in sorted(packages):
        songs.fetch(package, [song for song in by_key.values() if song.package == package], CACHE)
    return found


def main():
    split = sys.argv[1] if len(sys.argv) > 1 else "val"
    if split not in ("val", "test") or len(sys.argv) > 2:
        sys.exit(__doc__)
    print("| song → reference | Bark dB: before, Flow, matchering | loudness off by, LU | true peak, dBTP |")
    print("|---|---|---|---|")
    rows = []
    for song, reference in pairs(split):
        with tempfile.TemporaryDirectory() as folder:
            row = compare(write(song, folder), write(reference, folder), folder)
        rows.append(row)
        show(f"{song.title} → {reference.title}", row)
    show(f"median of {len(rows)} pairs", np.median(np.array(rows), axis=0))


def show(name, row):
    columns = [", ".join(f"{value:.2f}".replace("-", "−") for value in column) for column in zip(*row)]
    print(f"| {name} | {' | '.join(columns)} |", flush=True)


if __name__ == "__main__":
    main()
