"""The style of songs, and the statistics of the songs of a style."""

import dataclasses

import numpy as np

from measure import CENTERS_HZ, NOMINAL_HZ, comfort_levels
from music import Song

# A style's score is the mean over both networks of the strongest of these tags. MSD has no tag for orchestral music.
TAGS = {
    "Electronic": (("MTT electronic", "MTT techno"), ("MSD electronic",)),
    "Orchestral": (("MTT classical", "MTT strings", "MTT violin"),),
    "Rock": (("MTT rock", "MTT metal"), ("MSD rock", "MSD metal", "MSD hard rock", "MSD heavy metal")),
    "Ambient": (("MTT ambient",), ("MSD ambient",)),
}
# The score of a typical song of each style, because networks give tags with different confidence.
TYPICAL = {"Electronic": 0.42, "Orchestral": 0.30, "Rock": 0.22, "Ambient": 0.36}
# A song counts if its score is typical, and this factor above that of any other style.
LEAD = 1.2
# Fewer than 12 songs would count as Rock at the full score.
LOWERED = {"Rock": 0.85}

PERCENTILES = (10, 25, 50, 75, 90)
TREBLE_FROM = NOMINAL_HZ.index(16_000)  # From this band on, only songs with treble of their own count.
FEWEST_TREBLE = 5
FEWEST_UNSMOOTHED = 30

# Neutral: level of third octaves at corners, dB; straight lines between them on a logarithmic frequency axis.
# Power spectral density falls by 3.01 dB per octave more than third octaves do.
NEUTRAL_SLOPE = -1.5
NEUTRAL_CORNERS = (
    (20, -12.0),
    (40, 0.0),
    (60, 0.0),
    (10_000, NEUTRAL_SLOPE * np.log2(10_000 / 60)),
    (20_000, NEUTRAL_SLOPE * np.log2(10_000 / 60) - 6.0),
)


@dataclasses.dataclass
class StyleStatistics:
    songs: int
    third_octaves: np.ndarray
    """[5, 30]: percentiles over songs, dB against the whole song."""
    moments: np.ndarray
    """[7, 4]: percentiles over moments, dB against the program; the median over songs."""
    loud_moments: np.ndarray
    """[5, 4]: percentiles over songs of a song's own 90th percentile of moments."""
    treble_songs: int
    treble_pooled: bool


def scores(tags: dict[str, float]) -> dict[str, float]:
    """The score of a song for each style; 1 is typical."""
    return {
        style: float(np.mean([max(tags[tag] for tag in group) for group in groups])) / TYPICAL[style]
        for style, groups in TAGS.items()
    }


def style_of(tags: dict[str, float]) -> str:
    """The song's style, or `unsure`."""
    (second, _), (first, style) = sorted((score, style) for style, score in scores(tags).items())[-2:]
    return style if first >= max(LOWERED.get(style, 1.0), LEAD * second) else "unsure"


def statistics_of(analyzed: list[tuple[Song, dict]], pool: list[tuple[Song, dict]]) -> StyleStatistics:
    """The statistics of some songs. Where too few of them reach the highest bands, those of `pool` are used."""
    levels = percentiles(analyzed)
    with_treble = [(song, result) for song, result in analyzed if song.treble]
    pooled = len(with_treble) < FEWEST_TREBLE
    # Songs with treble of their own are brighter than all: only the shape of their curve is used.
    shape = percentiles([(song, result) for song, result in pool if song.treble] if pooled else with_treble)
    joint = TREBLE_FROM - 1
    levels[:, TREBLE_FROM:] = shape[:, TREBLE_FROM:] + (levels[:, joint] - shape[:, joint])[:, None]
    if len(analyzed) < FEWEST_UNSMOOTHED:
        levels = smoothed(levels)
    moments = np.array([result["moments"] for _, result in analyzed])
    return StyleStatistics(
        songs=len(analyzed),
        third_octaves=np.sort(levels, axis=0),
        moments=np.median(moments, axis=0),
        loud_moments=np.percentile(moments[:, 4], PERCENTILES, axis=0),
        treble_songs=len(with_treble),
        treble_pooled=pooled,
    )


def percentiles(analyzed: list[tuple[Song, dict]]) -> np.ndarray:
    return np.percentile([result["third_octaves"] for _, result in analyzed], PERCENTILES, axis=0)


def smoothed(levels: np.ndarray) -> np.ndarray:
    """Smooths over neighboring bands with the weights 1-2-1."""
    padded = np.pad(levels, ((0, 0), (1, 1)), mode="edge")
    return (padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]) / 4


def neutral(pooled: StyleStatistics) -> StyleStatistics:
    """The neutral slope with the spread of all songs. Moments move by the difference that Comfort's wide filters measure
    between the slope and the median of all songs."""
    corners, levels = np.array(NEUTRAL_CORNERS).T
    curve = np.interp(np.log2(CENTERS_HZ), np.log2(corners), levels)
    curve -= 10 * np.log10(np.sum(10 ** (curve / 10)))
    offset = curve - pooled.third_octaves[2]
    moved = comfort_levels(curve) - comfort_levels(pooled.third_octaves[2])
    return dataclasses.replace(
        pooled,
        third_octaves=pooled.third_octaves + offset,
        moments=pooled.moments + moved,
        loud_moments=pooled.loud_moments + moved,
    )


def slope(figure: StyleStatistics, low_hz: float = 100, high_hz: float = 10_000) -> float:
    """Least-squares slope of the median third-octave levels, dB per octave."""
    low, high = NOMINAL_HZ.index(low_hz), NOMINAL_HZ.index(high_hz) + 1
    return float(np.polyfit(np.log2(CENTERS_HZ[low:high]), figure.third_octaves[2, low:high], 1)[0])
