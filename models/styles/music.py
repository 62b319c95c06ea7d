"""The table of songs, fetching them from Debian's packages, and decoding them."""

import csv
import dataclasses
import pathlib
import shutil
import subprocess
import tarfile
import zipfile

import numpy as np

RATE = 44_100
LONGEST_S = 240
# Packages at 48 kbit/s: less of them is used, and no treble.
LOW_RATE = {"warzone2100-music": 120}

PACKAGES = (
    "wesnoth-1.16-music",
    "ufoai-music",
    "singularity-music",
    "marsshooter-data",
    "starfighter-data",
    "supertux-data",
    "warzone2100-music",
)


class Unusable(Exception):
    """A song or package that can't be used, with the reason in one line."""


@dataclasses.dataclass(frozen=True)
class Song:
    package: str
    path: str
    """Inside the package; below a folder `NAME.pk3.d` it is inside the ZIP file `NAME.pk3`."""
    seconds: float
    treble: bool
    """Whether the codec kept the music above 14 kHz."""
    license: str

    @property
    def title(self) -> str:
        return pathlib.PurePosixPath(self.path).stem

    @property
    def used_s(self) -> float:
        return min(self.seconds, LOW_RATE.get(self.package, LONGEST_S))


def songs(table: pathlib.Path) -> list[Song]:
    """The training songs of the table that lie in PACKAGES."""
    with table.open(newline="", encoding="utf-8") as file:
        return [
            Song(
                package=row["pkg"],
                path=row["path"],
                seconds=float(row["dur_s"]),
                treble=row["ok_hf"] == "1" and row["pkg"] not in LOW_RATE,
                license=row["license"],
            )
            for row in csv.DictReader(file)
            if row["split"] == "train" and row["pkg"] in PACKAGES
        ]


def fetch(package: str, wanted: list[Song], cache: pathlib.Path) -> None:
    """Downloads a package if it is missing, and unpacks its songs only."""
    folder = cache / "unpacked" / package
    if folder.exists():
        return
    try:
        if not any(cache.glob(f"{package}_*.deb")):
            run("apt-get", "download", package, cwd=cache)
        archive = next(cache.glob(f"{package}_*.deb"))
        files = {containing(song.path)[0] for song in wanted}
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as unpacker:
            with tarfile.open(fileobj=unpacker.stdout, mode="r|") as members:
                for member in members:
                    if member.isfile() and member.name.removeprefix("./") in files:
                        members.extract(member, partial, filter="data")
        partial.rename(folder)
    except (subprocess.CalledProcessError, OSError, tarfile.TarError, StopIteration) as error:
        raise Unusable(f"{package}: {reason(error)}") from error


def containing(path: str) -> tuple[str, str | None]:
    """The file that holds a song and, if that is a ZIP file, the song's name in it."""
    outer, found, inner = path.partition(".pk3.d/")
    return (f"{outer}.pk3", inner) if found else (path, None)


def decode(song: Song, cache: pathlib.Path, rate: int = RATE) -> np.ndarray:
    """Left and right of the used part of a song, from its start."""
    outer, inner = containing(song.path)
    file = cache / "unpacked" / song.package / outer
    try:
        if inner is None:
            encoded = file.read_bytes()
        else:
            with zipfile.ZipFile(file) as archive:
                encoded = archive.read(inner)
        raw = run(
            *("ffmpeg", "-v", "error", "-i", "pipe:0", "-t", song.used_s, "-ac", 2),
            *("-af", f"aresample={rate}:resampler=soxr", "-f", "f32le", "pipe:1"),
            input=encoded,
        )
    except (subprocess.CalledProcessError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise Unusable(f"{song.package}: {song.title}: {reason(error)}") from error
    sound = np.frombuffer(raw, "<f4").reshape(-1, 2).T.astype(np.float64)
    if sound.shape[1] < 10 * rate or not np.isfinite(sound).all() or not sound.any():
        raise Unusable(f"{song.package}: {song.title}: shorter than 10 s, silent or not finite")
    return sound


def run(*command: object, **options) -> bytes:
    """Runs a program, and returns its output."""
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, **options).stdout


def reason(error: BaseException) -> str:
    """The last line of an error."""
    stderr = getattr(error, "stderr", None)
    lines = (stderr.decode(errors="replace") if stderr else str(error)).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
