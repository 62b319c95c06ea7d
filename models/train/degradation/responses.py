"""The responses of other programs' equalizers as formulas, to scale drawn curves to a severity."""

import functools
import math
from collections.abc import Callable

import numpy as np

from songs import RATE

GEQ_BANDS = 28  # The plug-in has a 29th, which does nothing at 44.1 kHz.
GEQ_EDGES_HZ = 10 ** (1.45 + 0.1 * np.arange(GEQ_BANDS + 1))
GEQ_CENTERS_HZ = 10 ** (1.5 + 0.1 * np.arange(GEQ_BANDS))


def _biquad_db(filter_: dict, hz: np.ndarray) -> np.ndarray:
    """Peak or shelf of the Audio EQ Cookbook, which is what SoX and FFmpeg compute."""
    a = 10 ** (filter_["gain_db"] / 40)
    omega = 2 * math.pi * filter_["hz"] / RATE
    alpha = math.sin(omega) / (2 * filter_["q"])
    if filter_["type"] == "peak":
        b, a = _cookbook_peak(a, omega, alpha)
    else:
        b, a = _cookbook_shelf(a, omega, alpha, 1 if filter_["type"] == "low_shelf" else -1)
    return _magnitude_db(b, a, hz)


def _magnitude_db(b: tuple, a: tuple, hz: np.ndarray) -> np.ndarray:
    z = np.exp(-2j * np.pi * np.minimum(hz, RATE / 2) / RATE)
    return 20 * np.log10(np.abs((b[0] + z * (b[1] + z * b[2])) / (a[0] + z * (a[1] + z * a[2]))))


def _cookbook_peak(a: float, omega: float, alpha: float) -> tuple[tuple, tuple]:
    middle = -2 * math.cos(omega)
    return (1 + alpha * a, middle, 1 - alpha * a), (1 + alpha / a, middle, 1 - alpha / a)


def _cookbook_shelf(a: float, omega: float, alpha: float, sign: int) -> tuple[tuple, tuple]:
    """A shelf. A high shelf is a low shelf with the signs of the cosine and of the odd coefficients inverted."""
    cosine, root = sign * math.cos(omega), 2 * math.sqrt(a) * alpha
    over, under = a + 1, a - 1
    b = (a * (over - under * cosine + root), sign * 2 * a * (under - over * cosine), a * (over - under * cosine - root))
    return b, (over + under * cosine + root, -sign * 2 * (under + over * cosine), over + under * cosine - root)


def zam_width(bandwidth: float) -> float:
    """Width of ZamEQ2's peaks at half their gain, relative to their frequency, as measured."""
    return (2**bandwidth - 1) / (2 * math.pi * 2 ** (1 / bandwidth))


def _zam_eq_db(filter_: dict, hz: np.ndarray) -> np.ndarray:
    """ZamEQ2 has the cookbook's shelves with a slope of 0.71, and Orfanidis's peaks."""
    a = 10 ** (filter_["gain_db"] / 40)
    if filter_["type"] != "peak":
        return _biquad_db(filter_ | {"q": ((a + 1 / a) * (math.sqrt(2) - 1) + 2) ** -0.5}, hz)
    if abs(filter_["gain_db"]) < 1e-3:
        return np.zeros(len(hz))
    omega = 2 * math.pi * filter_["hz"] / RATE
    return _magnitude_db(*_orfanidis_peak(a * a, a, omega, omega * zam_width(filter_["bandwidth"])), hz)


def _orfanidis_peak(peak: float, edge: float, omega: float, width: float) -> tuple[tuple, tuple]:
    """A peak with the gain of an analog one at the Nyquist frequency (Orfanidis, JAES 45, 1997). `edge` is the gain at which
    the width is measured."""
    span, rise = abs(peak**2 - edge**2), abs(edge**2 - 1)
    distance, damping = (omega**2 - math.pi**2) ** 2, rise * (math.pi * width) ** 2 / span
    nyquist = math.sqrt((distance + peak**2 * damping) / (distance + damping))
    beyond = abs(edge**2 - nyquist**2)
    square = math.sqrt(abs(peak**2 - nyquist**2) / abs(peak**2 - 1)) * math.tan(omega / 2) ** 2
    wide = (1 + math.sqrt(rise / beyond) * square) * math.tan(width / 2)
    c = beyond * wide**2 - 2 * square * (abs(edge**2 - nyquist) - math.sqrt(rise * beyond))
    d = 2 * square * (abs(peak**2 - nyquist) - math.sqrt(abs(peak**2 - 1) * abs(peak**2 - nyquist**2)))
    pole, zero = math.sqrt((c + d) / span), math.sqrt((peak**2 * c + edge**2 * d) / span)
    b = (nyquist + square + zero, -2 * (nyquist - square), nyquist + square - zero)
    return b, (1 + square + pole, -2 * (1 - square), 1 + square - pole)


def _curve_db(filter_: dict, hz: np.ndarray) -> np.ndarray:
    """Shapes for FIR filters, as functions of the logarithm of the frequency."""
    octaves = np.log2(np.maximum(hz, 1) / filter_.get("hz", 1000)) if filter_["type"] != "points" else None
    match filter_["type"]:
        case "peak":
            return filter_["gain_db"] * np.exp(-4 * math.log(2) * (octaves / filter_["octaves"]) ** 2)
        case "low_shelf":
            return filter_["gain_db"] * (0.5 - 0.5 * np.tanh(octaves / filter_["octaves"]))
        case "high_shelf":
            return filter_["gain_db"] * (0.5 + 0.5 * np.tanh(octaves / filter_["octaves"]))
        case "wave":
            return filter_["gain_db"] * np.cos(2 * np.pi * octaves / filter_["octaves"] + filter_["phase"])
        case "slope":
            return filter_["gain_db"] * np.clip(octaves / 4.5, -1, 1)
        case "points":
            return np.interp(np.log(np.maximum(hz, 1)), np.log(filter_["hz"]), filter_["gain_db"])
    raise ValueError(filter_["type"])


def _geq_db(filter_: dict, hz: np.ndarray) -> np.ndarray:
    """ZamGEQ31. Its bands are so steep that its response is a staircase."""
    steps = np.concatenate(([0.0], filter_["gain_db"], [0.0]))
    return steps[np.searchsorted(GEQ_EDGES_HZ, hz)]


MODELS: dict[str, Callable[[dict, np.ndarray], np.ndarray]] = {
    "fir": _curve_db,
    "firequalizer": _curve_db,
    "sox": _biquad_db,
    "ffmpeg": _biquad_db,
    "zam_eq2": _zam_eq_db,
    "zam_geq31": _geq_db,
}


def filters_db(by: str, filters: list[dict], hz: np.ndarray) -> np.ndarray:
    return sum((MODELS[by](filter_, hz) for filter_ in filters), np.zeros(len(hz)))


@functools.cache
def erb_grid_hz() -> np.ndarray:
    """40 Hz to 16 kHz in equal steps of ERB number: plain means over it are ERB-weighted."""
    low, high = np.log10(1 + 0.00437 * np.array([40, 16_000]))
    return (10 ** np.linspace(low, high, 240) - 1) / 0.00437


def rms_db(curve_db: np.ndarray) -> float:
    """The RMS of a curve on the ERB grid without its mean, which is a gain."""
    return float(np.std(curve_db))
