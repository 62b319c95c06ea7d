//! Pictures of the whole window. `UPDATE_SNAPSHOTS=1` takes them anew; look at them before they are stored.

use crate::stand::Stand;

/// A setting that shows every control away from its default.
const WARM_AND_WIDE: [(&str, &str); 20] = [
    ("fldep", "42 %"),
    ("flwrm", "30 %"),
    ("fltrn", "Deep"),
    ("lapre", "0.9 dB"),
    ("lashn", "1.5 dB"),
    ("ladrv", "22 %"),
    ("lachr", "Warm"),
    ("wewid", "112 %"),
    ("wemon", "on"),
    ("wesaf", "50 %"),
    ("crbod", "2.2 dB"),
    ("crsil", "-3.1 dB"),
    ("crair", "1.6 dB"),
    ("crcom", "40 %"),
    ("style", "Electronic"),
    ("mbamt", "40 %"),
    ("glamt", "60 %"),
    ("drive", "15 %"),
    ("gain", "5 dB"),
    ("deliv", "Spotify"),
];

#[test]
fn playing() {
    for (name, size, scale) in [
        ("playing", [1240.0, 800.0], 1.0),
        ("playing_small", [930.0, 600.0], 1.0),
        ("playing_wide", [1600.0, 820.0], 1.0),
    ] {
        let mut stand = Stand::new();
        stand.set(&WARM_AND_WIDE);
        let mut window = stand.window(size, scale);
        stand.play(&mut window, 20.0, 8.0);
        window.snapshot(name);
    }
}

#[test]
fn fresh() {
    let stand = Stand::new();
    let mut window = stand.window([1240.0, 800.0], 1.0);
    window.run();
    window.snapshot("fresh");
}
