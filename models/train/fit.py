"""Training of one network on some songs' examples."""

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
from network import Loss, Network, moments, normalised

BATCH = 64
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 0.05

BENT_SHARE = 0.5
"""Of examples, share that random equalisers are drawn into."""
VARIED_DB = 2.0
"""How far all spectra are bent, RMS, without anything being wrong with them: there is more good music than the songs that
there are, and without it a network learns by heart how each source sounds."""
SEEN_FRAMES = 128
"""Of the frames of an example, how many at once: another part of it each time, and half of the work."""
KEPT_SHARE = 0.998
"""What is kept are the weights averaged over about the last 500 steps: steadier than those of any one step."""


def mel_hz() -> np.ndarray:
    """Centres of the mel bands, as in flow_inference's features."""
    mel = lambda hz: 2595 * np.log10(1 + hz / 700)
    edges = np.linspace(mel(30), mel(16_000), MELS + 2)
    return 700 * (10 ** (edges[1:-1] / 2595) - 1)


class Bender:
    """Random equalisers, drawn straight into spectra: as many shapes as there are steps. They come on top of those that
    other programs made of the sound itself."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        # Octaves around 800 Hz.
        self.x = np.log2(np.concatenate([mel_hz(), HZ]) / 800)
        self.weights = erb_weights()

    def curves(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """[count, MELS] and [count, BANDS], dB, of 0.7 to 8 dB RMS to the ear."""
        rng, x = self.rng, self.x
        total = np.zeros((count, len(x)))
        total += rng.normal(size=(count, 1)) * (rng.random((count, 1)) < 0.4) * x / 2.5
        for _ in range(3):
            here = rng.random((count, 1)) < 0.6
            centre, width = rng.uniform(-4.3, 4.3, (count, 1)), np.exp(rng.uniform(-1.2, 0.8, (count, 1)))
            total += here * rng.normal(size=(count, 1)) * 2 * np.exp(-0.5 * ((x - centre) / width) ** 2)
        here = rng.random((count, 1)) < 0.5
        centre, slope = rng.uniform(-4, 4, (count, 1)), np.exp(rng.uniform(0, 1.2, (count, 1)))
        total += here * rng.normal(size=(count, 1)) * np.tanh(slope * (x - centre))
        bands = total[:, MELS:]
        bands = bands - (bands * self.weights).sum(1, keepdims=True)
        rms = np.sqrt((bands**2 * self.weights).sum(1, keepdims=True))
        wanted = np.exp(rng.uniform(np.log(0.7), np.log(8), (count, 1)))
        gain = np.where(rms > 0.05, wanted / np.maximum(rms, 0.05), 0)
        return total[:, :MELS] * gain, total[:, MELS:] * gain


class Batches:
    """Draws batches of examples for ever."""

    def __init__(self, data: dict[str, np.ndarray], seed: int) -> None:
        self.data = data
        self.rng = np.random.default_rng(seed)
        self.bender = Bender(self.rng)
        self.weights = erb_weights()
        self.odds = estimate.balanced(data["song"], data["kind"] == "clean")
        self.estimates, self.part = estimate.apart(data, self.bender, self.rng)
        self.error = np.zeros_like(data["target"])
        for i, one in enumerate(self.estimates):
            here = self.part == i
            self.error[here] = data["target"][here] - one(data["figures"][here])
        # What they make of means that an equaliser has moved.
        self.of_means = np.stack([one.weight[:, : 2 * MELS] for one in self.estimates])

    def draw(self, count: int = BATCH) -> dict[str, torch.Tensor]:
        data, rng = self.data, self.rng
        chosen = rng.choice(len(self.odds), count, p=self.odds)
        mel, error = data["mel"][chosen].astype(np.float32), self.error[chosen].copy()
        bent = rng.random(count) < BENT_SHARE
        if bent.any():
            on_mel, on_bands = self.bender.curves(int(bent.sum()))
            mel[bent] += on_mel[:, None, None].astype(np.float32)
            error[bent, :BANDS] -= on_bands - (on_bands * self.weights).sum(1, keepdims=True)
            of_means = self.of_means[self.part[chosen][bent]]
            error[bent] -= np.einsum("bef,bf->be", of_means, estimate.bent_figures(on_mel))
        mel += self.varied(count)[:, None, None]
        first = rng.integers(mel.shape[2] - SEEN_FRAMES + 1)
        arrays = {
            "mel": mel[:, :, first : first + SEEN_FRAMES],
            "error": np.clip(error, -24, 24),
            **{name: data[name][chosen] for name in ("mask", "context", "context_weight", "pattern")},
        }
        return {name: torch.from_numpy(np.ascontiguousarray(array, np.float32)) for name, array in arrays.items()}

    def varied(self, count: int) -> np.ndarray:
        """[count, MELS], dB: other good music."""
        on_mel, on_bands = self.bender.curves(count)
        rms = np.sqrt((on_bands**2 * self.weights).sum(1, keepdims=True))
        wanted = VARIED_DB * np.abs(self.rng.normal(size=(count, 1)))
        return (on_mel * wanted / np.maximum(rms, 0.3)).astype(np.float32)


def centred(target: np.ndarray) -> np.ndarray:
    """Without the curve's mean, which is loudness."""
    target = target.copy()
    target[:, :BANDS] -= (target[:, :BANDS] * erb_weights()).sum(1, keepdims=True)
    return target


@torch.no_grad()
def figures(mel: np.ndarray) -> np.ndarray:
    """What the correction is estimated from, of examples."""
    network = Network().eval()
    parts = [mel[i : i + 64].astype(np.float32) for i in range(0, len(mel), 64)]
    return np.concatenate([network.figures(normalised(torch.from_numpy(part))).numpy() for part in parts])


def train(data: dict[str, np.ndarray], steps: int, seed: int, name: str) -> Network:
    """A network whose correction is estimated, and that has seen `steps` batches for all else. One thread: two networks at
    once are faster than two threads on one."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    network, loss = Network(), Loss()
    found = estimate.fit(data, Bender(np.random.default_rng(seed)))
    with torch.no_grad():
        network.correction.weight.copy_(torch.from_numpy(found.weight))
        network.correction.bias.copy_(torch.from_numpy(found.bias))
    batches = Batches(data, seed)
    learnt = [weight for weight in network.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(learnt, LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, steps, pct_start=0.1)
    begun, mean = time.monotonic(), 0.0
    kept = copy.deepcopy(network)
    network.train()
    for step in range(1, steps + 1):
        batch = batches.draw()
        spectra = normalised(batch["mel"])
        value = loss(network.listened(spectra, moments(spectra)), batch)
        optimiser.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(learnt, 5.0)
        optimiser.step()
        schedule.step()
        # Early on, weights of long ago mean nothing.
        average(kept, network, min(KEPT_SHARE, (1 + step) / (10 + step)))
        mean += (value.item() - mean) / min(step, 50)
        if step % 100 == 0 or step == steps:
            print(f"  {name}: step {step} of {steps}, loss {mean:.3f}, {time.monotonic() - begun:.0f} s", flush=True)
    return kept.eval()


@torch.no_grad()
def average(kept: Network, network: Network, share: float) -> None:
    """Moves what is kept a little towards the network."""
    for mean, value in zip(kept.state_dict().values(), network.state_dict().values()):
        if mean.dtype.is_floating_point:
            mean.mul_(share).add_(value, alpha=1 - share)
        else:
            mean.copy_(value)


@torch.no_grad()
def answers(network: Network, mel: np.ndarray) -> dict[str, np.ndarray]:
    """What a network says of examples."""
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
    """Where it is kept; what is there already isn't trained again."""
    own: np.ndarray
    """Which examples it hears."""
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
    # Forked, because the examples are large; nothing here has used PyTorch's threads by now, which don't survive that.
    fork = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(2, fork, _inherit, (data,)) as pool:
        list(pool.map(_train, jobs))
    return [restore(job.path) for job in jobs]
