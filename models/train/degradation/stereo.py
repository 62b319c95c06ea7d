"""Degradations of the stereo image."""

import numpy as np

from degradation.sampling import pick
from degradation.programs import ffmpeg, sox

KINDS = ("narrow_stereo", "wide_stereo")


def draw(rng: np.random.Generator, kind: str, severity_db: float, split: str) -> dict:
    """Draws a gain of the side signal. SoX applies it in the test split only."""
    choices = {"numpy": 1, "stereotools": 1, "extrastereo": 1} if split == "train" else {"sox": 2, "stereotools": 1}
    per_db = -2.5 if kind == "narrow_stereo" else 1.4
    return {"kind": kind, "by": pick(rng, choices), "side_db": per_db * severity_db}


def apply(step: dict, sound: np.ndarray) -> np.ndarray:
    side = 10 ** (step["side_db"] / 20)
    match step["by"]:
        case "stereotools":
            return ffmpeg(sound, f"stereotools=slev={side:.6f}")
        case "extrastereo":
            return ffmpeg(sound, f"extrastereo=m={side:.6f}:c=0")
        case "sox":
            own, other = 0.5 + 0.5 * side, 0.5 - 0.5 * side
            mix = [f"1v{own:.6f},2v{other:.6f}", f"1v{other:.6f},2v{own:.6f}"]
            return sox(sound, ["remix", "-m", *mix], max(step["side_db"], 0))
    middle = sound.mean(axis=0)
    return (middle + side * (sound - middle)).astype(np.float32)
