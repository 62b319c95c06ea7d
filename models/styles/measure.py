"""Measurements of a song: third-octave spectrum, loudness, and the short-term levels that Comfort reacts to."""

import numpy as np
from scipy import signal

from music import RATE

VERSION = 1  # Raise it when measurements change, so that the cache is rebuilt.

NOMINAL_HZ = (
    *(25, 31.5, 40, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000, 2500),
    *(3150, 4000, 5000, 6300, 8000, 10000, 12500, 16000, 20000),
)
CENTERS_HZ = 1000 * 10 ** (np.arange(-16, 14) / 10)  # IEC 61260-1, base ten.
WINDOW = 16_384
GATE_DB = 20.0

COMFORT_HZ = (110, 300, 3200, 7500)
COMFORT_Q = 0.9
COMFORT_S, PROGRAM_S, STEP_S = 0.06, 3.0, 0.02
COMFORT_PERCENTILES = (10, 25, 50, 75, 90, 95, 99)
QUIETEST_DB = -50.0


def spectra(sound: np.ndarray) -> np.ndarray:
    """Power spectra of windows of 372 ms that overlap by half, mean of both channels: the bins of a window add up to
    its mean square."""
    window = signal.windows.hann(WINDOW, sym=False)
    frames = np.lib.stride_tricks.sliding_window_view(sound, WINDOW, axis=1)[:, :: WINDOW // 2]
    power = np.zeros((frames.shape[1], WINDOW // 2 + 1))
    for channel in frames:
        for out, frame in zip(power, channel):
            out += np.abs(np.fft.rfft(frame * window)) ** 2
    power[:, 1:-1] *= 2
    return power / (2 * WINDOW * np.sum(window**2))


def loudness(power: np.ndarray) -> tuple[float, np.ndarray]:
    """Integrated loudness as in ITU-R BS.1770-4, with the windows in place of its 400 ms blocks, and that of each."""
    hz = np.arange(WINDOW // 2 + 1) * RATE / WINDOW
    blocks = -0.691 + decibels(2 * power @ k_weighting(hz))
    gated = blocks[blocks > -70]
    relative = -10 + decibels(np.mean(10 ** (gated / 10)))
    return float(decibels(np.mean(10 ** (gated[gated > relative] / 10)))), blocks


def k_weighting(hz: np.ndarray) -> np.ndarray:
    """The power response of the standard's two filters, which it gives for 48 kHz."""
    shelf = ([1.53512485958697, -2.69169618940638, 1.19839281085285], [1, -1.69065929318241, 0.73248077421585])
    high_pass = ([1.0, -2.0, 1.0], [1, -1.99004745483398, 0.99007225036621])
    responses = [np.abs(signal.freqz(b, a, worN=hz, fs=48_000)[1]) ** 2 for b, a in (shelf, high_pass)]
    return responses[0] * responses[1]


def third_octaves(power: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """Long-term level of each band relative to that of all of them, dB, over the windows that are at most 20 dB below
    the song's loudest tenth. A bin that an edge cuts counts for its share on either side."""
    mean = power[blocks > np.percentile(blocks, 90) - GATE_DB].mean(axis=0)
    bin_hz = RATE / WINDOW
    cumulative = np.concatenate([[0], np.cumsum(mean)])
    bin_edges = (np.arange(len(cumulative)) - 0.5) * bin_hz
    edges = 1000 * 10 ** ((np.arange(-16, 15) - 0.5) / 10)
    bands = np.diff(np.interp(np.minimum(edges, RATE / 2), bin_edges, cumulative))
    return decibels(bands / bands.sum())


def moments(sound: np.ndarray) -> np.ndarray:
    """Percentiles [7, 4] of the level of each band of Comfort in 60 ms against that of the program in 3 s, dB."""
    step = round(STEP_S * RATE)
    program = smoothed(np.sum(sound**2, axis=0), PROGRAM_S)[::step]
    # Compensates for the one-pole filter's start from 0.
    program /= 1 - np.exp(-(np.arange(len(program)) * step + 1) / (PROGRAM_S * RATE))
    level = decibels(program)
    counted = (level > QUIETEST_DB) & (np.arange(len(level)) * STEP_S >= PROGRAM_S)
    bands = [smoothed(np.sum(band_pass(sound, hz) ** 2, axis=0), COMFORT_S)[::step] for hz in COMFORT_HZ]
    relative = [decibels(band)[counted] - level[counted] for band in bands]
    return np.percentile(relative, COMFORT_PERCENTILES, axis=1)


def band_pass(sound: np.ndarray, hz: float) -> np.ndarray:
    return signal.lfilter(*band_pass_coefficients(hz), sound, axis=1)


def band_pass_coefficients(hz: float) -> tuple[list[float], list[float]]:
    """H(s) = (s ω/Q) / (s² + s ω/Q + ω²), bilinear, with an exact center frequency."""
    w = 2 * np.pi * hz / RATE
    alpha = np.sin(w) / (2 * COMFORT_Q)
    return [alpha, 0, -alpha], [1 + alpha, -2 * np.cos(w), 1 - alpha]


def comfort_levels(third_octaves_db: np.ndarray) -> np.ndarray:
    """The level that each band of Comfort measures of steady sound with these third-octave levels, dB relative to all."""
    power = 10 ** (third_octaves_db / 10)
    responses = [np.abs(signal.freqz(*band_pass_coefficients(hz), CENTERS_HZ, fs=RATE)[1]) ** 2 for hz in COMFORT_HZ]
    return decibels(np.array(responses) @ power / power.sum())


def smoothed(power: np.ndarray, seconds: float) -> np.ndarray:
    pole = np.exp(-1 / (seconds * RATE))
    return signal.lfilter([1 - pole], [1, -pole], power)


def decibels(power: np.ndarray | float) -> np.ndarray:
    return 10 * np.log10(np.maximum(power, 1e-20))
