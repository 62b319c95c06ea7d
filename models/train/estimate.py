"""The correction as the best linear estimate from a song's statistics (linear minimum mean square error).

Clean music and its degradations are modeled as normally distributed, with the means and covariances of the examples. The
estimate then is a matrix, the solution of one system of equations. Random equalizers come on top of the degradations of the
sound. Their effect on the statistics is known exactly: they only move means.
"""

import dataclasses

import numpy as np

from features_client import BANDS, ESTIMATES, MELS, erb_weights
from network import SCALE_DB, INFORMATIVE

RIDGE = 0.3
"""The relative ridge on the variances, because there are fewer songs than statistics. Results on held-out sources hardly
change between 0.1 and 1."""
EQUALIZED_SHARE, WIDENED_SHARE = 0.5, 0.15
WIDENED_DB = (-10, 6)
BENDS = 4000
PARTS = 4
"""The number of parts of the sources, for errors on held-out songs."""


@dataclasses.dataclass(frozen=True)
class Estimate:
    weight: np.ndarray
    """[ESTIMATES, figures]"""
    bias: np.ndarray
    """[ESTIMATES]"""

    def __call__(self, figures: np.ndarray) -> np.ndarray:
        return figures @ self.weight.T + self.bias


def equalizer_statistics(on_mel: np.ndarray) -> np.ndarray:
    """[curves, 2 * MELS]: the effect of curves on the mean of each band of mid and side, with the level removed."""
    against = (on_mel - on_mel.mean(axis=1, keepdims=True)) / SCALE_DB
    return np.tile(against, (1, 2))


def width_statistics() -> np.ndarray:
    """[2 * MELS]: the effect of 1 dB more side level."""
    return np.repeat([0, 1 / SCALE_DB], MELS)


def balanced(song: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Weights of examples. Clean ones weigh as much as degraded ones, and all songs weigh the same."""
    weights = np.zeros(len(song))
    for which in (clean, ~clean):
        each = 1 / np.bincount(song, which)[song[which]]
        weights[which] = 0.5 * each / each.sum()
    return weights


def fit(data: dict[str, np.ndarray], equalizer) -> Estimate:
    """Fits an estimate to examples."""
    x = data["figures"][:, INFORMATIVE].astype(np.float64)
    clean = data["kind"] == "clean"
    weights = balanced(data["song"], clean)
    spread = covariance(x[clean], x[clean], weights[clean])
    # The constant keeps statistics without variance from a division by 0.
    ridge = RIDGE * np.diag(spread) + 1e-8
    added = additions(equalizer)
    weight, bias = np.zeros((ESTIMATES, len(INFORMATIVE))), np.zeros(ESTIMATES)
    # Estimates with the same mask are solved together.
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
        weight[np.ix_(own, INFORMATIVE)] = found.T
        mean = lambda values: here @ values / here.sum()
        bias[own] = mean(y) - mean(x) @ found
    return Estimate(weight, bias)


def covariance(a: np.ndarray, b: np.ndarray, weights: np.ndarray) -> np.ndarray:
    weights = weights / weights.sum()
    apart = (b - weights @ b) * weights[:, None]
    return (a - weights @ a).T @ apart


def additions(equalizer) -> tuple[np.ndarray, np.ndarray]:
    """The covariances that random equalizers and widths add: among the means, and with the targets."""
    on_mel, on_bands = equalizer.curves(BENDS)
    figures = equalizer_statistics(on_mel)
    target = -(on_bands - (on_bands * erb_weights()).sum(axis=1, keepdims=True))
    normal = EQUALIZED_SHARE * figures.T @ figures / BENDS
    wanted = np.zeros((2 * MELS, ESTIMATES))
    wanted[:, :BANDS] = EQUALIZED_SHARE * figures.T @ target / BENDS
    variance = WIDENED_SHARE * (WIDENED_DB[1] - WIDENED_DB[0]) ** 2 / 12
    wide = width_statistics()
    normal += variance * np.outer(wide, wide)
    wanted[:, BANDS : BANDS + 4] = -variance * wide[:, None]
    return normal, wanted


def held_out_estimates(data: dict[str, np.ndarray], equalizer, rng: np.random.Generator) -> tuple[list[Estimate], np.ndarray]:
    """Estimates without some of the sources each, and the estimate that each example is held out of."""
    sources = np.unique(data["source"])
    part_of = dict(zip(sources, rng.permutation(len(sources)) % min(PARTS, len(sources))))
    part = np.array([part_of[source] for source in data["source"]])
    parts = np.unique(part)
    if len(parts) < 2:
        return [fit(data, equalizer)], np.zeros(len(part), int)
    estimates = [fit({name: array[part != i] for name, array in data.items()}, equalizer) for i in parts]
    return estimates, part
