"""The model card: models/README.md, with the results of a run."""

import pathlib
import re

from network import CONTEXTS

TEXT = pathlib.Path(__file__).resolve().parent / "card.md"

HELD_OUT = {
    "folds": "of {folds} networks, each trained without some whole sources of the training and validation split",
    "validation": "of this network on the validation split, whose sources it wasn't trained on",
}


def write(path: pathlib.Path, log: dict) -> None:
    """Fills the results into card.md."""
    figures = {
        "parameters": f"{log['parameters']:,}".replace(",", " "),
        "songs": log["songs"],
        "left_out": ", ".join(log["left_out"]) or "none",
        "labeled": log["labeled"],
        "examples": log["examples"],
        "sha256": log["sha256"],
        "date": log["date"],
        "f32_bytes": log["int8"]["bytes"]["f32"],
        "int8_bytes": log["int8"]["bytes"]["int8"],
        "int8_table": log["int8"]["table"],
        "int8_verdict": "It ships." if log["int8"]["ships"] else "It does not ship: a head loses more than 1 %.",
        "summary": log["summary"],
        "by_move": log["by_move"],
        "evaluated_songs": log["evaluated_songs"],
        "evaluation": log["evaluation"],
        "by_error": log["by_error"],
        "by_style": log["by_style"],
        "coverage": log["coverage"],
        "failures": log["failures"],
        "test": log.get("test", "Not evaluated in this run."),
        "good_songs": log["good_songs"],
        "held_out": HELD_OUT[log["held_out"]].format(folds=log["plan"]["folds"]),
        "evaluated": log["evaluated"],
        "trade_off": trade_off(log["trade_off"]),
        "context_songs": log["context_agreement"]["songs"],
        "context_all": share(log["context_agreement"]["all"]),
        "context_sure_songs": log["context_agreement"]["sure_songs"],
        "context_sure": share(log["context_agreement"]["sure"]),
        "contexts": contexts(log["contexts"]),
        "probe": f"{log['codec_probe']:.2f}",
        "duplicates": duplicates(log["duplicates"]),
        "shrinkage": f"{log['calibration']['shrinkage']:.2f}",
        "spread": f"{log['calibration']['spread']:.2f}",
        "sources": ", ".join(f"{source} {count}" for source, count in sorted(log["sources"].items())),
    }
    figures = {name: true_minus(str(figure)) for name, figure in figures.items()}
    path.write_text(TEXT.read_text(encoding="utf-8").format(**figures), encoding="utf-8")


def true_minus(text: str) -> str:
    """The text with minus signs before negative numbers. Names and dates keep their hyphens."""
    return re.sub(r"(?<![\w-])-(?=\d)", "\u2212", text)


def share(value: float | None) -> str:
    return "none" if value is None else f"{100 * value:.0f} %"


def trade_off(lines: list[dict]) -> str:
    """The comparison of several factors, if there are several."""
    if len(lines) < 2:
        return ""
    rows = [
        "\n",
        "| factor of curves | recommended: squared error removed, made worse | good songs left alone, worst "
        "| taken: squared error removed, made worse |",
        "|---|---|---|---|",
    ]
    for line in lines:
        changes = [f"{share(line[grade]['removed'])}, {share(line[grade]['worse'])}" for grade in ("recommended", "taken")]
        good = f"{share(line['recommended']['alone'])}, {line['recommended']['worst_db']:.2f} dB"
        rows.append(f"| {line['shrinkage']:.2f} | {changes[0]} | {good} | {changes[1]} |")
    return "\n".join(rows)


def contexts(table: list[list[int]]) -> str:
    rows = [f"| teacher \\ network | {' | '.join(CONTEXTS)} | agree |", "|---" * (len(CONTEXTS) + 2) + "|"]
    for i, (name, counts) in enumerate(zip(CONTEXTS, table)):
        agree = f"{100 * counts[i] / sum(counts):.0f} %" if sum(counts) else ""
        rows.append(f"| {name} | {' | '.join(map(str, counts))} | {agree} |")
    return "\n".join(rows)


def duplicates(pairs: list[list] | None) -> str:
    if pairs is None:
        return "not checked in this run"
    if not pairs:
        return "none"
    return "; ".join(f"{one} and {other} ({100 * share:.0f} %)" for one, other, share in pairs)
