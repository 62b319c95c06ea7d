"""Degradations of the balance: curves of linear phase FIR filters, SoX, FFmpeg and zam-plugins.

The test split draws its curves from other generators than training does, to test generalization.
"""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
from scipy import optimize, signal

from degradation.sampling import log_uniform, pick, some_gain
from degradation.programs import ffmpeg, ladspa, sox
from degradation.responses import GEQ_CENTERS_HZ, erb_grid_hz, filters_db, rms_db, zam_width
from songs import RATE
from degradation.sounds import convolved

KINDS = ("broad_eq", "narrow_eq", "tilt", "mud", "harsh", "bass", "air")
IMPLEMENTATIONS = {"fir": 0.35, "sox": 0.25, "ffmpeg": 0.25, "zam": 0.15}
LARGEST_GAIN_DB = 18.0
GEQ_LARGEST_DB = 12.0
FIR_TAPS = (16_385, 32_769)
FIREQUALIZER_DELAY_S = 0.35

# The center of a peak or the corner of a shelf for each kind, Hz.
REGIONS_HZ = {"mud": (160, 480), "harsh": (2000, 6000), "bass": (60, 180), "air": (5000, 12_000)}


@dataclasses.dataclass(frozen=True)
class Ranges:
    """The ranges of peaks and shelves. Those of the two splits don't overlap."""

    broad_peaks: tuple[int, int]
    broad_octaves: tuple[float, float]
    narrow_peaks: tuple[int, int]
    narrow_octaves: tuple[float, float]
    local_peaks: tuple[int, int]
    local_octaves: tuple[float, float]
    shelf_q: tuple[float, float]


TRAIN = Ranges((2, 4), (1.2, 3.5), (1, 4), (0.15, 0.5), (1, 1), (0.8, 1.8), (0.4, 0.75))
TEST = Ranges((5, 8), (0.7, 1.1), (2, 5), (0.08, 0.14), (2, 3), (0.35, 0.75), (0.8, 1.1))


def _peaks(rng: np.random.Generator, count: tuple[int, int], octaves: tuple[float, float], hz=(50, 14_000)) -> list:
    return [
        {"type": "peak", "hz": log_uniform(rng, *hz), "octaves": rng.uniform(*octaves), "gain_db": some_gain(rng)}
        for _ in range(rng.integers(count[0], count[1] + 1))
    ]


def _shelf(rng: np.random.Generator, ranges: Ranges, type_: str, gain: float, hz: tuple[float, float]) -> dict:
    return {"type": type_, "hz": log_uniform(rng, *hz), "q": rng.uniform(*ranges.shelf_q), "gain_db": gain}


def _shapes(rng: np.random.Generator, kind: str, ranges: Ranges) -> list[dict]:
    """Peaks and shelves of one kind with relative gains."""
    match kind:
        case "broad_eq":
            shapes = _peaks(rng, ranges.broad_peaks, ranges.broad_octaves)
            for type_, hz in (("low_shelf", (60, 300)), ("high_shelf", (2500, 10_000))):
                if rng.random() < 0.5:
                    shapes.append(_shelf(rng, ranges, type_, some_gain(rng), hz))
            return shapes
        case "narrow_eq":
            return _peaks(rng, ranges.narrow_peaks, ranges.narrow_octaves, (80, 10_000))
        case "tilt":
            gain = some_gain(rng)
            low = _shelf(rng, ranges, "low_shelf", -gain, (150, 700))
            return [low, _shelf(rng, ranges, "high_shelf", gain, (1000, 5000))]
        case "mud" | "harsh":
            shapes = _peaks(rng, ranges.local_peaks, ranges.local_octaves, REGIONS_HZ[kind])
            return [shape | {"gain_db": abs(shape["gain_db"])} for shape in shapes]
    return [_shelf(rng, ranges, "low_shelf" if kind == "bass" else "high_shelf", some_gain(rng), REGIONS_HZ[kind])]


def _as_curve(shape: dict) -> dict:
    """The shape for FIR filters. Shelves have about the slope of the biquad."""
    return shape if "octaves" in shape else shape | {"octaves": 0.8 / shape["q"]}


def _as_biquad(shape: dict) -> dict:
    if "q" in shape:
        return shape
    ratio = 2 ** shape["octaves"]
    return {key: value for key, value in shape.items() if key != "octaves"} | {"q": math.sqrt(ratio) / (ratio - 1)}


def _as_zam(shape: dict) -> dict:
    """The shape for ZamEQ2, which has its own unit of width for peaks, and shelves without a width."""
    kept = {key: shape[key] for key in ("type", "hz", "gain_db")}
    if shape["type"] != "peak":
        return kept
    width = 2 ** (shape["octaves"] / 2) - 2 ** (-shape["octaves"] / 2)
    return kept | {"bandwidth": optimize.brentq(lambda value: zam_width(value) - width, 0.2, 6)}


def _waves(rng: np.random.Generator) -> list[dict]:
    """A smooth curve over the whole spectrum, of cosines along the logarithm of the frequency."""
    waves = []
    for _ in range(rng.integers(2, 6)):
        octaves, phase = log_uniform(rng, 1.5, 14), rng.uniform(0, 2 * np.pi)
        waves.append({"type": "wave", "octaves": octaves, "phase": phase, "gain_db": some_gain(rng)})
    return waves


def _training_filters(rng: np.random.Generator, kind: str, by: str) -> tuple[str, list[dict]]:
    if by == "fir" and kind == "broad_eq" and rng.random() < 0.6:
        return by, _waves(rng)
    if by == "fir" and kind == "tilt":
        return by, [{"type": "slope", "hz": log_uniform(rng, 400, 2000), "gain_db": some_gain(rng)}]
    shapes = _shapes(rng, kind, TRAIN)
    if by == "fir":
        return by, [_as_curve(shape) for shape in shapes]
    if by == "zam":
        return "zam_eq2", [_as_zam(shape) for shape in shapes]
    return by, [_as_biquad(shape) for shape in shapes]


def _polygon(hz: list[float], gains: list[float]) -> dict:
    return {"type": "points", "hz": hz, "gain_db": gains}


def _polygons(rng: np.random.Generator, kind: str) -> list[dict]:
    """Curves of straight lines, for the test split only."""
    match kind:
        case "broad_eq":
            count = int(rng.integers(5, 10))
            at = (np.arange(count) + rng.uniform(0.15, 0.85, count)) / count
            hz = 40 * (16_000 / 40) ** at
            return [_polygon(list(hz), list(rng.normal(size=len(hz))))]
        case "narrow_eq":
            middles = [log_uniform(rng, 80, 10_000) for _ in range(rng.integers(1, 4))]
            widths = [2 ** rng.uniform(0.2, 0.45) for _ in middles]
            return [_polygon([at / by, at, at * by], [0, some_gain(rng), 0]) for at, by in zip(middles, widths)]
        case "tilt":
            gain = some_gain(rng)
            return [_polygon([log_uniform(rng, 50, 200), log_uniform(rng, 4000, 14_000)], [-gain, gain])]
        case "mud" | "harsh":
            middle, flat = log_uniform(rng, *REGIONS_HZ[kind]), 2 ** rng.uniform(0.1, 0.5)
            slope = 2 ** rng.uniform(0.3, 0.8)
            offsets = (1 / (flat * slope), 1 / flat, flat, flat * slope)
            return [_polygon([middle * offset for offset in offsets], [0, 1, 1, 0])]
    corner, slope = log_uniform(rng, *REGIONS_HZ[kind]), 2 ** rng.uniform(0.3, 1.2)
    gains = [some_gain(rng), 0]
    return [_polygon([corner / slope, corner * slope], gains if kind == "bass" else gains[::-1])]


def _test_filters(rng: np.random.Generator, kind: str, by: str) -> tuple[str, list[dict]]:
    """The graphic equalizer takes an eighth of a second for each band in use, so it's for kinds that need few."""
    if by == "sox":
        return by, [_as_biquad(shape) for shape in _shapes(rng, kind, TEST)]
    if by == "zam" and kind in ("broad_eq", "tilt"):
        return "zam_eq2", [_as_zam(shape) for shape in _shapes(rng, kind, TEST)]
    polygons = _polygons(rng, kind)
    if by == "zam":
        return "zam_geq31", [{"type": "bands", "gain_db": list(filters_db("fir", polygons, GEQ_CENTERS_HZ))}]
    return "firequalizer" if by == "ffmpeg" else by, polygons


def _scaled(filters: list[dict], factor: float) -> list[dict]:
    return [filter_ | {"gain_db": _times(filter_["gain_db"], factor)} for filter_ in filters]


def _times(gain: float | list[float], factor: float) -> float | list[float]:
    return [value * factor for value in gain] if isinstance(gain, list) else gain * factor


def _to_severity(by: str, filters: list[dict], severity_db: float) -> tuple[list[dict], float]:
    """Scales the gains to a severity, or as far as allowed, and returns the severity that is reached."""
    hz = erb_grid_hz()

    def rms_with(factor: float) -> float:
        return rms_db(filters_db(by, _scaled(filters, factor), hz))

    largest = GEQ_LARGEST_DB if by == "zam_geq31" else LARGEST_GAIN_DB
    limit = largest / max(np.max(np.abs(filter_["gain_db"])) for filter_ in filters)
    if rms_with(limit) <= severity_db:
        return _scaled(filters, limit), rms_with(limit)
    factor = optimize.brentq(lambda value: rms_with(value) - severity_db, 0, limit, xtol=1e-4)
    return _scaled(filters, factor), severity_db


def draw(rng: np.random.Generator, kind: str, severity_db: float, split: str) -> tuple[dict, float]:
    by = pick(rng, IMPLEMENTATIONS)
    # A narrow curve may fall between the bands of the graphic equalizer. It is then drawn again.
    for _ in range(20):
        used, filters = (_training_filters if split == "train" else _test_filters)(rng, kind, by)
        if max(np.max(np.abs(filter_["gain_db"])) for filter_ in filters) > 0.1:
            break
    filters, reached_db = _to_severity(used, filters, severity_db)
    step = {"kind": kind, "by": used, "filters": filters}
    if used == "fir":
        step["taps"] = rng.choice(FIR_TAPS)
    return step, reached_db


def _fir(step: dict, sound: np.ndarray) -> np.ndarray:
    """Designs the filter by sampling its curve and windowing the impulse response."""
    size = 65_536
    curve = 10 ** (filters_db("fir", step["filters"], np.fft.rfftfreq(size, 1 / RATE)) / 20)
    taps = np.roll(np.fft.irfft(curve), step["taps"] // 2)[: step["taps"]]
    return convolved(sound, taps * signal.windows.hann(step["taps"]))


def _firequalizer(step: dict, sound: np.ndarray) -> np.ndarray:
    """FFmpeg's firequalizer. Its scale counts octaves from 20 Hz, and it interpolates linearly between entries."""
    hz = np.unique(np.concatenate([filter_["hz"] for filter_ in step["filters"]]))
    gains = filters_db("firequalizer", step["filters"], hz)
    entries = ";".join(f"entry({math.log2(at / 20):.6f},{gain:.5f})" for at, gain in zip(hz, gains))
    delay = int(RATE * FIREQUALIZER_DELAY_S)
    options = f"scale=loglog:delay={FIREQUALIZER_DELAY_S}:accuracy=5:fft2=1:fixed=1:gain_entry='{entries}'"
    return ffmpeg(sound, f"firequalizer={options}", delay)


def _sox_eq(step: dict, sound: np.ndarray) -> np.ndarray:
    effects, boost = [], 0.0
    for filter_ in step["filters"]:
        hz, q, gain = (f"{filter_[key]:.6f}" for key in ("hz", "q", "gain_db"))
        boost += max(filter_["gain_db"], 0)
        if filter_["type"] == "peak":
            effects += ["equalizer", hz, f"{q}q", gain]
        else:
            effects += ["bass" if filter_["type"] == "low_shelf" else "treble", gain, hz, f"{q}q"]
    return sox(sound, effects, boost)


def _ffmpeg_eq(step: dict, sound: np.ndarray) -> np.ndarray:
    """FFmpeg's biquads. The Q of its shelves is the cookbook's divided by the square root of two."""
    names = {"peak": "equalizer", "low_shelf": "bass", "high_shelf": "treble"}
    chain = []
    for filter_ in step["filters"]:
        q = filter_["q"] if filter_["type"] == "peak" else filter_["q"] * math.sqrt(0.5)
        chain.append(f"{names[filter_['type']]}=f={filter_['hz']}:t=q:w={q:.6f}:g={filter_['gain_db']}:r=f64")
    return ffmpeg(sound, ",".join(chain))


def _zam_eq2(step: dict, sound: np.ndarray) -> np.ndarray:
    """Chains as many instances as needed. Each has two peaks and a shelf at both ends."""
    by_type, chain = {"peak": [], "low_shelf": [], "high_shelf": []}, []
    for filter_ in step["filters"]:
        by_type[filter_["type"]].append(filter_)
    while any(by_type.values()):
        controls = []
        for _ in range(2):
            peak = by_type["peak"].pop() if by_type["peak"] else {"gain_db": 0, "bandwidth": 1, "hz": 1000}
            controls += [peak["gain_db"], peak["bandwidth"], peak["hz"]]
        for type_ in ("low_shelf", "high_shelf"):
            shelf = by_type[type_].pop() if by_type[type_] else {"gain_db": 0, "hz": 1000}
            controls += [shelf["gain_db"], shelf["hz"]]
        chain.append(ladspa("ZamEQ2", [*controls, 0, 1]))
    return ffmpeg(sound, ",".join(chain))


def _zam_geq31(step: dict, sound: np.ndarray) -> np.ndarray:
    return ffmpeg(sound, ladspa("ZamGEQ31", [0, *step["filters"][0]["gain_db"], 0]))


APPLIERS: dict[str, Callable[[dict, np.ndarray], np.ndarray]] = {
    "fir": _fir,
    "firequalizer": _firequalizer,
    "sox": _sox_eq,
    "ffmpeg": _ffmpeg_eq,
    "zam_eq2": _zam_eq2,
    "zam_geq31": _zam_geq31,
}


def apply(step: dict, sound: np.ndarray) -> np.ndarray:
    return APPLIERS[step["by"]](step, sound)
