"""Test signals, comparisons and the runner that the scripts of this folder share.

A script lists its tests and calls `main`. Each test takes the path of the bundle and runs in a process of its own, so that
a crash fails one test and no plug-in state passes from one test to the next.
"""

import concurrent.futures
import contextlib
import ctypes
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np

TIMEOUT_S = 300
"""A test that runs longer has hung."""
NO_DISPLAY = ":none"
"""Without DISPLAY, JUCE would open display 0."""
CRASH_LINES = 1
"""Lines shown of the output of a crashed host: the message, without the stack."""
DESKTOP_ATOMS = [
    "KWM_WIN_DECORATION",
    "WM_CHANGE_STATE",
    "WM_DELETE_WINDOW",
    "WM_PROTOCOLS",
    "WM_STATE",
    "WM_TAKE_FOCUS",
    "_KDE_NET_WM_WINDOW_TYPE_OVERRIDE",
    "_MOTIF_WM_HINTS",
    "_NET_WM_PING",
    "_NET_WM_STATE",
    "_NET_WM_STATE_HIDDEN",
    "_NET_WM_WINDOW_TYPE",
    "_NET_WM_WINDOW_TYPE_NORMAL",
    "_NET_WORKAREA",
    "_WIN_HINTS",
]
"""Atoms that exist as soon as a desktop has run on a display, and that JUCE uses without asking whether they do."""


def needs_display(test):
    """Marks a test that opens a window: it gets an X server without a screen."""
    test.needs_display = True
    return test


def main(tests, workers=os.cpu_count()):
    """Runs all tests, or those that are named after the bundle; exits with 1 if one fails. `workers` run at a time."""
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} BUNDLE [TEST...]")
    bundle = str(pathlib.Path(sys.argv[1]).resolve())
    if not os.path.exists(bundle):
        sys.exit(f"{bundle} does not exist")
    by_name = {test.__name__: test for test in tests}
    if os.environ.get("FLOW_HOST_TEST"):
        run_here(by_name[os.environ["FLOW_HOST_TEST"]], bundle)
        return
    names = sys.argv[2:] or list(by_name)
    for name in names:
        if name not in by_name:
            sys.exit(f"{name} is not a test of {sys.argv[0]}")
    with concurrent.futures.ThreadPoolExecutor(workers) as executor:
        results = executor.map(lambda name: report(name, by_name[name], bundle), names)
        passed = 0
        for is_passed, text in results:
            print(text, flush=True)
            passed += is_passed
    print(f"{passed} of {len(names)} passed")
    sys.exit(0 if passed == len(names) else 1)


def run_here(test, bundle):
    """Runs one test in this process. A failed assertion is one line, an unexpected exception has its traceback."""
    try:
        test(bundle)
    except AssertionError as error:
        sys.exit(str(error) or "an assertion failed")


def report(name, test, bundle):
    """Runs one test in a child process; returns whether it passed, and the lines to print."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as home, contextlib.ExitStack() as stack:
        environment = clean_environment(home)
        environment["FLOW_HOST_TEST"] = name
        if getattr(test, "needs_display", False):
            environment["DISPLAY"] = stack.enter_context(x_server())
        command = [sys.executable, sys.argv[0], bundle]
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S)
            reason = failure(done)
        except subprocess.TimeoutExpired:
            reason = f"it did not end within {TIMEOUT_S} s"
    seconds = time.monotonic() - started
    lines = [f"{'FAILED' if reason else 'passed'} {name} ({seconds:.1f} s)", *reason.splitlines()]
    return not reason, "\n       ".join(lines)


def failure(done):
    """The reason why a child process failed, or an empty string."""
    if done.returncode == 0:
        return ""
    if done.returncode < 0:
        first_lines = done.stderr.strip().splitlines()[:CRASH_LINES]
        return "\n".join([f"the host crashed with signal {-done.returncode}", *first_lines])
    return done.stderr.strip() or done.stdout.strip() or f"it ended with {done.returncode}"


def clean_environment(home):
    """This environment with a temporary home folder and without a display."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "FLOW_"))}
    for key in ("WAYLAND_DISPLAY", "VST3_PATH"):
        environment.pop(key, None)
    return {**environment, "HOME": home, "DISPLAY": NO_DISPLAY}


@contextlib.contextmanager
def x_server():
    """Starts Xvfb and yields the name of its display."""
    assert shutil.which("Xvfb"), "Xvfb is missing (Debian package xvfb)"
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1600x1200x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writer], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writer)
    try:
        with os.fdopen(reader) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        with desktop(f":{number}"):
            yield f":{number}"
    finally:
        server.terminate()
        server.wait()


@contextlib.contextmanager
def desktop(display_name):
    """Provides the two things of a desktop without which JUCE's windows fail: its atoms and its settings manager."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    for function in (x11.XDefaultRootWindow, x11.XCreateSimpleWindow, x11.XInternAtom):
        function.restype = ctypes.c_ulong
    display = ctypes.c_void_p(x11.XOpenDisplay(display_name.encode()))
    assert display, f"display {display_name} cannot be opened"
    for name in DESKTOP_ATOMS:
        x11.XInternAtom(display, name.encode(), False)
    root = ctypes.c_ulong(x11.XDefaultRootWindow(display))
    window = ctypes.c_ulong(x11.XCreateSimpleWindow(display, root, 0, 0, 1, 1, 0, 0, 0))
    manager = ctypes.c_ulong(x11.XInternAtom(display, b"_XSETTINGS_S0", False))
    x11.XSetSelectionOwner(display, manager, window, 0)
    x11.XSync(display, False)
    try:
        yield
    finally:
        x11.XCloseDisplay(display)


def music(seconds, rate_hz, channels=2, seed=1):
    """Pink-like noise with a slow swell and a tone in each channel, below -6 dBFS: (channels, samples), f32."""
    samples = round(seconds * rate_hz)
    random = np.random.default_rng(seed)
    noise = random.normal(size=(channels, samples))
    smooth = np.cumsum(noise, axis=1)
    smooth -= smooth.mean(axis=1, keepdims=True)
    smooth /= np.abs(smooth).max(axis=1, keepdims=True)
    at_s = np.arange(samples) / rate_hz
    tones = np.stack([np.sin(2 * np.pi * (220 + 110 * channel) * at_s) for channel in range(channels)])
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 1.5 * at_s)
    return (swell * (0.15 * tones + 0.15 * smooth + 0.02 * noise)).astype(np.float32)


def sine(frequency_hz, level_db, seconds, rate_hz, channels=2):
    """A sine tone: (channels, samples), f32."""
    at_s = np.arange(round(seconds * rate_hz)) / rate_hz
    tone = 10 ** (level_db / 20) * np.sin(2 * np.pi * frequency_hz * at_s)
    return np.tile(tone.astype(np.float32), (channels, 1))


def rms_db(audio):
    """The RMS level of all channels together, in dB; -200 dB for silence."""
    power = np.mean(np.square(np.asarray(audio, dtype=np.float64)))
    return 10 * np.log10(max(power, 1e-20))


def assert_identical(found, expected, subject):
    """Fails unless both are equal in every bit."""
    assert found.shape == expected.shape, f"{subject}: shape {found.shape}, expected {expected.shape}"
    if not np.array_equal(found, expected):
        differing = np.flatnonzero(np.any(found != expected, axis=0))
        largest = np.abs(found.astype(np.float64) - expected).max()
        raise AssertionError(
            f"{subject}: {len(differing)} of {found.shape[1]} samples differ,"
            f" the first is {differing[0]}, by up to {largest:.3g}"
        )


def assert_close(found, expected, tolerance, subject):
    """Fails unless both numbers are within `tolerance` of each other."""
    assert abs(found - expected) <= tolerance, f"{subject}: {found:.6g}, expected {expected:.6g} within {tolerance:g}"
