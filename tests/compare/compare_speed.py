"""Compares the processor time of `flow master` with that of two other programs on one song.

    cargo xtask measure --table programs SONG REFERENCE

SONG becomes four minutes of 16-bit WAV at 44.1 kHz, repeated if it is shorter, and so does REFERENCE, which matchering
needs. FLOW names the program `flow`, FLOW_BUNDLE the built plug-in. Each program reads a WAV and writes a 24-bit WAV:

- `flow master --no-assist` with the profile streaming (−14 LUFS) and club (−9 LUFS), with its report;
- ffmpeg's loudnorm in two passes to the same loudness, each pass a process;
- matchering.

The processor time is user and system time of all threads of one run. Prints a Markdown table.
"""

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
LOUDNESS = {"streaming": (-14, -1.0), "club": (-9, -0.8)}
"""Integrated loudness in LUFS and ceiling in dBTP of each profile."""
MATCHERING = "import matchering, sys; matchering.process(sys.argv[1], sys.argv[2], [matchering.pcm24(sys.argv[3])])"


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, **options)


def decode(source, path):
    run("ffmpeg", "-v", "error", "-y", "-stream_loop", -1, "-i", source, "-t", SECONDS, "-ar", RATE_HZ, "-ac", 2,
        "-c:a", "pcm_s16le", path)


def flow(profile, song, _reference, folder):
    done = run(os.environ["FLOW"], "master", song, "--no-assist", "--profile", profile, "--json", "--out", folder)
    renders = json.loads(done.stdout)["renders"]
    return "one render" if renders == 1 else f"{renders} renders"


def loudnorm(profile, song, _reference, folder):
    lufs, dbtp = LOUDNESS[profile]
    target = f"loudnorm=I={lufs}:TP={dbtp}:LRA=20"
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


def matchering(_profile, song, reference, folder):
    run(sys.executable, "-c", MATCHERING, song, reference, pathlib.Path(folder) / "matchering.wav")
    return ""


def seconds(program, profile, song, reference):
    """Returns processor time and wall-clock time of a run, and its note."""
    with tempfile.TemporaryDirectory() as folder:
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        note = program(profile, song, reference, folder)
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
        for name, program, profile in [
            ("`flow master --no-assist --profile streaming`", flow, "streaming"),
            ("`flow master --no-assist --profile club`", flow, "club"),
            ("ffmpeg loudnorm to −14 LUFS", loudnorm, "streaming"),
            ("matchering", matchering, ""),
        ]:
            processor, wall, note = seconds(program, profile, song, reference)
            print(f"| {name} | {processor:.1f} | {wall:.1f} | {note} |", flush=True)


if __name__ == "__main__":
    main()
