"""The training recipe: music, examples, checks, training, evaluation, INT8, and the files in models/.

    cargo xtask train [--quick]
    cargo xtask train --judge MUSIC

Files in the cache aren't made again, so that an interrupted run can be resumed. Random numbers come from fixed seeds.
Arithmetic differs between machines in its last bits, and so do the weights.
"""

import argparse
import collections
import dataclasses
import datetime
import hashlib
import json
import pathlib
import shutil
import sys
import time

import numpy as np

import card
import checks
import contexts
import dataset
import evaluate
import fit
import onnx_file
import quantize
from features_client import BANDS, ESTIMATES, FRAMES, HZ, MELS, TRAINER, erb_weights
from network import CONTEXTS, Network, parameters
from songs import HERE, Song, Unusable, demo, fetch, own, songs

NAME = "Flow 1"
FEATURES = 1
MODELS = HERE.parent
SEED = 1


@dataclasses.dataclass(frozen=True)
class RunSize:
    """The size of a run."""

    counts: tuple[int, int, int]
    """Windows of a song; degraded and clean examples of each window."""
    steps: int
    fold_steps: int
    folds: int
    evaluated_per_source: int
    emphases: tuple[float, ...]
    """Factors of the curve to compare."""
    limits: tuple[tuple[float, float], ...]
    """Quantiles of clean songs' predicted errors to compare, below which a curve is ignored or limited."""


FULL = RunSize(
    (4, 2, 1),
    steps=1500,
    fold_steps=1000,
    folds=5,
    evaluated_per_source=4,
    emphases=(0.6, 1.0, 1.4),
    limits=((0.0, 0.0), (0.7, 0.92), (0.75, 0.92), (0.8, 0.92), (0.85, 0.85)),
)
QUICK = RunSize((1, 1, 1), steps=4, fold_steps=2, folds=2, evaluated_per_source=1, emphases=(1.0,), limits=((0.0, 0.0),))
CAREFUL_DB = 1.9
"""The limit of careful changes in any band. Nine of ten clean songs must change by less than 2 dB."""
QUICK_PACKAGE = "extremetuxracer-data"
SURE = 0.6
"""The probability from which a network counts as confident of a context."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    arguments.add_argument("--cache", type=pathlib.Path, default=HERE.parent.parent / "target" / "train")
    arguments.add_argument("--quick", action="store_true", help="run every step with very little music")
    arguments.add_argument("--test", action="store_true", help="evaluate the test split too, once for a release")
    arguments.add_argument("--judge", type=pathlib.Path, nargs="+", help="only evaluate the shipped network with any music")
    options = arguments.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    if options.judge:
        evaluate_any(options.judge, options.cache)
        return
    recipe = Recipe(options.cache, QUICK if options.quick else FULL, options.quick)
    recipe.run(options.test)


def evaluate_any(paths: list[pathlib.Path], cache: pathlib.Path) -> None:
    """Evaluates the network in models/ with any music and new degradations."""
    all_songs = own(paths)
    if not all_songs:
        sys.exit("there is no music to evaluate with")
    rows = evaluate.evaluate_songs(all_songs, evaluate.freeze(all_songs), lambda song: MODELS / "flow.json", cache)
    moved = evaluate.moved(rows)
    print(evaluate.table(rows))
    print(f"\nClean songs change by {moved['clean_median_db']:.2f} dB (median; p90 {moved['clean_p90_db']:.2f}).\n")
    print(evaluate.failures(rows))


class Recipe:
    def __init__(self, cache: pathlib.Path, size: RunSize, quick: bool) -> None:
        self.cache, self.size, self.quick = cache, size, quick
        self.out = cache / "quick" if quick else MODELS
        self.work = cache / f"networks-{recipe_hash(size)}"
        self.out.mkdir(exist_ok=True)
        if quick:
            # A quick run repeats every step, whatever an earlier run left.
            shutil.rmtree(self.work, ignore_errors=True)
            shutil.rmtree(dataset.folder(cache, size.counts), ignore_errors=True)
        self.log: dict = {"name": NAME, "seed": SEED, "plan": dataclasses.asdict(size)}
        self.begun = time.monotonic()

    def say(self, what: str) -> None:
        print(f"[{time.monotonic() - self.begun:6.0f} s] {what}", flush=True)

    def run(self, test: bool) -> None:
        self.say("music")
        all_songs = self.music()
        wanted = [song for song in all_songs if song.split != "test"]
        self.say(f"examples of {len(wanted)} songs")
        usable = dataset.make_all(wanted, self.cache, self.size.counts)
        self.log["left_out"] = sorted({song.key for song in wanted} - {song.key for song in usable})
        data = dataset.load(usable, self.cache, self.size.counts)
        data["target"] = fit.centered(data["target"])
        data["source"] = np.array([song.source for song in usable])[data["song"]]
        self.say(f"figures of {len(data['target'])} examples")
        data["figures"] = fit.figures(data["mel"])
        self.say("contexts")
        labels = {} if self.quick else contexts.label(usable, self.cache)
        self.log["labeled"] = sum(song.key in labels for song in usable)
        probabilities, weights = contexts.targets(usable, labels)
        data["context"], data["context_weight"] = probabilities[data["song"]], weights[data["song"]]
        self.say("checks")
        self.check(all_songs, data)
        self.say("training")
        network, fold_of, networks = self.train(usable, data)
        self.say("calibration")
        calibration, good_db = self.calibrate(usable, data, fold_of, networks)
        self.say("files")
        model = onnx_file.build(network)
        manifests = self.fold_files(networks, self.calibrations(calibration, good_db)[0])
        self.say("evaluation")
        frozen = self.frozen(all_songs)
        calibrations = self.calibrations(calibration, good_db)
        evaluated = self.evaluate(usable, frozen, lambda song: manifests[fold_of[song.source]], calibrations, "unseen")
        best = self.best_calibration(evaluated, len(calibrations))
        calibration = calibrations[best]
        self.log["calibration"] = calibration
        self.context_figures(usable, data, labels, fold_of, networks)
        self.say("INT8")
        manifest = self.ship(network, model, data, usable, calibration)
        if test:
            self.say("test split")
            tested = [song for song in all_songs if song.split == "test"]
            rows = self.evaluate(tested, frozen, lambda song: manifest, [calibration], "test")
            self.log["test"] = evaluate.table(rows)
        self.log["evaluation"] = evaluate.table(evaluated, best)
        self.log["by_error"] = evaluate.by_error(evaluated, best)
        self.log["by_style"] = evaluate.by_style(evaluated, labels, best)
        self.log["coverage"] = evaluate.coverage(evaluated)
        self.log["failures"] = evaluate.failures(evaluated, best)
        self.log["trade_off"] = self.trade_off(evaluated, calibrations)
        self.log["moved"] = evaluate.moved(evaluated, best)
        self.log["date"] = datetime.date.today().isoformat()
        (self.out / "log.json").write_text(json.dumps(self.log, indent=1) + "\n", encoding="utf-8")
        card.write(self.out / "README.md", self.log)
        self.say("done")

    def music(self) -> list[Song]:
        """All songs whose packages can be fetched."""
        table = songs()
        packages = [QUICK_PACKAGE] if self.quick else sorted({song.package for song in table})
        usable = []
        for package in packages:
            members = [song for song in table if song.package == package]
            try:
                fetch(package, members, self.cache)
                usable += members
            except Unusable as error:
                print(f"left out: {error}")
        if self.quick:
            # Two sources, so that one can be held out.
            return usable[:3] + demo(self.cache, TRAINER)
        if not usable:
            sys.exit("no package could be fetched: there is no music to train on")
        return usable

    def check(self, all_songs: list[Song], data: dict[str, np.ndarray]) -> None:
        self.log["duplicates"] = None
        if not self.quick:
            same = checks.duplicates(all_songs, self.cache)
            for one, other, share in same:
                print(f"{one} and {other} share {100 * share:.0f} % of their fingerprints")
            self.log["duplicates"] = [[one, other, round(share, 3)] for one, other, share in same]
        area = checks.codec_probe(data)
        self.log["codec_probe"] = round(area, 3)
        print(f"codec probe: area under the curve {area:.3f} (0.5 is chance)")

    def train(self, usable: list[Song], data: dict[str, np.ndarray]) -> tuple[Network, dict[str, int], list[Network]]:
        """Trains the network, and one for each fold of sources without that fold."""
        fold_of = folds(usable, self.size.folds)
        fold = np.array([fold_of[song.source] for song in usable])[data["song"]]
        own = np.array([song.split == "train" for song in usable])[data["song"]]
        # The longest job starts first, because two run at once.
        jobs = [fit.Job(self.work / "final.pt", own, self.size.steps, SEED)]
        for i in range(self.size.folds):
            jobs.append(fit.Job(self.work / f"fold-{i}.pt", fold != i, self.size.fold_steps, SEED + i))
        network, *networks = fit.train_all(data, jobs)
        self.log |= {
            "songs": len(usable),
            "examples": len(data["target"]),
            "parameters": parameters(network),
            "sources": dict(collections.Counter(song.source for song in usable)),
        }
        return network, fold_of, networks

    def calibrate(self, usable, data, fold_of, networks) -> tuple[dict[str, float], np.ndarray]:
        """Calibrates factors and uncertainty on the held-out sources of each fold. Also returns the predicted error of clean
        songs, dB RMS."""
        fold = np.array([fold_of[song.source] for song in usable])[data["song"]]
        weights = erb_weights()
        # Sums of target · prediction and of prediction², for curves and for everything else.
        sums = np.zeros((2, 2))
        ratios, good_db = [], []
        for i, network in enumerate(networks):
            here = part(data, fold == i)
            found = fit.outputs(network, here["mel"])
            target = here["target"]
            mask = here["mask"] * np.concatenate([weights, np.ones(ESTIMATES - BANDS)])
            predicted = found["correction"]
            each = np.stack([mask * target * predicted, mask * predicted**2])
            for song in np.unique(here["song"]):
                mean = each[:, here["song"] == song].mean(axis=1)
                sums += np.stack([mean[:, :BANDS].sum(1), mean[:, BANDS:].sum(1)])
            error = ((predicted - target) ** 2 * np.exp(-found["log_variance"]) * mask)[:, :BANDS]
            ratios.append(error.sum(1) / mask[:, :BANDS].sum(1))
            curve = fit.centered(predicted[here["kind"] == "clean"])[:, :BANDS]
            good_db.append(np.sqrt((curve**2 * weights).sum(1)))
        shrinkage, others = np.clip(sums[:, 0] / np.maximum(sums[:, 1], 1e-9), 0, 1.2)
        # The median, because a few outliers would make all predictions uncertain.
        spread = float(np.clip(np.sqrt(np.median(np.concatenate(ratios)) / 0.7), 0.5, 4))
        print(f"shrinkage {shrinkage:.2f} (others {others:.2f}), spread {spread:.2f}")
        figures = {"shrinkage": shrinkage, "others": others, "spread": spread, "least_certainty": 0.5}
        return {name: round(float(value), 3) for name, value in figures.items()}, np.concatenate(good_db)

    def calibrations(self, calibration: dict[str, float], good_db: np.ndarray) -> list[dict[str, float]]:
        """The calibrations to compare, from the plainest on.

        Most songs have small errors, so that the estimate underestimates large ones. A curve beyond nearly all clean songs
        is therefore scaled up, one within them is limited, and one within most of them is ignored.
        """
        found = []
        for factor in self.size.emphases:
            for limits in self.size.limits:
                least, sure = (factor * float(np.quantile(good_db, share)) if share else 0.0 for share in limits)
                limited = {"shrinkage": factor, "least_db": least, "sure_db": sure, "careful_db": CAREFUL_DB}
                found.append(calibration | {name: round(value, 3) for name, value in limited.items()})
        return found

    def fold_files(self, networks: list[Network], calibration: dict[str, float]) -> list[pathlib.Path]:
        return [
            write_model(self.work / f"fold-{i}", onnx_file.build(network), calibration) for i, network in enumerate(networks)
        ]

    def frozen(self, all_songs: list[Song]) -> list[dict]:
        if self.quick:
            return evaluate.freeze(all_songs)
        if not evaluate.FROZEN.exists():
            evaluate.write_frozen(evaluate.freeze(all_songs))
        return evaluate.read_frozen()

    def evaluate(self, evaluated_songs: list[Song], frozen: list[dict], manifest_of, calibrations: list[dict], name: str) -> list[dict]:
        path = self.work / f"evaluated-{name}.jsonl"
        if not path.exists():
            by_source = collections.defaultdict(list)
            for song in evaluated_songs:
                by_source[song.source].append(song)
            # Validation and test songs count twice, because they serve evaluation only.
            most = self.size.evaluated_per_source
            chosen = [s for some in by_source.values() for s in some[: most if some[0].split == "train" else 2 * most]]
            rows = evaluate.evaluate_songs(chosen, frozen, manifest_of, self.cache, calibrations)
            path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return evaluate.read_frozen(path)

    def best_calibration(self, evaluated: list[dict], count: int) -> int:
        """The calibration that removes most at 6 dB on held-out sources, among those that change clean songs little and make
        few songs worse. Ties are broken by the mean. If none qualifies, the one that makes fewest songs worse. A dozen
        calibrations on hundreds of songs bias the results little, and those of the test split not at all."""
        hard = [row for row in evaluated if row["severity_db"] == 6]
        found = []
        for index in range(count):
            moved = evaluate.moved(evaluated, index)
            worse = max(
                evaluate.worse_share([row for row in evaluated if row["severity_db"] == severity], "network", index)
                for severity in evaluate.SEVERITIES_DB
            )
            allowed = moved["clean_median_db"] < 1 and moved["clean_p90_db"] < 2 and worse <= 0.15
            median = evaluate.removed_share(hard, "network", index)
            errors = evaluate.gains(hard, "network", calibration=index)
            mean = float(np.mean(errors["nothing"] - errors["found"]))
            found.append((allowed, median, mean) if allowed else (allowed, -worse, mean))
        return max(range(count), key=lambda index: found[index])

    def trade_off(self, evaluated: list[dict], calibrations: list[dict]) -> list[dict]:
        lines = []
        for index, calibration in enumerate(calibrations):
            line = {**calibration, **evaluate.moved(evaluated, index)}
            for severity in evaluate.SEVERITIES_DB:
                here = [row for row in evaluated if row["severity_db"] == severity]
                line[f"removed_{severity:.0f}"] = evaluate.removed_share(here, "network", index)
                line[f"worse_{severity:.0f}"] = evaluate.worse_share(here, "network", index)
            lines.append(line)
        return lines

    def context_figures(self, usable, data, labels, fold_of, networks) -> None:
        """Agreement with the teacher on held-out sources."""
        table = np.zeros((len(CONTEXTS), len(CONTEXTS)), int)
        unsure, agree = CONTEXTS.index("unsure"), []
        for i, song in enumerate(usable):
            if song.key not in labels:
                continue
            mel = data["mel"][data["song"] == i]
            logits = fit.outputs(networks[fold_of[song.source]], mel)["context"].mean(axis=0)
            teacher, own = CONTEXTS.index(labels[song.key]), int(logits.argmax())
            table[teacher, own] += 1
            if teacher != unsure:
                sure = np.exp(logits - logits.max()).max() / np.exp(logits - logits.max()).sum() >= SURE and own != unsure
                agree.append((teacher == own, sure))
        self.log["contexts"] = table.tolist()
        right, sure = np.array(agree, bool).reshape(-1, 2).T
        self.log["context_agreement"] = {
            "songs": len(right),
            "all": float(right.mean()) if len(right) else None,
            "sure_songs": int(sure.sum()),
            "sure": float(right[sure].mean()) if sure.any() else None,
        }

    def ship(self, network, model, data, usable, calibration) -> pathlib.Path:
        """Writes the f32 network, and the INT8 one if it is as good."""
        own = np.array([song.split == "train" for song in usable])[data["song"]]
        rng = np.random.default_rng(SEED)
        indices = np.flatnonzero(own)
        sample = data["mel"][rng.choice(indices, min(512, len(indices)), replace=False)].astype(np.float32)
        int8 = quantize.build(network, sample)
        held = part(data, ~own)
        passed, lines = quantize.gate(model.onnx, int8.onnx, held)
        self.log["int8"] = {"ships": passed, "table": "\n".join(lines)}
        print("\n".join(lines))
        manifest = write_model(self.out / "flow", model, calibration)
        files = {"f32": model.contents()[".onnx"], "int8": int8.contents()[".onnx"]}
        sizes = {name: len(content) for name, content in files.items()}
        self.log["int8"] |= {"bytes": sizes, "sha256": hashlib.sha256(files["int8"]).hexdigest()}
        stem = self.out / "flow-int8"
        if passed or self.quick:
            write_model(stem, int8, calibration)
        else:
            print("INT8 loses more than 1 %, so that it doesn't ship")
            for suffix in (".onnx", ".json", ".plan.json", ".weights.bin"):
                stem.with_suffix(suffix).unlink(missing_ok=True)
        self.log["sha256"] = json.loads(manifest.read_text())["sha256"]
        return manifest


def recipe_hash(size: RunSize) -> str:
    """A hash of everything that determines the weights, so that networks of another recipe aren't reused."""
    files = [HERE / name for name in ("dataset.py", "estimate.py", "fit.py", "network.py", "data/songs.csv")]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files) + repr(size).encode()).hexdigest()[:12]


def folds(usable: list[Song], count: int) -> dict[str, int]:
    """The fold that each source is held out in. The largest sources are distributed first."""
    sizes = collections.Counter(song.source for song in usable)
    filled = [0] * count
    fold_of = {}
    for source, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        fold_of[source] = int(np.argmin(filled))
        filled[fold_of[source]] += size
    return fold_of


def part(data: dict[str, np.ndarray], chosen: np.ndarray) -> dict[str, np.ndarray]:
    return {name: array[chosen] for name, array in data.items()}


def write_model(stem: pathlib.Path, model: onnx_file.NetworkFiles, calibration: dict[str, float]) -> pathlib.Path:
    """Writes a network's ONNX file and plan, and the manifest that names them."""
    written = {}
    for extension, content in model.contents().items():
        file = stem.with_suffix(extension)
        file.write_bytes(content)
        written[extension] = {"file": file.name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    manifest = stem.with_suffix(".json")
    described = {
        "name": NAME,
        **written[".onnx"],
        "plan": written[".plan.json"],
        "weights": written[".weights.bin"],
        "opset": onnx_file.OPSET,
        "features": FEATURES,
        "input": [2, FRAMES, MELS],
        "bands_hz": list(HZ),
        "contexts": list(CONTEXTS),
        "normalization": "in-graph",
        "calibration": calibration,
    }
    manifest.write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
    return manifest


if __name__ == "__main__":
    main()
