"""The correction as the best linear estimate from a song's figures (linear minimum mean square error).

What good music is like and what goes wrong with it are both taken as normally distributed, with the means and covariances
of the examples; the estimate then is a matrix, found by solving one system of equations. Random equalisers come on top of
those that other programs made of the sound itself: what they do to figures is known exactly, they only move means.
"""

import dataclasses

import numpy as np

from features_client import BANDS, ESTIMATES, MELS, erb_weights
from network import SCALE_DB, TELLING

RIDGE = 0.3
"""Each figure's variance is taken to be larger by this share: five hundred songs are fewer than there are figures. Between
0.1 and 1 songs of sources that weren't heard are answered nearly alike."""
BENT_SHARE, WIDENED_SHARE = 0.5, 0.15
WIDENED_DB = (-10, 6)
BENDS = 4000
PARTS = 4
"""Of the sources, for errors on songs that an estimate hasn't heard."""


@dataclasses.dataclass(frozen=True)
class Estimate:
    weight: np.ndarray
    """[ESTIMATES, figures]"""
    bias: np.ndarray
    """[ESTIMATES]"""

    def __call__(self, figures: np.ndarray) -> np.ndarray:
        return figures @ self.weight.T + self.bias


def bent_figures(on_mel: np.ndarray) -> np.ndarray:
    """[bends, 2 * MELS]: what curves do to the mean of each band of middle and sides, the level removed."""
    against = (on_mel - on_mel.mean(axis=1, keepdims=True)) / SCALE_DB
    return np.tile(against, (1, 2))


def widened_figures() -> np.ndarray:
    """[2 * MELS]: what 1 dB more of the sides does."""
    return np.repeat([0, 1 / SCALE_DB], MELS)


def balanced(song: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Weights of examples: undegraded ones weigh as much as degraded ones, and each song as much as any."""
    weights = np.zeros(len(song))
    for which in (clean, ~clean):
        each = 1 / np.bincount(song, which)[song[which]]
        weights[which] = 0.5 * each / each.sum()
    return weights


def fit(data: dict[str, np.ndarray], bender) -> Estimate:
    """From examples' figures, targets and masks."""
    x = data["figures"][:, TELLING].astype(np.float64)
    clean = data["kind"] == "clean"
    weights = balanced(data["song"], clean)
    spread = covariance(x[clean], x[clean], weights[clean])
    # What doesn't vary says nothing, and would be divided by.
    ridge = RIDGE * np.diag(spread) + 1e-8
    added = additions(bender)
    weight, bias = np.zeros((ESTIMATES, len(TELLING))), np.zeros(ESTIMATES)
    # Estimates that the same examples can teach are found together.
    masks, alike = np.unique(data["mask"], axis=1, return_inverse=True)
    for i, mask in enumerate(masks.T):
        own = alike.ravel() == i
        here = weights * mask
        if not here.any():
            continue
        y = data["target"][:, own].astype(np.float64)
        normal, wanted = covariance(x, x, here), covariance(x, y, here)
        normal[np.diag_indices_from(normal)] += ridge
        normal[: 2 * MELS, : 2 * MELS] += added[0]
        wanted[: 2 * MELS] += added[1][:, own]
        found = np.linalg.solve(normal, wanted)
        weight[np.ix_(own, TELLING)] = found.T
        mean = lambda values: here @ values / here.sum()
        bias[own] = mean(y) - mean(x) @ found
    return Estimate(weight, bias)


def covariance(a: np.ndarray, b: np.ndarray, weights: np.ndarray) -> np.ndarray:
    weights = weights / weights.sum()
    apart = (b - weights @ b) * weights[:, None]
    return (a - weights @ a).T @ apart


def additions(bender) -> tuple[np.ndarray, np.ndarray]:
    """What random equalisers and widths add to the covariances of means: among them, and with targets."""
    on_mel, on_bands = bender.curves(BENDS)
    figures = bent_figures(on_mel)
    target = -(on_bands - (on_bands * erb_weights()).sum(axis=1, keepdims=True))
    normal = BENT_SHARE * figures.T @ figures / BENDS
    wanted = np.zeros((2 * MELS, ESTIMATES))
    wanted[:, :BANDS] = BENT_SHARE * figures.T @ target / BENDS
    variance = WIDENED_SHARE * (WIDENED_DB[1] - WIDENED_DB[0]) ** 2 / 12
    wide = widened_figures()
    normal += variance * np.outer(wide, wide)
    wanted[:, BANDS : BANDS + 4] = -variance * wide[:, None]
    return normal, wanted


def apart(data: dict[str, np.ndarray], bender, rng: np.random.Generator) -> tuple[list[Estimate], np.ndarray]:
    """Estimates that haven't heard some of the sources, and which of them each example is strange to."""
    sources = np.unique(data["source"])
    part_of = dict(zip(sources, rng.permutation(len(sources)) % min(PARTS, len(sources))))
    part = np.array([part_of[source] for source in data["source"]])
    parts = np.unique(part)
    if len(parts) < 2:
        return [fit(data, bender)], np.zeros(len(part), int)
    estimates = [fit({name: array[part != i] for name, array in data.items()}, bender) for i in parts]
    return estimates, part
