"""Random numbers as degradations need them."""

import math

import numpy as np


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(math.log(low), math.log(high))))


def pick(rng: np.random.Generator, weights: dict[str, float]) -> str:
    shares = np.array(list(weights.values()))
    return list(weights)[rng.choice(len(weights), p=shares / shares.sum())]


def some_gain(rng: np.random.Generator) -> float:
    """Of either sign, and never next to nothing."""
    return float(rng.choice((-1, 1)) * rng.uniform(0.4, 1))


def rounded(thing):
    """Plain numbers with six digits: what is stored is exactly what was applied, and easy to read."""
    if isinstance(thing, dict):
        return {key: rounded(value) for key, value in thing.items()}
    if isinstance(thing, (list, tuple, np.ndarray)):
        return [rounded(value) for value in thing]
    if isinstance(thing, (float, np.floating)):
        return float(f"{thing:.6g}")
    return int(thing) if isinstance(thing, np.integer) else thing
