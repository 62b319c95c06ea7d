"""Compares the processor time of Flow's stages with that of the LV2 plug-ins that do the same job.

    cargo xtask measure --table stages SONG

Each runs on two minutes of SONG at 48 kHz, stereo, in blocks of 512 frames, with settings at which it works all the time. Flow
runs in pedalboard, the others in ffmpeg's LV2 host; the time of the host without a plug-in is subtracted. All take turns, seven
times, and the fastest counts, because other programs only make a run slower. Times are the user's processor
time in nanoseconds a frame of two samples, of the processing thread in pedalboard and of the process in ffmpeg. They differ from
machine to machine; compare rows of one run only. Prints a Markdown table.

Flow has two columns: a whole instance in which only this stage works, with its meters, its limiter and the hand-over to its
analysis; and what the stage adds to an instance at the defaults.
"""

import resource
import subprocess
import sys
import tempfile

import numpy as np
import pedalboard

RATE_HZ = 48_000
SECONDS = 120
BLOCK_FRAMES = 512
TURNS = 7
CALF = "http://calf.sourceforge.net/plugins/"
LSP = "http://lsp-plug.in/plugins/lv2/"
X42 = "http://gareus.org/oss/lv2/"
ZAM = "/usr/lib/vst3/{}.vst3"


def controls(names, value):
    return {name: value for name in names}


EQ_BANDS = range(1, 9)
JOBS = {
    "True-peak limiter, 12 dB of gain": (
        {"loudness_gain_db": 12.0},
        {
            "LSP limiter": (LSP + "limiter_stereo", {"g_in": 4, "th": 0.891, "boost": 0, "alr": 0, "ovs": 20}),
            "x42 dpl": (X42 + "dpl#stereo", {"gain": 12, "threshold": -1, "truepeak": 1}),
            "Calf limiter (no true peak)": (CALF + "Limiter", {"level_in": 4, "limit": 0.891, "auto_level": 0}),
            "ZaMaximX2 (no true peak)": (ZAM.format("ZaMaximX2"), {"threshold_db": -13.0, "output_ceiling_db": -1.0}),
        }),
    "Compressor of three bands": (
        {"multiband_amount": 100.0, "low_band_threshold_db": -36.0, "mid_band_threshold_db": -36.0,
         "high_band_threshold_db": -42.0},
        {
            "Calf multiband (four bands)": (CALF + "MultibandCompressor", controls(
                [f"threshold{band}" for band in range(4)], 0.03)),
            "LSP multiband (four bands)": (LSP + "mb_compressor_stereo", {}),
            "ZaMultiCompX2": (ZAM.format("ZaMultiCompX2"), {
                **controls([f"zamcomp_{band}_on" for band in (1, 2, 3)], 1.0),
                **controls([f"threshold_{band}_db" for band in (1, 2, 3)], -36.0)}),
        }),
    "Bus compressor": (
        {"glue_amount": 100.0, "glue_threshold_db": -30.0},
        {
            "Calf compressor": (CALF + "Compressor", {"threshold": 0.03}),
            "LSP compressor": (LSP + "compressor_stereo", {"al": 0.03}),
            "x42 darc": (X42 + "darc#stereo", {"threshold": -40, "Ratio": 0.5}),
            "ZamCompX2": (ZAM.format("ZamCompX2"), {"threshold_db": -30.0}),
        }),
    "Equalizer (Flow: 16 bells of Match)": (
        {"match": 100.0, **{f"match_{hz}_hz_db": 3.0 for hz in (40, 60, 90, 130, 190, 280, 410, 600, 880)},
         **{f"match_{khz}_khz_db": -3.0 for khz in ("1_3", "1_9", "2_8", "4_1", "6", "9", "13_5")}},
        {
            "Calf Equalizer 12 band (8 bells)": (CALF + "Equalizer12Band", {
                **controls([f"p{band}_active" for band in EQ_BANDS], 1),
                **controls([f"p{band}_level" for band in EQ_BANDS], 1.4)}),
            "LSP parametric equalizer (16 bells)": (LSP + "para_equalizer_x16_stereo", {
                **controls([f"ft_{band}" for band in range(16)], 1), **controls([f"g_{band}" for band in range(16)], 1.4)}),
            "x42 fil4 (6 bands)": (X42 + "fil4#stereo", controls(["gain1", "gain2", "gain3", "gain4", "LSgain", "HSgain"], 3)),
        }),
    "Saturation (Flow: Drive)": (
        {"drive": 60.0},
        {
            "Calf saturator": (CALF + "Saturator", {}),
            "Calf tape simulator": (CALF + "TapeSimulator", {}),
        }),
    "Width (Flow: Phase Weave)": (
        {"width": 130.0, "mono_below": True},
        {"Calf stereo tools": (CALF + "StereoTools", {"slev": 1.3})},
    ),
}


def nanoseconds(seconds):
    return seconds * 1e9 / (SECONDS * RATE_HZ)


class Vst3:
    """A VST3 plug-in with these settings, in pedalboard. `None` is pedalboard alone."""

    def __init__(self, path, settings):
        self.plugin = pedalboard.load_plugin(path) if path else pedalboard.Gain(0)
        for name, value in settings.items():
            if name not in self.plugin.parameters:
                raise SystemExit(f"{path} has no parameter {name}")
            setattr(self.plugin, name, value)

    def time(self, song):
        audio = song.audio.T.copy()
        before = resource.getrusage(resource.RUSAGE_THREAD).ru_utime
        self.plugin.process(audio, RATE_HZ, buffer_size=BLOCK_FRAMES)
        return nanoseconds(resource.getrusage(resource.RUSAGE_THREAD).ru_utime - before)


class Lv2:
    """An LV2 plug-in with these controls, in ffmpeg. `None` is ffmpeg alone."""

    def __init__(self, uri, values):
        self.chain = "anull"
        if uri:
            values = "|".join(f"{name}={value}" for name, value in values.items())
            escaped = uri.replace(":", "\\\\:")
            self.chain = f"lv2=p={escaped}" + (f":c={values}" if values else "")

    def time(self, song):
        command = ["ffmpeg", "-v", "error", "-filter_threads", "1", "-f", "f32le", "-ar", str(RATE_HZ), "-ac", "2", "-i", song.path,
                   "-af", f"aformat=fltp:channel_layouts=stereo,asetnsamples={BLOCK_FRAMES},{self.chain}", "-f", "null", "-"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run(command, check=True)
        return nanoseconds(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)


class Song:
    """Two minutes of a song with its peak at 0 dBFS, as an array and as a file of raw samples."""

    def __init__(self, song, path):
        self.path = path
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-stream_loop", "-1", "-i", song, "-t", str(SECONDS), "-ar", str(RATE_HZ),
                        "-ac", "2", "-f", "f32le", path], check=True)
        audio = np.fromfile(path, np.float32).reshape(-1, 2)
        self.audio = audio / np.abs(audio).max()
        self.audio.tofile(path)


def plugin(location, settings):
    return Vst3(location, settings) if location.endswith(".vst3") else Lv2(location, settings)


def fastest(plugins, song):
    """The shortest time of each of these plug-ins without that of its host. They take turns."""
    hosts = {Vst3: Vst3(None, {}), Lv2: Lv2(None, {})}
    times = {key: [] for key in [*plugins, *hosts]}
    # The first turn loads and prepares the plug-ins.
    for turn in range(TURNS + 1):
        print(f"turn {turn} of {TURNS}", file=sys.stderr)
        for key, subject in [*plugins.items(), *hosts.items()]:
            nanoseconds_a_frame = subject.time(song)
            if turn > 0:
                times[key].append(nanoseconds_a_frame)
    best = {key: min(values) for key, values in times.items()}
    return {key: best[key] - best[type(subject)] for key, subject in plugins.items()}


def main():
    flow, song = sys.argv[1:]
    plugins = {"defaults": Vst3(flow, {})}
    for job, (settings, others) in JOBS.items():
        plugins[job] = Vst3(flow, settings)
        plugins.update({name: plugin(*other) for name, other in others.items()})
    with tempfile.NamedTemporaryFile(suffix=".f32") as file:
        time_of = fastest(plugins, Song(song, file.name))
    print("| job | Flow, instance | Flow, stage | others |\n|---|---|---|---|")
    for job, (_, others) in JOBS.items():
        listed = ", ".join(f"{name} {time_of[name]:.0f} ns" for name in others)
        print(f"| {job} | {time_of[job]:.0f} ns | {time_of[job] - time_of['defaults']:.0f} ns | {listed} |")
    print(f"\nAn instance at the defaults takes {time_of['defaults']:.0f} ns a frame.")


if __name__ == "__main__":
    main()
