//! Analyses of songs that are off in random ways: they never contradict themselves, and each says something of the balance.

use super::*;
use crate::report::{Grade, Intensity};
use flow_dsp::{DELIVERIES, StyleTarget};
use proptest::prelude::*;

/// A song that is off, its prediction and the user's settings.
#[derive(Clone, Debug)]
struct Case {
    anchors_db: [f32; 4],
    tilt_db: f32,
    side_db: f32,
    loud_moments_db: [f32; 4],
    plr_db: f32,
    correlation: f32,
    balance_db: f32,
    side_excess_db: f32,
    mono_bass_loss_db: f32,
    rumble_db: f32,
    /// The share of the deviation that the network sees, its error in each anchor, and its standard deviation.
    seen: f32,
    error_db: [f32; 4],
    sd: f32,
    has_network: bool,
    intensity: Intensity,
    delivery: usize,
    /// Values that are set already.
    set_db: [f32; 4],
    width: f32,
}

fn cases() -> impl Strategy<Value = Case> {
    let four = |most: f32| [-most..most, -most..most, -most..most, -most..most];
    let image = (-20.0_f32..6.0, -0.9_f32..0.95, -3.0_f32..3.0, -4.0_f32..4.0);
    let network = (0.0_f32..1.0, four(3.0), 0.5_f32..4.0, any::<bool>());
    let user = (0..3_usize, 0..DELIVERIES.len(), four(4.0), 0.7_f32..1.4);
    let rest = (four(10.0), 6.0_f32..20.0, 0.0_f32..8.0, -60.0_f32..-20.0);
    (four(12.0), -12.0_f32..12.0, image, network, user, rest).prop_map(
        |(anchors_db, tilt_db, image, network, user, rest)| Case {
            anchors_db,
            tilt_db,
            side_db: image.0,
            correlation: image.1,
            balance_db: image.2,
            side_excess_db: image.3,
            seen: network.0,
            error_db: network.1,
            sd: network.2,
            has_network: network.3,
            intensity: Intensity::ALL[user.0],
            delivery: user.1,
            set_db: user.2,
            width: user.3,
            loud_moments_db: rest.0,
            plr_db: rest.1,
            mono_bass_loss_db: rest.2,
            rumble_db: rest.3,
        },
    )
}

impl Case {
    fn summary(&self, base: &Summary) -> Summary {
        let mut summary = base.clone();
        for (anchor, off_db) in Anchor::ALL.into_iter().zip(self.anchors_db) {
            let bands = &mut summary.third_octaves_db[anchor.third_octaves()];
            bands.iter_mut().for_each(|level| *level += off_db);
            summary.anchors_db[anchor as usize] += off_db;
        }
        for (band, level) in summary.third_octaves_db.iter_mut().enumerate() {
            let place = flow_dsp::math::narrow(flow_dsp::math::count(band)) / 30.0 - 0.5;
            *level += self.tilt_db * place;
        }
        let moments = summary.loud_moments_db.iter_mut();
        moments
            .zip(self.loud_moments_db)
            .for_each(|(level, off_db)| *level += off_db);
        summary.side_db += self.side_db;
        summary
            .anchor_side_db
            .iter_mut()
            .for_each(|level| *level += self.side_db);
        summary.correlation = self.correlation;
        summary.balance_db = self.balance_db;
        summary.plr_db = self.plr_db;
        summary.faults.side_excess_db = self.side_excess_db;
        summary.faults.mono_bass_loss_db = self.mono_bass_loss_db;
        summary.faults.rumble_db = self.rumble_db;
        summary.faults.steady_rumble_db = self.rumble_db;
        summary
    }

    fn context(&self) -> Context {
        let mut settings = ChainSettings::default();
        [
            settings.curve.body_db,
            settings.curve.soul_db,
            settings.curve.silk_db,
            settings.curve.air_db,
        ] = self.set_db;
        settings.weave.width = self.width;
        settings.style_target = StyleTarget::Neutral;
        Context {
            settings,
            intensity: self.intensity,
            delivery: DELIVERIES[self.delivery],
            ..Context::default()
        }
    }

    fn prediction(&self, summary: &Summary, base: &Summary) -> Prediction {
        let mut correction = Correction::between(summary, base);
        for (anchor, error_db) in Anchor::ALL.into_iter().zip(self.error_db) {
            let first = crate::correction::FIRST_BAND;
            for band in anchor.third_octaves() {
                if let Some(estimate) = band
                    .checked_sub(first)
                    .and_then(|b| correction.curve.get_mut(b))
                {
                    estimate.mean = self.seen * estimate.mean + error_db;
                    estimate.sd = self.sd;
                }
            }
        }
        Prediction {
            correction,
            ..harsh()
        }
    }
}

/// Whether the analysis says anything of the balance: a change, a finding, or that it is in order.
fn speaks_of_balance(analysis: &Analysis) -> bool {
    let tone = &crate::solver::TONE_PARAMETERS[..7];
    let changes = analysis.proposals.iter().any(|p| tone.contains(&p.id));
    let names = Anchor::ALL.map(Anchor::name);
    let mut findings = analysis.findings.iter();
    let finds = findings.any(|finding| {
        let text = &finding.text;
        let is_of_ends = text.contains("below 20 Hz") || text.contains("ends below");
        let has_band = text.contains("Hz") && !is_of_ends;
        names.iter().any(|name| text.contains(name)) || has_band
    });
    let mut checks = analysis.checks.iter();
    changes || finds || checks.any(|check| check.name == "Balance")
}

/// Texts as a reader wants them: whole sentences, true minus signs, no double space.
fn assert_readable(analysis: &Analysis) {
    let findings = analysis.findings.iter().map(|finding| &finding.text);
    let reasons = analysis.proposals.iter().map(|proposal| &proposal.reason);
    let checks = analysis.checks.iter().map(|check| &check.text);
    for text in findings.chain(reasons).chain(checks) {
        let starts_well = text.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit());
        assert!(starts_well && text.ends_with('.'), "{text}");
        assert!(!text.contains("  ") && !text.contains(".."), "{text}");
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    }
    let short = analysis.proposals.iter().map(|proposal| &proposal.finding);
    let findings = analysis.findings.iter().map(|finding| &finding.text);
    for text in short.chain(findings) {
        let has_hyphen = text
            .as_bytes()
            .windows(2)
            .any(|w| w[0] == b'-' && w[1].is_ascii_digit());
        assert!(!has_hyphen, "a hyphen for a minus: {text}");
    }
}

#[test]
fn analyses_of_random_songs_are_complete_and_consistent() {
    let window = song();
    let base = window.summary();
    proptest!(ProptestConfig::with_cases(400), |(case in cases())| {
        let summary = case.summary(&base);
        let context = case.context();
        let prediction = case.prediction(&summary, &base);
        let network = case.has_network.then_some((prediction, LEAST_CERTAINTY));
        let summaries = [summary.clone(), summary];
        let analysis = decide(&window, summaries, ContentClass::Music, &context, network);
        assert_consistent(&analysis, "random");
        assert_readable(&analysis);
        prop_assert!(speaks_of_balance(&analysis), "{:?}", analysis.findings);
        // One row for one thought: no parameter is in two of them.
        let repairs = analysis.proposals.iter().filter(|p| p.grade > Grade::Taste);
        let mut ids: Vec<ParameterId> = repairs.clone().flat_map(|p| p.changes()).map(|c| c.id).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), count, "{:?}", analysis.proposals);
        // No row is for an inaudible change.
        for proposal in repairs {
            prop_assert!(proposal.is_worthwhile(), "{:?}", proposal);
        }
    });
}
