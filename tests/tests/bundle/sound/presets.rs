//! Factory presets load, and their output stays below their ceiling.

use flow_testkit::testing::{flow_with, render};

#[test]
fn factory_preset_with_hot_music_stays_below_its_ceiling() {
    let input =
        flow_demo_song::demo_excerpt(48_000, flow_demo_song::CHORUS_SECONDS, 1.0).gained(6.0);
    for preset in flow_params::presets::all() {
        let values: Vec<(&str, &str)> = preset
            .values
            .iter()
            .map(|(id, text)| (id.as_str(), text.as_str()))
            .collect();
        let mut flow = flow_with(&values);
        let ceiling = flow.value_text("ceil").unwrap();
        let ceiling_db: f64 = ceiling.split(' ').next().unwrap().parse().unwrap();
        let output = render(&mut flow, &input);
        let peak_db = flow_audio_file::gain_to_db(f64::from(output.sample_peak()));
        println!("{}: {peak_db:.2} dBFS under {ceiling}", preset.name);
        assert!(output.is_finite(), "{}", preset.name);
        assert!(peak_db <= ceiling_db, "{}: {peak_db} dBFS", preset.name);
        assert!(peak_db > -20.0, "{} is nearly silent", preset.name);
    }
}
