"""Features of sounds from Flow's own code, in a process of its own."""

import json
import os
import pathlib
import struct
import subprocess

import numpy as np

FRAMES, MELS = 256, 64
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TRAINER = os.environ.get("FLOW_TRAINER", ROOT / "target" / "release" / "flow_trainer")

# Bands of a correction curve among the third octaves of a summary: 40 Hz to 16 kHz.
FIRST_BAND, BANDS = 2, 27
HZ = (
    *(40, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000, 2500, 3150, 4000),
    *(5000, 6300, 8000, 10_000, 12_500, 16_000),
)
ESTIMATES = BANDS + 4 + 2
"""Curve, width in four anchors, PLR, crest."""


def erb_weights() -> np.ndarray:
    """The weight of each band: its share of the equivalent rectangular bandwidths (Glasberg and Moore, 1990)."""
    hz = np.array(HZ)
    erbs = 0.232 * hz / (24.7 * (4.37e-3 * hz + 1))
    return erbs / erbs.sum()


class FeaturesClient:
    """Requests features of stereo sounds from flow_trainer."""

    def __init__(self) -> None:
        command = [TRAINER, "features"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, sound: np.ndarray, rate: int = 44_100) -> tuple[np.ndarray, dict]:
        """Log-mel spectra [parts, 2, FRAMES, MELS] of left and right, and the summary."""
        frames = np.ascontiguousarray(sound.T, "<f4")
        self.process.stdin.write(struct.pack("<II", rate, len(frames)) + frames.tobytes())
        self.process.stdin.flush()
        parts = self.number()
        mel = np.frombuffer(self.read(parts * 2 * FRAMES * MELS * 4), "<f4").reshape(parts, 2, FRAMES, MELS)
        return mel, json.loads(self.read(self.number()))

    def number(self) -> int:
        return struct.unpack("<I", self.read(4))[0]

    def read(self, count: int) -> bytes:
        found = self.process.stdout.read(count)
        if len(found) < count:
            raise RuntimeError("flow_trainer ended")
        return found

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def correction(before: dict, after: dict) -> np.ndarray:
    """The correction from one summary to another, as `Correction::between` in flow_analysis, without centering the curve."""
    curve = np.subtract(after["third_octaves_db"], before["third_octaves_db"])[FIRST_BAND : FIRST_BAND + BANDS]
    width = np.clip(after["anchor_side_db"], -40, 40) - np.clip(before["anchor_side_db"], -40, 40)
    return np.concatenate([curve, width, [after["plr_db"] - before["plr_db"], after["crest_db"] - before["crest_db"]]])
