"""The model card: models/README.md, with the results of a run."""

import pathlib

from network import CONTEXTS

TEXT = pathlib.Path(__file__).resolve().parent / "card.md"


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
        "evaluation": log["evaluation"],
        "by_error": log["by_error"],
        "by_style": log["by_style"],
        "coverage": log["coverage"],
        "failures": log["failures"],
        "test": log.get("test", "Not evaluated in this run."),
        "trade_off": trade_off(log["trade_off"]),
        "moved_median": f"{log['moved']['clean_median_db']:.2f}",
        "moved_p90": f"{log['moved']['clean_p90_db']:.2f}",
        "context_songs": log["context_agreement"]["songs"],
        "context_all": share(log["context_agreement"]["all"]),
        "context_sure_songs": log["context_agreement"]["sure_songs"],
        "context_sure": share(log["context_agreement"]["sure"]),
        "contexts": contexts(log["contexts"]),
        "probe": f"{log['codec_probe']:.2f}",
        "duplicates": duplicates(log["duplicates"]),
        "shrinkage": f"{log['calibration']['shrinkage']:.2f}",
        "least_db": f"{log['calibration']['least_db']:.1f}",
        "sure_db": f"{log['calibration']['sure_db']:.1f}",
        "careful_db": f"{log['calibration']['careful_db']:.1f}",
        "spread": f"{log['calibration']['spread']:.2f}",
        "sources": ", ".join(f"{source} {count}" for source, count in sorted(log["sources"].items())),
        "folds": log["plan"]["folds"],
    }
    path.write_text(TEXT.read_text(encoding="utf-8").format(**figures), encoding="utf-8")


def share(value: float | None) -> str:
    return "none" if value is None else f"{100 * value:.0f} %"


def trade_off(lines: list[dict]) -> str:
    rows = [
        "| factor of curves | ignored below | limited below | removed at 2, 4, 6 dB | made worse at 2, 4, 6 dB "
        "| change of clean songs: median, p90 |",
        "|---|---|---|---|---|---|",
    ]
    for line in lines:
        removed = ", ".join(f"{100 * line[f'removed_{s}']:.0f} %" for s in (2, 4, 6))
        worse = ", ".join(f"{100 * line[f'worse_{s}']:.0f} %" for s in (2, 4, 6))
        moved = f"{line['clean_median_db']:.2f}, {line['clean_p90_db']:.2f} dB"
        limits = f"{line['least_db']:.1f} dB | {line['sure_db']:.1f} dB"
        rows.append(f"| {line['shrinkage']:.2f} | {limits} | {removed} | {worse} | {moved} |")
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
