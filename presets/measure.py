"""What each factory preset changes, measured on songs, written into its description.

    python3 presets/measure.py SONG.wav [SONG.wav ...]

Each song is mastered by the built plug-in (`cargo xtask master --profile streaming`) with each preset and with Neutral,
so that both have the same loudness. What differs is the preset: levels of the four anchors, of the side and of the
bass's side, peak to loudness ratio. Medians over the songs; needs numpy and scipy.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
from scipy.io import wavfile
from scipy.signal import welch

ROOT = pathlib.Path(__file__).resolve().parent.parent
ANCHORS = {"Body": (20, 200), "Soul": (200, 2000), "Silk": (2000, 8000), "Air": (8000, 16000)}
XTASK = ["cargo", "xtask"]
MARK = " Measured at equal loudness: "


def render(song, preset, folder):
    """The song mastered with a preset, and its figures."""
    out = folder / preset.replace(" ", "_")
    command = [*XTASK, "master", str(song), "--preset", preset]
    command += ["--profile", "streaming", "--json", "--out", str(out)]
    record = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    record = record[0] if isinstance(record, list) else record
    rate, samples = wavfile.read(next(out.glob("*.wav")))
    full_scale = np.iinfo(samples.dtype).max if samples.dtype.kind == "i" else 1.0
    return rate, samples.astype(float) / full_scale, record


def figures(rate, samples, record):
    """Levels in dB that presets move."""
    left, right = samples.T
    mid, side = (left + right) / 2, (left - right) / 2
    hz, power = welch(np.stack([left, right, mid, side]), rate, nperseg=8192)

    def level(row, low, high):
        band = (hz >= low) & (hz < high)
        return 10 * np.log10(power[row][band].sum() + 1e-20)

    # Left and right together are twice mid and side together.
    power = np.vstack([power, power[2] + power[3]])
    result = {name: level(4, *band) for name, band in ANCHORS.items()}
    result["side"] = level(3, 200, 16000) - level(2, 200, 16000)
    result["bass side"] = level(3, 20, 120) - level(2, 20, 120)
    result["PLR"] = record["output"]["plr"]
    return result


def sentence(changes):
    """The changes worth a word: from 0.3 dB on."""
    parts = []
    for name, values in changes.items():
        change = float(np.median(values))
        if name == "bass side" and change < -20:
            parts.append("bass in mono")
        elif abs(change) >= 0.3:
            parts.append(f"{name} {change:+.1f} dB".replace("-", "−"))
    return ", ".join(parts) if parts else "nothing by 0.3 dB or more"


def main():
    songs = [pathlib.Path(name).resolve() for name in sys.argv[1:]]
    if not songs:
        sys.exit(__doc__)
    files = sorted((ROOT / "presets" / "factory").glob("*.json"))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        neutral = {song: figures(*render(song, "Neutral", folder / song.stem)) for song in songs}
        for file in files:
            text = file.read_text()
            preset = json.loads(text)
            changes = {}
            for song in songs:
                now = figures(*render(song, preset["name"], folder / song.stem))
                for name, value in now.items():
                    changes.setdefault(name, []).append(value - neutral[song][name])
            intent = preset["description"].split(MARK)[0]
            described = intent + MARK + sentence(changes) + "." if preset["name"] != "Neutral" else intent
            quoted = json.dumps(described, ensure_ascii=False)
            file.write_text(re.sub(r'"description": ".*"', lambda _: f'"description": {quoted}', text))
            print(f"{preset['name']}: {sentence(changes)}", flush=True)


main()
