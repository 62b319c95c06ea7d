"""Writes the network as ONNX, operator by operator, and as a plan, whose steps stand for several operators each.

Batch normalization is folded into the convolutions. In the INT8 file every convolution and the dense layer have
quantized weights (per output channel) and activations (one scale each); an activation function lies between one pair of
nodes, so that an executor can make it one table; levels and output heads are computed in f32, from 8-bit
weights.
"""

import dataclasses

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from features_client import FRAMES, MELS
from network import BLOCKS, CHANNELS, FLOOR_DB, HEADS, KERNEL, MIN_VARIANCE, LIMIT, SCALE_DB, STRIDE, Network
from plan_file import Plan, number

OPSET = 13
IR_VERSION = 8
OUTPUTS = ("correction", "log_variance", "context", "pattern")


@dataclasses.dataclass(frozen=True)
class Scale:
    """The scale of a quantized activation: real = scale * (quantized - zero)."""

    scale: float
    zero: int

    @staticmethod
    def of(low: float, high: float) -> "Scale":
        low, high = min(low, 0.0), max(high, 0.0)
        scale = max((high - low) / 255, 1e-6)
        return Scale(scale, int(np.clip(round(-128 - low / scale), -128, 127)))


@dataclasses.dataclass(frozen=True)
class NetworkFiles:
    """A network as an ONNX model and as a plan."""

    onnx: onnx.ModelProto
    plan: Plan

    def contents(self) -> dict[str, bytes]:
        """The contents of all files by their extensions."""
        return {".onnx": self.onnx.SerializeToString(), **self.plan.contents(OUTPUTS)}


class Graph:
    """Collects nodes and constants, and the steps of the plan."""

    def __init__(self, scales: dict[str, Scale] | None) -> None:
        self.nodes: list = []
        self.constants: dict[str, np.ndarray] = {}
        self.scales = scales
        # The plan's input has the shape of mid or sides.
        self.plan = Plan("mel", (FRAMES, MELS))

    def constant(self, name: str, value: np.ndarray) -> str:
        self.constants[name] = np.ascontiguousarray(value)
        return name

    def add(self, operator: str, inputs: list[str], name: str, **attributes) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def quantized(self, value: str) -> str:
        """The value, quantized and dequantized in the INT8 file."""
        if self.scales is None:
            return value
        through = f"{value}_through"
        if through in self.plan.operands:
            return through
        scale = self.scales[value]
        pair = [
            self.constant(f"{value}_scale", np.array(scale.scale, np.float32)),
            self.constant(f"{value}_zero", np.array(scale.zero, np.int8)),
        ]
        self.plan.quantize(value, through, *(self.constants[name].item() for name in pair))
        quantized = self.add("QuantizeLinear", [value, *pair], f"{value}_quantized")
        return self.add("DequantizeLinear", [quantized, *pair], through)

    def weight(self, name: str, value: np.ndarray) -> str:
        """A weight; in the INT8 file symmetric, with a scale for each output channel (the first axis)."""
        if self.scales is None:
            return self.constant(name, value.astype(np.float32))
        scale = np.array([row_scale(row) for row in value.reshape(len(value), -1)], np.float32)
        shaped = scale.reshape(-1, *[1] * (value.ndim - 1))
        whole = np.clip(np.round(value / shaped), -127, 127).astype(np.int8)
        pair = [
            self.constant(f"{name}_scale", scale),
            self.constant(f"{name}_zero", np.zeros(len(scale), np.int8)),
        ]
        return self.add("DequantizeLinear", [self.constant(f"{name}_int8", whole), *pair], name, axis=0)

    def stored(self, weight: str) -> list[np.ndarray]:
        """The numbers of a weight, and its scales in the INT8 file."""
        names = [weight] if self.scales is None else [f"{weight}_int8", f"{weight}_scale"]
        return [self.constants[name] for name in names]

    def convolve(self, x: str, name: str, constants: str, weight: np.ndarray, bias: np.ndarray, **attributes) -> str:
        stored = [self.weight(f"{constants}_weight", weight), self.constant(f"{constants}_bias", bias)]
        stride, pad = (attributes.get(key, [default])[0] for key, default in (("strides", 1), ("pads", 0)))
        arrays = self.stored(stored[0]), self.constants[stored[1]]
        self.plan.convolution(x, name, *arrays, stride, pad, attributes.get("group", 1))
        return self.add("Conv", [x, *stored], name, **attributes)

    def concat(self, parts: list[str], name: str) -> str:
        channels = sum(self.plan.shape(part)[0] for part in parts)
        self.plan.step(name, "concat", parts, (channels, 1))
        return self.add("Concat", parts, name, axis=1)

    def mixed_activation(self, x: str, name: str, summands: tuple[str, ...] = ()) -> str:
        """The activation, without quantization inside. If `x` is a sum, `summands` are its parts."""
        self.plan.step(name, "activation", list(summands or (x,)), self.plan.shape((*summands, x)[0]))
        terms = []
        for operator, share in (("Sigmoid", 0.4), ("Tanh", 0.4), ("Relu", 0.2)):
            curve = self.add(operator, [x], f"{name}_{operator.lower()}")
            terms.append(self.add("Mul", [curve, self.share(share)], f"{name}_{operator.lower()}_share"))
        first = self.add("Add", terms[:2], f"{name}_first")
        return self.add("Add", [first, terms[2]], name)

    def share(self, value: float) -> str:
        return self.once(f"share_{round(10 * value)}", np.array(value, np.float32))

    def shape(self, channels: int) -> str:
        """The shape of a vector for each example."""
        return self.once(f"vector_{channels}", np.array([0, channels], np.int64))

    def once(self, name: str, value: np.ndarray) -> str:
        """A constant that several nodes share."""
        if name not in self.constants:
            self.constant(name, value)
        return name


def row_scale(row: np.ndarray) -> float:
    """The scale that makes the largest weight 127. Filters whose weights add up to 0 get a larger one, if needed, so that the
    rounded weights add up to 0 too."""
    largest = max(float(np.abs(row).max()), 1e-7)
    if abs(row.sum()) < 1e-6 * largest:
        for steps in range(127, 63, -1):
            if np.round(row * (steps / largest)).sum() == 0:
                return largest / steps
    return largest / 127


def folded(conv: torch.nn.Conv1d, norm: torch.nn.BatchNorm1d) -> tuple[np.ndarray, np.ndarray]:
    """Weight and bias of a convolution with its normalization."""
    gain = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach()
    weight = conv.weight.detach() * gain[:, None, None]
    bias = norm.bias.detach() - norm.running_mean * gain
    return weight.numpy(), bias.numpy()


def build(network: Network, scales: dict[str, Scale] | None = None, taps: bool = False) -> NetworkFiles:
    """Builds the f32 model, or the INT8 one with the scales of all activations. `taps` makes all activations outputs."""
    network = network.eval()
    graph = Graph(scales)

    def normalize() -> str:
        audible = graph.add("Max", ["mel", graph.constant("floor", np.array(FLOOR_DB, np.float32))], "audible")
        starts = graph.constant("first", np.array([0], np.int64))
        ends = graph.constant("second", np.array([1], np.int64))
        mid = graph.add("Slice", [audible, starts, ends, ends], "mid")
        level = graph.add("ReduceMean", [mid], "level", axes=[2, 3], keepdims=1)
        against = graph.add("Sub", [audible, level], "against_level")
        scaled = graph.add("Mul", [against, graph.constant("per_db", np.array(1 / SCALE_DB, np.float32))], "scaled")
        limits = [graph.constant(n, np.array(v, np.float32)) for n, v in (("least", -LIMIT), ("most", LIMIT))]
        limited = graph.add("Clip", [scaled, *limits], "limited")
        turned = graph.add("Transpose", [limited], "turned", perm=[0, 1, 3, 2])
        shape = graph.constant("channels_frames", np.array([0, 2 * MELS, FRAMES], np.int64))
        levels = {"floor_db": FLOOR_DB, "per_db": number(1 / SCALE_DB), "limits": [-LIMIT, LIMIT]}
        graph.plan.step("spectra", {"normalize": levels}, ["mel"], (2 * MELS, FRAMES))
        return graph.add("Reshape", [turned, shape], "spectra")

    def convolve(x: str, name: str, weight: np.ndarray, bias: np.ndarray, **attributes) -> str:
        return graph.convolve(graph.quantized(x), name, name, weight, bias, **attributes)

    def linear(x: str, name: str, layer: torch.nn.Linear, quantized: bool = False) -> str:
        stored = graph.weight(f"{name}_weight", layer.weight.detach().numpy())
        bias = graph.constant(f"{name}_bias", layer.bias.detach().numpy())
        x = graph.quantized(x) if quantized else x
        graph.plan.convolution(x, name, graph.stored(stored), graph.constants[bias])
        return graph.add("Gemm", [x, stored, bias], name, transB=1)

    def mean_std(x: str, channels: int) -> str:
        mean = graph.add("ReduceMean", [x], f"{x}_mean", axes=[2], keepdims=1)
        apart = graph.add("Sub", [x, mean], f"{x}_apart")
        squares = graph.add("Mul", [apart, apart], f"{x}_squares")
        variance = graph.add("ReduceMean", [squares], f"{x}_variance", axes=[2], keepdims=1)
        some = graph.add("Add", [variance, least_variance], f"{x}_some_variance")
        spread = graph.add("Sqrt", [some], f"{x}_spread")
        both = graph.add("Concat", [mean, spread], f"{x}_mean_and_spread", axis=1)
        op = {"mean_std": {"min_variance": number(MIN_VARIANCE)}}
        graph.plan.step(f"{x}_moments", op, [x], (2 * channels, 1))
        return graph.add("Reshape", [both, graph.shape(2 * channels)], f"{x}_moments")

    def filtered(taps: torch.Tensor, name: str, **attributes) -> str:
        weight = taps.numpy()
        bias = np.zeros(len(weight), np.float32)
        return convolve(spectra, name, weight, bias, strides=[STRIDE], kernel_shape=[weight.shape[2]], **attributes)

    spectra = normalize()
    least_variance = graph.constant("least_variance", np.array(MIN_VARIANCE, np.float32))
    plain = mean_std(spectra, 2 * MELS)
    step = filtered(network.step, "step", group=2 * MELS)
    swing = filtered(network.swing, "swing", group=2 * MELS)
    difference = filtered(network.difference, "difference")
    figures = plain
    series = ((step, 2 * MELS), (graph.mixed_activation(step, "bent_step"), 2 * MELS))
    series += ((graph.mixed_activation(swing, "bent_swing"), 2 * MELS), (difference, len(network.difference)))
    for one, channels in series:
        figures = graph.concat([figures, mean_std(one, channels)], f"figures_and_{one}")
    linear(figures, "correction", network.correction)

    x = convolve(spectra, "stem", *folded(network.stem, network.stem_norm), strides=[4], kernel_shape=[4])
    x = graph.mixed_activation(x, "x0")
    for i, block in enumerate(network.blocks, 1):
        pads = [KERNEL // 2] * 2
        along = convolve(
            *(x, f"along{i}", *folded(block.along, block.along_norm)), group=CHANNELS, pads=pads, kernel_shape=[KERNEL]
        )
        inner = graph.mixed_activation(along, f"bent{i}")
        across = convolve(inner, f"across{i}", *folded(block.across, block.across_norm), kernel_shape=[1])
        # The residual reads the same quantized value as the convolution.
        summands = (f"{x}_through" if scales else x, across)
        x = graph.mixed_activation(graph.add("Add", [*summands], f"together{i}"), f"x{i}", summands)
    last = graph.quantized(x)
    attending = (layer.detach().numpy() for layer in (network.attention.weight, network.attention.bias))
    scores = graph.convolve(last, "scores", "attention", *attending, kernel_shape=[1])
    attention = graph.add("Softmax", [scores], "attention", axis=2)
    by_head = graph.constant("by_head", np.array([0, HEADS, CHANNELS // HEADS, FRAMES // 4], np.int64))
    column = graph.constant("column", np.array([0, HEADS, FRAMES // 4, 1], np.int64))
    parts = graph.add("Reshape", [last, by_head], "parts")
    columns = graph.add("Reshape", [attention, column], "columns")
    pooled = graph.add("MatMul", [parts, columns], "pooled_parts")
    graph.plan.step("pooled", "attention_pool", [last, scores], (CHANNELS, 1))
    pooled = graph.add("Reshape", [pooled, graph.shape(CHANNELS)], "pooled")
    together = graph.concat([pooled, plain], "known")
    hidden = graph.mixed_activation(linear(together, "dense", network.dense, quantized=True), "hidden")
    linear(hidden, "log_variance", network.log_variance)
    linear(hidden, "context", network.context)
    linear(hidden, "pattern", network.pattern)

    floats = TensorProto.FLOAT
    sizes = {name: getattr(network, name).out_features for name in OUTPUTS}
    outputs = [helper.make_tensor_value_info(name, floats, ["N", sizes[name]]) for name in OUTPUTS]
    if taps:
        outputs += [helper.make_tensor_value_info(name, floats, None) for name in quantized_values()]
    mel = helper.make_tensor_value_info("mel", floats, ["N", 2, FRAMES, MELS])
    constants = [numpy_helper.from_array(value, name) for name, value in graph.constants.items()]
    made = helper.make_graph(graph.nodes, "flow", [mel], outputs, constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="Flow")
    model.ir_version = IR_VERSION
    if not taps:  # Taps have no shapes to check.
        onnx.checker.check_model(model, full_check=True)
    return NetworkFiles(model, graph.plan)


def quantized_values() -> list[str]:
    """The names of the quantized activations."""
    inner = [f"bent{i}" for i in range(1, BLOCKS + 1)]
    return ["spectra", *(f"x{i}" for i in range(BLOCKS + 1)), *inner, "known"]
