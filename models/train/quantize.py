"""The INT8 file: scales from training music, and the gate that says whether it may ship."""

import copy

import numpy as np
import onnx
import onnxruntime
import torch

import onnx_file
from features_client import BANDS, erb_weights
from network import Network
from onnx_file import OUTPUTS, Scale

WORST_LOSS = 0.01
"""No head may lose more, relative."""


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
    """The range of each activation over calibration music, without the outermost ten-thousandth at either end."""
    names = tuple(onnx_file.quantised_values())
    found = run(onnx_file.build(network, taps=True), mel, names)
    return {name: Scale.of(*np.percentile(found[name], (0.01, 99.99))) for name in names}


def build(network: Network, mel: np.ndarray) -> onnx.ModelProto:
    """The INT8 file. What rounding does to corrections on average is taken back (bias correction; Nagel et al., 2019)."""
    found = scales(network, mel)
    said, rounded = (run(onnx_file.build(network, some), mel)["correction"] for some in (None, found))
    network = copy.deepcopy(network)
    network.correction.bias += torch.from_numpy((said - rounded).mean(axis=0))
    return onnx_file.build(network, found)


def losses(answers: dict[str, np.ndarray], data: dict[str, np.ndarray]) -> dict[str, float]:
    """What each head gets wrong, on examples."""
    mask, weights = data["mask"], erb_weights()
    error = (answers["correction"] - data["target"]) * mask
    variance = np.exp(np.clip(answers["log_variance"], -4, 6))
    labelled = data["context_weight"] > 0
    logits = answers["context"] - answers["context"].max(1, keepdims=True)
    likelihood = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    context = -(likelihood * data["context"]).sum(1)[labelled]
    rms = lambda x: float(np.sqrt(np.mean(x**2)))
    result = {
        "curve": float(np.sqrt(np.mean((weights * error[:, :BANDS] ** 2).sum(1)))),
        "width": rms(error[:, BANDS : BANDS + 4]),
        "plr and crest": rms(error[:, BANDS + 4 :]),
        "spread": rms(np.sqrt(variance) * mask),
        "pattern": rms(answers["pattern"] - data["pattern"]),
    }
    if len(context):
        result["context"] = float(context.mean())
    return result


def gate(f32: onnx.ModelProto, int8: onnx.ModelProto, data: dict[str, np.ndarray]) -> tuple[bool, list[str]]:
    """Whether the INT8 file may ship, and the figures that say so."""
    before, after = (losses(run(model, data["mel"]), data) for model in (f32, int8))
    lines = ["| head | f32 | INT8 | change |", "|---|---|---|---|"]
    passed = True
    for head in before:
        change = after[head] / before[head] - 1
        # A spread that differs either way is wrong.
        lost = abs(change) if head == "spread" else change
        passed &= lost <= WORST_LOSS
        lines.append(f"| {head} | {before[head]:.4f} | {after[head]:.4f} | {100 * change:+.2f} % |")
    return bool(passed), lines
