"""Compares the processor time of `flow master` with that of two other programs on one song.

    cargo xtask measure --table programs SONG REFERENCE

SONG becomes four minutes of 16-bit WAV at 44.1 kHz, repeated if it is shorter, and so does REFERENCE, which matchering
needs. FLOW names the program `flow`, FLOW_BUNDLE the built plug-in. Each program reads a WAV and writes a 24-bit WAV:

- `flow master --no-assist` for the profiles streaming (−14 LUFS) and club (−9 LUFS), with its report, and for streaming with the
  assistant, which tries its proposals on the song;
- ffmpeg's loudnorm in two passes to −14 LUFS, each pass a process;
- matchering.

The processor time is user and system time of all threads of one run. Prints a Markdown table.
"""

import importlib.metadata
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

SECONDS = 240
RATE_HZ = 44100
FLOW_OPTIONS = ["--no-assist --profile streaming", "--no-assist --profile club", "--profile streaming"]
LOUDNORM_LUFS, LOUDNORM_DBTP = -14, -1.0
"""Integrated loudness and ceiling of the profile streaming."""
MATCHERING = "import matchering, sys; matchering.process(sys.argv[1], sys.argv[2], [matchering.pcm24(sys.argv[3])])"


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, **options)


def decode(source, path):
    run("ffmpeg", "-v", "error", "-y", "-stream_loop", -1, "-i", source, "-t", SECONDS, "-ar", RATE_HZ, "-ac", 2,
        "-c:a", "pcm_s16le", path)


def flow(options, song, _reference, folder):
    done = run(os.environ["FLOW"], "master", song, *options.split(), "--json", "--out", folder)
    renders = json.loads(done.stdout)["renders"]
    return "one render" if renders == 1 else f"{renders} renders"


def loudnorm(_options, song, _reference, folder):
    target = f"loudnorm=I={LOUDNORM_LUFS}:TP={LOUDNORM_DBTP}:LRA=20"
    first = run("ffmpeg", "-hide_banner", "-nostdin", "-i", song, "-af", f"{target}:print_format=json", "-f", "null", "-")
    found = json.loads(re.search(r"\{[^{}]*\}", first.stderr).group())
    measured = ":".join(
        f"{name}={found[key]}"
        for name, key in [
            ("measured_I", "input_i"),
            ("measured_TP", "input_tp"),
            ("measured_LRA", "input_lra"),
            ("measured_thresh", "input_thresh"),
            ("offset", "target_offset"),
        ]
    )
    # The filter works at 192 kHz.
    run("ffmpeg", "-v", "error", "-nostdin", "-y", "-i", song, "-af", f"{target}:{measured}", "-ar", RATE_HZ,
        "-c:a", "pcm_s24le", pathlib.Path(folder) / "loudnorm.wav")
    return "two passes"


def matchering(_options, song, reference, folder):
    run(sys.executable, "-c", MATCHERING, song, reference, pathlib.Path(folder) / "matchering.wav")
    return ""


def seconds(program, options, song, reference):
    """Returns processor time and wall-clock time of a run, and its note."""
    with tempfile.TemporaryDirectory() as folder:
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        note = program(options, song, reference, folder)
        after, end = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return processor, end - begin, note


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        song, reference = (pathlib.Path(folder) / f"{name}.wav" for name in ("song", "reference"))
        decode(sys.argv[1], song)
        decode(sys.argv[2], reference)
        print("| program | processor time, s | time, s | passes over the song |")
        print("|---|---|---|---|")
        for name, program, options in [
            *((f"`flow master {options}`", flow, options) for options in FLOW_OPTIONS),
            ("ffmpeg loudnorm to −14 LUFS", loudnorm, ""),
            (f"matchering {importlib.metadata.version('matchering')}", matchering, ""),
        ]:
            processor, wall, note = seconds(program, options, song, reference)
            print(f"| {name} | {processor:.1f} | {wall:.1f} | {note} |", flush=True)


if __name__ == "__main__":
    main()
