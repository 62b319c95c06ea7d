"""Trains networks on the examples of some songs."""

import concurrent.futures
import copy
import dataclasses
import multiprocessing
import pathlib
import time

import numpy as np
import torch

import estimate
from features_client import BANDS, HZ, MELS, erb_weights
from network import Loss, Network, mean_std, normalized

BATCH = 64
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 0.05

EQUALIZED_SHARE = 0.5
"""The share of examples with random equalizers."""
VARIATION_DB = 2.0
"""The RMS of random equalizers that all examples get without a correction. They stand for other good music, and keep the
network from memorizing the sound of each source."""
BATCH_FRAMES = 128
"""Frames of an example in one batch, a random part of it, which halves the work."""
AVERAGE_DECAY = 0.998
"""The decay of the moving average of the weights, over about 500 steps."""


def mel_hz() -> np.ndarray:
    """Centers of the mel bands, as in flow_analysis' features."""
    mel = lambda hz: 2595 * np.log10(1 + hz / 700)
    edges = np.linspace(mel(30), mel(16_000), MELS + 2)
    return 700 * (10 ** (edges[1:-1] / 2595) - 1)


class RandomEqualizer:
    """Adds random equalizers to spectra, a new one for each example. They come on top of the degradations of the sound."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        # Octaves around 800 Hz.
        self.x = np.log2(np.concatenate([mel_hz(), HZ]) / 800)
        self.weights = erb_weights()

    def curves(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """[count, MELS] and [count, BANDS] in dB, with an ERB-weighted RMS of 0.7 to 8 dB."""
        rng, x = self.rng, self.x
        total = np.zeros((count, len(x)))
        total += rng.normal(size=(count, 1)) * (rng.random((count, 1)) < 0.4) * x / 2.5
        for _ in range(3):
            here = rng.random((count, 1)) < 0.6
            center, width = rng.uniform(-4.3, 4.3, (count, 1)), np.exp(rng.uniform(-1.2, 0.8, (count, 1)))
            total += here * rng.normal(size=(count, 1)) * 2 * np.exp(-0.5 * ((x - center) / width) ** 2)
        here = rng.random((count, 1)) < 0.5
        center, slope = rng.uniform(-4, 4, (count, 1)), np.exp(rng.uniform(0, 1.2, (count, 1)))
        total += here * rng.normal(size=(count, 1)) * np.tanh(slope * (x - center))
        bands = total[:, MELS:]
        bands = bands - (bands * self.weights).sum(1, keepdims=True)
        rms = np.sqrt((bands**2 * self.weights).sum(1, keepdims=True))
        wanted = np.exp(rng.uniform(np.log(0.7), np.log(8), (count, 1)))
        gain = np.where(rms > 0.05, wanted / np.maximum(rms, 0.05), 0)
        return total[:, :MELS] * gain, total[:, MELS:] * gain


class Batches:
    """Draws batches of examples."""

    def __init__(self, data: dict[str, np.ndarray], seed: int) -> None:
        self.data = data
        self.rng = np.random.default_rng(seed)
        self.equalizer = RandomEqualizer(self.rng)
        self.weights = erb_weights()
        self.odds = estimate.balanced(data["song"], data["kind"] == "clean")
        self.estimates, self.part = estimate.held_out_estimates(data, self.equalizer, self.rng)
        self.error = np.zeros_like(data["target"])
        for i, one in enumerate(self.estimates):
            here = self.part == i
            self.error[here] = data["target"][here] - one(data["figures"][here])
        # The weights of the means, which equalizers change.
        self.of_means = np.stack([one.weight[:, : 2 * MELS] for one in self.estimates])

    def draw(self, count: int = BATCH) -> dict[str, torch.Tensor]:
        data, rng = self.data, self.rng
        chosen = rng.choice(len(self.odds), count, p=self.odds)
        mel, error = data["mel"][chosen].astype(np.float32), self.error[chosen].copy()
        equalized = rng.random(count) < EQUALIZED_SHARE
        if equalized.any():
            on_mel, on_bands = self.equalizer.curves(int(equalized.sum()))
            mel[equalized] += on_mel[:, None, None].astype(np.float32)
            error[equalized, :BANDS] -= on_bands - (on_bands * self.weights).sum(1, keepdims=True)
            of_means = self.of_means[self.part[chosen][equalized]]
            error[equalized] -= np.einsum("bef,bf->be", of_means, estimate.equalizer_statistics(on_mel))
        mel += self.varied(count)[:, None, None]
        first = rng.integers(mel.shape[2] - BATCH_FRAMES + 1)
        arrays = {
            "mel": mel[:, :, first : first + BATCH_FRAMES],
            "error": np.clip(error, -24, 24),
            **{name: data[name][chosen] for name in ("mask", "context", "context_weight", "pattern")},
        }
        return {name: torch.from_numpy(np.ascontiguousarray(array, np.float32)) for name, array in arrays.items()}

    def varied(self, count: int) -> np.ndarray:
        """[count, MELS] in dB: spectra of other good music."""
        on_mel, on_bands = self.equalizer.curves(count)
        rms = np.sqrt((on_bands**2 * self.weights).sum(1, keepdims=True))
        wanted = VARIATION_DB * np.abs(self.rng.normal(size=(count, 1)))
        return (on_mel * wanted / np.maximum(rms, 0.3)).astype(np.float32)


def centered(target: np.ndarray) -> np.ndarray:
    """Removes the curve's mean, which is loudness."""
    target = target.copy()
    target[:, :BANDS] -= (target[:, :BANDS] * erb_weights()).sum(1, keepdims=True)
    return target


@torch.no_grad()
def figures(mel: np.ndarray) -> np.ndarray:
    """The statistics of examples that the correction is estimated from."""
    network = Network().eval()
    parts = [mel[i : i + 64].astype(np.float32) for i in range(0, len(mel), 64)]
    return np.concatenate([network.figures(normalized(torch.from_numpy(part))).numpy() for part in parts])


def train(data: dict[str, np.ndarray], steps: int, seed: int, name: str) -> Network:
    """Estimates the correction, and trains the other heads for `steps` batches. It uses one thread, because two networks in
    parallel are faster than two threads on one."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    network, loss = Network(), Loss()
    found = estimate.fit(data, RandomEqualizer(np.random.default_rng(seed)))
    with torch.no_grad():
        network.correction.weight.copy_(torch.from_numpy(found.weight))
        network.correction.bias.copy_(torch.from_numpy(found.bias))
    batches = Batches(data, seed)
    trained = [weight for weight in network.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, steps, pct_start=0.1)
    begun, mean = time.monotonic(), 0.0
    kept = copy.deepcopy(network)
    network.train()
    for step in range(1, steps + 1):
        batch = batches.draw()
        spectra = normalized(batch["mel"])
        value = loss(network.other_heads(spectra, mean_std(spectra)), batch)
        optimizer.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(trained, 5.0)
        optimizer.step()
        schedule.step()
        # The average begins with a short memory.
        average(kept, network, min(AVERAGE_DECAY, (1 + step) / (10 + step)))
        mean += (value.item() - mean) / min(step, 50)
        if step % 100 == 0 or step == steps:
            print(f"  {name}: step {step} of {steps}, loss {mean:.3f}, {time.monotonic() - begun:.0f} s", flush=True)
    return kept.eval()


@torch.no_grad()
def average(kept: Network, network: Network, share: float) -> None:
    """Updates the moving average of the weights."""
    for mean, value in zip(kept.state_dict().values(), network.state_dict().values()):
        if mean.dtype.is_floating_point:
            mean.mul_(share).add_(value, alpha=1 - share)
        else:
            mean.copy_(value)


@torch.no_grad()
def outputs(network: Network, mel: np.ndarray) -> dict[str, np.ndarray]:
    """A network's outputs for examples."""
    parts = [network(torch.from_numpy(mel[i : i + 256].astype(np.float32))) for i in range(0, len(mel), 256)]
    return {name: torch.cat([part[name] for part in parts]).numpy() for name in parts[0]}


def save(network: Network, path: pathlib.Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(network.state_dict(), partial)
    partial.rename(path)


def restore(path: pathlib.Path) -> Network:
    network = Network()
    network.load_state_dict(torch.load(path))
    return network.eval()


@dataclasses.dataclass(frozen=True)
class Job:
    """A network to be trained."""

    path: pathlib.Path
    """The file of the network. A file that exists isn't trained again."""
    own: np.ndarray
    """The examples that it is trained on."""
    steps: int
    seed: int


_DATA: dict[str, np.ndarray] = {}


def _inherit(data: dict[str, np.ndarray]) -> None:
    _DATA.update(data)


def _train(job: Job) -> None:
    if not job.path.exists():
        own = {name: array[job.own] for name, array in _DATA.items()}
        save(train(own, job.steps, job.seed, job.path.stem), job.path)


def train_all(data: dict[str, np.ndarray], jobs: list[Job]) -> list[Network]:
    """All networks, two at once."""
    # Forking shares the large examples. PyTorch's threads, which don't survive a fork, haven't been used yet.
    fork = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(2, fork, _inherit, (data,)) as pool:
        list(pool.map(_train, jobs))
    return [restore(job.path) for job in jobs]
