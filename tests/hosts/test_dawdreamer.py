"""Flow's VST3 in DawDreamer, a Python host made with JUCE.

    python tests/hosts/test_dawdreamer.py Flow.vst3 [TEST...]

DawDreamer keeps the plug-in active and processing between renders. It automates by blocks: before each block it sets the
value through the edit controller, and it passes the same value as a parameter change at the block's first sample. When it
loads a state it creates the editor and releases it, also where there is no display.
"""

import itertools
import os

import dawdreamer
import numpy as np

from host_testing import assert_close, assert_identical, main, music, needs_display, rms_db, sine

RATE_HZ = 44_100
RATES_HZ = [8_000, 22_050, 48_000, 96_000, 192_000]
BLOCK_SAMPLES = 256
SECONDS = 0.25
RAW_TOLERANCE = 1e-3
"""Tolerance of a normalized value that lies between two texts."""


class Host:
    """An engine with one instance of the plug-in behind a recording."""

    def __init__(self, bundle, rate_hz=RATE_HZ, audio=None, block_samples=BLOCK_SAMPLES):
        audio = music(SECONDS, rate_hz) if audio is None else audio
        self.seconds = audio.shape[1] / rate_hz
        self.engine = dawdreamer.RenderEngine(rate_hz, block_samples)
        self.plugin = self.engine.make_plugin_processor("flow", bundle)
        recording = self.engine.make_playback_processor("recording", audio)
        if audio.shape[0] == 1:
            self.plugin.set_bus(1, 1)
        self.engine.load_graph([(recording, []), (self.plugin, ["recording"])])
        self.descriptions = self.plugin.get_parameters_description()
        self.indices = {found["name"]: found["index"] for found in self.descriptions}

    def set(self, values):
        for name, value in values.items():
            self.plugin.set_parameter(self.indices[name], value)

    def get(self, name):
        return self.plugin.get_parameter(self.indices[name])

    def text(self, name):
        return self.plugin.get_parameter_text(self.indices[name])

    def render(self):
        self.engine.render(self.seconds)
        return self.engine.get_audio().copy()

    def automate(self, name, values):
        """Automates with a value for each sample."""
        self.plugin.set_automation(self.indices[name], np.asarray(values, dtype=np.float32))


def random_values(host, seed, share=0.5):
    """Normalized values for a share of all parameters; bypass stays off. Those with steps get a step's own value."""
    random = np.random.default_rng(seed)
    values = {}
    for found in host.descriptions:
        value, chosen = random.uniform(), random.uniform() < share
        if found["name"] == "Bypass" or not chosen:
            continue
        steps = found["numSteps"] - 1
        values[found["name"]] = float(np.float32(round(value * steps) / steps if found["isDiscrete"] else value))
    return values


def fresh(bundle, values, **options):
    host = Host(bundle, **options)
    host.set(values)
    return host


def saved_state(host, name):
    """Saves the state and returns its path."""
    path = os.path.join(os.environ["HOME"], name)
    host.plugin.save_state(path)
    assert os.path.getsize(path) > 0, "the saved state is empty"
    return path


def assert_listed(host, expected, subject):
    """Fails unless the host lists the same parameter values as in `expected`, which has loaded nothing."""
    stale = []
    for found in host.descriptions:
        shown, wanted = host.text(found["name"]), expected.text(found["name"])
        difference = abs(host.get(found["name"]) - expected.get(found["name"]))
        if shown != wanted and difference > RAW_TOLERANCE:
            stale.append(f"{found['name']} shows {shown}, not {wanted}")
    assert not stale, f"{subject}: {len(stale)} stale values in the host's list: {'; '.join(stale[:3])}"


def parameter_set_between_renders_is_heard(bundle):
    tone = sine(440, -20, SECONDS, RATE_HZ)
    host = Host(bundle, audio=tone)
    before_db = rms_db(host.render())
    host.set({"Trim": 0.25})
    text = host.text("Trim")
    change_db = float(text.split()[0])
    assert change_db < -6, f"a quarter of Trim's range shows {text}"
    assert_close(rms_db(host.render()) - before_db, change_db, 0.02, "level change in dB by Trim")


def parameter_set_between_renders_sounds_like_fresh_instance(bundle):
    host = Host(bundle)
    for seed in range(3):
        values = random_values(host, seed, share=1.0)
        host.set(values)
        assert_identical(host.render(), fresh(bundle, values).render(), f"settings of seed {seed}")


def parameter_set_between_renders_is_saved(bundle):
    host = Host(bundle)
    values = random_values(host, seed=1)
    host.render()
    host.set(values)
    other = Host(bundle)
    other.plugin.load_state(saved_state(host, "between"))
    assert_listed(other, fresh(bundle, values), "state that was saved before the next render")
    assert_identical(other.render(), fresh(bundle, values).render(), "audio of that state")


def state_saved_after_render_restores_values_and_audio(bundle):
    host = Host(bundle)
    values = random_values(host, seed=2)
    host.set(values)
    expected = host.render()
    other = Host(bundle)
    other.plugin.load_state(saved_state(host, "after"))
    assert_listed(other, fresh(bundle, values), "state")
    assert_identical(other.render(), expected, "audio")


@needs_display
def state_load_with_display_restores_values_and_audio(bundle):
    state_saved_after_render_restores_values_and_audio(bundle)


def state_load_between_renders_updates_host_list_and_audio(bundle):
    host = Host(bundle)
    saved = random_values(host, seed=3)
    host.set(saved)
    expected = host.render()
    path = saved_state(host, "first")
    host.set(random_values(host, seed=4, share=1.0))
    host.render()
    host.plugin.load_state(path)
    assert_listed(host, fresh(bundle, saved), "after the state was loaded")
    assert_identical(host.render(), expected, "audio after the state was loaded")


def value_set_before_state_load_is_replaced_by_state(bundle):
    host = Host(bundle)
    saved = random_values(host, seed=5)
    host.set(saved)
    expected = host.render()
    path = saved_state(host, "before")
    # The host has not processed this value when the state arrives.
    host.set({"Trim": 0.1})
    host.plugin.load_state(path)
    assert_identical(host.render(), expected, "audio after the state was loaded")


def automation_rendered_again_is_identical(bundle):
    host = Host(bundle)
    host.set(random_values(host, seed=6))
    samples = round(SECONDS * RATE_HZ)
    host.automate("Trim", np.linspace(0.4, 0.6, samples))
    host.automate("Presence", np.linspace(1, 0, samples))
    host.automate("Low cut", np.arange(samples) // 1_000 % 2)
    first = host.render()
    assert_identical(host.render(), first, "second render")


def constant_automation_sounds_like_fixed_value(bundle):
    fixed, automated = Host(bundle), Host(bundle)
    samples = round(SECONDS * RATE_HZ)
    fixed.set({"Loudness gain": 0.75, "Sheen": 0.75})
    for name in ("Loudness gain", "Sheen"):
        automated.automate(name, np.full(samples, 0.75))
    assert_identical(automated.render(), fixed.render(), "constant automation")


def automation_step_leaves_earlier_audio_unchanged(bundle):
    samples = round(SECONDS * RATE_HZ)
    step_at = 20 * BLOCK_SAMPLES
    still, stepped = Host(bundle), Host(bundle)
    values = np.full(samples, 0.5)
    still.automate("Trim", values)
    values[step_at:] = 0.4
    stepped.automate("Trim", values)
    without, with_step = still.render(), stepped.render()
    # The output is late by the latency, and the limiter looks ahead by no more than that.
    assert_identical(with_step[:, :step_at], without[:, :step_at], "audio before the step")
    tail = slice(step_at + 10 * BLOCK_SAMPLES, None)
    change_db = rms_db(with_step[:, tail]) - rms_db(without[:, tail])
    assert_close(change_db, -4.8, 0.1, "level change in dB after a step of a tenth of Trim's range of 48 dB")


def automated_value_after_render_is_saved(bundle):
    host = Host(bundle)
    samples = round(SECONDS * RATE_HZ)
    host.automate("Trim", np.linspace(0.5, 0.25, samples))
    host.render()
    path = saved_state(host, "automated")
    other = Host(bundle)
    other.plugin.load_state(path)
    assert_close(other.get("Trim"), 0.25, 0.01, "Trim as saved after a ramp to 0.25")


def low_cut_at_each_sample_rate_attenuates_at_its_frequency(bundle):
    for rate_hz in RATES_HZ:
        tone = sine(40, -20, 2, rate_hz)
        host = Host(bundle, rate_hz=rate_hz, audio=tone)
        without = host.render()
        host.set({"Low cut": 1, "Low cut frequency": 1})
        second_half = slice(tone.shape[1] // 2, None)
        attenuation_db = rms_db(without[:, second_half]) - rms_db(host.render()[:, second_half])
        assert_close(attenuation_db, 3, 0.5, f"{rate_hz} Hz: attenuation in dB of 40 Hz by a low cut at 40 Hz")


def block_size_change_gives_identical_output(bundle):
    values = random_values(Host(bundle), seed=7)
    expected = fresh(bundle, values).render()
    for block_samples in (32, 100, 512, 2_048):
        found = fresh(bundle, values, block_samples=block_samples).render()
        assert_identical(found, expected, f"blocks of {block_samples} samples")


def mono_bus_is_accepted_and_processed(bundle):
    audio = sine(440, -20, SECONDS, RATE_HZ, channels=1)
    host = fresh(bundle, {"Trim": 0.25}, audio=audio)
    assert host.plugin.get_num_output_channels() == 1, "the plug-in kept its stereo output"
    found = host.render()
    second_half = slice(audio.shape[1] // 2, None)
    change_db = rms_db(found[:, second_half]) - rms_db(audio[:, second_half])
    assert_close(change_db, -12, 0.05, "level change in dB of mono by Trim at -12 dB")


def enumeration_has_discrete_steps_with_texts(bundle):
    host = Host(bundle)
    lists = [found for found in host.descriptions if found["isDiscrete"] and found["numSteps"] > 2]
    assert len(lists) >= 5, f"the host sees {len(lists)} parameters with more than two steps"
    for found in lists:
        steps = found["numSteps"]
        assert steps < 50, f"{found['name']} has {steps} steps"
        texts = []
        for step in range(steps):
            host.set({found["name"]: step / (steps - 1)})
            texts.append(host.text(found["name"]))
        assert len(set(texts)) == steps, f"{found['name']} has the texts {texts}"
        assert not any(text.replace(".", "").isdigit() for text in texts), f"{found['name']} shows numbers: {texts}"


def random_operations_agree_with_model(bundle):
    for seed in range(4):
        random = np.random.default_rng(seed)
        host = Host(bundle)
        model, saved, history = {}, [], []
        numbers = itertools.count()
        for _ in range(16):
            operation = str(random.choice(["set", "set", "render", "save", "load"]))
            history.append(operation)
            subject = f"seed {seed}, after {', '.join(history)}"
            if operation == "set":
                change = random_values(host, int(random.integers(1 << 30)), share=0.1)
                host.set(change)
                model.update(change)
            elif operation == "render":
                assert_identical(host.render(), fresh(bundle, model).render(), subject)
            elif operation == "save":
                saved.append((saved_state(host, f"{seed}-{next(numbers)}"), dict(model)))
            elif saved:
                path, values = saved[random.integers(len(saved))]
                host.plugin.load_state(path)
                model = dict(values)
            assert_listed(host, fresh(bundle, model), subject)


if __name__ == "__main__":
    main(
        [
            parameter_set_between_renders_is_heard,
            parameter_set_between_renders_sounds_like_fresh_instance,
            parameter_set_between_renders_is_saved,
            state_saved_after_render_restores_values_and_audio,
            state_load_with_display_restores_values_and_audio,
            state_load_between_renders_updates_host_list_and_audio,
            value_set_before_state_load_is_replaced_by_state,
            automation_rendered_again_is_identical,
            constant_automation_sounds_like_fixed_value,
            automation_step_leaves_earlier_audio_unchanged,
            automated_value_after_render_is_saved,
            low_cut_at_each_sample_rate_attenuates_at_its_frequency,
            block_size_change_gives_identical_output,
            mono_bus_is_accepted_and_processed,
            enumeration_has_discrete_steps_with_texts,
            random_operations_agree_with_model,
        ]
    )
