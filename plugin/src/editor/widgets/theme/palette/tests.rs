use egui::Visuals;

use super::*;
use crate::editor::model::preferences_file::display_options::Appearance;
use crate::editor::widgets::theme::set_appearance;

/// Share of a color in the tint below the name of an anchor, and in a lit button.
const ANCHOR_TINT: f32 = 0.22;
const BUTTON_TINT: f32 = 0.16;

/// Linear intensities of red, green and blue by IEC 61966-2-1.
fn linear(color: Color32) -> [f32; 3] {
    [color.r(), color.g(), color.b()].map(|value| {
        let value = f32::from(value) / 255.0;
        if value <= 0.040_45 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    })
}

/// Contrast by WCAG 2.2, 1 to 21.
fn contrast(a: Color32, b: Color32) -> f32 {
    let luminance = |color| {
        let [r, g, b] = linear(color);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// A color over a ground, as egui blends it.
fn tinted(ground: Color32, color: Color32, share: f32) -> Color32 {
    ground.blend(color.gamma_multiply(share))
}

/// Red, green and blue blindness: matrices for linear intensities, Machado et al. 2009, severity 1.
const BLINDNESS: [[[f32; 3]; 3]; 3] = [
    [
        [0.152_286, 1.052_583, -0.204_868],
        [0.114_503, 0.786_281, 0.099_216],
        [-0.003_882, -0.048_116, 1.051_998],
    ],
    [
        [0.367_322, 0.860_646, -0.227_968],
        [0.280_085, 0.672_501, 0.047_413],
        [-0.011_820, 0.042_940, 0.968_881],
    ],
    [
        [1.255_528, -0.076_749, -0.178_779],
        [-0.078_411, 0.930_809, 0.147_602],
        [0.004_733, 0.691_367, 0.303_900],
    ],
];

fn product(matrix: &[[f32; 3]; 3], vector: [f32; 3]) -> [f32; 3] {
    matrix.map(|row| (0..3).map(|i| row[i] * vector[i]).sum())
}

/// The color space `OKLab`, where distances are those that are seen: Ottosson 2020.
fn oklab(linear: [f32; 3]) -> [f32; 3] {
    const TO_CONES: [[f32; 3]; 3] = [
        [0.412_221_47, 0.536_332_54, 0.051_445_99],
        [0.211_903_5, 0.680_699_5, 0.107_396_96],
        [0.088_302_46, 0.281_718_84, 0.629_978_7],
    ];
    const TO_LAB: [[f32; 3]; 3] = [
        [0.210_454_26, 0.793_617_8, -0.004_072_047],
        [1.977_998_5, -2.428_592_2, 0.450_593_7],
        [0.025_904_037, 0.782_771_77, -0.808_675_77],
    ];
    let cones = product(&TO_CONES, linear.map(|value| value.max(0.0)));
    product(&TO_LAB, cones.map(f32::cbrt))
}

fn distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    let [a, b] = [a, b].map(oklab);
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f32>().sqrt()
}

/// The colors of signals and states.
fn states(palette: &Palette) -> [(&'static str, Color32); 6] {
    [
        ("output", palette.output),
        ("input", palette.input),
        ("target", palette.target),
        ("proposed", palette.proposed),
        ("reduction", palette.reduction),
        ("over", palette.over),
    ]
}

fn anchors(palette: &Palette) -> [(&'static str, Color32); 4] {
    let [body, soul, silk, air] = palette.anchors;
    [("Body", body), ("Soul", soul), ("Silk", silk), ("Air", air)]
}

fn each_palette() -> impl Iterator<Item = (&'static str, &'static Palette)> {
    ColorTheme::ALL
        .map(|(theme, name)| (name, Palette::of(theme)))
        .into_iter()
}

#[test]
fn texts_of_every_theme_have_a_contrast_of_4_5_on_every_ground() {
    for (name, palette) in each_palette() {
        let least = if std::ptr::eq(palette, &HIGH_CONTRAST) {
            7.0
        } else {
            4.5
        };
        let texts = [
            ("text", palette.text),
            ("secondary", palette.secondary),
            ("tertiary", palette.tertiary),
            ("lattice", palette.lattice),
        ];
        let texts = texts
            .into_iter()
            .chain(states(palette))
            .chain(anchors(palette));
        for (text, color) in texts {
            for ground in [palette.background, palette.panel, palette.well] {
                let contrast = contrast(color, ground);
                assert!(contrast >= least, "{name}: {text} {contrast:.2}");
            }
        }
    }
}

#[test]
fn texts_on_tints_of_every_theme_have_a_contrast_of_4_5() {
    for (name, palette) in each_palette() {
        for (anchor, color) in anchors(palette) {
            let contrast = contrast(color, tinted(palette.panel, color, ANCHOR_TINT));
            assert!(contrast >= 4.5, "{name}: {anchor} {contrast:.2}");
        }
        for ground in [palette.background, palette.panel, palette.well] {
            let lit = tinted(ground, palette.output, BUTTON_TINT);
            let contrast = contrast(palette.output, lit);
            assert!(contrast >= 4.5, "{name}: lit button {contrast:.2}");
        }
        // A hovered button, and a selected text.
        let selected = tinted(palette.panel, palette.output, 0.35);
        for ground in [palette.line, selected] {
            let contrast = contrast(palette.text, ground);
            assert!(contrast >= 4.5, "{name}: text {contrast:.2}");
        }
    }
}

#[test]
fn texts_of_disabled_controls_of_every_theme_have_a_contrast_of_3() {
    for (name, palette) in each_palette() {
        // A button's own name, and the faded text of a menu.
        let in_menu = palette
            .text
            .gamma_multiply(Visuals::default().disabled_alpha);
        for (color, ground) in [
            (palette.disabled(), palette.well),
            (palette.disabled(), palette.panel),
            (in_menu, palette.panel),
        ] {
            let contrast = contrast(ground.blend(color), ground);
            assert!(contrast >= 3.0, "{name}: {color:?} {contrast:.2}");
        }
    }
}

#[test]
fn edges_of_fields_and_buttons_in_every_theme_have_a_contrast_of_3_on_every_ground() {
    for (theme, name) in ColorTheme::ALL {
        let palette = Palette::of(theme);
        let ctx = egui::Context::default();
        let appearance = Appearance {
            colors: theme,
            ..Appearance::default()
        };
        set_appearance(&ctx, appearance);
        let widgets = ctx.global_style().visuals.widgets.clone();
        for state in [widgets.inactive, widgets.hovered, widgets.active] {
            let edge = state.bg_stroke;
            assert!(edge.width >= 1.0, "{name}");
            for ground in [palette.background, palette.panel, palette.well] {
                let contrast = contrast(edge.color, ground);
                assert!(contrast >= 3.0, "{name}: {contrast:.2}");
            }
        }
    }
}

#[test]
fn colors_of_every_theme_can_be_told_apart() {
    for (name, palette) in each_palette() {
        let mut all: Vec<_> = states(palette).into();
        all.extend(anchors(palette));
        all.push(("Harmonic Lattice", palette.lattice));
        for (i, (first, a)) in all.iter().enumerate() {
            for (second, b) in &all[..i] {
                let distance = distance(linear(*a), linear(*b));
                assert!(distance >= 0.07, "{name}: {first}, {second} {distance:.3}");
            }
        }
    }
}

#[test]
fn states_and_anchors_of_the_color_blind_safe_theme_differ_in_every_color_blindness() {
    let (states, anchors) = (states(&COLOR_BLIND_SAFE), anchors(&COLOR_BLIND_SAFE));
    for group in [&states[..], &anchors] {
        for (i, (first, a)) in group.iter().enumerate() {
            for (second, b) in &group[..i] {
                for matrix in &BLINDNESS {
                    let [a, b] = [*a, *b].map(|color| product(matrix, linear(color)));
                    let distance = distance(a, b);
                    assert!(distance >= 0.09, "{first}, {second} {distance:.3}");
                }
            }
        }
    }
}
