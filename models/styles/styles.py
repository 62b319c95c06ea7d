"""Measures the balance of songs of four styles, and writes the targets of Flow's *Style target*. README.md beside this file
describes the method and the result.

    python3 models/styles/styles.py --cache DIR
"""

import argparse
import collections
import csv
import json
import pathlib
import subprocess
import sys

import numpy as np

import style_statistics
import measure
import tagger
from measure import COMFORT_HZ, COMFORT_PERCENTILES, NOMINAL_HZ
from music import PACKAGES, Song, Unusable, decode, fetch, songs

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TABLE = ROOT / "dsp" / "src" / "styles" / "table.rs"
TARGETS = ("Neutral", "Electronic", "Orchestral", "Rock", "Ambient")  # In the order of `StyleTarget` in dsp/.

AnalyzedSongs = list[tuple[Song, dict]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    arguments.add_argument("--songs", type=pathlib.Path, default=HERE / "songs.csv", help="table of songs")
    cache = ROOT / "target" / "styles"
    arguments.add_argument("--cache", type=pathlib.Path, default=cache, help="folder of downloads and results")
    options = arguments.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    try:
        analyzed = analyze_all(songs(options.songs), options.cache)
    except Unusable as error:
        sys.exit(str(error))

    by_style: dict[str, AnalyzedSongs] = collections.defaultdict(list)
    for song, result in analyzed:
        by_style[style_statistics.style_of(result["tags"])].append((song, result))
    missing = [style for style in style_statistics.TAGS if not by_style[style]]
    if missing:
        sys.exit(f"no song of {', '.join(missing)}: nothing written")
    found = {"All": style_statistics.statistics_of(analyzed, analyzed)}
    found["Neutral"] = style_statistics.neutral(found["All"])
    for style in style_statistics.TAGS:
        found[style] = style_statistics.statistics_of(by_style[style], analyzed)

    write_labels(analyzed)
    write_csv(found)
    write_rust(found)
    report(found, by_style, analyzed)


def analyze_all(wanted: list[Song], cache: pathlib.Path) -> AnalyzedSongs:
    """Analyzes all songs. Unusable ones are printed and left out."""
    tag = tagger.Tagger(cache)
    analyzed = []
    for package in PACKAGES:
        members = [song for song in wanted if song.package == package]
        try:
            fetch(package, members, cache)
        except Unusable as error:
            print(f"left out: {error}", file=sys.stderr)
            continue
        for song in members:
            try:
                analyzed.append((song, analyze_song(song, tag, cache)))
            except Unusable as error:
                print(f"left out: {error}", file=sys.stderr)
        print(f"{package}: {sum(song.package == package for song, _ in analyzed)} songs", file=sys.stderr)
    return analyzed


def analyze_song(song: Song, tag: tagger.Tagger, cache: pathlib.Path) -> dict:
    """Tags and measurements of a song, from the cache if they are there."""
    name = song.path.replace("/", "_") + ".json"
    file = cache / "results" / f"{tagger.VERSION}.{measure.VERSION}" / song.package / name
    if file.exists():
        return json.loads(file.read_text())
    sound = decode(song, cache)
    power = measure.spectra(sound)
    lufs, blocks = measure.loudness(power)
    mono = decode(song, cache, tagger.RATE).mean(axis=0) * 10 ** ((tagger.LOUDNESS_LUFS - lufs) / 20)
    result = {
        "lufs": lufs,
        "tags": tag(mono),
        "third_octaves": measure.third_octaves(power, blocks).tolist(),
        "moments": measure.moments(sound).tolist(),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(result))
    return result


def write_labels(analyzed: AnalyzedSongs) -> None:
    """Writes the style of each song for a review."""
    with (HERE / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["package", "title", "style", *(style.lower() for style in style_statistics.TAGS)])
        for song, result in analyzed:
            near = style_statistics.scores(result["tags"]).values()
            rows.writerow([song.package, song.title, style_statistics.style_of(result["tags"]), *(f"{x:.2f}" for x in near)])


def write_csv(found: dict[str, style_statistics.StyleStatistics]) -> None:
    """`third_octave`: percentiles over songs. `moments`: percentiles over moments, of the median song. `loud_moments`:
    percentiles over songs of a song's own 90th percentile of moments."""
    with (HERE / "styles.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["style", "kind", "band_hz", *(f"p{p}" for p in COMFORT_PERCENTILES), "songs", "note"])
        for style in ("All", *TARGETS):
            figure = found[style]
            for i, hz in enumerate(NOMINAL_HZ):
                treble = i >= style_statistics.TREBLE_FROM
                note = "shape of all styles" if treble and figure.treble_pooled else ""
                count = figure.treble_songs if treble else figure.songs
                rows.writerow([style, "third_octave", hz, *rounded(figure.third_octaves[:, i]), "", "", count, note])
            for i, hz in enumerate(COMFORT_HZ):
                rows.writerow([style, "moments", hz, *rounded(figure.moments[:, i]), figure.songs, ""])
            for i, hz in enumerate(COMFORT_HZ):
                over_songs = rounded(figure.loud_moments[:, i])
                rows.writerow([style, "loud_moments", hz, *over_songs, "", "", figure.songs, ""])


def write_rust(found: dict[str, style_statistics.StyleStatistics]) -> None:
    def array(values) -> str:
        return "[" + ", ".join(array(value) if np.ndim(value) else value for value in values) + "]"

    def literals(levels: np.ndarray) -> str:
        return array([rounded(row) for row in levels])

    def entry(style: str) -> str:
        thirds, moments = literals(found[style].third_octaves), literals(found[style].moments)
        return f"StyleFigures {{ songs: {found[style].songs}, third_octaves_db: {thirds}, moments_db: {moments} }}"

    entries = "".join(f"// {style}\n{entry(style)},\n" for style in TARGETS)
    counts = ", ".join(f"{found[style].songs} {style.lower()}" for style in TARGETS[1:])
    centers = ", ".join(f"{hz:_.1f}" if hz >= 10_000 else f"{hz:.1f}" for hz in NOMINAL_HZ)
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text(
        "//! Generated by `python3 models/styles/styles.py`: do not edit.\n"
        f"//! Measured from {found['All'].songs} songs: {counts}, the rest unsure; Neutral is a slope.\n"
        "use super::figures::StyleFigures;\n"
        f"/// Centers of the third-octave bands, Hz.\npub(super) const THIRD_OCTAVES_HZ: [f32; 30] = [{centers}];\n"
        f"/// All songs together.\npub(super) static ALL_MUSIC: StyleFigures = {entry('All')};\n"
        "/// In the order of `StyleTarget`.\n"
        f"pub(super) const FIGURES: [StyleFigures; {len(TARGETS)}] = [{entries}];\n",
        encoding="utf-8",
    )
    subprocess.run(["rustfmt", "--edition", "2024", TABLE], check=True)


def rounded(levels: np.ndarray) -> list[str]:
    """Tenths of a decibel, without a negative zero."""
    return [f"{round(level, 1) + 0.0:.1f}" for level in levels]


def report(found: dict[str, style_statistics.StyleStatistics], by_style: dict[str, AnalyzedSongs], analyzed: AnalyzedSongs) -> None:
    """Prints the tables of README.md."""
    shown = [NOMINAL_HZ.index(hz) for hz in (100, 1000, 10_000)]
    print("\n| style | songs | slope, dB/oct | density, dB/oct | p10 to p90 at 100 Hz, 1, 10 kHz | moved by |")
    print("|---" * 6 + "|")
    for style in ("All", *TARGETS):
        figure, members = found[style], by_style.get(style, analyzed)
        sources = collections.Counter(song.package for song, _ in members).most_common()
        spread = (figure.third_octaves[4] - figure.third_octaves[0])[shown]
        slope = style_statistics.slope(figure)
        cells = [
            style,
            f"{figure.songs}: " + ", ".join(f"{package} {count}" for package, count in sources),
            f"{slope:.2f}",
            f"{slope - 10 * np.log10(2):.2f}",
            ", ".join(f"{x:.0f}" for x in spread) + " dB",
            "" if style == "Neutral" else moved_without(sources[0][0], figure, members, analyzed),
        ]
        print(f"| {' | '.join(cells)} |")
    print(f"\nunsure: {len(by_style['unsure'])}")
    distance = found["Neutral"].third_octaves[2] - found["All"].third_octaves[2]
    print("Neutral against the median of all, dB:", dict(zip(NOMINAL_HZ, rounded(distance))))
    print("\n| style | band | " + " | ".join(f"p{p}" for p in COMFORT_PERCENTILES) + " | p90 of songs: p75 | p90 |")
    print("|---" * 11 + "|")
    for style in TARGETS:
        for i, hz in enumerate(COMFORT_HZ):
            over_songs = rounded(found[style].loud_moments[3:, i])
            print(f"| {' | '.join([style, f'{hz} Hz', *rounded(found[style].moments[:, i]), *over_songs])} |")


def moved_without(package: str, figure: style_statistics.StyleStatistics, members: AnalyzedSongs, analyzed: AnalyzedSongs) -> str:
    """The distance of a style's median without one package: RMS over 50 Hz to 12.5 kHz."""
    rest = [(song, result) for song, result in members if song.package != package]
    if len(rest) < 5:
        return "too few left"
    low, high = NOMINAL_HZ.index(50), NOMINAL_HZ.index(12_500) + 1
    change = (style_statistics.statistics_of(rest, analyzed).third_octaves[2] - figure.third_octaves[2])[low:high]
    return f"{np.sqrt(np.mean(change**2)):.1f} dB"


if __name__ == "__main__":
    main()
