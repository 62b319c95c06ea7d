"""The INT8 model: scales from training music, and the check whether it may ship."""

import copy

import numpy as np
import onnx
import onnxruntime
import torch

import onnx_file
from features_client import BANDS, erb_weights
from network import Network
from onnx_file import OUTPUTS, NetworkFiles, Scale

WORST_LOSS = 0.01
"""The largest relative loss of a head."""


def session(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def run(model: onnx.ModelProto, mel: np.ndarray, names: tuple[str, ...] = OUTPUTS) -> dict[str, np.ndarray]:
    runner = session(model)
    parts = [runner.run(list(names), {"mel": mel[i : i + 64].astype(np.float32)}) for i in range(0, len(mel), 64)]
    return {name: np.concatenate([part[i] for part in parts]) for i, name in enumerate(names)}


def scales(network: Network, mel: np.ndarray) -> dict[str, Scale]:
    """The range of each activation over calibration music, from the 0.01st to the 99.99th percentile."""
    names = tuple(onnx_file.quantized_values())
    found = run(onnx_file.build(network, taps=True).onnx, mel, names)
    return {name: Scale.of(*np.percentile(found[name], (0.01, 99.99))) for name in names}


def build(network: Network, mel: np.ndarray) -> NetworkFiles:
    """Builds the INT8 model, with bias correction of the corrections (Nagel et al., 2019)."""
    found = scales(network, mel)
    exact, rounded = (run(onnx_file.build(network, some).onnx, mel)["correction"] for some in (None, found))
    network = copy.deepcopy(network)
    network.correction.bias += torch.from_numpy((exact - rounded).mean(axis=0))
    return onnx_file.build(network, found)


def losses(outputs: dict[str, np.ndarray], data: dict[str, np.ndarray]) -> dict[str, float]:
    """The error of each head on examples."""
    mask, weights = data["mask"], erb_weights()
    error = (outputs["correction"] - data["target"]) * mask
    variance = np.exp(np.clip(outputs["log_variance"], -4, 6))
    labeled = data["context_weight"] > 0
    logits = outputs["context"] - outputs["context"].max(1, keepdims=True)
    likelihood = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    context = -(likelihood * data["context"]).sum(1)[labeled]
    rms = lambda x: float(np.sqrt(np.mean(x**2)))
    result = {
        "curve": float(np.sqrt(np.mean((weights * error[:, :BANDS] ** 2).sum(1)))),
        "width": rms(error[:, BANDS : BANDS + 4]),
        "plr and crest": rms(error[:, BANDS + 4 :]),
        "spread": rms(np.sqrt(variance) * mask),
        "pattern": rms(outputs["pattern"] - data["pattern"]),
    }
    if len(context):
        result["context"] = float(context.mean())
    return result


def gate(f32: onnx.ModelProto, int8: onnx.ModelProto, data: dict[str, np.ndarray]) -> tuple[bool, list[str]]:
    """Whether the INT8 model may ship, and the errors as a Markdown table."""
    before, after = (losses(run(model, data["mel"]), data) for model in (f32, int8))
    lines = ["| head | f32 | INT8 | change |", "|---|---|---|---|"]
    passed = True
    for head in before:
        change = after[head] / before[head] - 1
        # A spread may change in neither direction.
        lost = abs(change) if head == "spread" else change
        passed &= lost <= WORST_LOSS
        lines.append(f"| {head} | {before[head]:.4f} | {after[head]:.4f} | {100 * change:+.2f} % |")
    return bool(passed), lines
