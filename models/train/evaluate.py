"""Evaluates the network's proposals on held-out songs with held-out degradations.

The degradations are frozen in frozen.jsonl: the excerpt of each song, and its degradation. Other programs than Flow apply
them. Flow's own chain applies the proposals (`flow_trainer evaluate`).
"""

import collections
import concurrent.futures
import json
import pathlib
import subprocess

import numpy as np

from degradation import codec_chain
from degradation import degrade
from dataset import seed_of
from features_client import BANDS, TRAINER, erb_weights
from songs import HERE, RATE, Song, Unusable, decode
from degradation.sounds import loudness_lufs

SEVERITIES_DB = (2.0, 4.0, 6.0)
GRADES = ("recommended", "taken")
"""The methods of the network: its recommended proposals alone, and with the possible ones."""
EQUALIZERS = ("fldep", "crbod", "crsou", "lapre", "crsil", "lashn", "crair")
DEPTH_DB = 6.0
"""The boost of a full Depth."""
WORSE_DB = 0.2
"""The growth of an error that counts as worse."""
LEAST_MOVE_DB = 0.05
"""A song that moves by less is left alone."""
EXCERPT_S = 30
"""The length that the plug-in keeps."""
LUFS = -20.0
"""A loudness below the limiter's ceiling, so that balance and width are evaluated without limiting."""
FROZEN = HERE / "data" / "frozen.jsonl"
FROZEN_SEED = "frozen 1"


def freeze(songs: list[Song]) -> list[dict]:
    """Draws an excerpt of each song, with one degradation at each severity and without any."""
    rows = []
    for song in songs:
        rng = np.random.default_rng(seed_of(FROZEN_SEED, song.key))
        start = int(rng.uniform(0.15, 0.75) * max(0.0, song.used_s - EXCERPT_S))
        for severity in (*SEVERITIES_DB, 0.0):
            row = {"song": song.key, "source": song.source, "split": song.split, "start_s": start, "severity_db": severity}
            if severity:
                row["degradation"] = degrade.to_json(degrade.draw(rng, severity_db=severity, split="test"))
            row["transport"] = degrade.to_json(codec_chain.draw(rng))
            rows.append(row)
    return rows


def write_frozen(rows: list[dict], path: pathlib.Path = FROZEN) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def read_frozen(path: pathlib.Path = FROZEN) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def sounds(row: dict, song: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The clean and the degraded excerpt, both through the same codec chain. The clean one is at LUFS."""
    begin = row["start_s"] * RATE
    clean = song[:, begin : begin + EXCERPT_S * RATE]
    chain = degrade.from_json(row["transport"])
    degraded = clean
    if "degradation" in row:
        degraded = degrade.apply(degrade.from_json(row["degradation"]), clean)
    clean, degraded = codec_chain.apply(chain, clean), codec_chain.apply(chain, degraded)
    gain = 10 ** ((LUFS - loudness_lufs(clean)) / 20)
    return clean * gain, degraded * gain


def evaluate_song(song: Song, rows: list[dict], manifest: pathlib.Path, cache: pathlib.Path, calibrations: list[dict]) -> list[dict]:
    """Evaluates the rows of one song."""
    try:
        sound = decode(song, cache)
    except Unusable as error:
        print(error)
        return []
    folder = cache / "evaluated" / song.key
    folder.mkdir(parents=True, exist_ok=True)
    requests, kept = [], []
    for i, row in enumerate(rows):
        try:
            clean, degraded = sounds(row, sound)
        except RuntimeError as error:
            print(f"{song.key}: {error}")
            continue
        if not np.isfinite(clean).all() or loudness_lufs(clean) < -40:
            continue
        paths = [folder / f"{i}-{name}.f32" for name in ("clean", "degraded")]
        for path, part in zip(paths, (clean, degraded)):
            np.ascontiguousarray(part.T, "<f4").tofile(path)
        requests.append({"clean": str(paths[0]), "degraded": str(paths[1]), "calibrations": calibrations})
        kept.append(row)
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    command = [TRAINER, "evaluate", str(manifest)]
    done = subprocess.run(command, input=lines, capture_output=True, text=True)
    for path in folder.iterdir():
        path.unlink()
    if done.returncode:
        print(f"{song.key}: {done.stderr.strip().splitlines()[-1:]}")
        return []
    return [{**row, **json.loads(line)} for row, line in zip(kept, done.stdout.splitlines())]


def evaluate_songs(songs: list[Song], rows: list[dict], manifest_of, cache: pathlib.Path, calibrations=(), jobs: int = 2) -> list[dict]:
    """Evaluates all songs. `manifest_of` returns the network for a song; `calibrations` are the calibrations to compare."""
    by_song = collections.defaultdict(list)
    for row in rows:
        by_song[row["song"]].append(row)
    wanted = [song for song in songs if song.key in by_song]
    found = []
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        futures = [
            pool.submit(evaluate_song, song, by_song[song.key], manifest_of(song), cache, list(calibrations)) for song in wanted
        ]
        for i, one in enumerate(futures):
            found += one.result()
            if i % 20 == 19:
                print(f"  {i + 1} of {len(wanted)} songs", flush=True)
    return found


def evaluation(row: dict, method: str, calibration: int | None = None) -> dict | None:
    """The result of one method for a row. For the network, that of one calibration or of the first."""
    for one in row["evaluations"]:
        if one["method"] == method and calibration in (None, one["calibration"]):
            return one
    return None


def errors(rows: list[dict], method: str, calibration: int | None = None) -> np.ndarray:
    """[4, rows]: Bark errors without proposals, of one method and of the oracle, and what the method moves, dB."""
    found = [
        (evaluation(row, "nothing")["bark_db"], one["bark_db"], evaluation(row, "oracle")["bark_db"], one["moved_db"])
        for row in rows
        if (one := evaluation(row, method, calibration))
    ]
    return np.array(found).reshape(-1, 4).T


def removed_share(rows: list[dict], method: str, calibration: int | None = None) -> float:
    """The share of the squared Bark error that is removed, of all rows together."""
    before, after, _, _ = errors(rows, method, calibration)
    return float(1 - (after**2).sum() / (before**2).sum()) if before.any() else float("nan")


def median_removed(rows: list[dict], method: str, calibration: int | None = None) -> float:
    """The median over songs of the share of the squared Bark error that is removed."""
    before, after, _, _ = errors(rows, method, calibration)
    heard = before > 0.3  # dB. Smaller errors can't be corrected by any settings.
    return float(np.median(1 - (after[heard] / before[heard]) ** 2)) if heard.any() else float("nan")


def worse_share(rows: list[dict], method: str, calibration: int | None = None) -> float:
    """The share of songs whose Bark error grows by more than `WORSE_DB`."""
    before, after, _, _ = errors(rows, method, calibration)
    return float(np.mean(after > before + WORSE_DB)) if len(before) else float("nan")


def removed_by_movement(rows: list[dict], method: str, calibration: int | None = None) -> float:
    """The Bark error removed for each decibel that the balance moves. 1 is a move straight to the clean song."""
    before, after, _, moved_db = errors(rows, method, calibration)
    return float((before - after).sum() / moved_db.sum()) if moved_db.any() else float("nan")


def precision(rows: list[dict], method: str, calibration: int | None = None) -> float:
    """The share of changed equalizer parameters whose direction is that of the oracle."""
    right = []
    for row in rows:
        oracle = dict(evaluation(row, "oracle")["changes"])
        for name, value in (evaluation(row, method, calibration) or {"changes": []})["changes"]:
            if name in EQUALIZERS:
                right.append(float(value) * float(oracle.get(name, 0)) > 0)
    return float(np.mean(right)) if right else float("nan")


def moved(rows: list[dict], method: str, calibration: int | None = None) -> dict[str, float]:
    """The effect of a method on clean songs: the share that it leaves alone, and the largest move of one, Bark dB."""
    _, _, _, moved_db = errors([row for row in rows if row["severity_db"] == 0], method, calibration)
    if not len(moved_db):
        moved_db = np.array([float("nan")])
    return {
        "alone": float(np.mean(moved_db < LEAST_MOVE_DB)),
        "median_db": float(np.median(moved_db)),
        "worst_db": float(moved_db.max()),
    }


def bootstrap(rows: list[dict], figure, rounds: int = 500) -> tuple[float, float]:
    """The 90 % interval of a statistic, by bootstrap over sources, because songs of one source are alike."""
    by_source = collections.defaultdict(list)
    for row in rows:
        by_source[row["source"]].append(row)
    sources, rng = list(by_source.values()), np.random.default_rng(1)
    if not sources:
        return float("nan"), float("nan")
    drawn = [figure([row for i in rng.integers(len(sources), size=len(sources)) for row in sources[i]]) for _ in range(rounds)]
    low, high = np.nanpercentile(drawn, (5, 95))
    return float(low), float(high)


def percent(value: float) -> str:
    return "" if np.isnan(value) else f"{whole(100 * value)} %"


def whole(value: float) -> str:
    """A rounded number, never −0."""
    return f"{np.round(value) + 0:.0f}"


def off_db(rows: list[dict]) -> np.ndarray:
    """The true error of each row's balance, the ERB-weighted RMS over its bands."""
    weights = erb_weights()
    curves = np.array([[one["mean"] for one in row["truth"]["curve"]] for row in rows]).reshape(-1, BANDS)
    return np.sqrt(((curves - (curves * weights).sum(axis=1, keepdims=True)) ** 2 * weights).sum(axis=1))


def counts(rows: list[dict]) -> str:
    return f"{len({row['song'] for row in rows})} songs of {len({row['source'] for row in rows})} sources"


def summary(rows: list[dict], calibration: int | None = None) -> str:
    """The results over all severities, as Markdown."""
    lines = [
        "| proposals | squared error removed (90 %), made worse | off by 3.5 to 5 dB: removed (median), made worse | 5 to 7 dB "
        "| right direction | removed by movement | good songs left alone | the worst moved by, dB |",
        "|---" * 8 + "|",
    ]
    degraded = [row for row in rows if row["severity_db"]]
    off = off_db(degraded)
    for method in ("rules", *GRADES):
        own = calibration if method in GRADES else None
        low, high = bootstrap(degraded, lambda some: removed_share(some, method, own))
        cells = [
            f"{percent(removed_share(degraded, method, own))} ({whole(100 * low)} to {whole(100 * high)}), "
            f"{percent(worse_share(degraded, method, own))}"
        ]
        for least, most in ((3.5, 5), (5, 7)):
            here = [row for row, db in zip(degraded, off) if least <= db < most]
            cells.append(f"{percent(median_removed(here, method, own))}, {percent(worse_share(here, method, own))}")
        good = moved(rows, method, own)
        cells += [percent(precision(degraded, method, own)), f"{removed_by_movement(degraded, method, own):.2f}"]
        cells += [percent(good["alone"]), f"{good['worst_db']:.2f}"]
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(lines)


def by_move(rows: list[dict], calibration: int | None = None) -> str:
    """The direction of moves of equalizers by their size, as Markdown. *Possible* are those that aren't recommended, or go
    further than recommended."""
    degraded = [row for row in rows if row["severity_db"]]
    sizes = ((0, 0.8), (0.8, 1.5), (1.5, 2.5), (2.5, 99))
    right = {(grade, size): [] for grade in ("recommended", "possible") for size in sizes}
    for row in degraded:
        oracle = dict(evaluation(row, "oracle")["changes"])
        recommended = dict((evaluation(row, "recommended", calibration) or {"changes": []})["changes"])
        for grade, method in (("recommended", "recommended"), ("possible", "taken")):
            for name, value in (evaluation(row, method, calibration) or {"changes": []})["changes"]:
                if name not in EQUALIZERS or (grade == "possible" and recommended.get(name) == value):
                    continue
                size_db = abs(float(value)) * (DEPTH_DB if name == "fldep" else 1)
                size = next(size for size in sizes if size[0] <= size_db < size[1])
                right[grade, size].append(float(value) * float(oracle.get(name, 0)) > 0)
    lines = ["| a move of | recommended: moves, right direction | possible |", "|---|---|---|"]
    for low, high in sizes:
        found = [right[grade, (low, high)] for grade in ("recommended", "possible")]
        cells = [f"{len(one)}, {percent(np.mean(one))}" if one else "none" for one in found]
        name = f"{low:g} to {high:g} dB" if high < 99 else f"{low:g} dB and more"
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def table(rows: list[dict], calibration: int | None = None) -> str:
    """The evaluation as a Markdown table."""
    lines = [
        "| degraded by | songs | method | Bark error, dB | spectral, dB | loudness, LU | crest, dB | width, dB "
        "| squared error removed (90 %) | made worse | right direction | removed by movement |",
        "|---" * 12 + "|",
    ]
    for severity in (*SEVERITIES_DB, 0.0):
        here = [row for row in rows if row["severity_db"] == severity]
        for method in ("nothing", "rules", *GRADES, "oracle"):
            own = calibration if method in GRADES else None
            found = [one for row in here if (one := evaluation(row, method, own))]
            if not found:
                continue
            medians = [
                f"{np.median([one[m] for one in found]):.2f}"
                for m in ("bark_db", "spectral_db", "loudness_lu", "crest_db", "width_db")
            ]
            cells = [""] * 4
            if method in ("rules", *GRADES):
                cells[1] = percent(worse_share(here, method, own))
                if severity:
                    low, high = bootstrap(here, lambda some: removed_share(some, method, own))
                    share = percent(removed_share(here, method, own))
                    cells[0] = f"{share} ({whole(100 * low)} to {whole(100 * high)})"
                    cells[2:] = percent(precision(here, method, own)), f"{removed_by_movement(here, method, own):.2f}"
            name = f"{severity:.0f} dB" if severity else "not"
            lines.append(f"| {name} | {len(found)} | {method} | {' | '.join((*medians, *cells))} |")
    return "\n".join(lines)


def good_songs(rows: list[dict], calibration: int | None = None) -> str:
    """The effect of proposals on clean songs, as Markdown."""
    lines = ["| method | songs left alone | moved by, Bark dB: median | the most |", "|---|---|---|---|"]
    for method in ("rules", *GRADES):
        found = moved(rows, method, calibration if method in GRADES else None)
        lines.append(f"| {method} | {percent(found['alone'])} | {found['median_db']:.2f} | {found['worst_db']:.2f} |")
    return "\n".join(lines)


def by_error(rows: list[dict], calibration: int | None = None) -> str:
    """Results by the true error of the balance, as Markdown. A degradation of 6 dB may concern width or dynamics, or be so
    narrow that it reaches no severity."""
    lines = [
        "| balance off by, ERB-weighted RMS | songs | rules: squared error removed (median), made worse | recommended | taken "
        "| recommended: left alone |",
        "|---|---|---|---|---|---|",
    ]
    degraded = [row for row in rows if row["severity_db"]]
    off = off_db(degraded)
    for low, high in ((0, 1), (1, 2), (2, 3.5), (3.5, 5), (5, 7), (7, 99)):
        here = [row for row, db in zip(degraded, off) if low <= db < high]
        if not here:
            continue
        cells = [
            f"{percent(median_removed(here, method, own))}, {percent(worse_share(here, method, own))}"
            for method, own in (("rules", None), *((grade, calibration) for grade in GRADES))
        ]
        alone = np.mean(errors(here, "recommended", calibration)[3] < LEAST_MOVE_DB)
        name = f"{low:g} to {high:g} dB" if high < 99 else f"{low:g} dB and more"
        lines.append(f"| {name} | {len(here)} | {' | '.join(cells)} | {percent(alone)} |")
    return "\n".join(lines)


def by_style(rows: list[dict], contexts: dict[str, str], calibration: int | None = None) -> str:
    """The share of the squared error removed at 6 dB for each style that the teacher names, as Markdown."""
    lines = ["| style | songs | rules: squared error removed, made worse | recommended | taken |", "|---|---|---|---|---|"]
    hard = [row for row in rows if row["severity_db"] == max(SEVERITIES_DB)]
    for style in sorted({contexts.get(row["song"], "unsure") for row in hard}):
        here = [row for row in hard if contexts.get(row["song"], "unsure") == style]
        cells = [
            f"{percent(removed_share(here, method, own))}, {percent(worse_share(here, method, own))}"
            for method, own in (("rules", None), *((grade, calibration) for grade in GRADES))
        ]
        lines.append(f"| {style} | {len(here)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def coverage(rows: list[dict]) -> str:
    """How often the truth lies within one and two standard deviations of the prediction, as Markdown."""
    lines = ["| degraded by | of all bands within 1 sd (68 %) | within 2 sd (95 %) | median sd, dB |", "|---|---|---|---|"]
    for severity in (*SEVERITIES_DB, 0.0):
        here = [row for row in rows if row["severity_db"] == severity and row.get("prediction")]
        if not here:
            continue
        predicted = np.array([[(e["mean"], e["sd"]) for e in row["prediction"]["correction"]["curve"]] for row in here])
        truth = np.array([[e["mean"] for e in row["truth"]["curve"]] for row in here])
        # The mean over bands is loudness.
        truth -= truth.mean(axis=1, keepdims=True)
        centered = predicted[..., 0] - predicted[..., 0].mean(axis=1, keepdims=True)
        z = np.abs(truth - centered) / predicted[..., 1]
        name = f"{severity:.0f} dB" if severity else "not"
        lines.append(f"| {name} | {100 * (z < 1).mean():.0f} % | {100 * (z < 2).mean():.0f} % | {np.median(predicted[..., 1]):.1f} |")
    return "\n".join(lines)


def failures(rows: list[dict], calibration: int | None = None, count: int = 8) -> str:
    """The songs that proposals of either grade made worst, as Markdown."""
    found = [(evaluation(row, "taken", calibration), evaluation(row, "nothing"), row) for row in rows]
    found = sorted([one for one in found if one[0]], key=lambda one: one[1]["bark_db"] - one[0]["bark_db"])
    lines = ["| song | degraded by | error before, after | proposed |", "|---|---|---|---|"]
    for taken, nothing, row in found[:count]:
        degraded_by = "not"
        if "degradation" in row:
            kinds = " and ".join(step["kind"].replace("_", " ") for step in degrade.from_json(row["degradation"]).steps)
            degraded_by = f"{kinds}, {row['severity_db']:.0f} dB"
        changes = ", ".join(f"{name} {value}" for name, value in taken["changes"]) or "nothing"
        lines.append(f"| {row['song']} | {degraded_by} | {nothing['bark_db']:.1f}, {taken['bark_db']:.1f} dB | {changes} |")
    return "\n".join(lines)
