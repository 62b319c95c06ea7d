"""The table of songs, fetching them from Debian's packages, and decoding them.

songs.csv lists every song with its split. Splits share no composer, and no package changes its split.
"""

import csv
import dataclasses
import os
import pathlib
import shutil
import subprocess
import tarfile
import zipfile

import numpy as np

RATE = 44_100
LONGEST_S = 240
HERE = pathlib.Path(__file__).resolve().parent

# A package at 48 kbit/s: less of it is used, and it doesn't train treble or width.
LOW_RATE = "warzone2100-music"
LOW_RATE_S = 120
# The two files of a song that are mixed.
STEMS = ("song.ogg", "guitar.ogg")
# Projects of the sequencer LMMS, which are rendered.
PROJECTS = "lmms-common"
PROJECT_S = 60
"""The time limit of rendering a project. Some never end; those are left out with a line in the log."""

# Paths in the table that aren't music: wind, animals, engines, speech.
NOISES = ("/sounds/", "/soundfx/", "/sfx/", "/animals/", "/steamLocomotive.", "/nolok_speech.", "/wind_ambient.")

# Flow's demo song, for runs without packages.
DEMO = "demo"
# Any files, for an evaluation.
OWN = "own"


class Unusable(Exception):
    """A song or package that can't be used, with the reason in one line."""


@dataclasses.dataclass(frozen=True)
class Song:
    split: str
    package: str
    path: str
    """Inside the package; below a folder `NAME.zip.d` or `NAME.pk3.d` it is inside that archive."""
    seconds: float
    treble: bool
    """Whether the codec kept the music above 14 kHz."""
    clipped: int
    """Clipped samples in its first minute."""
    side_db: float
    """The level of side against mid."""
    license: str

    @property
    def title(self) -> str:
        path = pathlib.PurePosixPath(self.path)
        if self.package == OWN:
            return f"{path.parent.name}/{path.stem}"
        return path.parent.name if path.name in STEMS else path.stem

    @property
    def key(self) -> str:
        """The name in files and in seeds."""
        return f"{self.package}--{self.title}".replace("/", "_").replace(" ", "_")

    @property
    def source(self) -> str:
        """The package, or the author of a project. Songs of one source sound alike."""
        if self.package == DEMO:
            return self.title
        if self.package == OWN:
            return self.split
        return f"{self.package}:{self.title.split('-')[0]}" if self.package == PROJECTS else self.package

    @property
    def used_s(self) -> float:
        return min(self.seconds, LOW_RATE_S if self.package == LOW_RATE else LONGEST_S)


def songs(table: pathlib.Path = HERE / "data" / "songs.csv") -> list[Song]:
    """All music of the table. The row of the first stem stands for both."""
    with table.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if pathlib.PurePosixPath(row["path"]).name != STEMS[1]]
    rows = [row for row in rows if not any(noise in f"/{row['path']}" for noise in NOISES)]
    return [
        Song(
            split=row["split"],
            package=row["pkg"],
            path=row["path"],
            seconds=float(row["dur_s"]),
            treble=row["ok_hf"] == "1" and row["pkg"] != LOW_RATE,
            clipped=int(row["clipped"] or 0),
            side_db=float(row["side_mid_db"] or 0),
            license=row["license"],
        )
        for row in rows
    ]


def demo(cache: pathlib.Path, trainer: os.PathLike) -> list[Song]:
    """Flow's demo song, listed as several songs."""
    raw = run(trainer, "demo")
    encode = ("ffmpeg", "-v", "error", "-y", "-f", "f32le", "-ar", RATE, "-ac", 2, "-i", "pipe:0", "-c:a", "pcm_f32le")
    run(*encode, cache / "demo.wav", input=raw)
    splits = ("train", "train", "train", "val")
    return [Song(split, DEMO, f"demo-{i}.wav", 39.0, True, 0, -10.0, "MIT") for i, split in enumerate(splits)]


def own(paths: list[pathlib.Path]) -> list[Song]:
    """All files, also those in folders, that FFmpeg can read. The folder of a file is its source."""
    files = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path]) if not file.is_dir()]
    found = []
    for file in files:
        try:
            options = ("-v", "error", "-select_streams", "a", "-show_entries", "format=duration", "-of", "csv=p=0", file)
            seconds = float(run("ffprobe", *options).decode().strip() or "nan")
            if not seconds >= 0:
                raise ValueError(f"{file} has no length")
            found.append(Song(f"{file.parent.name}", OWN, str(file.resolve()), seconds, True, 0, -10.0, ""))
        except (subprocess.CalledProcessError, ValueError) as error:
            print(f"left out: {file}: {reason(error)}")
    return found


def fetch(package: str, wanted: list[Song], cache: pathlib.Path) -> None:
    """Downloads a package if it is missing, and unpacks its songs only."""
    folder = cache / "unpacked" / package
    if folder.exists():
        return
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        if not any(cache.glob(f"{package}_*.deb")):
            run("apt-get", "download", package, cwd=cache)
        archive = next(cache.glob(f"{package}_*.deb"))
        # Projects need the samples and presets of their package.
        everything = package == PROJECTS
        files = {inside for song in wanted for inside in files_of(song)}
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as unpacker:
            with tarfile.open(fileobj=unpacker.stdout, mode="r|") as members:
                for member in members:
                    name = pathlib.PurePosixPath(member.name.removeprefix("./"))
                    if member.isfile() and (everything or str(name) in files) and ".." not in name.parts:
                        (partial / name).parent.mkdir(parents=True, exist_ok=True)
                        (partial / name).write_bytes(members.extractfile(member).read())
        partial.rename(folder)
    except (subprocess.CalledProcessError, OSError, tarfile.TarError, StopIteration) as error:
        raise Unusable(f"{package}: {reason(error)}") from error


def stems_of(song: Song) -> list[str]:
    path = pathlib.PurePosixPath(song.path)
    return [str(path.with_name(name)) for name in STEMS] if path.name in STEMS else [song.path]


def files_of(song: Song) -> list[str]:
    return [containing(path)[0] for path in stems_of(song)]


def containing(path: str) -> tuple[str, str | None]:
    """The file that holds a song and, if that is an archive, the song's name in it."""
    for kind in ("pk3", "zip"):
        outer, found, inner = path.partition(f".{kind}.d/")
        if found:
            return f"{outer}.{kind}", inner
    return path, None


def decode(song: Song, cache: pathlib.Path, rate: int = RATE) -> np.ndarray:
    """Left and right of the used part of a song, from its start."""
    try:
        sounds = [decoded(read(song, path, cache), song.used_s, rate) for path in stems_of(song)]
    except (subprocess.SubprocessError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise Unusable(f"{song.package}: {song.title}: {reason(error)}") from error
    length = max(sound.shape[1] for sound in sounds)
    sound = sum(np.pad(sound, ((0, 0), (0, length - sound.shape[1]))) for sound in sounds)
    if length < 13 * rate or not np.isfinite(sound).all() or not sound.any():
        raise Unusable(f"{song.package}: {song.title}: shorter than 13 s, silent or not finite")
    return sound


def decoded(encoded: bytes, seconds: float, rate: int) -> np.ndarray:
    raw = run(
        *("ffmpeg", "-v", "error", "-i", "pipe:0", "-t", seconds, "-ac", 2),
        *("-af", f"aresample={rate}:resampler=soxr", "-f", "f32le", "pipe:1"),
        input=encoded,
    )
    return np.frombuffer(raw, "<f4").reshape(-1, 2).T.copy()


def read(song: Song, path: str, cache: pathlib.Path) -> bytes:
    outer, inner = containing(path)
    if song.package == DEMO:
        return (cache / "demo.wav").read_bytes()
    if song.package == PROJECTS:
        return rendered(song, cache)
    if song.package == OWN:
        return pathlib.Path(song.path).read_bytes()
    file = cache / "unpacked" / song.package / outer
    if inner is None:
        return file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        return archive.read(inner)


def rendered(song: Song, cache: pathlib.Path) -> bytes:
    """A project of LMMS, rendered as a WAV file."""
    file = cache / "rendered" / f"{song.title}.wav"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        projects = cache / "unpacked" / PROJECTS / "usr/share/lmms/projects"
        found = [path for path in projects.rglob("*.mmp*") if path.stem == song.title]
        if not found:
            raise FileNotFoundError(f"there is no project {song.title}")
        # A timeout is cached, because it takes a minute.
        endless = file.with_suffix(".endless")
        if endless.exists():
            raise Unusable(f"{song.package}: {song.title}: rendering takes more than {PROJECT_S} s")
        partial = file.with_suffix(".partial.wav")
        environment = {"QT_QPA_PLATFORM": "offscreen", "HOME": str(cache)}
        lmms = ("lmms", "--allowroot", "render", found[0], "-f", "wav", "-s", RATE, "-o", partial)
        try:
            run(*lmms, env={**os.environ, **environment}, timeout=PROJECT_S)
        except subprocess.TimeoutExpired:
            endless.touch()
            raise
        partial.rename(file)
    return file.read_bytes()


def run(*command: object, **options) -> bytes:
    """Runs a program, and returns its output."""
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, **options).stdout


def reason(error: BaseException) -> str:
    """The last line of an error."""
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it takes more than {error.timeout:.0f} s"
    stderr = getattr(error, "stderr", None)
    lines = (stderr.decode(errors="replace") if stderr else str(error)).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
