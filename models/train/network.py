"""The network in PyTorch, and how it is told right from wrong.

```text
mel [2, 256, 64] ─ level removed ─┬─ convolution over 4 frames ─ 3 × separable convolution ─ attention over time ─┬─ dense ─ heads
                                  └─ mean and standard deviation over time ───────────────────────────────────────┘
```
"""

import numpy as np
import torch
from torch import nn

from ear import BANDS, ESTIMATES, MELS, erb_weights

CONTEXTS = ("electronic", "ambient", "orchestral", "rock", "unsure")

CHANNELS = 128
BLOCKS = 3
KERNEL = 5
HEADS = 8
HIDDEN = 256

FLOOR_DB = -100.0
"""Nothing below is heard; the level that is removed isn't moved by it."""
SCALE_DB = 20.0
LIMIT = 3.0
LEAST_VARIANCE = 1e-4


def superposition(x: torch.Tensor) -> torch.Tensor:
    """Bends like a sigmoid and a tangent near zero, and never saturates above."""
    return 0.4 * torch.sigmoid(x) + 0.4 * torch.tanh(x) + 0.2 * torch.relu(x)


def normalised(mel: torch.Tensor) -> torch.Tensor:
    """[examples, 2, frames, MELS] in dB to [examples, 2 * MELS, frames], whatever the level."""
    audible = torch.clamp(mel, min=FLOOR_DB)
    level = audible[:, :1].mean(dim=(2, 3), keepdim=True)
    scaled = torch.clamp((audible - level) / SCALE_DB, -LIMIT, LIMIT)
    return scaled.transpose(2, 3).reshape(-1, 2 * MELS, mel.shape[2])


class Block(nn.Module):
    """Looks along time, then across channels."""

    def __init__(self) -> None:
        super().__init__()
        self.along = nn.Conv1d(CHANNELS, CHANNELS, KERNEL, padding=KERNEL // 2, groups=CHANNELS, bias=False)
        self.along_norm = nn.BatchNorm1d(CHANNELS)
        self.across = nn.Conv1d(CHANNELS, CHANNELS, 1, bias=False)
        self.across_norm = nn.BatchNorm1d(CHANNELS)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = superposition(self.along_norm(self.along(x)))
        return superposition(x + self.across_norm(self.across(y)))


class Network(nn.Module):
    def __init__(self, dropout: float = 0.3) -> None:
        super().__init__()
        self.stem = nn.Conv1d(2 * MELS, CHANNELS, 4, stride=4, bias=False)
        self.stem_norm = nn.BatchNorm1d(CHANNELS)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.attention = nn.Conv1d(CHANNELS, HEADS, 1)
        self.dense = nn.Linear(CHANNELS + 4 * MELS, HIDDEN)
        self.dropout = nn.Dropout(dropout)
        self.correction = nn.Linear(HIDDEN + 4 * MELS, ESTIMATES)
        self.log_variance = nn.Linear(HIDDEN, ESTIMATES)
        self.context = nn.Linear(HIDDEN, len(CONTEXTS))
        self.pattern = nn.Linear(HIDDEN, 2)
        nn.init.zeros_(self.correction.weight)
        nn.init.constant_(self.log_variance.bias, 1.0)

    def forward(self, mel: torch.Tensor) -> dict[str, torch.Tensor]:
        x = normalised(mel)
        mean = x.mean(dim=2)
        spread = torch.sqrt(((x - mean[:, :, None]) ** 2).mean(dim=2) + LEAST_VARIANCE)
        figures = torch.cat([mean, spread], dim=1)
        x = superposition(self.stem_norm(self.stem(x)))
        for block in self.blocks:
            x = block(x)
        weights = torch.softmax(self.attention(x), dim=2)
        parts = x.reshape(len(x), HEADS, CHANNELS // HEADS, -1)
        pooled = (parts @ weights.unsqueeze(3)).reshape(-1, CHANNELS)
        hidden = superposition(self.dense(self.dropout(torch.cat([pooled, figures], dim=1))))
        return {
            "correction": self.correction(torch.cat([hidden, figures], dim=1)),
            "log_variance": self.log_variance(hidden),
            "context": self.context(hidden),
            "pattern": self.pattern(hidden),
        }


class Loss(nn.Module):
    """What wrong answers cost."""

    def __init__(self, responses: np.ndarray) -> None:
        """`responses` [knobs, bands]: what a decibel of each of Flow's knobs does."""
        super().__init__()
        weights = torch.tensor(erb_weights(), dtype=torch.float32)
        rows = torch.tensor(responses, dtype=torch.float32)
        # A curve, as well as Flow's knobs can draw it: weighted least squares, as in flow_inference's solver.
        centred = rows - (rows * weights).sum(1, keepdim=True)
        normal = (centred * weights) @ centred.T + 0.02 * torch.eye(len(rows))
        self.register_buffer("rendering", centred.T @ torch.linalg.inv(normal) @ (centred * weights))
        self.register_buffer("band_weights", weights)
        # PLR and crest are as much as one anchor's width each.
        self.register_buffer("others", torch.full((ESTIMATES - BANDS,), 1 / 6))

    def forward(self, answer: dict[str, torch.Tensor], batch: dict[str, torch.Tensor]) -> torch.Tensor:
        target, mask = batch["target"], batch["mask"]
        weights = torch.cat([self.band_weights, 0.5 * self.others]) * mask
        error = answer["correction"] - target
        # β-NLL (Seitzer et al., 2022): the likelihood, without letting hopeless examples off.
        log_variance = torch.clamp(answer["log_variance"], -4, 6)
        likelihood = 0.5 * (log_variance + error**2 * torch.exp(-log_variance))
        loss = (weights * torch.exp(0.5 * log_variance).detach() * likelihood).sum(1).mean()

        # What is left when Flow's knobs have done what they can.
        masked = (error[:, :BANDS] * mask[:, :BANDS]) @ self.rendering.T
        left = (self.band_weights * masked**2).sum(1)
        loss = loss + 0.1 * left.mean()
        # A good song moved is worse than a bad one left.
        loss = loss + 0.2 * (left * batch["clean"]).mean()

        context = -(batch["context"] * torch.log_softmax(answer["context"], dim=1)).sum(1)
        loss = loss + 1.0 * (context * batch["context_weight"]).mean()
        return loss + 1.0 * ((answer["pattern"] - batch["pattern"]) ** 2).mean()


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())
