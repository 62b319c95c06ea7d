"""PEAQ, basic version (ITU-R BS.1387-1), with the details of P. Kabal, "An Examination and Interpretation of ITU-R BS.1387" (2002).

Input: reference and test, arrays of (frames, channels) at 48 kHz, aligned to the sample, full scale 1. The playback level of
a full-scale sine is 92 dB SPL. The implementation is not checked against the conformance files of the standard, which are
not free: its grades compare programs with each other, and don't replace a conforming meter.
"""

import numpy as np

RATE_HZ = 48_000
FRAME = 2048
HOP = 1024
FRAMES_A_SECOND = RATE_HZ / HOP
LEVEL_DB = 92.0
BAND_BARK = 0.25
LOWEST_HZ, HIGHEST_HZ = 80.0, 18_000.0
SPREAD_POWER = 0.4
LOUDNESS_POWER = 0.23
DELAY_FRAMES = int(np.ceil(0.5 * FRAMES_A_SECOND))


def bark(hz):
    return 7 * np.arcsinh(hz / 650)


def hertz(z):
    return 650 * np.sinh(z / 7)


LOWEST_BARK, HIGHEST_BARK = bark(LOWEST_HZ), bark(HIGHEST_HZ)
BANDS = int(np.ceil((HIGHEST_BARK - LOWEST_BARK) / BAND_BARK))
LOWER = LOWEST_BARK + BAND_BARK * np.arange(BANDS)
UPPER = np.minimum(LOWER + BAND_BARK, HIGHEST_BARK)
CENTER_BARK = (LOWER + UPPER) / 2
CENTER_HZ = hertz(CENTER_BARK)
CENTER_KHZ = CENTER_HZ / 1000
INTERNAL_NOISE = 10 ** (0.1456 * CENTER_KHZ**-0.8)
HEARING_THRESHOLD = 10 ** (0.364 * CENTER_KHZ**-0.8)
MASK_OFFSET = 10 ** (-np.where(BAND_BARK * np.arange(BANDS) <= 12, 3, 0.25 * BAND_BARK * np.arange(BANDS)) / 10)


def _grouping():
    hz = RATE_HZ / FRAME
    bins = np.arange(FRAME // 2 + 1)
    low, high = hertz(LOWER), hertz(UPPER)
    overlap = np.minimum(high[None, :], (bins[:, None] + 0.5) * hz) - np.maximum(low[None, :], (bins[:, None] - 0.5) * hz)
    return np.maximum(overlap, 0) / hz


def _ear_weight():
    khz = np.arange(1, FRAME // 2 + 1) * RATE_HZ / FRAME / 1000
    db = -2.184 * khz**-0.8 + 6.5 * np.exp(-0.6 * (khz - 3.3) ** 2) - 0.001 * khz**3.6
    return np.concatenate(([0.0], 10 ** (db / 10)))


GROUPING = _grouping()
EAR = _ear_weight()
WINDOW = 0.5 * (1 - np.cos(2 * np.pi * np.arange(FRAME) / (FRAME - 1)))


def _calibration():
    sine = np.sin(2 * np.pi * 1019.5 / RATE_HZ * np.arange(16 * HOP))
    peak = max(np.abs(np.fft.rfft(WINDOW * sine[i : i + FRAME])).max() for i in range(0, 14 * HOP, HOP))
    return (10 ** (LEVEL_DB / 20) / peak) ** 2


CALIBRATION = _calibration()


def smoothing(slow_s, fast_s):
    return np.exp(-1 / (FRAMES_A_SECOND * (fast_s + 100 / CENTER_HZ * (slow_s - fast_s))))


ADAPTATION = smoothing(0.05, 0.008)
SMEARING = smoothing(0.03, 0.008)


def _spread(energy):
    """Spreads band energies over the bands: level-dependent slopes upwards, 27 dB a Bark downwards."""
    down = 10 ** (-2.7 * BAND_BARK)
    slope = -24 - 230 / CENTER_HZ + 2 * np.log10(energy)
    up = 10 ** (slope * BAND_BARK / 10)
    band = np.arange(BANDS)
    total = (1 - down ** (band + 1)) / (1 - down) + (1 - up ** (BANDS - band)) / (1 - up) - 1
    scaled = (energy / total) ** SPREAD_POWER
    up, down = up**SPREAD_POWER, down**SPREAD_POWER
    out = np.zeros_like(energy)
    below = np.zeros(energy.shape[:-1])
    for k in range(BANDS - 1, -1, -1):
        below = below * down + scaled[..., k]
        out[..., k] = below
    for k in range(BANDS - 1):
        steps = np.arange(1, BANDS - k)
        out[..., k + 1 :] += scaled[..., k, None] * up[..., k, None] ** steps
    return out ** (1 / SPREAD_POWER)


SPREAD_UNIT = _spread(np.ones((1, BANDS)))


def recursive(values, keep, gain=None):
    """First-order low-pass over the first axis, from zero."""
    out = np.empty_like(values)
    state = np.zeros_like(values[0])
    gain = 1 - keep if gain is None else gain
    for n, value in enumerate(values):
        state = keep * state + gain * value
        out[n] = state
    return out


class Ear:
    """The patterns of one channel."""

    def __init__(self, samples):
        frames = 1 + (len(samples) - FRAME) // HOP
        windows = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP][:frames]
        self.power = CALIBRATION * np.abs(np.fft.rfft(WINDOW * windows)) ** 2
        self.weighted = self.power * EAR
        energy = np.maximum(self.weighted @ GROUPING, 1e-12) + INTERNAL_NOISE
        self.unsmeared = _spread(energy) / SPREAD_UNIT
        self.excitation = np.maximum(recursive(self.unsmeared, SMEARING), self.unsmeared)
        loudness = self.unsmeared**0.3
        self.mean_loudness = recursive(loudness, ADAPTATION)
        change = FRAMES_A_SECOND * np.abs(np.diff(loudness, axis=0, prepend=0))
        self.modulation = recursive(change, ADAPTATION) / (1 + self.mean_loudness / 0.3)
        index = 10 ** ((-2 - 2.05 * np.arctan(CENTER_KHZ / 4) - 0.75 * np.arctan((CENTER_KHZ / 1.6) ** 2)) / 10)
        specific = 1.07664 * (HEARING_THRESHOLD / index / 1e4) ** LOUDNESS_POWER
        specific = specific * ((1 - index + index * self.excitation / HEARING_THRESHOLD) ** LOUDNESS_POWER - 1)
        self.loudness = 24 / BANDS * np.maximum(specific, 0).sum(axis=1)


def adapted(reference, test):
    """Excitations of both after level and pattern adaptation."""
    slow_r, slow_t = recursive(reference, ADAPTATION), recursive(test, ADAPTATION)
    level = ((np.sqrt(slow_r * slow_t)).sum(axis=1) / slow_t.sum(axis=1))[:, None] ** 2
    r = reference / np.maximum(level, 1)
    t = test * np.minimum(level, 1)
    ratio = recursive(t * r, ADAPTATION, 1) / recursive(r * r, ADAPTATION, 1)
    to_test, to_reference = np.minimum(1 / ratio, 1), np.minimum(ratio, 1)
    sums = [np.cumsum(np.pad(x, ((0, 0), (1, 0))), axis=1) for x in (to_reference, to_test)]
    first = np.maximum(np.arange(BANDS) - 3, 0)
    last = np.minimum(np.arange(BANDS) + 4, BANDS - 1) + 1
    means = [recursive((s[:, last] - s[:, first]) / (last - first), ADAPTATION) for s in sums]
    return r * means[0], t * means[1]


def _noise_loudness(r, t, ref, test):
    s_r, s_t = 0.15 * ref.modulation + 0.5, 0.15 * test.modulation + 0.5
    beta = np.exp(-1.5 * (t - r) / r)
    noise = np.maximum(s_t * t - s_r * r, 0) / (INTERNAL_NOISE + s_r * r * beta)
    return 24 / BANDS * ((INTERNAL_NOISE / s_t) ** LOUDNESS_POWER * ((1 + noise) ** LOUDNESS_POWER - 1)).sum(axis=1)


def _bandwidths(ref, test):
    floor = test.power[:, 921:1024].max(axis=1)[:, None]
    bins = np.arange(1, 922)
    above = ref.power[:, :921] >= 10 * floor
    width_r = np.where(above, bins, 0).max(axis=1)
    above = (test.power[:, :921] >= 10**0.5 * floor) & (bins <= width_r[:, None])
    width_t = np.where(above, bins, 0).max(axis=1)
    counted = width_r > 346
    return (width_r[counted].mean(), width_t[counted].mean()) if counted.any() else (0.0, 0.0)


def _harmonic_structure(ref, test, loud):
    lags = 256
    logs = np.log(np.maximum(test.weighted, 1e-12) / np.maximum(ref.weighted, 1e-12))
    logs[:, 0] = 0
    logs = logs[loud, : 2 * lags]
    if not len(logs):
        return 0.0
    size = 4 * lags
    product = np.fft.irfft(np.conj(np.fft.rfft(logs[:, :lags], size)) * np.fft.rfft(logs, size))[:, :lags]
    squares = np.cumsum(np.pad(logs**2, ((0, 0), (1, 0))), axis=1)
    norms = squares[:, lags : 2 * lags] - squares[:, :lags]
    correlation = product / np.sqrt(np.maximum(norms[:, :1] * norms, 1e-300))
    window = np.sqrt(8 / 3) * 0.5 * (1 - np.cos(2 * np.pi * np.arange(lags) / (lags - 1)))
    windowed = window * (correlation - correlation.mean(axis=1, keepdims=True))
    spectrum = np.abs(np.fft.rfft(windowed) / lags) ** 2
    rising = np.maximum.accumulate(np.diff(spectrum, axis=1) > 0, axis=1)
    return 1000 * np.where(rising, spectrum[:, 1:], 0).max(axis=1).mean()


def _detection(ears_r, ears_t):
    probability, steps = 0.0, 0.0
    for ref, test in zip(ears_r, ears_t):
        r, t = 10 * np.log10(ref.excitation), 10 * np.log10(test.excitation)
        level = 0.3 * np.maximum(r, t) + 0.7 * t
        safe = np.maximum(level, 1e-6)
        size = (5.95072 * (6.39468 / safe) ** 1.71332 + 9.01033e-11 * safe**4 + 5.05622e-6 * safe**3
                - 0.00102438 * safe**2 + 0.0550197 * safe - 0.198719)
        size = np.where(level > 0, size, 1e30)
        error = r - t
        steep = np.where(r > t, 4.0, 6.0)
        scale = 10 ** (np.log10(np.log10(2)) / steep) / size
        probability = np.maximum(probability, 1 - 10 ** (-np.abs(scale * error) ** steep))
        steps = np.maximum(steps, np.abs(np.trunc(error)) / size)
    return 1 - np.prod(1 - probability, axis=1), steps.sum(axis=1)


def variables(reference, test):
    """The eleven model output variables."""
    channels = range(reference.shape[1])
    ears_r = [Ear(reference[:, c]) for c in channels]
    ears_t = [Ear(test[:, c]) for c in channels]
    rows = []
    audible = np.any([(r.loudness > 0.1) & (t.loudness > 0.1) for r, t in zip(ears_r, ears_t)], axis=0)
    start = max(DELAY_FRAMES, int(np.argmax(audible)) + 3)
    frames = len(audible)
    second_half = [np.lib.stride_tricks.sliding_window_view(x, HOP)[HOP::HOP][:frames] for x in (*reference.T, *test.T)]
    loud = np.any([(h.astype(float) ** 2).sum(axis=1) > 8000 / 32768**2 for h in second_half], axis=0)
    loud = np.pad(loud, (0, frames - len(loud)))
    for ref, test_ear in zip(ears_r, ears_t):
        change = np.abs(test_ear.modulation - ref.modulation)
        first = 100 / BANDS * (change / (1 + ref.modulation)).sum(axis=1)
        sign = np.where(test_ear.modulation >= ref.modulation, 1, 0.1)
        second = 100 / BANDS * (sign * change / (0.01 + ref.modulation)).sum(axis=1)
        weight = (ref.mean_loudness / (ref.mean_loudness + 100 * INTERNAL_NOISE**0.3)).sum(axis=1)
        late = slice(DELAY_FRAMES, None)
        four = np.lib.stride_tricks.sliding_window_view(np.sqrt(first[late]), 4).mean(axis=1)
        r, t = adapted(ref.excitation, test_ear.excitation)
        noise = ((np.sqrt(ref.weighted) - np.sqrt(test_ear.weighted)) ** 2) @ GROUPING
        nmr = noise / (MASK_OFFSET * ref.excitation)
        rows.append([
            *_bandwidths(ref, test_ear),
            10 * np.log10(np.maximum(nmr.mean(), 1e-12)),
            np.sqrt((four**4).mean()),
            0.0,
            _harmonic_structure(ref, test_ear, loud),
            (weight * first)[late].sum() / weight[late].sum(),
            (weight * second)[late].sum() / weight[late].sum(),
            np.sqrt((_noise_loudness(r, t, ref, test_ear)[start:] ** 2).mean()),
            0.0,
            (nmr.max(axis=1) >= 10**0.15).mean(),
        ])
    result = np.mean(rows, axis=0)
    probability, steps = _detection(ears_r, ears_t)
    filtered = recursive(probability[:, None], 0.9)[:, 0]
    detected = probability > 0.5
    mean_steps = steps[detected].sum() / max(detected.sum(), 1)
    result[4] = 0.0 if not detected.any() else (np.log10(mean_steps) if mean_steps > 0 else -0.5)
    result[9] = filtered.max()
    return result


LEAST = np.array([393.916656, 361.965332, -24.045116, 1.110661, -0.206623, 0.074318, 1.113683, 0.950345, 0.029985,
                  0.000101, 0])
MOST = np.array([921, 881.131226, 16.212030, 107.137772, 2.886017, 13.933351, 63.257874, 1145.018555, 14.819740, 1, 1])
INPUT_WEIGHTS = np.array([
    [-0.502657, 0.436333, 1.219602], [4.307481, 3.246017, 1.123743], [4.984241, -2.211189, -0.192096],
    [0.051056, -1.762424, 4.331315], [2.321580, 1.789971, -0.754560], [-5.303901, -3.452257, -10.814982],
    [2.730991, -6.111805, 1.519223], [0.624950, -1.331523, -5.955151], [3.102889, 0.871260, -5.922878],
    [-1.051468, -0.939882, -0.142913], [-1.804679, -0.503610, -0.620456]])
INPUT_BIAS = np.array([-2.518254, 0.654841, -2.207228])
OUTPUT_WEIGHTS = np.array([-3.817048, 4.107138, 4.629582])
OUTPUT_BIAS = -0.307594


def grade(movs):
    """The objective difference grade: 0 for imperceptible, −4 for very annoying."""
    scaled = (movs - LEAST) / (MOST - LEAST)
    hidden = 1 / (1 + np.exp(-(scaled @ INPUT_WEIGHTS + INPUT_BIAS)))
    index = hidden @ OUTPUT_WEIGHTS + OUTPUT_BIAS
    return -3.98 + 4.2 / (1 + np.exp(-index))
