"""Sounds whose content class is known: speech and single instruments.

Debian has all of it: the synthesizer espeak-ng, recorded prompts and examples, a General MIDI sound font and its player. Sounds
are left and right at 44.1 kHz, shape [2, samples].
"""

import itertools
import pathlib
import shutil
import tempfile
from collections.abc import Iterator

import numpy as np

import songs
from features_client import TRAINER

LONGEST_S = 240
"""The most that is taken of a sound, or of a package of recordings."""
RECORDING_SUFFIXES = (".g722", ".wav")
SMALLEST_BYTES, MOST_FILES = 40_000, 40
"""Shorter prompts are single words. The files are taken by their names."""

# Article 1 of the Universal Declaration of Human Rights (1948).
SPOKEN = {
    "en-us": "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience and should "
    "act towards one another in a spirit of brotherhood.",
    "de": "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt und sollen "
    "einander im Geist der Brüderlichkeit begegnen.",
    "fr-fr": "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience et "
    "doivent agir les uns envers les autres dans un esprit de fraternité.",
    "es": "Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están de razón y conciencia, deben "
    "comportarse fraternalmente los unos con los otros.",
    "it": "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. Essi sono dotati di ragione e di coscienza e devono "
    "agire gli uni verso gli altri in spirito di fratellanza.",
    "pt": "Todos os seres humanos nascem livres e iguais em dignidade e em direitos. Dotados de razão e de consciência, devem agir "
    "uns para com os outros em espírito de fraternidade.",
    "nl": "Alle mensen worden vrij en gelijk in waardigheid en rechten geboren. Zij zijn begiftigd met verstand en geweten, en "
    "behoren zich jegens elkander in een geest van broederschap te gedragen.",
    "pl": "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni rozumem i sumieniem i "
    "powinni postępować wobec innych w duchu braterstwa.",
    "sv": "Alla människor är födda fria och lika i värde och rättigheter. De är utrustade med förnuft och samvete och bör handla "
    "gentemot varandra i en anda av broderskap.",
    "ru": "Все люди рождаются свободными и равными в своём достоинстве и правах. Они наделены разумом и совестью и должны "
    "поступать в отношении друг друга в духе братства.",
}
VOICES = (("", 160), ("+f2", 150), ("+m3", 180))
"""Variants of a language's voice, with words a minute."""
EFFECTS = {
    "in a small room": ("reverb", 20, 50, 20),
    "in a hall": ("reverb", 80, 50, 100),
    "compressed hard": ("compand", "0.005,0.1", "-60,-60,-40,-12,0,-6"),
}
NOISES_DB = (-25, -10)
MUSIC_DB = (-20, -12, -6, 0)

RECORDED = {
    "asterisk-core-sounds-en-g722": "English prompts of Asterisk, 16 kHz",
    "asterisk-core-sounds-es-g722": "Spanish prompts of Asterisk, 16 kHz",
    "asterisk-core-sounds-fr-g722": "French prompts of Asterisk, 16 kHz",
    "asterisk-core-sounds-it-g722": "Italian prompts of Asterisk, 16 kHz",
    "asterisk-core-sounds-ru-g722": "Russian prompts of Asterisk, 16 kHz",
    "codec2-examples": "examples of Codec 2, 8 kHz, some of them over radio",
}

SOUND_FONT = "/usr/share/sounds/sf2/TimGM6mb.sf2"
LOWEST_KEYS = {
    **dict.fromkeys((0, 4, 6, 11, 13, 16, 19, 21, 24, 25, 27, 30, 46, 48, 52), 55),
    **dict.fromkeys((33, 38), 31),
    **dict.fromkeys((42, 57, 60), 43),
    **dict.fromkeys((40, 56, 65, 68, 71, 73, 80), 62),
}
"""General MIDI programs, counted from 0, with the lowest key of their melodies."""
SCALE = (0, 2, 4, 5, 7, 9, 11, 12, 14, 16)
CHORDS = ((0, 4, 7, 12), (-3, 0, 4, 9), (-7, 0, 5, 9), (-5, -1, 2, 7))
POLYPHONIC = tuple(program for program, lowest in LOWEST_KEYS.items() if lowest == 55)
MELODY_S = 24
TICKS_S = 480
VELOCITY = 96
DRUM_CHANNEL = 9
DRUM_PATTERNS = (
    ((36,), (42,), (38, 42), (42,)),
    ((36, 42), (42,), (38, 42), (36, 42)),
    ((36,), (44,), (40,), (46,)),
    ((41,), (43,), (45,), (49,)),
)

Note = tuple[float, float, int]
"""Start and end in s, and key."""


def all_inputs(cache: pathlib.Path) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Names the inputs in the order of the table."""
    speech = [spoken(language, *voice) for language in SPOKEN for voice in VOICES]
    yield f"espeak-ng, {len(SPOKEN)} languages", speech
    for name, effect in EFFECTS.items():
        yield f"the same {name}", [with_effect(sound, *effect) for sound in speech]
    random = np.random.default_rng(1)
    for level in NOISES_DB:
        yield f"the same with noise at {level} dB".replace("-", "−"), [mixed(s, random.normal(size=s.shape), level) for s in speech]
    song = np.frombuffer(songs.run(TRAINER, "demo"), "<f4").reshape(-1, 2).T
    for level in MUSIC_DB:
        yield f"the same with music at {level} dB".replace("-", "−"), [mixed(sound, song, level) for sound in speech]
    for package, name in RECORDED.items():
        yield name, [recordings(package, cache)]
    for name, note_s in (("slow", 0.8), ("fast", 0.16)):
        melodies = [played(program, melody(program, note_s)) for program in LOWEST_KEYS]
        yield f"{len(LOWEST_KEYS)} General MIDI instruments, one note at a time, {name}", melodies
    for name, spread_s in (("chords", 0.0), ("arpeggios", 0.25)):
        yield f"{len(POLYPHONIC)} of them, {name}", [played(program, chords(spread_s)) for program in POLYPHONIC]
    yield "drums", [played(0, drums(pattern), DRUM_CHANNEL) for pattern in DRUM_PATTERNS]


def spoken(language: str, variant: str, words_per_minute: int) -> np.ndarray:
    """Some repetitions of the text."""
    wav = songs.run("espeak-ng", "-v", language + variant, "-s", words_per_minute, "--stdout", " ".join([SPOKEN[language]] * 2))
    return songs.decoded(wav, LONGEST_S, songs.RATE)


def with_effect(sound: np.ndarray, *effect: object) -> np.ndarray:
    kind = ("-t", "f32", "-r", songs.RATE, "-c", 2)
    raw = songs.run("sox", "-V1", *kind, "-", *kind, "-", "gain", -6, *effect, input=sound.T.astype("<f4").tobytes())
    return np.frombuffer(raw, "<f4").reshape(-1, 2).T


def mixed(sound: np.ndarray, other: np.ndarray, level_db: float) -> np.ndarray:
    """The sound with another one, whose RMS level against that of the sound is given."""
    other = np.resize(other.T, sound.T.shape).T
    gain = 10 ** (level_db / 20) * np.sqrt(np.mean(sound**2) / np.mean(other**2))
    return 0.5 * (sound + gain * other)


def recordings(package: str, cache: pathlib.Path) -> np.ndarray:
    """The recordings of a package one after the other."""
    folder = unpacked(package, cache)
    files = sorted(file for file in folder.rglob("*") if file.suffix in RECORDING_SUFFIXES and file.stat().st_size > SMALLEST_BYTES)
    # FFmpeg knows G.722 by the file's name only.
    wavs = [songs.run("ffmpeg", "-v", "error", "-i", file, "-f", "wav", "pipe:1") for file in files[:MOST_FILES]]
    return np.concatenate([songs.decoded(wav, LONGEST_S, songs.RATE) for wav in wavs], axis=1)[:, : LONGEST_S * songs.RATE]


def unpacked(package: str, cache: pathlib.Path) -> pathlib.Path:
    """The folder with a package's files, which are downloaded if they are missing."""
    folder = cache / "unpacked" / package
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        songs.run("apt-get", "download", package, cwd=cache)
        songs.run("dpkg-deb", "-x", next(cache.glob(f"{package}_*.deb")), partial)
        partial.rename(folder)
    return folder


def melody(program: int, note_s: float) -> list[Note]:
    """A random walk on a major scale, each note as long as the next begins later."""
    random = np.random.default_rng(program)
    count = round(MELODY_S / note_s)
    steps = np.cumsum(random.integers(-2, 3, count)) % len(SCALE)
    return [(number * note_s, (number + 1) * note_s, LOWEST_KEYS[program] + SCALE[step]) for number, step in enumerate(steps)]


def chords(spread_s: float) -> list[Note]:
    """A chord every two seconds, its notes one after the other if they are spread."""
    return [
        (2.0 * number + spread_s * voice, 2.0 * number + 2.0, 60 + key)
        for number, chord in zip(range(MELODY_S // 2), itertools.cycle(CHORDS))
        for voice, key in enumerate(chord)
    ]


def drums(pattern: tuple[tuple[int, ...], ...]) -> list[Note]:
    """A beat in quarters of a second."""
    beats = zip(range(4 * MELODY_S), itertools.cycle(pattern))
    return [(0.25 * number, 0.25 * number + 0.2, key) for number, keys in beats for key in keys]


def played(program: int, notes: list[Note], channel: int = 0) -> np.ndarray:
    """Notes on an instrument of the sound font."""
    events = [(start, 1, key) for start, _, key in notes] + [(end, 0, key) for _, end, key in notes]
    lines = ["0, 0, Header, 0, 1, 480", "1, 0, Start_track", "1, 0, Tempo, 1000000", f"1, 0, Program_c, {channel}, {program}"]
    for time, is_on, key in sorted(events):
        lines.append(f"1, {round(time * TICKS_S)}, Note_on_c, {channel}, {key}, {VELOCITY * is_on}")
    lines += [f"1, {MELODY_S * TICKS_S}, End_track", "0, 0, End_of_file"]
    with tempfile.TemporaryDirectory() as folder:
        midi, wav = pathlib.Path(folder, "notes.mid"), pathlib.Path(folder, "notes.wav")
        midi.write_bytes(songs.run("csvmidi", input="\n".join(lines).encode()))
        songs.run("fluidsynth", "-q", "-i", "-F", wav, "-r", songs.RATE, SOUND_FONT, midi)
        return songs.decoded(wav.read_bytes(), MELODY_S, songs.RATE)
