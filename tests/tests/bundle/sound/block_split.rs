//! Every division of the audio into blocks renders the same bits.

use crate::settings::flow_at_work;
use flow_audio_file::Audio;
use flow_host::clap::{Automation, BlockSizes, Instance, RenderOptions};
use flow_testkit::signals::Noise;
use flow_testkit::testing::{assert_same, configure, flow_with, render_with};

const SIZES: [usize; 8] = [1, 7, 16, 63, 64, 512, 1000, 8192];

/// An instance in which every stage works, dither included.
fn flow_with_dither() -> Instance {
    let mut flow = flow_at_work();
    let loud = [("gain", "12 dB"), ("dith", "16 bit"), ("dshap", "on")];
    configure(&mut flow, &loud);
    flow
}

fn input(channel_count: usize) -> Audio {
    let mut music = flow_demo_song::demo_excerpt(48_000, flow_demo_song::CHORUS_SECONDS, 1.0);
    music.channels.truncate(channel_count);
    music
}

/// Jumps of all parameters at random samples, several at once.
pub(crate) fn random_automation(flow: &mut Instance, frames: usize, seed: u32) -> Vec<Automation> {
    let mut noise = Noise::new(seed);
    let parameters = flow.parameters();
    let mut automation = Vec::new();
    let mut sample = 0;
    while sample < frames {
        for parameter in &parameters {
            // Bypass is rare, because it hides all other changes.
            if noise.below(if parameter.is_bypass { 40 } else { 3 }) == 0 {
                let value = parameter.min + noise.unipolar() * (parameter.max - parameter.min);
                let value = if parameter.is_stepped {
                    value.round()
                } else {
                    value
                };
                automation.push(Automation {
                    sample: sample as u64,
                    parameter: parameter.id,
                    value,
                });
            }
        }
        // Most distances are odd; some are 0 to 2 samples.
        sample += if noise.below(5) == 0 {
            noise.below(3)
        } else {
            1 + 2 * noise.below(700)
        };
    }
    automation
}

/// Renders with many block sizes and compares with blocks of 512. Each render begins with the same state, because
/// automation changes the parameters.
fn assert_any_split_renders_the_same(
    flow: &mut Instance,
    input: &Audio,
    automation: &[Automation],
) {
    let state = flow.save_state().unwrap();
    let mut reference = None;
    let mut check = |block: BlockSizes<'_>| {
        flow.load_state(&state).unwrap();
        let options = RenderOptions {
            block,
            automation,
            ..Default::default()
        };
        let output = render_with(flow, input, &options);
        let reference = reference.get_or_insert_with(|| output.clone());
        assert_same(&output, reference, &format!("{block:?}"));
    };
    check(BlockSizes::Fixed(512));
    // The same size again checks that the render repeats.
    check(BlockSizes::Fixed(512));
    for size in SIZES {
        check(BlockSizes::Fixed(size));
    }
    let mut noise = Noise::new(11);
    for _ in 0..4 {
        let sizes: Vec<usize> = (0..40)
            .map(|_| {
                if noise.below(4) == 0 {
                    noise.below(4)
                } else {
                    noise.below(1500)
                }
            })
            .collect();
        check(BlockSizes::Cycle(&sizes));
    }
}

#[test]
fn block_split_with_steady_parameters_renders_the_same() {
    assert_any_split_renders_the_same(&mut flow_with_dither(), &input(2), &[]);
}

#[test]
fn block_split_in_mono_renders_the_same() {
    assert_any_split_renders_the_same(&mut flow_with_dither(), &input(1), &[]);
}

#[test]
fn block_split_with_all_parameters_automated_renders_the_same() {
    let mut flow = flow_with_dither();
    let input = input(2);
    for seed in [1, 2] {
        let automation = random_automation(&mut flow, input.frames(), seed);
        assert!(automation.len() > 100, "{}", automation.len());
        assert_any_split_renders_the_same(&mut flow, &input, &automation);
    }
}

#[test]
fn second_instance_with_same_automation_renders_the_same() {
    let input = input(2);
    let automation = random_automation(&mut flow_with_dither(), input.frames(), 3);
    let options = RenderOptions {
        automation: &automation,
        ..Default::default()
    };
    let first = render_with(&mut flow_with_dither(), &input, &options);
    let second = render_with(&mut flow_with_dither(), &input, &options);
    assert_same(&second, &first, "a second instance");
    let options = RenderOptions {
        offline: false,
        ..options
    };
    let live = render_with(&mut flow_with_dither(), &input, &options);
    assert_same(&live, &first, "live");
}

#[test]
fn automation_inside_a_block_applies_at_its_sample() {
    // The same gain change at a block's start and 10 ms into a block must give the same audio, 10 ms apart.
    let mut flow = flow_with(&[]);
    let dc = Audio::from_mono(48_000, 2, vec![0.1; 48_000]);
    let change = |sample| Automation {
        sample,
        parameter: flow_host::clap::host_id("gain"),
        value: 0.75,
    };
    let mut render = |sample| {
        let automation = [change(sample)];
        let options = RenderOptions {
            automation: &automation,
            block: BlockSizes::Fixed(4800),
            ..RenderOptions::default()
        };
        let output = render_with(&mut flow, &dc, &options);
        flow.set("gain", 0.5).unwrap();
        output
    };
    // Multiples of the 16-sample grid on which settings are read.
    let early = render(9600);
    let late = render(9600 + 480);
    let shifted = late.range(9480, 30_480);
    assert_same(&shifted, &early.range(9000, 30_000), "10 ms later");
}
