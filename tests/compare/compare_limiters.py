"""Compares Flow's limiter with others at equal loudness and equal true peak.

    compare_limiters.py FLOW.vst3 SONG…

`cargo xtask measure --table limiters SONG…` runs it. Of each song it takes the loudest 12 seconds. For each limiter it searches the
gain at which the output has the target loudness (BS.1770, integrated) once a true peak above −1 dBTP is brought down to it. There is
one table for each target: its means are over the songs that every limiter reaches; those that reach fewer than half of the
songs have dashes, and no say in this. The metrics compare the output at the loudness of the song:

- PEAQ: the objective difference grade of BS.1387's basic version, 0 (imperceptible) to −4;
- NMR: noise to mask, dB (BS.1387);
- LSD: distance of the log spectra, dB RMS, from 20 Hz to 16 kHz;
- front: change of the level of onsets against the 100 ms that follow, dB;
- pilot: standard deviation of the level of a quiet tone of 17 kHz, dB;
- gain: the gain before the limiter, dB.

The last table has the distortion of bass with 6 dB of limiting, in percent of the bass (its harmonics up to 2 kHz): a tone of 40 Hz alone,
with a partial at 7 kHz, with hats (noise above 6 kHz, its RMS 5 % of the tone's peak); and the intermodulation of 60 Hz and 7 kHz at
4 : 1 (SMPTE), in percent of the upper tone.

Prints Markdown.
"""

import pathlib
import subprocess
import sys

import numpy as np
import pyloudnorm
from scipy.signal import butter, firwin, oaconvolve, resample_poly, sosfilt

import limiters
import peaq

RATE_HZ = limiters.RATE_HZ
TARGETS_LUFS = [-14, -11, -9, -7]
SECONDS = 12
SONG_LUFS = -20.0
PILOT_HZ = 17_000
PILOT_DBFS = -60
# Levels of the partial at 7 kHz.
PARTIALS = [0, 0.03, 0.06, 0.1, 0.2, 0.5]
TAIL = np.zeros((RATE_HZ // 10, 2))
METER = pyloudnorm.Meter(RATE_HZ)


def read(path):
    command = ["ffmpeg", "-v", "error", "-i", path, "-ac", "2", "-ar", str(RATE_HZ), "-f", "f32le", "-"]
    raw = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return np.frombuffer(raw, np.float32).reshape(-1, 2).astype(float)


def excerpt(audio):
    """The loudest part, at SONG_LUFS."""
    step = RATE_HZ // 10
    power = np.add.reduceat((audio**2).sum(axis=1), np.arange(0, len(audio), step))
    start = int(np.argmax(np.convolve(power, np.ones(SECONDS * 10), "valid"))) * step
    part = audio[start : start + SECONDS * RATE_HZ]
    return part * limiters.amplitude(SONG_LUFS - METER.integrated_loudness(part))


def true_peak_db(audio):
    return 20 * np.log10(max(np.abs(resample_poly(channel, 8, 1)).max() for channel in audio.T))


def aligned(song, output):
    """The output without its delay, at the length of the song."""
    size = 2 * len(song)
    match = np.fft.irfft(np.conj(np.fft.rfft(song[:, 0], size)) * np.fft.rfft(output[:, 0], size))
    delay = int(np.argmax(match[: len(TAIL)]))
    return output[delay : delay + len(song)]


def reach(limiter, song, target_lufs):
    """Output at the target and its gain in dB, or None."""
    gain_db = target_lufs - SONG_LUFS
    for _ in range(9):
        output = aligned(song, limiter(np.concatenate([song, TAIL]), gain_db))
        output = output * limiters.amplitude(min(limiters.CEILING_DB - true_peak_db(output), 0))
        missing = target_lufs - METER.integrated_loudness(output)
        if abs(missing) < 0.05:
            return output, gain_db
        gain_db += float(np.clip(1.25 * missing, -6, 6))
    return None


def log_spectral_distance(song, output):
    def spectra(audio):
        windows = np.lib.stride_tricks.sliding_window_view(audio.mean(axis=1), 2048)[::1024]
        return 20 * np.log10(np.abs(np.fft.rfft(windows * np.hanning(2048)))[:, 1:683] + 1e-5)

    a, b = spectra(song), spectra(output)
    heard = a.max(axis=1) > -40
    return np.sqrt(((a - b)[heard] ** 2).mean(axis=1)).mean()


def onsets(song):
    """Samples at which the level rises by more than 6 dB, the strongest sixty."""
    step = RATE_HZ // 200
    mono = np.diff(song.mean(axis=1), prepend=0)
    level = 10 * np.log10(np.add.reduceat(mono**2, np.arange(0, len(mono) - step, step)) + 1e-9)
    before = np.max([np.roll(level, k) for k in range(1, 9)], axis=0)
    found = []
    for i in np.argsort(before - level)[:400]:
        if level[i] - before[i] > 6 and 10 < i < len(level) - 40 and all(abs(i - other) > 20 for other in found):
            found.append(i)
    return np.array(found[:60], int) * step


def front_change(song, output):
    def front_db(audio, at):
        body = (audio[at + 960 : at + 5760] ** 2).mean() + 1e-9
        return 10 * np.log10((audio[at - 120 : at + 600] ** 2).mean() / body + 1e-9)

    changes = [front_db(output, at) - front_db(song, at) for at in onsets(song)]
    return np.mean(changes) if changes else 0.0


def pilot_modulation(limiter, song, gain_db):
    low = firwin(511, 15_000, fs=RATE_HZ)
    n = np.arange(len(song))
    pilot = limiters.amplitude(PILOT_DBFS) * np.cos(2 * np.pi * PILOT_HZ / RATE_HZ * n)
    with_pilot = oaconvolve(song, low[:, None], "same") + pilot[:, None]
    output = aligned(with_pilot, limiter(np.concatenate([with_pilot, TAIL]), gain_db))[:, 0]
    shifted = output * np.exp(-2j * np.pi * PILOT_HZ / RATE_HZ * np.arange(len(output)))
    level = np.abs(oaconvolve(shifted, firwin(511, 400, fs=RATE_HZ), "same"))[RATE_HZ // 10 : -RATE_HZ // 10]
    return (20 * np.log10(level + 1e-12)).std()


def limited_spectrum(limiter, parts):
    """The spectrum, a bin for each Hz, of a sum whose first part has its peak 6 dB over the ceiling."""
    tone = limiters.amplitude(SONG_LUFS) * sum(parts)
    output = limiter(np.stack([tone, tone], axis=1), 6 + limiters.CEILING_DB - SONG_LUFS)[RATE_HZ : 2 * RATE_HZ, 0]
    return np.abs(np.fft.rfft(output))


def bass_distortions(limiter):
    """Percentages: one for each column of the last table."""
    n = np.arange(3 * RATE_HZ)

    def tone(hz, level):
        return level * np.sin(2 * np.pi * hz / RATE_HZ * n)

    noise = np.random.default_rng(1).standard_normal(len(n))
    hats = sosfilt(butter(4, 6000, "high", fs=RATE_HZ, output="sos"), noise)
    found = []
    for high in [tone(7000, level) for level in PARTIALS] + [0.05 * hats / hats.std()]:
        spectrum = limited_spectrum(limiter, [tone(40, 1), high])
        found.append(100 * np.sqrt((spectrum[80:2001:40] ** 2).sum()) / spectrum[40])
    spectrum = limited_spectrum(limiter, [tone(60, 0.8), tone(7000, 0.2)])
    sides = spectrum[6640:7361:60].copy()
    sides[6] = 0
    return [*found, 100 * np.sqrt((sides**2).sum()) / spectrum[7000]]


def measured(limiter, song, target_lufs):
    found = reach(limiter, song, target_lufs)
    if found is None:
        return None
    output, gain_db = found
    same = output * limiters.amplitude(SONG_LUFS - METER.integrated_loudness(output))
    variables = peaq.variables(song, same)
    return [peaq.grade(variables), variables[2], log_spectral_distance(song, same), front_change(song, same),
            pilot_modulation(limiter, song, gain_db), gain_db]


def print_row(cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def print_head(columns):
    print_row(columns)
    print("|" + "---|" * len(columns))


def main(flow, paths):
    songs = {pathlib.Path(path).stem: excerpt(read(path)) for path in paths}
    found = limiters.all_limiters(flow)
    for target in TARGETS_LUFS:
        rows = {name: {song: measured(limiter, audio, target) for song, audio in songs.items()}
                for name, limiter in found.items()}
        reached = {name: {song for song, row in own.items() if row is not None} for name, own in rows.items()}
        compared = [own for own in reached.values() if 2 * len(own) >= len(songs)]
        common = set.intersection(*compared) if compared else set()
        print(f"\nAt {target} LUFS, means over {', '.join(sorted(common))}:\n".replace("-", MINUS))
        print_head(["limiter", "songs reached", "PEAQ", "NMR, dB", "LSD, dB", "fronts, dB", "pilot, dB", "gain, dB"])
        for name, own in rows.items():
            cells = ["–"] * 6
            if common and common <= reached[name]:
                cells = [f"{value:.2f}".replace("-", MINUS) for value in np.mean([own[song] for song in common], axis=0)]
            print_row([name, f"{len(reached[name])} of {len(songs)}", *cells])
    print("\nDistortion of a tone of 40 Hz with a part of 7 kHz or with hats, and intermodulation of 60 Hz and 7 kHz, %:\n")
    print_head(["limiter", *(f"{level:.0%} of 7 kHz".replace("%", " %") for level in PARTIALS), "hats", "60 Hz and 7 kHz"])
    for name, limiter in found.items():
        print_row([name, *(f"{percent:.2f}" for percent in bass_distortions(limiter))])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
