//! The starting point: the usual settings of a style, fitted to the song. It is a matter of taste and answers no finding.

use flow_dsp::{GlueSettings, LimiterStyle, StyleTarget};
use flow_params::{Kind, ParameterId, ParameterValue};

use super::stereo::NARROW_DB;
use crate::features::Summary;
use crate::finding_text::Text;
use crate::message::{Message, key, message};
use crate::report::{Context, Grade, ParameterChange, Value};
use crate::verdict::{Change, Verdicts};

/// Peak to loudness ratio below which music is dense already, dB.
const DENSE_PLR_DB: f32 = 11.0;
/// Side to mid ratio above the bass up to which more width is usual, dB.
const WIDE_DB: f32 = -6.5;

/// The usual settings of a style.
struct Usual {
    /// The style in a text, such as "rock songs".
    songs: &'static str,
    glue_percent: f32,
    width_percent: f32,
    limiter: LimiterStyle,
}

const USUAL: Usual = Usual {
    songs: key!("songs"),
    glue_percent: 30.0,
    width_percent: 105.0,
    limiter: LimiterStyle::Clean,
};

/// The usual settings of a style.
fn usual(style: StyleTarget) -> Usual {
    match style {
        StyleTarget::Electronic => Usual {
            songs: key!("electronic songs"),
            glue_percent: 40.0,
            width_percent: 110.0,
            limiter: LimiterStyle::Loud,
        },
        StyleTarget::Orchestral => Usual {
            songs: key!("orchestral songs"),
            glue_percent: 15.0,
            width_percent: 100.0,
            limiter: LimiterStyle::Clean,
        },
        StyleTarget::Rock => Usual {
            songs: key!("rock songs"),
            glue_percent: 50.0,
            width_percent: 105.0,
            limiter: LimiterStyle::Punch,
        },
        StyleTarget::Ambient => Usual {
            songs: key!("ambient songs"),
            glue_percent: 15.0,
            width_percent: 115.0,
            limiter: LimiterStyle::Clean,
        },
        StyleTarget::Neutral | StyleTarget::Reference => USUAL,
    }
}

/// Proposes the starting point beside all other proposals, whose parameters it leaves alone.
pub(crate) fn propose(
    summary: &Summary,
    context: &Context,
    style: StyleTarget,
    verdicts: &mut Verdicts,
) {
    let settings = &context.settings;
    let usual = usual(style);
    let is_free = |id: ParameterId| {
        let taken = verdicts
            .proposals
            .iter()
            .flat_map(|proposal| proposal.changes());
        taken.map(|change| change.id).all(|taken| taken != id)
    };
    let mut changes = Vec::new();
    let mut words = Vec::new();
    let glue = settings.dynamics.glue;
    let has_glue = settings.dynamics.on && glue.amount == 0.0 && is_free(ParameterId::GlueAmount);
    if summary.plr_db >= DENSE_PLR_DB && has_glue {
        let [lowest_db, highest_db] = GlueSettings::THRESHOLD_DB;
        // The loudest tenth of the frames lies about there: 1 to 2 dB of reduction.
        let threshold_db = (summary.loud_rms_db + settings.trim_db).round();
        let threshold_db = threshold_db.clamp(lowest_db, highest_db);
        changes.push((ParameterId::GlueAmount, Value::Percent(usual.glue_percent)));
        changes.push((ParameterId::GlueThreshold, Value::Decibels(threshold_db)));
        words.push(key!("a little glue"));
    }
    let is_usual = (NARROW_DB..=WIDE_DB).contains(&summary.side_above_bass_db())
        && settings.weave.width == 1.0;
    if settings.weave.on && usual.width_percent > 100.0 && is_usual && is_free(ParameterId::Width) {
        changes.push((ParameterId::Width, Value::Percent(usual.width_percent)));
        words.push(key!("some width"));
    }
    if settings.limiter.style == LimiterStyle::default() && usual.limiter != settings.limiter.style
    {
        let mut with_style = *settings;
        with_style.limiter.style = usual.limiter;
        changes.extend(choice(ParameterId::LimiterStyle, &with_style));
        words.push(key!("their limiter style"));
    }
    let from = |id: ParameterId, to: Value| match (id.get(settings), to) {
        (ParameterValue::Number(x), Value::Percent(_)) => Value::Percent(x),
        (ParameterValue::Number(x), _) => Value::Decibels(x),
        (ParameterValue::Choice(_), _) => choice(id, settings).map_or(to, |(_, now)| now),
        (ParameterValue::Switch(on), _) => Value::Switch(on),
    };
    let mut changes = changes.into_iter().map(|(id, to)| ParameterChange {
        id,
        from: from(id, to),
        to,
    });
    let Some(first) = changes.next() else {
        return;
    };
    let mut change = Change::new(first.id, [first.from, first.to], 1.0).graded(Grade::Taste);
    change.linked = changes.collect();
    let text = Text {
        short: message!("Starting point"),
        sentence: message!(
            "A starting point, as most {songs} get it: {words}. It is a matter of taste and repairs nothing.",
            songs = usual.songs,
            words = Message::list(&words)
        ),
    };
    verdicts.propose(change, text);
}

/// The value of a choice in the settings.
fn choice(id: ParameterId, settings: &flow_dsp::ChainSettings) -> Option<(ParameterId, Value)> {
    let Kind::Choice(choice) = id.kind() else {
        return None;
    };
    let position = choice.get(settings)?;
    Some((id, Value::Choice(position, choice.names.get(position)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::AnalysisWindow;

    fn dynamic_song() -> Summary {
        let mut summary = AnalysisWindow::new(1).summary();
        summary.plr_db = 15.0;
        summary.loud_rms_db = -18.0;
        summary.anchors_db = [-4.0, -3.0, -10.0, -20.0];
        summary.anchor_side_db = [-14.0; 4];
        summary
    }

    fn changes(style_target: StyleTarget, verdicts: &mut Verdicts) -> Vec<String> {
        let mut context = Context::default();
        context.settings.style_target = style_target;
        let before = verdicts.proposals.len();
        propose(&dynamic_song(), &context, style_target, verdicts);
        let new = verdicts.proposals[before..].iter();
        let changes = new.flat_map(|proposal| proposal.changes());
        changes
            .map(|change| format!("{} {}", change.id, change.to))
            .collect()
    }

    #[test]
    fn propose_for_rock_gives_its_usual_chain_as_taste() {
        let mut verdicts = Verdicts::default();
        let found = changes(StyleTarget::Rock, &mut verdicts);
        assert_eq!(
            found,
            ["glamt 50 %", "glthr -18 dB", "wewid 105 %", "lstyl Punch"]
        );
        assert_eq!(verdicts.proposals[0].grade, Grade::Taste);
        assert_eq!(verdicts.findings, []);
    }

    #[test]
    fn propose_beside_proposal_for_glue_leaves_it_alone() {
        let mut verdicts = Verdicts::default();
        let glue = [0.0, 40.0].map(Value::Percent);
        let text = Text {
            short: Message::default(),
            sentence: Message::default(),
        };
        verdicts.propose(Change::new(ParameterId::GlueAmount, glue, 1.0), text);
        let found = changes(StyleTarget::Rock, &mut verdicts);
        assert_eq!(found, ["wewid 105 %", "lstyl Punch"]);
    }
}
