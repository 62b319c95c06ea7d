"""Tags of music by musicnn (Pons and Serra, 2019; ISC license), run in numpy from the checkpoints of its PyPI package.

Two networks of one shape: MTT was trained on MagnaTagATune, MSD on the Million Song Dataset, 50 tags each. The input of a
network is 3 s at 16 kHz as 187 frames of 96 mel bands.
"""

import pathlib
import struct
import zipfile

import numpy as np

from music import Unusable, reason, run

RATE = 16_000
WINDOW, HOP, FRAMES, MELS = 512, 256, 187, 96
EXCERPT = WINDOW + (FRAMES - 1) * HOP
EXCERPTS = 16
LOUDNESS_LUFS = -16.0
VERSION = 1  # Raise it when tags change, so that the cache is rebuilt.

MTT = (
    "guitar,classical,slow,techno,strings,drums,electronic,rock,fast,piano,ambient,beat,violin,vocal,synth,female,"
    "indian,opera,male,singing,vocals,no vocals,harpsichord,loud,quiet,flute,woman,male vocal,no vocal,pop,soft,sitar,"
    "solo,man,classic,choir,voice,new age,dance,male voice,female vocal,beats,harp,cello,no voice,weird,country,metal,"
    "female voice,choral"
).split(",")
MSD = (
    "rock,pop,alternative,indie,electronic,female vocalists,dance,00s,alternative rock,jazz,beautiful,metal,chillout,"
    "male vocalists,classic rock,soul,indie rock,mellow,electronica,80s,folk,90s,chill,instrumental,punk,oldies,blues,"
    "hard rock,ambient,acoustic,experimental,female vocalist,guitar,hip-hop,70s,party,country,easy listening,sexy,"
    "catchy,funk,electro,heavy metal,progressive rock,60s,rnb,indie pop,sad,house,happy"
).split(",")


class Tagger:
    """Tags songs with both networks."""

    def __init__(self, cache: pathlib.Path) -> None:
        try:
            if not any(cache.glob("musicnn-0.1.0-*.whl")):
                run("python3", "-m", "pip", "download", "--no-deps", "--dest", cache, "musicnn==0.1.0")
            with zipfile.ZipFile(next(cache.glob("musicnn-0.1.0-*.whl"))) as wheel:
                self.networks = {name: (Network(checkpoint(wheel, name)), tags) for name, tags in NETWORKS.items()}
        except Exception as error:
            raise Unusable(f"musicnn: {reason(error)}") from error
        self.mel = mel_filters()

    def __call__(self, mono: np.ndarray) -> dict[str, float]:
        """The mean score of each tag, as `MTT rock`, over excerpts spread evenly over the song at −16 LUFS."""
        starts = np.linspace(0, len(mono) - EXCERPT, min(EXCERPTS, len(mono) // EXCERPT)).astype(int)
        scores = {name: np.zeros(len(tags)) for name, (_, tags) in self.networks.items()}
        for start in starts:
            frames = self.frames(mono[start : start + EXCERPT])
            for name, (network, _) in self.networks.items():
                scores[name] += network(frames) / len(starts)
        return {f"{name} {tag}": float(s) for name, tags in NETWORKS.items() for tag, s in zip(tags, scores[name])}

    def frames(self, excerpt: np.ndarray) -> np.ndarray:
        """Log mel spectrum, rounded through 16 bits as the networks were trained with."""
        frames = np.lib.stride_tricks.sliding_window_view(excerpt, WINDOW)[::HOP]
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
        power = np.abs(np.fft.rfft(frames * hann, axis=1)) ** 2 @ self.mel.T
        return np.log10(10_000 * power.astype(np.float16).astype(np.float32) + 1)


NETWORKS = {"MTT": MTT, "MSD": MSD}


class Network:
    """Filters that are tall (timbre) and long (rhythm), three dense-connected convolutions in time, pooling over time,
    two dense layers."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        self.weights = weights

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        x = self.normalize(frames[..., None], 0)[..., 0]
        front = [self.convolve(pad(x, 3, 3), i) for i in (0, 1)]
        for i in (2, 3, 4):
            length = self.numbered("conv2d", i, "kernel").shape[0]
            before = (length - 1) // 2
            front.append(self.convolve(pad(x, before, length - 1 - before), i))
        stages = [np.concatenate(front, axis=1)]
        stages.append(self.convolve(pad(stages[0], 3, 3), 5))
        for i in (6, 7):
            stages.append(self.convolve(pad(stages[-1], 3, 3), i) + stages[-1])
        features = np.concatenate(stages, axis=1)
        pooled = np.stack([features.max(axis=0), features.mean(axis=0)], axis=1).ravel()
        hidden = self.normalize(np.maximum(self.dense(self.normalize(pooled, 9), 0), 0), 10)
        return 1 / (1 + np.exp(-self.dense(hidden, 1)))

    def numbered(self, layer: str, i: int, what: str) -> np.ndarray:
        return self.weights[f"{layer}_{i}/{what}" if i else f"{layer}/{what}"]

    def normalize(self, x: np.ndarray, i: int) -> np.ndarray:
        """Batch normalization with the statistics of training."""
        names = ("moving_mean", "moving_variance", "gamma", "beta")
        mean, variance, scale, offset = (self.numbered("batch_normalization", i, name) for name in names)
        gain = scale / np.sqrt(variance + 0.001)
        return x * gain + (offset - mean * gain)

    def convolve(self, x: np.ndarray, i: int) -> np.ndarray:
        """Convolution of [time, band] without padding, rectified, normalized, the highest of all bands: [time, filter].

        Overlapping patches are copied because numpy wouldn't multiply them with BLAS. Rectifying and normalizing keep
        the order of values, or reverse it where the scale is negative, so one value per filter is enough for them.
        """
        kernel = self.numbered("conv2d", i, "kernel")[:, :, 0]
        patches = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2])
        times, bands = patches.shape[:2]
        columns = np.ascontiguousarray(patches.reshape(times * bands, -1))
        y = (columns @ kernel.reshape(-1, kernel.shape[2])).reshape(times, bands, -1)
        y = np.where(self.numbered("batch_normalization", i + 1, "gamma") < 0, y.min(axis=1), y.max(axis=1))
        return self.normalize(np.maximum(y + self.numbered("conv2d", i, "bias"), 0), i + 1)

    def dense(self, x: np.ndarray, i: int) -> np.ndarray:
        return x @ self.numbered("dense", i, "kernel") + self.numbered("dense", i, "bias")


def pad(x: np.ndarray, before: int, after: int) -> np.ndarray:
    return np.pad(x, ((before, after), (0, 0)))


def mel_filters() -> np.ndarray:
    """Slaney's mel bands: linear below 1 kHz, logarithmic above, each of unit area."""
    knee, per_octave = 1000 / (200 / 3), 27 / np.log(6.4)
    top = knee + np.log(RATE / 2 / 1000) * per_octave
    mels = np.linspace(0, top, MELS + 2)
    edges = np.where(mels < knee, mels * 200 / 3, 1000 * np.exp((mels - knee) / per_octave))[:, None]
    hz = np.arange(WINDOW // 2 + 1) * RATE / WINDOW
    low, center, high = edges[:-2], edges[1:-1], edges[2:]
    triangles = np.minimum((hz - low) / (center - low), (high - hz) / (high - center))
    return np.maximum(triangles, 0) * 2 / (high - low)


def checkpoint(wheel: zipfile.ZipFile, name: str) -> dict[str, np.ndarray]:
    """The float tensors of a TensorFlow "tensor bundle": a sorted table of protocol buffers that say where in the data
    file each tensor lies."""
    table = wheel.read(f"musicnn/{name}_musicnn/.index")
    data = wheel.read(f"musicnn/{name}_musicnn/.data-00000-of-00001")
    footer = table[-48:]
    if struct.unpack("<Q", footer[40:])[0] != 0xDB47_7524_8B80_FB57:
        raise ValueError("not a TensorFlow checkpoint")
    handles = varints(footer)
    next(handles), next(handles)  # The metaindex, which is empty.
    tensors = {}
    for _, handle in entries(table, next(handles), next(handles)):
        block = varints(handle)
        for key, value in entries(table, next(block), next(block)):
            entry = fields(value)
            if key and entry.get(1) == [1]:  # 1: 32-bit floats.
                sizes = [fields(size).get(1, [0])[0] for size in fields(entry.get(2, [b""])[0]).get(2, [])]
                start, length = entry.get(4, [0])[0], entry[5][0]
                tensors[key.decode()] = np.frombuffer(data[start : start + length], "<f4").reshape(sizes)
    return tensors


def entries(table: bytes, start: int, length: int):
    """Keys and values of one block of a sorted table; each key repeats only its end that differs from the last."""
    if table[start + length] != 0:
        raise ValueError("compressed checkpoints are not read")
    block = table[start : start + length]
    end = length - 4 - 4 * struct.unpack("<I", block[-4:])[0]
    at, key = 0, b""
    while at < end:
        (shared, rest, size), at = take(block, at, 3)
        key = key[:shared] + block[at : at + rest]
        yield key, block[at + rest : at + rest + size]
        at += rest + size


def fields(message: bytes) -> dict[int, list]:
    """The fields of a protocol buffer, by number."""
    found: dict[int, list] = {}
    at = 0
    while at < len(message):
        (key,), at = take(message, at, 1)
        number, kind = key >> 3, key & 7
        if kind == 0:
            (value,), at = take(message, at, 1)
        else:
            if kind == 2:
                (size,), at = take(message, at, 1)
            else:
                size = {1: 8, 5: 4}[kind]
            value, at = message[at : at + size], at + size
        found.setdefault(number, []).append(value)
    return found


def varints(data: bytes):
    """The variable-length integers that `data` consists of."""
    at = 0
    while at < len(data):
        (value,), at = take(data, at, 1)
        yield value


def take(data: bytes, at: int, count: int) -> tuple[list[int], int]:
    """`count` variable-length integers from `at` on, and where they end."""
    values = []
    for _ in range(count):
        value = shift = 0
        while data[at] & 0x80:
            value |= (data[at] & 0x7F) << shift
            at, shift = at + 1, shift + 7
        values.append(value | data[at] << shift)
        at += 1
    return values, at
