"""Flow's VST3 in Spotify's pedalboard, a Python host made with JUCE.

    python tests/hosts/test_pedalboard.py Flow.vst3 [TEST...]

pedalboard keeps the plug-in active and processing between renders, sets parameters through the edit controller, and resets
the plug-in before each render. So each test can set, save and load where no process call happens in between.
"""

import threading

import numpy as np
import pedalboard

from host_testing import assert_close, assert_identical, main, music, needs_display, rms_db, sine

RATE_HZ = 44_100
RATES_HZ = [192_000, 8_000, 176_400, 11_025, 96_000, 16_000, 88_200, 22_050, 48_000, 32_000, 44_100]
"""Each low rate follows a high one, so that filters of the previous rate would be heard."""
BLOCK_SAMPLES = [1, 16, 64, 127, 512, 1_000, 4_096, 8_192]
SEEDS = range(4)
OPERATIONS = 16
SECONDS = 0.25
SAVED_BY = ["raw_state", "preset_data"]
RAW_TOLERANCE = 1e-3
"""Tolerance of a normalized value that lies between two texts."""


def load(bundle):
    return pedalboard.load_plugin(bundle)


def parameter(plugin, name):
    """Returns the parameter with this name. pedalboard derives its keys from names."""
    for found in plugin.parameters.values():
        if found.name == name:
            return found
    raise AssertionError(f"the host lists no parameter named {name}")


def set_raw(plugin, values):
    for name, value in values.items():
        parameter(plugin, name).raw_value = value


def texts(plugin):
    return {found.name: found.string_value for found in plugin.parameters.values()}


def random_values(plugin, seed, share=0.5):
    """Normalized values for a share of all parameters; bypass stays off."""
    random = np.random.default_rng(seed)
    names = [found.name for found in plugin.parameters.values() if found.name != "Bypass"]
    return {name: float(random.uniform()) for name in names if random.uniform() < share}


def render(plugin, audio=None, rate_hz=RATE_HZ, block_samples=512):
    audio = music(SECONDS, rate_hz) if audio is None else audio
    return plugin.process(audio, rate_hz, buffer_size=block_samples)


def fresh(bundle, values):
    """A new instance with these normalized values."""
    plugin = load(bundle)
    set_raw(plugin, values)
    return plugin


def assert_listed(plugin, values, subject):
    """Fails unless the host's list shows these values, and each parameter that is not among them at its default."""
    stale = []
    for found in plugin.parameters.values():
        expected = values.get(found.name, found.default_raw_value)
        is_text = found.string_value == found.get_text_for_raw_value(expected)
        if not is_text and abs(found.raw_value - expected) > RAW_TOLERANCE:
            stale.append(f"{found.name} shows {found.string_value}, not {found.get_text_for_raw_value(expected)}")
    assert not stale, f"{subject}: {len(stale)} stale values in the host's list: {'; '.join(stale[:3])}"


def parameter_set_before_first_render_is_saved(bundle):
    for saved_by in SAVED_BY:
        plugin = load(bundle)
        values = random_values(plugin, seed=1)
        set_raw(plugin, values)
        state = getattr(plugin, saved_by)
        restored = load(bundle)
        setattr(restored, saved_by, state)
        assert_listed(reloaded(bundle, restored), values, saved_by)


def reloaded(bundle, plugin):
    """A new instance with the state of `plugin`: its list shows the state even where that of `plugin` is stale."""
    other = load(bundle)
    other.raw_state = plugin.raw_state
    return other


def parameter_set_before_first_render_is_heard(bundle):
    tone = sine(440, -20, SECONDS, RATE_HZ)
    before = render(load(bundle), tone)
    plugin = load(bundle)
    trim = parameter(plugin, "Trim")
    trim.raw_value = 0.25
    change_db = float(trim.string_value)
    assert change_db < -6, f"a quarter of Trim's range shows {trim.string_value}"
    after = render(plugin, tone)
    assert_close(rms_db(after) - rms_db(before), change_db, 0.02, "level change in dB by Trim")


def parameter_set_between_renders_sounds_like_fresh_instance(bundle):
    plugin = load(bundle)
    for seed in SEEDS:
        values = random_values(plugin, seed, share=1.0)
        set_raw(plugin, values)
        assert_identical(render(plugin), render(fresh(bundle, values)), f"settings of seed {seed}")


def render_repeated_without_changes_is_identical(bundle):
    plugin = load(bundle)
    set_raw(plugin, random_values(plugin, seed=5))
    first = render(plugin)
    assert_identical(render(plugin), first, "second render")


def state_saved_before_render_restores_values_and_audio(bundle):
    state_restores_values_and_audio(bundle, renders_before_saving=0)


def state_saved_after_render_restores_values_and_audio(bundle):
    state_restores_values_and_audio(bundle, renders_before_saving=1)


def state_restores_values_and_audio(bundle, renders_before_saving):
    plugin = load(bundle)
    values = random_values(plugin, seed=2)
    set_raw(plugin, values)
    for _ in range(renders_before_saving):
        render(plugin)
    states = {saved_by: getattr(plugin, saved_by) for saved_by in SAVED_BY}
    expected = render(fresh(bundle, values))
    for saved_by, state in states.items():
        restored = load(bundle)
        setattr(restored, saved_by, state)
        assert_identical(render(restored), expected, f"audio after {saved_by}")
        assert_listed(reloaded(bundle, restored), values, saved_by)


def raw_state_load_updates_host_list(bundle):
    load_updates_host_list(bundle, "raw_state")


def preset_data_load_updates_host_list(bundle):
    load_updates_host_list(bundle, "preset_data")


def load_updates_host_list(bundle, saved_by):
    plugin = load(bundle)
    saved = random_values(plugin, seed=3)
    set_raw(plugin, saved)
    state = getattr(plugin, saved_by)
    set_raw(plugin, random_values(plugin, seed=4, share=1.0))
    render(plugin)
    setattr(plugin, saved_by, state)
    assert_listed(plugin, saved, f"after {saved_by} was loaded")


def value_set_before_state_load_is_replaced_by_state(bundle):
    for saved_by in SAVED_BY:
        plugin = load(bundle)
        saved = random_values(plugin, seed=6)
        set_raw(plugin, saved)
        state = getattr(plugin, saved_by)
        render(plugin)
        # The host has not processed this value when the state arrives.
        parameter(plugin, "Trim").raw_value = 0.1
        setattr(plugin, saved_by, state)
        assert_identical(render(plugin), render(fresh(bundle, saved)), f"audio after {saved_by}")


def random_operations_agree_with_model(bundle):
    for seed in SEEDS:
        random = np.random.default_rng(100 + seed)
        plugin = load(bundle)
        names = [found.name for found in plugin.parameters.values() if found.name != "Bypass"]
        model, saved, history = {}, [], []
        for _ in range(OPERATIONS):
            operation = random.choice(["set", "set", "render", "save", "load"])
            history.append(str(operation))
            subject = f"seed {seed}, after {', '.join(history)}"
            if operation == "set":
                change = {str(name): float(random.uniform()) for name in random.choice(names, 8, replace=False)}
                set_raw(plugin, change)
                model.update(change)
            elif operation == "render":
                assert_identical(render(plugin), render(fresh(bundle, model)), subject)
            elif operation == "save":
                saved_by = str(random.choice(SAVED_BY))
                saved.append((saved_by, getattr(plugin, saved_by), dict(model)))
            elif saved:
                saved_by, state, values = saved[random.integers(len(saved))]
                setattr(plugin, saved_by, state)
                model = dict(values)
            assert_listed(plugin, model, subject)


def bypass_passes_audio_unchanged(bundle):
    audio = music(SECONDS, RATE_HZ)
    plugin = fresh(bundle, {**random_values(load(bundle), seed=12), "Bypass": 1})
    assert_identical(render(plugin, audio), audio, "bypassed audio")


def mono_render_sounds_like_one_channel_of_stereo(bundle):
    left = music(SECONDS, RATE_HZ, channels=1)
    plugin = load(bundle)
    # Width and the side channel have nothing to work on in either.
    parameter(plugin, "Loudness gain").raw_value = 0.75
    stereo = render(plugin, np.repeat(left, 2, axis=0))
    mono = render(plugin, left)
    assert mono.shape == left.shape, f"mono gives the shape {mono.shape}"
    assert rms_db(mono) > -60, "mono is silent"
    assert_close(float(np.abs(mono[0] - stereo[0]).max()), 0, 1e-5, "largest difference of mono and stereo")
    assert_identical(render(plugin, np.repeat(left, 2, axis=0)), stereo, "stereo after mono")


def channel_count_change_matches_fresh_instance(bundle):
    plugin = load(bundle)
    values = random_values(plugin, seed=7)
    set_raw(plugin, values)
    for channels in (2, 1, 2, 1):
        audio = music(SECONDS, RATE_HZ, channels)
        assert_identical(render(plugin, audio), render(fresh(bundle, values), audio), f"{channels} channels")


def sample_rate_change_matches_fresh_instance(bundle):
    plugin = load(bundle)
    values = random_values(plugin, seed=8)
    set_raw(plugin, values)
    for rate_hz in RATES_HZ:
        found = render(plugin, rate_hz=rate_hz)
        assert np.isfinite(found).all(), f"{rate_hz} Hz: the output is not finite"
        assert_identical(found, render(fresh(bundle, values), rate_hz=rate_hz), f"{rate_hz} Hz")


def low_cut_at_each_sample_rate_attenuates_at_its_frequency(bundle):
    plugin = load(bundle)
    for rate_hz in RATES_HZ:
        tone = sine(40, -20, 2, rate_hz)
        parameter(plugin, "Low cut").raw_value = 0
        without = render(plugin, tone, rate_hz)
        set_raw(plugin, {"Low cut": 1, "Low cut frequency": 1})
        with_low_cut = render(plugin, tone, rate_hz)
        second_half = slice(tone.shape[1] // 2, None)
        attenuation_db = rms_db(without[:, second_half]) - rms_db(with_low_cut[:, second_half])
        # The highest frequency of the low cut is 40 Hz, where a Butterworth filter attenuates by 3 dB.
        assert_close(attenuation_db, 3, 0.5, f"{rate_hz} Hz: attenuation in dB of 40 Hz by a low cut at 40 Hz")


def block_size_change_gives_identical_output(bundle):
    plugin = load(bundle)
    set_raw(plugin, random_values(plugin, seed=9))
    expected = render(plugin, block_samples=256)
    for block_samples in BLOCK_SAMPLES:
        assert_identical(render(plugin, block_samples=block_samples), expected, f"blocks of {block_samples} samples")


def enumeration_has_a_text_for_each_step(bundle):
    plugin = load(bundle)
    lists = [found for found in plugin.parameters.values() if found.type is str]
    assert len(lists) >= 5, f"the host sees {len(lists)} lists of texts"
    for found in lists:
        names = list(found.valid_values)
        assert len(set(names)) == len(names) >= 3, f"{found.name} has the steps {names}"
        assert not any(is_number(name) for name in names), f"{found.name} shows plain numbers: {names}"
        for index, name in enumerate(names):
            found.raw_value = index / (len(names) - 1)
            assert found.string_value == name, f"{found.name} at step {index} shows {found.string_value}, not {name}"


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def enumeration_set_by_text_survives_save_and_load(bundle):
    plugin, other = load(bundle), load(bundle)
    keys = [key for key, found in plugin.parameters.items() if found.type is str]
    for step in range(4):
        for key in keys:
            names = plugin.parameters[key].valid_values
            setattr(plugin, key, names[step % len(names)])
        other.raw_state = plugin.raw_state
        for key in keys:
            names = plugin.parameters[key].valid_values
            found = str(other.parameters[key].string_value)
            assert found == names[step % len(names)], f"{key} is {found} after loading, not {names[step % len(names)]}"


def two_instances_keep_values_and_audio_apart(bundle):
    first, second = load(bundle), load(bundle)
    values = random_values(first, seed=10)
    set_raw(first, values)
    expected = render(fresh(bundle, {}))
    assert_listed(second, {}, "second instance")
    assert_identical(render(second), expected, "second instance")
    assert_identical(render(first), render(fresh(bundle, values)), "first instance")


@needs_display
def editor_opened_and_closed_twice_leaves_audio_unchanged(bundle):
    plugin = load(bundle)
    values = random_values(plugin, seed=11)
    set_raw(plugin, values)
    expected = render(plugin)
    for _ in range(2):
        close = threading.Event()
        threading.Timer(1.0, close.set).start()
        plugin.show_editor(close)
        assert_listed(plugin, values, "after the editor was closed")
        assert_identical(render(plugin), expected, "audio after the editor was closed")


if __name__ == "__main__":
    main(
        [
            parameter_set_before_first_render_is_saved,
            parameter_set_before_first_render_is_heard,
            parameter_set_between_renders_sounds_like_fresh_instance,
            render_repeated_without_changes_is_identical,
            state_saved_before_render_restores_values_and_audio,
            state_saved_after_render_restores_values_and_audio,
            raw_state_load_updates_host_list,
            preset_data_load_updates_host_list,
            value_set_before_state_load_is_replaced_by_state,
            random_operations_agree_with_model,
            bypass_passes_audio_unchanged,
            mono_render_sounds_like_one_channel_of_stereo,
            channel_count_change_matches_fresh_instance,
            sample_rate_change_matches_fresh_instance,
            low_cut_at_each_sample_rate_attenuates_at_its_frequency,
            block_size_change_gives_identical_output,
            enumeration_has_a_text_for_each_step,
            enumeration_set_by_text_survives_save_and_load,
            two_instances_keep_values_and_audio_apart,
            editor_opened_and_closed_twice_leaves_audio_unchanged,
        ]
    )
