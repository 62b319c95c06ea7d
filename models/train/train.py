"""The training recipe: music, examples, checks, training, evaluation, INT8, and the files in models/.

    cargo xtask train [--quick]
    cargo xtask train --evaluate
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
FEATURES = 2
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
    factors: tuple[float, ...]
    """Factors of the curve to compare."""


FULL = RunSize(
    (4, 2, 1),
    steps=1500,
    fold_steps=1000,
    folds=5,
    evaluated_per_source=4,
    factors=(0.8, 1.0, 1.2),
)
QUICK = RunSize((1, 1, 1), steps=4, fold_steps=2, folds=2, evaluated_per_source=1, factors=(1.0,))
MOST_WORSE, LEAST_ALONE = 0.02, 0.85
"""The largest share of songs that recommended proposals may make worse, and the smallest share of good songs without any."""
QUICK_PACKAGE = "extremetuxracer-data"
SURE = 0.6
"""The probability from which a network counts as confident of a context."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    arguments.add_argument("--cache", type=pathlib.Path, default=HERE.parent.parent / "target" / "train")
    arguments.add_argument("--quick", action="store_true", help="run every step with very little music")
    arguments.add_argument("--test", action="store_true", help="evaluate the test split too, once for a release")
    arguments.add_argument("--evaluate", action="store_true", help="only evaluate the shipped network, after a change of Flow")
    arguments.add_argument("--judge", type=pathlib.Path, nargs="+", help="only evaluate the shipped network with any music")
    options = arguments.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    if options.judge:
        evaluate_any(options.judge, options.cache)
        return
    if options.evaluate:
        evaluate_shipped(options.cache, options.test)
        return
    recipe = Recipe(options.cache, QUICK if options.quick else FULL, options.quick)
    recipe.run(options.test)


def evaluate_any(paths: list[pathlib.Path], cache: pathlib.Path) -> None:
    """Evaluates the network in models/ with any music and new degradations."""
    all_songs = own(paths)
    if not all_songs:
        sys.exit("there is no music to evaluate with")
    rows = evaluate.evaluate_songs(all_songs, evaluate.freeze(all_songs), lambda song: MODELS / "flow.json", cache)
    for text in (evaluate.summary(rows), evaluate.table(rows), evaluate.good_songs(rows), evaluate.by_error(rows), evaluate.failures(rows)):
        print(f"{text}\n")


def evaluate_shipped(cache: pathlib.Path, test: bool) -> None:
    """Evaluates the network in models/ with the songs of the validation split, which it wasn't trained on, and writes the
    results into the card."""
    log = json.loads((MODELS / "log.json").read_text(encoding="utf-8"))
    labels = contexts.known()
    frozen = evaluate.read_frozen()
    splits = ("val", "test") if test else ("val",)
    all_songs = fetched(cache, sorted({song.package for song in songs() if song.split in splits}))
    rows = {}
    for split in splits:
        own_songs = chosen([song for song in all_songs if song.split == split], FULL.evaluated_per_source)
        rows[split] = evaluate.evaluate_songs(own_songs, frozen, lambda song: MODELS / "flow.json", cache)
    log |= results(rows["val"], labels)
    log["held_out"] = "validation"
    log["calibration"] = json.loads((MODELS / "flow.json").read_text(encoding="utf-8"))["calibration"]
    log["trade_off"] = trade_off(rows["val"], [log["calibration"]])
    if test:
        log["test"] = tested(rows["test"])
    log["evaluated"] = datetime.date.today().isoformat()
    write_log(log, MODELS)


def fetched(cache: pathlib.Path, packages: list[str] | None = None) -> list[Song]:
    """The songs of all packages, or of some, that can be fetched."""
    table = songs()
    usable = []
    for package in packages or sorted({song.package for song in table}):
        members = [song for song in table if song.package == package]
        try:
            fetch(package, members, cache)
            usable += members
        except Unusable as error:
            print(f"left out: {error}")
    return usable


def chosen(some: list[Song], per_source: int) -> list[Song]:
    """The songs that are evaluated. Validation and test songs count twice, because they serve evaluation only."""
    by_source = collections.defaultdict(list)
    for song in some:
        by_source[song.source].append(song)
    return [s for own in by_source.values() for s in own[: per_source if own[0].split == "train" else 2 * per_source]]


def results(rows: list[dict], labels: dict[str, str], calibration: int | None = None) -> dict[str, str]:
    """The tables of the card."""
    return {
        "evaluated_songs": evaluate.counts(rows),
        "summary": evaluate.summary(rows, calibration),
        "by_move": evaluate.by_move(rows, calibration),
        "evaluation": evaluate.table(rows, calibration),
        "good_songs": evaluate.good_songs(rows, calibration),
        "by_error": evaluate.by_error(rows, calibration),
        "by_style": evaluate.by_style(rows, labels, calibration),
        "coverage": evaluate.coverage(rows),
        "failures": evaluate.failures(rows, calibration),
    }


def trade_off(rows: list[dict], calibrations: list[dict[str, float]]) -> list[dict]:
    """The results of each calibration."""
    degraded = [row for row in rows if row["severity_db"]]
    lines = []
    for index, calibration in enumerate(calibrations):
        line = dict(calibration)
        for method in evaluate.GRADES:
            line[method] = evaluate.moved(rows, method, index) | {
                "removed": evaluate.removed_share(degraded, method, index),
                "worse": evaluate.worse_share(degraded, method, index),
            }
        lines.append(line)
    return lines


def tested(rows: list[dict]) -> str:
    tables = (evaluate.summary, evaluate.by_move, evaluate.table, evaluate.good_songs, evaluate.by_error, evaluate.failures)
    date = datetime.date.today().isoformat()
    return "\n\n".join([f"{evaluate.counts(rows)}, on {date}.", *(table(rows) for table in tables)])


def write_log(log: dict, out: pathlib.Path) -> None:
    """Writes the results, and the card with them."""
    (out / "log.json").write_text(json.dumps(log, indent=1) + "\n", encoding="utf-8")
    card.write(out / "README.md", log)


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
        calibrations = self.calibrations(self.calibrate(usable, data, fold_of, networks))
        self.say("files")
        model = onnx_file.build(network)
        manifests = self.fold_files(networks, calibrations[0])
        self.say("evaluation")
        frozen = self.frozen(all_songs)
        evaluated = self.evaluate(usable, frozen, lambda song: manifests[fold_of[song.source]], calibrations, "unseen")
        best = self.best_calibration(evaluated, len(calibrations))
        calibration = calibrations[best]
        self.log["calibration"] = calibration
        self.context_figures(usable, data, labels, fold_of, networks)
        self.say("INT8")
        manifest = self.ship(network, model, data, usable, calibration)
        if test:
            self.say("test split")
            own = [song for song in all_songs if song.split == "test"]
            rows = self.evaluate(own, frozen, lambda song: manifest, [calibration], "test")
            self.log["test"] = tested(rows)
        self.log |= results(evaluated, labels, best)
        self.log["held_out"] = "folds"
        self.log["trade_off"] = trade_off(evaluated, calibrations)
        self.log["date"] = self.log["evaluated"] = datetime.date.today().isoformat()
        write_log(self.log, self.out)
        self.say("done")

    def music(self) -> list[Song]:
        """All songs whose packages can be fetched."""
        usable = fetched(self.cache, [QUICK_PACKAGE] if self.quick else None)
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

    def calibrate(self, usable, data, fold_of, networks) -> dict[str, float]:
        """Calibrates factors and uncertainty on the held-out sources of each fold."""
        fold = np.array([fold_of[song.source] for song in usable])[data["song"]]
        weights = erb_weights()
        # Sums of target · prediction and of prediction², for curves and for everything else.
        sums = np.zeros((2, 2))
        ratios = []
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
        shrinkage, others = np.clip(sums[:, 0] / np.maximum(sums[:, 1], 1e-9), 0, 1.2)
        # The median, because a few outliers would make all predictions uncertain.
        spread = float(np.clip(np.sqrt(np.median(np.concatenate(ratios)) / 0.7), 0.5, 4))
        print(f"shrinkage {shrinkage:.2f} (others {others:.2f}), spread {spread:.2f}")
        figures = {"shrinkage": shrinkage, "others": others, "spread": spread, "least_certainty": 0.5}
        # Grades decide how much of a correction is proposed, so that the solver needs no thresholds.
        return {name: round(float(value), 3) for name, value in figures.items()}

    def calibrations(self, calibration: dict[str, float]) -> list[dict[str, float]]:
        """The calibrations to compare."""
        return [calibration | {"shrinkage": factor} for factor in self.size.factors]

    def fold_files(self, networks: list[Network], calibration: dict[str, float]) -> list[pathlib.Path]:
        return [
            write_model(self.work / f"fold-{i}", onnx_file.build(network), calibration) for i, network in enumerate(networks)
        ]

    def frozen(self, all_songs: list[Song]) -> list[dict]:
        if self.quick:
            # Trials take their time.
            return [row for row in evaluate.freeze(all_songs) if row["severity_db"] in (0, max(evaluate.SEVERITIES_DB))]
        if not evaluate.FROZEN.exists():
            evaluate.write_frozen(evaluate.freeze(all_songs))
        return evaluate.read_frozen()

    def evaluate(self, evaluated_songs: list[Song], frozen: list[dict], manifest_of, calibrations: list[dict], name: str) -> list[dict]:
        path = self.work / f"evaluated-{name}.jsonl"
        if not path.exists():
            some = chosen(evaluated_songs, self.size.evaluated_per_source)
            rows = evaluate.evaluate_songs(some, frozen, manifest_of, self.cache, calibrations)
            path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return evaluate.read_frozen(path)

    def best_calibration(self, evaluated: list[dict], count: int) -> int:
        """The calibration whose proposals remove most, among those whose recommended ones make few songs worse and leave most
        good songs alone. If none qualifies, the one that makes fewest songs worse. A few calibrations on hundreds of songs bias
        the results little, and those of the test split not at all."""
        degraded = [row for row in evaluated if row["severity_db"]]
        found = []
        for index in range(count):
            worse = evaluate.worse_share(degraded, "recommended", index)
            alone = evaluate.moved(evaluated, "recommended", index)["alone"]
            allowed = worse <= MOST_WORSE and alone >= LEAST_ALONE
            found.append((allowed, evaluate.removed_share(degraded, "taken", index) if allowed else -worse))
        return max(range(count), key=lambda index: found[index])

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
