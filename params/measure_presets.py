"""Measures the effect of each factory preset on songs and writes it to the preset's description.

    python3 params/measure_presets.py SONG.wav [SONG.wav ...]

The built plug-in masters each song with each preset and with Neutral (`cargo xtask master --profile streaming`), so that
both have the same loudness. The effect is the change of: the levels of the four anchors, of the side and of the bass's
side; the level of the bass's overtones while the bass dominates; the loudness range; and the peak to loudness ratio before
the limiter, from a second render without limiting. Values are medians over the songs. Needs numpy and scipy.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
from scipy.io import wavfile
from scipy.signal import stft, welch

ROOT = pathlib.Path(__file__).resolve().parent.parent
ANCHORS = {"Body": (20, 200), "Soul": (200, 2000), "Silk": (2000, 8000), "Air": (8000, 16000)}
XTASK = ["cargo", "xtask"]
MARK = " Measured at equal loudness: "


def master(song, preset, folder, *more):
    """Masters the song with a preset and returns its record."""
    command = [*XTASK, "master", str(song), "--preset", preset]
    command += ["--profile", "streaming", "--json", "--out", str(folder), *more]
    record = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    return record[0] if isinstance(record, list) else record


def render(song, preset, folder):
    """Returns the rate and samples of the song mastered with a preset, its loudness range and its PLR before the limiter."""
    out = folder / preset.replace(" ", "_")
    record = master(song, preset, out)
    rate, samples = wavfile.read(next(out.glob("*.wav")))
    full_scale = np.iinfo(samples.dtype).max if samples.dtype.kind == "i" else 1.0
    quiet = master(song, preset, out / "quiet", "--set", "gain=-24")
    return rate, samples.astype(float) / full_scale, record["output"]["lra"], quiet["output"]["plr"]


def bass_and_overtones(rate, samples):
    """Returns the powers from 30 to 110 Hz and from 110 to 400 Hz, every 90 ms."""
    hz, _, spectra = stft(samples.mean(axis=1), rate, nperseg=8192)
    power = np.abs(spectra) ** 2
    bands = [(hz >= low) & (hz < high) for low, high in [(30, 110), (110, 400)]]
    return [power[band].sum(axis=0) + 1e-20 for band in bands]


def is_bass_dominant(rate, samples):
    """Returns a mask of the quarter of audible moments with the weakest overtones relative to the bass."""
    bass, overtones = bass_and_overtones(rate, samples)
    is_audible = bass > bass.max() / 1000
    ratio = overtones / bass
    return is_audible & (ratio <= np.percentile(ratio[is_audible], 25))


def levels(rendered, moments):
    """Returns the levels in dB that presets change."""
    rate, samples, loudness_range, peak_to_loudness = rendered
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
    result["bass overtones"] = 10 * np.log10(bass_and_overtones(rate, samples)[1][moments].mean())
    result["loudness range"] = loudness_range
    result["PLR before the limiter"] = peak_to_loudness
    return result


def sentence(changes):
    """Returns a sentence with the changes of at least 0.3 dB or LU."""
    parts = []
    for name, values in changes.items():
        change = round(float(np.median(values)), 1)
        if name == "bass side" and change < -20:
            parts.append("bass in mono")
        elif abs(change) >= 0.3:
            unit = "LU" if name == "loudness range" else "dB"
            parts.append(f"{name} {change:+.1f} {unit}".replace("-", "−"))
    return ", ".join(parts) if parts else "nothing by 0.3 dB or more"


def main():
    songs = [pathlib.Path(name).resolve() for name in sys.argv[1:]]
    if not songs:
        sys.exit(__doc__)
    files = sorted((ROOT / "params" / "factory").glob("*.json"))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        neutral, moments = {}, {}
        for song in songs:
            rendered = render(song, "Neutral", folder / song.stem)
            moments[song] = is_bass_dominant(*rendered[:2])
            neutral[song] = levels(rendered, moments[song])
        for file in files:
            text = file.read_text()
            preset = json.loads(text)
            changes = {}
            for song in songs:
                now = levels(render(song, preset["name"], folder / song.stem), moments[song])
                for name, value in now.items():
                    changes.setdefault(name, []).append(value - neutral[song][name])
            intent = preset["description"].split(MARK)[0]
            described = intent + MARK + sentence(changes) + "." if preset["name"] != "Neutral" else intent
            quoted = json.dumps(described, ensure_ascii=False)
            file.write_text(re.sub(r'"description": ".*"', lambda _: f'"description": {quoted}', text))
            print(f"{preset['name']}: {sentence(changes)}", flush=True)


main()
