//! The renders of a program: at different gains, with and without proposals.

use super::parameter_gains::{self, decibels, number_range};
use super::result::MasteredProgram;
use crate::master::advice::Advice;
use crate::master::level::level_profile::LevelProfileMeter;
use crate::master::level::limiter_model::{LimiterInput, LimiterModel};
use crate::master::level::{self, CeilingLevel, GainChoice, Level, RenderLevel};
use crate::master::loudness_stats::{LoudnessStats, of_delivery};
use crate::master::program::Program;
use crate::master::progress::SongProgress;
use crate::master::proposals::ProposalSet;
use crate::master::proposals::source::ProposalSource;
use crate::master::target::MasteringTarget;
use crate::master::verification::{self, RenderGains, VerificationError};
use crate::plugin_session::{PluginSession, SongRender};
use crate::setting::Setting;
use anyhow::Result;
use flow_dsp::{ChainSettings, LimiterSettings, LimiterStyle};
use flow_params::ParameterId;
use flow_params::number::number;
use std::sync::Arc;

/// The limiter's style changes to Loud only if that adds more than this.
const STYLE_CHANGE_LU: f64 = 0.1;
/// The room below full scale in which the chain is measured.
const HEADROOM_DB: f64 = 18.0;
/// The loudness that proposals may cost a song whose gain is determined by the ceiling, LU.
const MAX_CEILING_COST_LU: f64 = 1.0;
/// The parameters that renders change to find the level.
const LEVEL_PARAMETERS: [ParameterId; 3] = [
    ParameterId::LoudnessGain,
    ParameterId::Trim,
    ParameterId::LimiterStyle,
];

/// A render that passed the verification.
pub(super) struct VerifiedRender {
    result: SongRender,
    level: Level,
    clean_style_lufs: Option<f64>,
    after: Vec<LoudnessStats>,
}

impl VerifiedRender {
    /// The loudness that is lost against `untouched` because peaks rise and the gain goes down, LU. A change of balance that
    /// makes a song quieter costs nothing.
    fn cost_lu(&self, untouched: CeilingLevel) -> f64 {
        self.level.ceiling().map_or(0.0, |level| {
            (untouched.lufs - level.lufs).min(untouched.gain_db - level.gain_db)
        })
    }

    pub(super) fn into_mastered<'a>(
        self,
        renders: &mut Renders<'a, '_>,
        advice: Advice,
    ) -> Result<MasteredProgram<'a>> {
        let (program, plugin) = (renders.program, &mut *renders.plugin);
        let readings = plugin.readings();
        Ok(MasteredProgram {
            program,
            after: self.after,
            output: self.result.audio,
            activities: self.result.activities,
            level: self.level,
            ceiling_dbtp: plugin.number(ParameterId::Ceiling)?,
            gain_db: plugin.number(ParameterId::LoudnessGain)?,
            trim_db: plugin.number(ParameterId::Trim)?,
            full_scale_trim_db: renders.full_scale_trim_db,
            clean_style_lufs: self.clean_style_lufs,
            renders: renders.count,
            latency_samples: self.result.latency_samples,
            process_seconds: self.result.process_seconds,
            readings: readings.map(|readings| of_delivery(readings, program.audio.channel_count())),
            settings: plugin.settings(),
            advice,
        })
    }
}

/// The renders of a program at different gains and settings.
pub(super) struct Renders<'a, 'r> {
    pub(super) program: &'a Program,
    target: &'r MasteringTarget,
    pub(super) plugin: &'r mut PluginSession,
    progress: &'r SongProgress<'r>,
    full_scale_trim_db: f64,
    /// The values of [`LEVEL_PARAMETERS`] before any render.
    start: Vec<Setting>,
    may_trim: bool,
    is_bypassed: bool,
    /// The number of times that the plug-in rendered the program.
    count: u32,
    /// The last render, unless the settings have changed since.
    last: Option<SongRender>,
    /// The last measured signal before the limiter, and the settings of the chain up to there.
    limiter_input: Option<(ChainSettings, LimiterInput)>,
}

impl<'a, 'r> Renders<'a, 'r> {
    /// Applies the target's settings to a new instance.
    pub(super) fn new(
        program: &'a Program,
        target: &'r MasteringTarget,
        plugin: &'r mut PluginSession,
        progress: &'r SongProgress<'r>,
    ) -> Result<Self> {
        target.apply(plugin)?;
        let is_bypassed = plugin.is_on(ParameterId::Bypass)?;
        let may_trim = !target.has_setting(ParameterId::Trim) && !is_bypassed;
        let mut full_scale_trim_db = 0.0;
        if may_trim {
            full_scale_trim_db = parameter_gains::full_scale_trim_db(program.peak_dbfs())?;
        }
        if full_scale_trim_db < 0.0 {
            plugin.set(&decibels(ParameterId::Trim, full_scale_trim_db))?;
        }
        let mut start = Vec::new();
        for id in LEVEL_PARAMETERS {
            start.push(Setting::new(id, &plugin.text(id)?));
        }
        Ok(Self {
            program,
            target,
            plugin,
            progress,
            full_scale_trim_db,
            start,
            may_trim,
            is_bypassed,
            count: 0,
            last: None,
            limiter_input: None,
        })
    }

    /// The sources of the proposals.
    pub(super) fn source(&self) -> &'r ProposalSource {
        &self.target.proposals
    }

    /// The level without the proposals, if only the ceiling determines the gain. None if there are no proposals.
    pub(super) fn level_without(
        &mut self,
        proposals: &ProposalSet,
    ) -> Result<Option<CeilingLevel>> {
        let target = self.target.loudness().resolve(self.program.lufs);
        if proposals.is_empty() || !target.is_at_ceiling(self.program.lufs) {
            return Ok(None);
        }
        self.restart(&proposals.none())?;
        Ok(self.level()?.level.ceiling())
    }

    /// The level with these proposals, or the harm that they do.
    pub(super) fn level_with(
        &mut self,
        proposals: &ProposalSet,
        untouched: Option<CeilingLevel>,
    ) -> Result<Result<VerifiedRender, String>> {
        self.restart(proposals)?;
        let render = match self.level() {
            Err(e) if e.is::<VerificationError>() => return Ok(Err(format!("with that {e:#}"))),
            render => render?,
        };
        let cost_lu = untouched.map_or(0.0, |level| render.cost_lu(level));
        Ok(if cost_lu <= MAX_CEILING_COST_LU {
            Ok(render)
        } else {
            Err(format!(
                "its peaks would rise, so that it would be {} LU quieter below the ceiling",
                number(cost_lu, 1)
            ))
        })
    }

    /// Sets the level's parameters to their start, and those of the proposals.
    pub(super) fn restart(&mut self, proposals: &ProposalSet) -> Result<()> {
        for setting in &self.start {
            self.plugin.set(setting)?;
        }
        proposals.apply(self.plugin)
    }

    /// Finds the gain for the present settings, renders with it, and checks the result.
    pub(super) fn level(&mut self) -> Result<VerifiedRender> {
        let (program, target) = (self.program, self.target);
        let loudness_target = target.loudness().resolve(program.lufs);
        self.last = None;
        // In bypass the gain has no effect.
        let may_search = !target.has_setting(ParameterId::LoudnessGain) && !self.is_bypassed;
        let mut level = if self.is_bypassed {
            Level::Bypass(loudness_target.lufs)
        } else {
            Level::Manual(loudness_target.lufs)
        };
        let mut clean_style_lufs = None;
        if may_search {
            let wanted_lufs = loudness_target.lufs.unwrap_or(program.lufs);
            let trim_db = self.plugin.number(ParameterId::Trim)?;
            let choice = GainChoice {
                target: loudness_target,
                input_lufs: program.lufs,
                first_db: wanted_lufs - program.lufs - trim_db,
                range_db: self.range_db()?,
                makeup_db: -self.full_scale_trim_db,
                may_skip_renders: !target.has_setting(ParameterId::LimiterStyle),
            };
            let decide = |renders: &mut Self, choice: &GainChoice| {
                let model = match loudness_target.is_at_ceiling(program.lufs) {
                    true => None,
                    false => Some(renders.limiter_model()?),
                };
                let predict = |gain_db| model.as_ref().map_or(gain_db, |m| m.lufs(gain_db));
                level::decide(choice, predict, |gain_db| renders.render(gain_db))
            };
            level = decide(self, &choice)?;
            // Clean reaches its loudness limit before Loud does.
            if let Level::Target(_, found) = level
                && level.is_at_ceiling_limit()
                && !target.has_setting(ParameterId::LimiterStyle)
            {
                self.plugin.set(&style_setting(LimiterStyle::Loud))?;
                let with_loud = GainChoice {
                    first_db: found.gain_db,
                    may_skip_renders: false,
                    ..choice
                };
                let loud = decide(self, &with_loud)?;
                let is_louder_than = |clean_lufs: f64| matches!(loud, Level::Target(_, found) if found.lufs > clean_lufs + STYLE_CHANGE_LU);
                let mut clean_lufs = found.lufs;
                if !is_louder_than(clean_lufs) {
                    // That may be a prediction, which is less exact the harder the limiter works.
                    self.plugin.set(&style_setting(LimiterStyle::Clean))?;
                    clean_lufs = self.render(found.gain_db)?.lufs;
                    if is_louder_than(clean_lufs) {
                        self.plugin.set(&style_setting(LimiterStyle::Loud))?;
                        self.last = None;
                    }
                }
                if is_louder_than(clean_lufs) {
                    clean_style_lufs = Some(clean_lufs);
                    level = loud;
                }
            }
        }
        let result = self.finish(&level)?;
        self.progress.phase("verifying");
        let after = program.stats_of(&result.audio)?;
        let gain_db = if self.is_bypassed {
            0.0
        } else {
            self.plugin.number(ParameterId::LoudnessGain)?
                + self.plugin.number(ParameterId::Trim)?
        };
        let limiter_db = self.limiter_gain_db().unwrap_or(f64::NEG_INFINITY);
        let gains = RenderGains {
            gain_db,
            limiter_db,
        };
        verification::verify(program, &result.audio, &after, gains)?;
        Ok(VerifiedRender {
            result,
            level,
            clean_style_lufs,
            after,
        })
    }

    /// The limiter with its present settings, behind the chain with the others.
    fn limiter_model(&mut self) -> Result<LimiterModel> {
        // An earlier gain beyond the range may be a part of trim.
        self.set_gain(0.0)?;
        let settings = self.plugin.chain_settings()?;
        let tracks = self.program.tracks.iter().map(|track| track.frames.clone());
        Ok(LimiterModel::new(
            self.limiter_input(&settings)?,
            settings.limiter,
            tracks,
        ))
    }

    /// The signal before the limiter. A chain at rest passes its input; any other is rendered once, at a level at which the
    /// limiter has nothing to do.
    fn limiter_input(&mut self, settings: &ChainSettings) -> Result<LimiterInput> {
        let settings = before_limiter(settings);
        let at_rest = ChainSettings {
            trim_db: settings.trim_db,
            ..ChainSettings::default()
        };
        if settings == at_rest {
            return Ok(LimiterInput {
                profile: self.program.level_profile()?,
                gain_db: -f64::from(settings.trim_db),
            });
        }
        if let Some((measured, input)) = &self.limiter_input
            && *measured == settings
        {
            return Ok(input.clone());
        }
        self.progress.phase("measuring the chain");
        let [lowest_db, _] = number_range(ParameterId::LoudnessGain)?;
        let gain_db = (-self.program.peak_dbfs().min(0.0) - HEADROOM_DB).clamp(lowest_db, 0.0);
        self.set_gain(gain_db)?;
        let settings = before_limiter(&self.plugin.chain_settings()?);
        let (program, progress) = (self.program, self.progress);
        let audio = &program.audio;
        let mut meter = LevelProfileMeter::new(audio.sample_rate_hz, audio.frames());
        self.last = None;
        self.count += 1;
        let progress = |done, all| progress.done(done, all);
        self.plugin.render_blocks(audio, &progress, |block| {
            meter.push(block.channels);
            Ok(())
        })?;
        let input = LimiterInput {
            profile: Arc::new(meter.finish()),
            gain_db,
        };
        self.limiter_input = Some((settings, input.clone()));
        Ok(input)
    }

    /// The limiter's strongest gain reduction in the last render, 0 or less.
    fn limiter_gain_db(&self) -> Option<f64> {
        let readings = self.plugin.readings()?;
        Some(f64::from(readings.limiter_gain_min_db))
    }

    /// The lowest and the highest gain before the limiter: loudness gain and, if it may be used, the rest of trim.
    fn range_db(&self) -> Result<[f64; 2]> {
        let gain = number_range(ParameterId::LoudnessGain)?;
        if !self.may_trim {
            return Ok(gain);
        }
        let trim = number_range(ParameterId::Trim)?;
        Ok([0, 1].map(|end| gain[end] + trim[end] - self.full_scale_trim_db))
    }

    /// Renders at a gain in dB.
    fn render(&mut self, gain_db: f64) -> Result<RenderLevel> {
        self.progress.phase(format!(
            "finding the gain: render {}, {gain_db:+.2} dB",
            self.count + 1
        ));
        self.set_gain(gain_db)?;
        let rendered = self.render_now()?;
        let readings = self.plugin.readings();
        let program = self.program;
        let lufs = match (&program.tracks[..], readings) {
            // The plug-in's own meter costs no extra pass. An independent meter verifies the result.
            ([_], Some(readings)) => {
                let readings = of_delivery(readings, program.audio.channel_count());
                f64::from(readings.output.integrated_lufs)
            }
            _ => program.loudest_lufs(&rendered.audio)?,
        };
        self.last = Some(rendered);
        let ceiling_dbtp = self.plugin.number(ParameterId::Ceiling)?;
        let dbtp = readings.map(|readings| f64::from(readings.output.true_peak_dbtp));
        Ok(RenderLevel {
            lufs,
            headroom_db: dbtp.map_or(0.0, |dbtp| (ceiling_dbtp - dbtp).max(0.0)),
            limiter_gain_db: self.limiter_gain_db().unwrap_or(f64::NAN),
        })
    }

    /// The render of the decided level.
    fn finish(&mut self, level: &Level) -> Result<SongRender> {
        if let Some((gain_db, last_gain_db)) = level.gains_db() {
            // The best render isn't always the last.
            if last_gain_db.to_bits() != gain_db.to_bits() {
                self.last = None;
            }
            if self.last.is_none() {
                self.set_gain(gain_db)?;
            }
        }
        if let Some(rendered) = self.last.take() {
            return Ok(rendered);
        }
        self.progress.phase("mastering");
        self.render_now()
    }

    /// Sets the gain before the limiter: the loudness gain within its range, and trim for the rest.
    fn set_gain(&mut self, gain_db: f64) -> Result<()> {
        let [least, most] = number_range(ParameterId::LoudnessGain)?;
        let loudness_gain_db = gain_db.clamp(least, most);
        self.plugin
            .set(&decibels(ParameterId::LoudnessGain, loudness_gain_db))?;
        let trim_db = self.full_scale_trim_db + gain_db - loudness_gain_db;
        if self.may_trim && self.plugin.number(ParameterId::Trim)? != trim_db {
            self.plugin.set(&decibels(ParameterId::Trim, trim_db))?;
        }
        Ok(())
    }

    fn render_now(&mut self) -> Result<SongRender> {
        // Its samples make room for the next ones.
        self.last = None;
        self.count += 1;
        let (program, progress) = (self.program, self.progress);
        self.plugin.render(
            &program.audio,
            &program.ends(),
            &program.store,
            &|done, all| progress.done(done, all),
        )
    }
}

/// The setting of this limiter style, with its name in the registry.
fn style_setting(style: LimiterStyle) -> Setting {
    let defaults = ChainSettings::default();
    let limiter = LimiterSettings {
        style,
        ..defaults.limiter
    };
    Setting::of(
        ParameterId::LimiterStyle,
        &ChainSettings {
            limiter,
            ..defaults
        },
    )
}

/// The settings of the chain up to the gain before the limiter, with the rest at its defaults.
fn before_limiter(settings: &ChainSettings) -> ChainSettings {
    let defaults = ChainSettings::default();
    ChainSettings {
        loudness_gain_db: defaults.loudness_gain_db,
        limiter: defaults.limiter,
        dither: defaults.dither,
        ..*settings
    }
}
