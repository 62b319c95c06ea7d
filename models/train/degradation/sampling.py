"""Random numbers for degradations."""

import math

import numpy as np


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(math.log(low), math.log(high))))


def pick(rng: np.random.Generator, weights: dict[str, float]) -> str:
    shares = np.array(list(weights.values()))
    return list(weights)[rng.choice(len(weights), p=shares / shares.sum())]


def some_gain(rng: np.random.Generator) -> float:
    """A gain of either sign with a magnitude from 0.4 to 1."""
    return float(rng.choice((-1, 1)) * rng.uniform(0.4, 1))


def rounded(thing):
    """Rounds numbers to six digits, so that the stored text is exactly what was applied."""
    if isinstance(thing, dict):
        return {key: rounded(value) for key, value in thing.items()}
    if isinstance(thing, (list, tuple, np.ndarray)):
        return [rounded(value) for value in thing]
    if isinstance(thing, (float, np.floating)):
        return float(f"{thing:.6g}")
    return int(thing) if isinstance(thing, np.integer) else thing
