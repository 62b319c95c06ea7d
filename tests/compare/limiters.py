"""The limiters that compare_limiters.py compares, each as a function of audio and gain.

Audio is an array of (frames, channels) at 48 kHz, full scale 1. A limiter gets a gain in dB before it and a ceiling of
−1 dBFS, and keeps its defaults otherwise. The comparison takes care of delays.
"""

import subprocess

import matchering
import matchering.limiter
import numpy as np
import pedalboard

RATE_HZ = 48_000
CEILING_DB = -1.0
ZAM_VST3 = "/usr/lib/vst3/ZaMaximX2.vst3"


def amplitude(db):
    return 10 ** (db / 20)


def ffmpeg(chain):
    """A limiter that is a chain of ffmpeg's filters; `chain` makes it of the gain in dB."""

    def process(audio, gain_db):
        form = ["-f", "f32le", "-ar", str(RATE_HZ), "-ac", "2"]
        command = ["ffmpeg", "-v", "error", *form, "-i", "-", "-af", chain(gain_db), *form, "-"]
        done = subprocess.run(command, input=audio.astype(np.float32).tobytes(), capture_output=True)
        if done.returncode:
            raise RuntimeError(done.stderr.decode(errors="replace").strip().splitlines()[-1])
        return np.frombuffer(done.stdout, np.float32).reshape(-1, 2).astype(float)

    return process


def lv2(uri, controls):
    """A limiter that is an LV2 plug-in, in ffmpeg's host."""

    def chain(gain_db):
        values = "|".join(f"{name}={value}" for name, value in controls(gain_db).items())
        escaped = uri.replace(":", "\\\\:")
        return f"aformat=channel_layouts=stereo,lv2=p={escaped}:c={values}"

    return ffmpeg(chain)


def vst3(path, controls):
    """A limiter that is a VST3 plug-in, in pedalboard."""
    plugin = pedalboard.load_plugin(str(path))

    def process(audio, gain_db):
        plugin.reset()
        for name, value in controls(gain_db).items():
            if name not in plugin.parameters:
                raise RuntimeError(f"{path} has no parameter {name}")
            setattr(plugin, name, value)
        return plugin.process(audio.T.astype(np.float32), RATE_HZ).T.astype(float)

    return process


def pedalboard_limiter(audio, gain_db):
    board = pedalboard.Pedalboard([pedalboard.Gain(gain_db), pedalboard.Limiter(threshold_db=CEILING_DB)])
    return board.process(audio.T.astype(np.float32), RATE_HZ).T.astype(float)


def matchering_limiter(audio, gain_db):
    config = matchering.Config(internal_sample_rate=RATE_HZ)
    return matchering.limiter.limit(audio * amplitude(gain_db), config) * amplitude(CEILING_DB)


def all_limiters(flow_vst3):
    """Flow in each style, and the peers that Debian and PyPI offer."""

    def flow(style):
        return vst3(flow_vst3, lambda gain_db: {
            "loudness_gain_db": float(np.clip(gain_db, -24, 24)), "ceiling_dbtp": CEILING_DB, "limiter_style": style})

    return {
        "Flow, Clean": flow("Clean"),
        "Flow, Punch": flow("Punch"),
        "Flow, Loud": flow("Loud"),
        "LSP limiter": lv2("http://lsp-plug.in/plugins/lv2/limiter_stereo", lambda gain_db: {
            "g_in": amplitude(gain_db), "th": amplitude(CEILING_DB), "boost": 0, "alr": 0, "ovs": 20}),
        "x42 dpl": lv2("http://gareus.org/oss/lv2/dpl#stereo", lambda gain_db: {
            "gain": gain_db, "threshold": CEILING_DB, "truepeak": 1}),
        "Calf limiter": lv2("http://calf.sourceforge.net/plugins/Limiter", lambda gain_db: {
            "level_in": amplitude(gain_db), "limit": amplitude(CEILING_DB), "auto_level": 0}),
        "ffmpeg alimiter": ffmpeg(lambda gain_db: (
            f"alimiter=level_in={amplitude(gain_db)}:limit={amplitude(CEILING_DB)}:level=0:latency=1")),
        # Its gain is that from the threshold to the ceiling.
        "ZaMaximX2": vst3(ZAM_VST3, lambda gain_db: {
            "threshold_db": float(np.clip(CEILING_DB - gain_db, -30, 0)), "output_ceiling_db": CEILING_DB}),
        "matchering": matchering_limiter,
        "pedalboard": pedalboard_limiter,
    }
