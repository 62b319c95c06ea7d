"""onnxruntime on the same files, with one thread: a line of JSON for each file and batch size, as `inference.rs` prints them."""

import json
import pathlib
import time

import numpy as np
import onnxruntime

MODELS = pathlib.Path(__file__).resolve().parents[2] / "models"
BATCHES = (1, 8, 64)
BUDGET_S = 0.7

for name in ("flow", "flow-int8"):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(MODELS / f"{name}.onnx"), options, ["CPUExecutionProvider"])
    for batch in BATCHES:
        places = np.arange(batch * 2 * 256 * 64)
        mel = (-40.0 - places * 37 % 41).astype(np.float32).reshape(batch, 2, 256, 64)
        times, begin = [], time.perf_counter()
        while len(times) < 3 or time.perf_counter() - begin < BUDGET_S:
            start = time.perf_counter_ns()
            session.run(None, {"mel": mel})
            times.append(time.perf_counter_ns() - start)
        times = sorted(times[1:])
        figure = {
            "backend": "onnxruntime",
            "on": f"{onnxruntime.__version__}, {name}.onnx",
            "batch": batch,
            "least_ns": times[0] // batch,
            "median_ns": times[len(times) // 2] // batch,
        }
        print(json.dumps(figure), flush=True)
