"""The plan of the network: the steps that Flow's executors know, and their weights.

`onnx_file` adds a step beside the operators that compute it. `inference/src/model/plan.rs` describes and reads the two files:
the structure as JSON, and the weights as little-endian numbers in the order of the steps.
"""

import json

import numpy as np

VERSION = 1

# The shape of a value: channels and frames; a vector has one frame.
Shape = tuple[int, int]


class Plan:
    """Collects values and steps. Values have the names of the ONNX file."""

    def __init__(self, name: str, shape: Shape) -> None:
        self.shapes: list[Shape] = []
        self.scales: list[dict | None] = []
        self.steps: list[dict] = []
        self.weights: list[bytes] = []
        self.operands: dict[str, dict] = {}
        self.value(name, shape)

    def value(self, name: str, shape: Shape) -> int:
        self.shapes.append(shape)
        self.scales.append(None)
        self.operands[name] = {"value": len(self.shapes) - 1, "quantized": False}
        return self.operands[name]["value"]

    def quantize(self, value: str, through: str, scale: float, zero: int) -> None:
        """Lets steps read a value as 8-bit integers, under the name `through`."""
        operand = self.operands[value]
        self.scales[operand["value"]] = {"scale": number(scale), "zero": zero}
        self.operands[through] = operand | {"quantized": True}

    def shape(self, name: str) -> Shape:
        return self.shapes[self.operands[name]["value"]]

    def step(self, name: str, op: str | dict, operands: list[str], shape: Shape) -> str:
        read = [self.operands[operand] for operand in operands]
        self.steps.append({"name": name, "op": op, "operands": read, "output": self.value(name, shape)})
        return name

    def convolution(self, x: str, name: str, weight: list[np.ndarray], bias: np.ndarray, stride=1, pad=0, groups=1) -> str:
        """Adds a convolution over frames, or a dense layer. `weight` are its numbers, and the scale of each row if they are
        integers."""
        channels, frames = self.shape(x)
        rows, _, *kernel = weight[0].shape
        kernel = kernel[0] if kernel else 1
        self.weights += [array.tobytes() for array in (*weight, bias)]
        op = {"kernel": kernel, "stride": stride, "pad": pad, "depthwise": groups == channels}
        op["weight"] = "f32" if len(weight) == 1 else "int8"
        return self.step(name, {"conv": op}, [x], (rows, (frames + 2 * pad - kernel) // stride + 1))

    def contents(self, outputs: tuple[str, ...]) -> dict[str, bytes]:
        """The contents of both files by their extensions."""
        described = {
            "version": VERSION,
            "shapes": [{"channels": channels, "frames": frames} for channels, frames in self.shapes],
            "scales": self.scales,
            "steps": self.steps,
            "outputs": [self.operands[name]["value"] for name in outputs],
        }
        structure = json.dumps(described, indent=2) + "\n"
        return {".plan.json": structure.encode(), ".weights.bin": b"".join(self.weights)}


def number(value: float) -> float:
    """The shortest decimal that is this number in single precision."""
    return float(str(np.float32(value)))
