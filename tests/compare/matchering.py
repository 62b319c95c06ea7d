"""Flow's reference match beside matchering 2, on the same songs.

    pip install matchering pyloudnorm soundfile scipy
    python tests/compare/matchering.py SONG REFERENCE [SONG REFERENCE …]

Both master each SONG towards its REFERENCE. For what comes of it: the distance to the reference's average spectrum in Bark
bands (Zwicker's 24 critical bands, dB RMS, level left aside), the difference of integrated loudness (BS.1770, by
pyloudnorm), and the true peak (eightfold oversampled). Prints a Markdown table, its last row the medians.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import matchering
import numpy as np
import pyloudnorm
import soundfile
from scipy.signal import resample_poly, welch

ROOT = pathlib.Path(__file__).resolve().parents[2]
BARK_HZ = [20, 100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000, 2320, 2700, 3150, 3700, 4400, 5300,
           6400, 7700, 9500, 12000, 15500]


def bark_db(audio, rate_hz):
    hz, power = welch(audio.T, rate_hz, nperseg=8192)
    power = power.mean(axis=0)
    bands = [power[(hz >= low) & (hz < high)].sum() for low, high in zip(BARK_HZ, BARK_HZ[1:])]
    level = 10 * np.log10(np.maximum(bands, 1e-12))
    return level - level.mean()


def figures(path):
    audio, rate_hz = soundfile.read(path, always_2d=True)
    peak = max(np.abs(resample_poly(channel, 8, 1)).max() for channel in audio.T)
    return {
        "bark": bark_db(audio, rate_hz),
        "lufs": pyloudnorm.Meter(rate_hz).integrated_loudness(audio),
        "dbtp": 20 * np.log10(max(peak, 1e-9)),
    }


def with_flow(song, reference, folder):
    command = ["cargo", "--quiet", "xtask", "master", song, "--reference", reference, "--out", folder, "--json"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["output_path"]


def with_matchering(song, reference, folder):
    path = str(pathlib.Path(folder) / "matchering.wav")
    matchering.process(target=song, reference=reference, results=[matchering.pcm24(path)])
    return path


def compare(song, reference):
    """Bark distance, loudness difference and true peak: of the song as it was, by Flow, by matchering."""
    wanted = figures(reference)
    with tempfile.TemporaryDirectory() as folder:
        results = [song, with_flow(song, reference, folder), with_matchering(song, reference, folder)]
        found = [figures(path) for path in results]
    return [
        (
            float(np.sqrt(np.mean((f["bark"] - wanted["bark"]) ** 2))),
            float(abs(f["lufs"] - wanted["lufs"])),
            float(f["dbtp"]),
        )
        for f in found
    ]


def main():
    paths = [str(pathlib.Path(path).resolve()) for path in sys.argv[1:]]
    if not paths or len(paths) % 2:
        sys.exit(__doc__)
    print("| song → reference | Bark dB: before, Flow, matchering | loudness off by, LU | true peak, dBTP |")
    print("|---|---|---|---|")
    rows = []
    for song, reference in zip(paths[::2], paths[1::2]):
        row = compare(song, reference)
        rows.append(row)
        show(f"{pathlib.Path(song).stem} → {pathlib.Path(reference).stem}", row)
    show("median", np.median(np.array(rows), axis=0))


def show(name, row):
    columns = [", ".join(f"{value:.{digits}f}" for value in column) for column, digits in zip(zip(*row), (2, 2, 2))]
    print(f"| {name} | {' | '.join(columns)} |", flush=True)


if __name__ == "__main__":
    main()
