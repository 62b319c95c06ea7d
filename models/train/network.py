"""The network in PyTorch, and its loss.

```text
mel [2, 256, 64] ─ level removed ─┬─ statistics over time ─ linear estimate ─ correction
                                  └─ convolution over 4 frames ─ 3 × separable convolution ─ attention over time ─ dense ─ other heads
```

An equalizer adds a constant to each band. Statistics that don't depend on constants (the variation of each band, its attacks
and decays, the distance between bands) predict the balance that the music should have. The means are the balance that it
has. The correction is the best linear estimate from both, computed in closed form (`estimate`): trained by gradient descent
on five hundred songs, a network memorizes the sound of each source and removes half as much.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from features_client import BANDS, ESTIMATES, MELS, erb_weights

CONTEXTS = ("electronic", "ambient", "orchestral", "rock", "unsure")

CHANNELS = 128
BLOCKS = 3
KERNEL = 5
HEADS = 8
HIDDEN = 256

FLOOR_DB = -100.0
"""Lower levels count as inaudible, so that they don't change the level that is removed."""
SCALE_DB = 20.0
LIMIT = 3.0
MIN_VARIANCE = 1e-4

# Filters over time whose weights add up to 0, so that they ignore constants. All use every other frame.
STRIDE = 2
STEP = 5
"""The length of the step filter, in frames of 40 ms."""
SWING = 31
"""The length of the swing filter, in frames."""
BENT_DB = 5.0
"""The change at which their activation saturates, dB."""
APART = (1, 3, 9, 27)
"""Distances of the mel bands whose differences are computed."""


def mixed_activation(x: torch.Tensor) -> torch.Tensor:
    """Resembles a sigmoid and a tanh near 0, and doesn't saturate above."""
    return 0.4 * torch.sigmoid(x) + 0.4 * torch.tanh(x) + 0.2 * torch.relu(x)


def normalized(mel: torch.Tensor) -> torch.Tensor:
    """[examples, 2, frames, MELS] in dB to [examples, 2 * MELS, frames], independent of the level."""
    audible = torch.clamp(mel, min=FLOOR_DB)
    level = audible[:, :1].mean(dim=(2, 3), keepdim=True)
    scaled = torch.clamp((audible - level) / SCALE_DB, -LIMIT, LIMIT)
    return scaled.transpose(2, 3).reshape(-1, 2 * MELS, mel.shape[2])


def step_filter() -> np.ndarray:
    """[2 * MELS, 1, STEP]: the rise of a band."""
    taps = np.zeros(STEP)
    taps[[0, -1]] = (-SCALE_DB / BENT_DB, SCALE_DB / BENT_DB)
    return np.tile(taps, (2 * MELS, 1, 1))


def swing_filter() -> np.ndarray:
    """[2 * MELS, 1, SWING]: the deviation of a band from its mean around that time."""
    taps = np.full(SWING, -1 / (SWING - 1))
    taps[SWING // 2] = 1
    return np.tile(taps * SCALE_DB / BENT_DB, (2 * MELS, 1, 1))


def difference_filter() -> np.ndarray:
    """[pairs, 2 * MELS, 1]: half of the difference of two bands of mid, and of mid and side in each band."""
    pairs = [(band, band + apart) for apart in APART for band in range(MELS - apart)]
    pairs += [(band, MELS + band) for band in range(MELS)]
    taps = np.zeros((len(pairs), 2 * MELS, 1))
    for row, (one, other) in zip(taps, pairs):
        row[one], row[other] = 0.5, -0.5
    return taps


PAIRS = len(difference_filter())
FIGURES = 2 * (4 * 2 * MELS + PAIRS)

# The informative statistics. The means of steps and of differences are 0 or follow from other means.
_MOMENTS = ((2 * MELS, True), (2 * MELS, False), (2 * MELS, True), (2 * MELS, True), (PAIRS, False))
INFORMATIVE = np.concatenate([[means] * channels + [True] * channels for channels, means in _MOMENTS])


def mean_std(x: torch.Tensor) -> torch.Tensor:
    """[examples, channels, frames] to [examples, 2 * channels]: mean and standard deviation."""
    mean = x.mean(dim=2)
    return torch.cat([mean, torch.sqrt(((x - mean[:, :, None]) ** 2).mean(dim=2) + MIN_VARIANCE)], dim=1)


class Block(nn.Module):
    """A depthwise convolution over time, then a convolution across channels, with a residual."""

    def __init__(self) -> None:
        super().__init__()
        self.along = nn.Conv1d(CHANNELS, CHANNELS, KERNEL, padding=KERNEL // 2, groups=CHANNELS, bias=False)
        self.along_norm = nn.BatchNorm1d(CHANNELS)
        self.across = nn.Conv1d(CHANNELS, CHANNELS, 1, bias=False)
        self.across_norm = nn.BatchNorm1d(CHANNELS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = mixed_activation(self.along_norm(self.along(x)))
        return mixed_activation(x + self.across_norm(self.across(y)))


class Network(nn.Module):
    def __init__(self, dropout: float = 0.3) -> None:
        super().__init__()
        for name, taps in (("step", step_filter()), ("swing", swing_filter()), ("difference", difference_filter())):
            self.register_buffer(name, torch.tensor(taps, dtype=torch.float32))
        self.correction = nn.Linear(FIGURES, ESTIMATES).requires_grad_(False)
        self.stem = nn.Conv1d(2 * MELS, CHANNELS, 4, stride=4, bias=False)
        self.stem_norm = nn.BatchNorm1d(CHANNELS)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.attention = nn.Conv1d(CHANNELS, HEADS, 1)
        self.dense = nn.Linear(CHANNELS + 4 * MELS, HIDDEN)
        self.dropout = nn.Dropout(dropout)
        self.log_variance = nn.Linear(HIDDEN, ESTIMATES)
        self.context = nn.Linear(HIDDEN, len(CONTEXTS))
        self.pattern = nn.Linear(HIDDEN, 2)
        nn.init.constant_(self.log_variance.bias, 1.0)

    def figures(self, x: torch.Tensor) -> torch.Tensor:
        """[examples, FIGURES]: the statistics of normalized spectra."""
        by_band = {"stride": STRIDE, "groups": 2 * MELS}
        step = functional.conv1d(x, self.step, **by_band)
        swing = functional.conv1d(x, self.swing, **by_band)
        difference = functional.conv1d(x, self.difference, stride=STRIDE)
        series = (x, step, mixed_activation(step), mixed_activation(swing), difference)
        return torch.cat([mean_std(one) for one in series], dim=1)

    def other_heads(self, x: torch.Tensor, plain: torch.Tensor) -> dict[str, torch.Tensor]:
        """The heads on the convolutions of normalized spectra. `plain` are the spectra's means and standard deviations."""
        x = mixed_activation(self.stem_norm(self.stem(x)))
        for block in self.blocks:
            x = block(x)
        weights = torch.softmax(self.attention(x), dim=2)
        parts = x.reshape(len(x), HEADS, CHANNELS // HEADS, -1)
        pooled = (parts @ weights.unsqueeze(3)).reshape(-1, CHANNELS)
        hidden = mixed_activation(self.dense(self.dropout(torch.cat([pooled, plain], dim=1))))
        return {name: getattr(self, name)(hidden) for name in ("log_variance", "context", "pattern")}

    def forward(self, mel: torch.Tensor) -> dict[str, torch.Tensor]:
        x = normalized(mel)
        figures = self.figures(x)
        return {"correction": self.correction(figures), **self.other_heads(x, figures[:, : 4 * MELS])}


class Loss(nn.Module):
    """The loss of all heads except the correction, which isn't trained by gradient descent."""

    def __init__(self) -> None:
        super().__init__()
        # PLR and crest weigh as much as one anchor's width each.
        weights = np.concatenate([erb_weights(), np.full(ESTIMATES - BANDS, 0.5 / 6)])
        self.register_buffer("weights", torch.tensor(weights, dtype=torch.float32))

    def forward(self, outputs: dict[str, torch.Tensor], batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """`batch["error"]` is the error of the correction, by an estimate without the example's source."""
        log_variance = torch.clamp(outputs["log_variance"], -4, 6)
        likelihood = 0.5 * (log_variance + batch["error"] ** 2 * torch.exp(-log_variance))
        loss = (self.weights * batch["mask"] * likelihood).sum(1).mean()
        context = -(batch["context"] * torch.log_softmax(outputs["context"], dim=1)).sum(1)
        loss = loss + (context * batch["context_weight"]).mean()
        return loss + ((outputs["pattern"] - batch["pattern"]) ** 2).mean()


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())
