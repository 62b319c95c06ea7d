"""Degrades well-produced music, so that the right correction is known.

Nothing here shares code or filter designs with Flow: curves are linear phase FIR filters, or come from SoX, FFmpeg and
zam-plugins. A network can't undo them by learning the inverse of Flow's own filters.

Sounds are float32 arrays shaped [2, n] at 44.1 kHz. All parameters are drawn first, so that a degradation can be stored as
text and applied again with the same result.
"""

import dataclasses
import json
from types import ModuleType

import numpy as np

from degradation import dynamics
from degradation import equalizers
from degradation import stereo
from degradation.sampling import log_uniform, pick, rounded
from degradation.codec_chain import CodecChain

KINDS = (*equalizers.KINDS, *stereo.KINDS, *dynamics.KINDS, "several")
KIND_WEIGHTS = (0.20, 0.08, 0.09, 0.07, 0.07, 0.07, 0.07, 0.05, 0.05, 0.05, 0.05, 0.15)
SEVERITIES_DB = (1.0, 8.0)


@dataclasses.dataclass(frozen=True)
class Degradation:
    steps: tuple[dict, ...]
    """The processing steps in order, with all parameters."""
    severity_db: float
    """The RMS of the equalizer, as far as the largest gains allow it; else an equivalent."""


def to_json(thing: Degradation | CodecChain) -> str:
    """One line of text. frozen.jsonl calls a codec chain a transport."""
    kind = "Transport" if isinstance(thing, CodecChain) else "Degradation"
    return json.dumps({"type": kind, **dataclasses.asdict(thing)})


def from_json(text: str) -> Degradation | CodecChain:
    """The inverse of `to_json`."""
    fields = json.loads(text)
    steps = tuple(fields["steps"])
    if fields["type"] == "Transport":
        return CodecChain(steps)
    return Degradation(steps, fields["severity_db"])


def part_of(kind: str) -> ModuleType:
    """The module that draws and applies a kind of step."""
    return next(module for module in (equalizers, stereo, dynamics) if kind in module.KINDS)


def _draw_step(rng: np.random.Generator, kind: str, severity_db: float, split: str) -> tuple[dict, float]:
    if kind in equalizers.KINDS:
        return equalizers.draw(rng, kind, severity_db, split)
    return part_of(kind).draw(rng, kind, severity_db, split), severity_db


def _draw_several(rng: np.random.Generator, severity_db: float, split: str) -> tuple[list[dict], float]:
    """An equalizer with degradations of the stereo image, the dynamics or both, in any order."""
    eq, reached_db = _draw_step(rng, str(rng.choice(equalizers.KINDS)), severity_db, split)
    groups = [(stereo.KINDS, dynamics.KINDS), (stereo.KINDS,), (dynamics.KINDS,)][rng.integers(3)]
    others = [_draw_step(rng, str(rng.choice(group)), log_uniform(rng, *SEVERITIES_DB), split)[0] for group in groups]
    steps = [eq, *others]
    return [steps[index] for index in rng.permutation(len(steps))], reached_db


def draw(
    rng: np.random.Generator, severity_db: float | None = None, kind: str | None = None, split: str = "train"
) -> Degradation:
    """Draws a degradation. Arguments that are None are drawn too."""
    if split not in ("train", "test"):
        raise ValueError(f"no such split: {split}")
    severity_db = log_uniform(rng, *SEVERITIES_DB) if severity_db is None else severity_db
    kind = pick(rng, dict(zip(KINDS, KIND_WEIGHTS))) if kind is None else kind
    if kind not in KINDS:
        raise ValueError(f"no such kind: {kind}")
    if kind == "several":
        steps, reached_db = _draw_several(rng, severity_db, split)
    else:
        step, reached_db = _draw_step(rng, kind, severity_db, split)
        steps = [step]
    return Degradation(tuple(rounded(steps)), rounded(float(reached_db)))


def apply(degradation: Degradation, sound: np.ndarray) -> np.ndarray:
    """Applies all steps, keeping the length. Raises `RuntimeError` if a program fails."""
    sound = np.asarray(sound, dtype=np.float32)
    for step in degradation.steps:
        sound = part_of(step["kind"]).apply(step, sound)
    return sound.astype(np.float32)
