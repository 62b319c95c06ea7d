"""Peaks, loudness, and filtering."""

import functools
import math

import numpy as np
from scipy import signal

from songs import RATE


def peak(sound: np.ndarray) -> float:
    return max(float(np.max(np.abs(sound), initial=0)), 1e-6)


@functools.cache
def _k_weighting() -> np.ndarray:
    """The K-weighting filters of BS.1770 at 44.1 kHz, from the analog prototypes of its table at 48 kHz."""
    gain = 10 ** (3.999843853973347 / 20)
    middle = gain**0.4996667741545416
    k, q = math.tan(math.pi * 1681.974450955533 / RATE), 0.7071752369554196
    shelf = [gain + middle * k / q + k * k, 2 * (k * k - gain), gain - middle * k / q + k * k]
    shelf += [1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k]
    k, q = math.tan(math.pi * 38.13547087602444 / RATE), 0.5003270373238773
    high_pass = [1, -2, 1, 1, 2 * (k * k - 1) / (1 + k / q + k * k), (1 - k / q + k * k) / (1 + k / q + k * k)]
    return np.array([np.array(shelf) / shelf[3], high_pass])


def loudness_lufs(sound: np.ndarray) -> float:
    """The loudness of the blocks of 400 ms above -70 LUFS; minus infinity without any."""
    weighted = signal.sosfilt(_k_weighting(), sound, axis=1)
    step = min(RATE // 10, max(sound.shape[1] // 4, 1))
    steps = sound.shape[1] // step
    if steps < 4:
        return -math.inf
    power = np.square(weighted[:, : steps * step]).reshape(2, steps, step).mean(axis=2).sum(axis=0)
    blocks = np.convolve(power, np.full(4, 0.25), mode="valid")
    loud = blocks[blocks > 10 ** ((-70 + 0.691) / 10)]
    return float(-0.691 + 10 * np.log10(loud.mean())) if loud.size else -math.inf


def at_loudness(sound: np.ndarray, lufs: float) -> np.ndarray:
    """Scales a sound to a loudness, also beyond full scale. Silence stays silence."""
    now = loudness_lufs(sound)
    return sound if math.isinf(now) else sound * np.float32(10 ** ((lufs - now) / 20))


def convolved(sound: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """Applies a linear phase filter without its delay."""
    return signal.oaconvolve(sound, taps[None].astype(np.float32), mode="same", axes=1).astype(np.float32)
