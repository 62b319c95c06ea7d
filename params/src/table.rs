//! The table of all parameters, one row each.
//!
//! An id is in every saved project and automation lane: it never changes, and it never names something else. The order is
//! that of the hosts' lists, so new rows stand at the end. The lists of choices grow at their ends too.
//!
//! A row names the range of its setting, which `flow_dsp` declares beside the field and its default.

use flow_dsp::{
    BandSettings, BellChannels, BellSettings, ChainSettings, Character, CompressorSettings,
    CurveSettings, DELIVERIES, DitherDepth, DynamicsSettings, FloorSettings, GlueRatio,
    GlueSettings, LatticeSettings, LimiterSettings, LimiterStyle, LowCutSettings, MatchSettings,
    MidSideSettings, MultibandSettings, SettingRange, StyleTarget, Translation, WeaveSettings,
};

use crate::kind::{Access, Choice, ChoiceTarget, Kind, Number, Switch, Taper, Unit};
use crate::pillar::Pillar;

/// One row of the table.
struct Parameter {
    id: &'static str,
    name: &'static str,
    label: &'static str,
    place: Place,
    kind: Kind,
    tooltip: &'static str,
}

/// The group that hosts show a parameter in, with slashes between nested groups, and its pillar.
#[derive(Clone, Copy)]
struct Place(&'static str, Pillar);

const HOST: Place = Place("", Pillar::MasterChain);
const INPUT: Place = Place("Input", Pillar::MasterChain);
/// Keeps its first group, because hosts store it.
const LOW_CUT: Place = Place("Input", Pillar::VelvetFloor);
const LIMITER: Place = Place("Limiter", Pillar::MasterChain);
const OUTPUT: Place = Place("Output", Pillar::MasterChain);
const FLOOR: Place = Place("Velvet Floor", Pillar::VelvetFloor);
const LATTICE: Place = Place("Harmonic Lattice", Pillar::HarmonicLattice);
const WEAVE: Place = Place("Phase Weave", Pillar::PhaseWeave);
const CURVE: Place = Place("Velvet Curve", Pillar::VelvetCurve);
const MATCH: Place = Place("Match", Pillar::VelvetCurve);
const BELLS: Place = Place("Bells", Pillar::VelvetCurve);
const MASTER: Place = Place("Master Chain", Pillar::MasterChain);
const MID_SIDE: Place = Place("Master Chain/Mid and side", Pillar::MasterChain);
const MID: Place = Place("Master Chain/Mid and side/Mid", Pillar::MasterChain);
const SIDE: Place = Place("Master Chain/Mid and side/Side", Pillar::MasterChain);
const MULTIBAND: Place = Place("Master Chain/Multiband", Pillar::MasterChain);
const LOW_BAND: Place = Place("Master Chain/Multiband/Low band", Pillar::MasterChain);
const MID_BAND: Place = Place("Master Chain/Multiband/Mid band", Pillar::MasterChain);
const HIGH_BAND: Place = Place("Master Chain/Multiband/High band", Pillar::MasterChain);
const GLUE: Place = Place("Master Chain/Glue", Pillar::MasterChain);

const THRESHOLD: &str = "Level above which the gain reduction starts";
const RATIO: &str = "Decibels above the threshold for 1 dB of output: a higher ratio reduces more";
const KNEE: &str = "Range around the threshold in which the gain reduction sets in: wide is gentle";
const ATTACK: &str = "Time until the gain reduction acts: slow lets transients through";
const RELEASE: &str = "Time until the gain recovers";
const MIX: &str = "Share of the compressed signal: less keeps more of the transients";
const BAND_GAIN: &str = "Level of this band after its compressor";
const SOLO: &str = "Plays this band alone, or together with other solo bands";
const MATCH_BAND: &str = "Gain at this frequency with Match at 100 %";
const BELL_GAIN: &str =
    "Gain at one place of the spectrum: cut mud, a honk or a resonance, or lift a hidden voice";
const BELL_FREQUENCY: &str =
    "Center of the bell: mud lies near 300 Hz, a honk near 1 kHz, harshness near 3 kHz";
const BELL_Q: &str = "Narrowness of the bell: 0.5 shapes the tone, 1 to 2 take mud or a honk, 4 and more a resonance";
const BELL_CHANNELS: &str = "Place of the bell: everywhere, the middle with voice, kick and bass, or the sides with width and room";

/// Access to one field of the settings.
macro_rules! field {
    ($($path:tt)+) => {
        Access { get: |s| s.$($path)+, set: |s, value| s.$($path)+ = value }
    };
}

/// A choice of named values of one field.
macro_rules! choice {
    ($($field:ident $([$index:literal])?).+, $($name:literal = $value:path),+) => {
        Kind::Choice(Choice {
            names: &[$($name),+],
            target: ChoiceTarget::Settings(Access {
                get: |s| {
                    // Fails to compile if a value has no name.
                    match s.$($field $([$index])?).+ { $($value)|+ => {} }
                    let position = [$($value),+].iter().position(|value| *value == s.$($field $([$index])?).+);
                    position.expect("each value has a name")
                },
                set: |s, position| {
                    // `Choice::set` refuses positions beyond the list.
                    s.$($field $([$index])?).+ = [$($value),+][position];
                },
            }),
        })
    };
}

/// Makes [`ParameterId`] and the table from the rows: variant, id, name, place, kind, tooltip. A name may have a label,
/// which stands for it where the window shows the heading of its group.
macro_rules! parameters {
    ($($variant:ident, $id:literal, $name:literal $(as $label:literal)?, $place:expr, $kind:expr, $tooltip:expr;)+) => {
        /// A parameter, in the order of the hosts' lists.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum ParameterId {
            $(#[doc = concat!($name, " (`", $id, "`).")] $variant,)+
        }

        impl ParameterId {
            /// All parameters in the order of the hosts' lists.
            pub const ALL: [Self; ROWS.len()] = [$(Self::$variant),+];
        }

        static ROWS: [Parameter; [$($id),+].len()] = [
            $(Parameter {
                id: $id,
                name: $name,
                label: last(&[$name $(, $label)?]),
                place: $place,
                kind: $kind,
                tooltip: $tooltip,
            }),+
        ];
    };
}

parameters! {
    Trim, "trim", "Trim", INPUT, decibels(ChainSettings::TRIM_DB, field!(trim_db)),
        "Level into the chain, before all processing";
    LowCut, "lcut", "Low cut", LOW_CUT, switch(field!(floor.low_cut.on)),
        "Removes rumble below the music and frees headroom";
    LowCutFrequency, "lcutf", "Low cut frequency" as "Frequency", LOW_CUT, linear_hertz(LowCutSettings::FREQUENCY_HZ, field!(floor.low_cut.frequency_hz)),
        "Corner of the low cut, where it attenuates by 3 dB";
    LoudnessGain, "gain", "Loudness gain" as "Gain", LIMITER, decibels(ChainSettings::LOUDNESS_GAIN_DB, field!(loudness_gain_db)),
        "Level into the limiter: the loudness of the master";
    Ceiling, "ceil", "Ceiling", LIMITER, true_peak(LimiterSettings::CEILING_DB, field!(limiter.ceiling_db)),
        "Highest true peak of the output";
    Release, "rel", "Release", LIMITER, milliseconds(LimiterSettings::RELEASE_MS, field!(limiter.release_ms)),
        "Time in which the limiter recovers after dense music; single peaks take a part of it";
    StereoLink, "link", "Stereo link" as "Link", LIMITER, whole_percent(LimiterSettings::STEREO_LINK, field!(limiter.stereo_link)),
        "At 100 % both channels get one gain and the image stays; at 0 % each is limited alone";
    LimiterStyle, "lstyl", "Limiter style" as "Limiter", LIMITER, choice!(limiter.style,
        "Clean" = LimiterStyle::Clean, "Punch" = LimiterStyle::Punch, "Loud" = LimiterStyle::Loud),
        "Clean is the least audible, Punch keeps transients, Loud is the densest";
    Dither, "dith", "Dither", OUTPUT, choice!(dither.depth,
        "Off" = DitherDepth::Off, "16 bit" = DitherDepth::Bits16, "20 bit" = DitherDepth::Bits20, "24 bit" = DitherDepth::Bits24),
        "Rounds to the word length of the file without distortion; off for 32-bit float";
    NoiseShaping, "dshap", "Noise shaping" as "Shaping", OUTPUT, switch(field!(dither.noise_shaping)),
        "Moves the rounding noise to frequencies where the ear is least sensitive";
    Delivery, "deliv", "Delivery", HOST, DELIVERY,
        "Loudness target of the meters and proposals; it changes no sound";
    Bypass, "byp", "Bypass", HOST, switch(field!(bypass)), "Plays the input, delayed by the latency and otherwise untouched";
    VelvetFloor, "flr", "Velvet Floor", FLOOR, switch(field!(floor.on)),
        "Weight and warmth of the low end, with the low cut";
    Depth, "fldep", "Depth", FLOOR, percent(FloorSettings::DEPTH, field!(floor.depth)),
        "Boosts the low band that Translation chooses: more weight";
    Warmth, "flwrm", "Warmth", FLOOR, percent(FloorSettings::WARMTH, field!(floor.warmth)),
        "Raises the overtones of the bass, which small speakers can play";
    Translation, "fltrn", "Translation", FLOOR, choice!(floor.translation,
        "Subtle" = Translation::Subtle, "Deep" = Translation::Deep, "Resonant" = Translation::Resonant),
        "Bass on small speakers: Subtle boosts existing overtones, Deep and Resonant add new ones";
    HarmonicLattice, "lat", "Harmonic Lattice", LATTICE, switch(field!(lattice.on)),
        "Harmonics and tone of the upper mids and the treble";
    Presence, "lapre", "Presence", LATTICE, decibels(LatticeSettings::PRESENCE_DB, field!(lattice.presence_db)),
        "Gain between 1 and 3 kHz: voices come closer or step back";
    Sheen, "lashn", "Sheen", LATTICE, decibels(LatticeSettings::SHEEN_DB, field!(lattice.sheen_db)),
        "Gain above 7 kHz: brighter or darker";
    Character, "lachr", "Character", LATTICE, choice!(lattice.character,
        "Neutral" = Character::Neutral, "Warm" = Character::Warm, "Bright" = Character::Bright, "Vintage" = Character::Vintage),
        "Harmonics that Drive adds: odd, mostly even, of the treble, or both at low levels";
    LatticeDrive, "ladrv", "Lattice drive" as "Drive", LATTICE, percent(LatticeSettings::DRIVE, field!(lattice.drive)),
        "Level of the added harmonics";
    PhaseWeave, "wev", "Phase Weave", WEAVE, switch(field!(weave.on)), "Stereo width and mono compatibility";
    Width, "wewid", "Width", WEAVE, percent(WeaveSettings::WIDTH, field!(weave.width)),
        "Level of the side signal: 0 % is mono, 100 % leaves the image unchanged";
    MonoBelow, "wemon", "Mono below", WEAVE, switch(field!(weave.mono_below)),
        "Folds the low end to mono, so that bass is steady on every system";
    MonoBelowFrequency, "wemof", "Mono below frequency" as "Frequency", WEAVE, hertz(WeaveSettings::MONO_BELOW_HZ, field!(weave.mono_below_hz)),
        "Crossover below which the signal is mono, 12 dB per octave";
    MonoSafety, "wesaf", "Mono safety" as "Amount", WEAVE, percent(WeaveSettings::MONO_SAFETY, field!(weave.mono_safety)),
        "Limits the loss of level when left and right are summed to mono";
    MonoSafetyMaximumLoss, "wesml", "Mono safety maximum loss" as "Max. loss", WEAVE, decibels(WeaveSettings::MAX_LOSS_DB, field!(weave.max_loss_db)),
        "Loss of level in mono above which Mono safety acts";
    MonoSafetyDetector, "wesms", "Mono safety detector" as "Detector", WEAVE, milliseconds(WeaveSettings::DETECTOR_MS, field!(weave.detector_ms)),
        "Averaging time of that loss: short is strict";
    VelvetCurve, "crv", "Velvet Curve", CURVE, switch(field!(curve.on)),
        "Tonal balance: four broad anchors, two free bells and Comfort";
    Body, "crbod", "Body", CURVE, decibels(CurveSettings::BODY_DB, field!(curve.body_db)), "Gain below 200 Hz: weight";
    Soul, "crsou", "Soul", CURVE, decibels(CurveSettings::SOUL_DB, field!(curve.soul_db)), "Gain from 200 Hz to 2 kHz: voice and fullness";
    Silk, "crsil", "Silk", CURVE, decibels(CurveSettings::SILK_DB, field!(curve.silk_db)), "Gain from 2 to 8 kHz: clarity and edge";
    Air, "crair", "Air", CURVE, decibels(CurveSettings::AIR_DB, field!(curve.air_db)), "Gain above 8 kHz: openness";
    Comfort, "crcom", "Comfort", CURVE, percent(CurveSettings::COMFORT, field!(curve.comfort)),
        "Cuts ringing resonances and sharp S sounds by as much as they stand out";
    StyleTarget, "style", "Style target" as "Style", CURVE, choice!(style_target,
        "Neutral" = StyleTarget::Neutral, "Electronic" = StyleTarget::Electronic, "Orchestral" = StyleTarget::Orchestral,
        "Rock" = StyleTarget::Rock, "Ambient" = StyleTarget::Ambient, "Reference" = StyleTarget::Reference),
        "Music that the tonal balance is compared with";
    Dynamics, "mst", "Dynamics", MASTER, switch(field!(dynamics.on)),
        "Mid/side, multiband and glue compression, and drive; gain and limiter stay on";
    MidSideAmount, "msamt", "Mid/side amount" as "Amount", MID_SIDE, percent(MidSideSettings::AMOUNT, field!(dynamics.mid_side.amount)),
        "Scales the gain reduction of mid and side";
    MidSideKnee, "mskne", "Mid/side knee" as "Knee", MID_SIDE, decibels(CompressorSettings::KNEE_DB, MID_SIDE_KNEE), KNEE;
    MidThreshold, "mmthr", "Mid threshold" as "Threshold", MID, decibels(CompressorSettings::THRESHOLD_DB, field!(dynamics.mid_side.mid.threshold_db)), THRESHOLD;
    MidRatio, "mmrat", "Mid ratio" as "Ratio", MID, ratio(CompressorSettings::RATIO, field!(dynamics.mid_side.mid.ratio)), RATIO;
    MidAttack, "mmatt", "Mid attack" as "Attack", MID, milliseconds(CompressorSettings::ATTACK_MS, field!(dynamics.mid_side.mid.attack_ms)), ATTACK;
    MidRelease, "mmrel", "Mid release" as "Release", MID, milliseconds(CompressorSettings::RELEASE_MS, field!(dynamics.mid_side.mid.release_ms)), RELEASE;
    MidMix, "mmmix", "Mid mix" as "Mix", MID, percent(MidSideSettings::MID_MIX, field!(dynamics.mid_side.mid_mix)), MIX;
    SideThreshold, "msthr", "Side threshold" as "Threshold", SIDE, decibels(CompressorSettings::THRESHOLD_DB, field!(dynamics.mid_side.side.threshold_db)), THRESHOLD;
    SideRatio, "msrat", "Side ratio" as "Ratio", SIDE, ratio(CompressorSettings::RATIO, field!(dynamics.mid_side.side.ratio)), RATIO;
    SideAttack, "msatt", "Side attack" as "Attack", SIDE, milliseconds(CompressorSettings::ATTACK_MS, field!(dynamics.mid_side.side.attack_ms)), ATTACK;
    SideRelease, "msrel", "Side release" as "Release", SIDE, milliseconds(CompressorSettings::RELEASE_MS, field!(dynamics.mid_side.side.release_ms)), RELEASE;
    SideMix, "msmix", "Side mix" as "Mix", SIDE, percent(MidSideSettings::SIDE_MIX, field!(dynamics.mid_side.side_mix)), MIX;
    MultibandAmount, "mbamt", "Multiband amount" as "Amount", MULTIBAND, percent(MultibandSettings::AMOUNT, field!(dynamics.multiband.amount)),
        "Scales the gain reduction and the gains of the bands";
    MultibandKnee, "mbkne", "Multiband knee" as "Knee", MULTIBAND, decibels(CompressorSettings::KNEE_DB, MULTIBAND_KNEE), KNEE;
    LowCrossover, "mbxlo", "Low crossover" as "Low split", MULTIBAND, hertz(MultibandSettings::LOW_CROSSOVER_HZ, field!(dynamics.multiband.low_crossover_hz)),
        "Crossover of low and mid band";
    HighCrossover, "mbxhi", "High crossover" as "High split", MULTIBAND, hertz(MultibandSettings::HIGH_CROSSOVER_HZ, field!(dynamics.multiband.high_crossover_hz)),
        "Crossover of mid and high band";
    LowBandThreshold, "mbltr", "Low band threshold" as "Threshold", LOW_BAND, decibels(CompressorSettings::THRESHOLD_DB, field!(dynamics.multiband.bands[0].compressor.threshold_db)),
        THRESHOLD;
    LowBandRatio, "mblra", "Low band ratio" as "Ratio", LOW_BAND, ratio(CompressorSettings::RATIO, field!(dynamics.multiband.bands[0].compressor.ratio)),
        RATIO;
    LowBandAttack, "mblat", "Low band attack" as "Attack", LOW_BAND, milliseconds(CompressorSettings::ATTACK_MS, field!(dynamics.multiband.bands[0].compressor.attack_ms)),
        ATTACK;
    LowBandRelease, "mblre", "Low band release" as "Release", LOW_BAND, milliseconds(CompressorSettings::RELEASE_MS, field!(dynamics.multiband.bands[0].compressor.release_ms)),
        RELEASE;
    LowBandGain, "mblga", "Low band gain" as "Gain", LOW_BAND, decibels(BandSettings::GAIN_DB, field!(dynamics.multiband.bands[0].gain_db)),
        BAND_GAIN;
    LowBandSolo, "mblso", "Low band solo" as "Solo", LOW_BAND, switch(field!(dynamics.multiband.bands[0].solo)), SOLO;
    MidBandThreshold, "mbmtr", "Mid band threshold" as "Threshold", MID_BAND, decibels(CompressorSettings::THRESHOLD_DB, field!(dynamics.multiband.bands[1].compressor.threshold_db)),
        THRESHOLD;
    MidBandRatio, "mbmra", "Mid band ratio" as "Ratio", MID_BAND, ratio(CompressorSettings::RATIO, field!(dynamics.multiband.bands[1].compressor.ratio)),
        RATIO;
    MidBandAttack, "mbmat", "Mid band attack" as "Attack", MID_BAND, milliseconds(CompressorSettings::ATTACK_MS, field!(dynamics.multiband.bands[1].compressor.attack_ms)),
        ATTACK;
    MidBandRelease, "mbmre", "Mid band release" as "Release", MID_BAND, milliseconds(CompressorSettings::RELEASE_MS, field!(dynamics.multiband.bands[1].compressor.release_ms)),
        RELEASE;
    MidBandGain, "mbmga", "Mid band gain" as "Gain", MID_BAND, decibels(BandSettings::GAIN_DB, field!(dynamics.multiband.bands[1].gain_db)),
        BAND_GAIN;
    MidBandSolo, "mbmso", "Mid band solo" as "Solo", MID_BAND, switch(field!(dynamics.multiband.bands[1].solo)), SOLO;
    HighBandThreshold, "mbhtr", "High band threshold" as "Threshold", HIGH_BAND, decibels(CompressorSettings::THRESHOLD_DB, field!(dynamics.multiband.bands[2].compressor.threshold_db)),
        THRESHOLD;
    HighBandRatio, "mbhra", "High band ratio" as "Ratio", HIGH_BAND, ratio(CompressorSettings::RATIO, field!(dynamics.multiband.bands[2].compressor.ratio)),
        RATIO;
    HighBandAttack, "mbhat", "High band attack" as "Attack", HIGH_BAND, milliseconds(CompressorSettings::ATTACK_MS, field!(dynamics.multiband.bands[2].compressor.attack_ms)),
        ATTACK;
    HighBandRelease, "mbhre", "High band release" as "Release", HIGH_BAND, milliseconds(CompressorSettings::RELEASE_MS, field!(dynamics.multiband.bands[2].compressor.release_ms)),
        RELEASE;
    HighBandGain, "mbhga", "High band gain" as "Gain", HIGH_BAND, decibels(BandSettings::GAIN_DB, field!(dynamics.multiband.bands[2].gain_db)),
        BAND_GAIN;
    HighBandSolo, "mbhso", "High band solo" as "Solo", HIGH_BAND, switch(field!(dynamics.multiband.bands[2].solo)), SOLO;
    GlueAmount, "glamt", "Glue amount" as "Amount", GLUE, percent(GlueSettings::AMOUNT, field!(dynamics.glue.amount)),
        "Scales the gain reduction of the glue compressor";
    GlueThreshold, "glthr", "Glue threshold" as "Threshold", GLUE, decibels(GlueSettings::THRESHOLD_DB, field!(dynamics.glue.threshold_db)), THRESHOLD;
    GlueRatio, "glrat", "Glue ratio" as "Ratio", GLUE, choice!(dynamics.glue.ratio,
        "1.5:1" = GlueRatio::Gentle, "2:1" = GlueRatio::Medium, "4:1" = GlueRatio::Firm),
        RATIO;
    GlueKnee, "glkne", "Glue knee" as "Knee", GLUE, decibels(GlueSettings::KNEE_DB, field!(dynamics.glue.knee_db)), KNEE;
    GlueAttack, "glatt", "Glue attack" as "Attack", GLUE, milliseconds(GlueSettings::ATTACK_MS, field!(dynamics.glue.attack_ms)), ATTACK;
    GlueRelease, "glrel", "Glue release" as "Release", GLUE, milliseconds(GlueSettings::RELEASE_MS, field!(dynamics.glue.release_ms)), RELEASE;
    GlueAutoRelease, "glaut", "Glue auto release" as "Auto", GLUE, switch(field!(dynamics.glue.auto_release)),
        "Recovers fast after a peak and slowly after dense music";
    GlueSideChainHighPass, "glhpf", "Glue side-chain high-pass" as "SC filter", GLUE, hertz(GlueSettings::SIDE_CHAIN_HIGH_PASS_HZ, field!(dynamics.glue.side_chain_high_pass_hz)),
        "High-pass of the detector: bass below it triggers no gain reduction";
    GlueMix, "glmix", "Glue mix" as "Mix", GLUE, percent(GlueSettings::MIX, field!(dynamics.glue.mix)), MIX;
    Drive, "drive", "Drive", MASTER, percent(DynamicsSettings::DRIVE, field!(dynamics.drive)),
        "Soft saturation before the limiter: denser, with fewer peaks";
    MatchAmount, "mtamt", "Match" as "Amount", MATCH, percent(MatchSettings::AMOUNT, field!(curve.matching.amount)),
        "Scales the sixteen bands: at 100 % they reach the balance of the references";
    Match1, "mt01", "Match 40 Hz" as "40 Hz", MATCH, decibels(MatchSettings::BAND_DB, field!(curve.matching.bands_db[0])), MATCH_BAND;
    Match2, "mt02", "Match 60 Hz" as "60 Hz", MATCH, decibels(MatchSettings::BAND_DB, field!(curve.matching.bands_db[1])), MATCH_BAND;
    Match3, "mt03", "Match 90 Hz" as "90 Hz", MATCH, decibels(MatchSettings::BAND_DB, field!(curve.matching.bands_db[2])), MATCH_BAND;
    Match4, "mt04", "Match 130 Hz" as "130 Hz", MATCH, decibels(MatchSettings::BAND_DB, field!(curve.matching.bands_db[3])), MATCH_BAND;
    Match5, "mt05", "Match 190 Hz" as "190 Hz", MATCH, decibels(MatchSettings::BAND_DB, field!(curve.matching.bands_db[4])), MATCH_BAND;
    Match6, "mt06", "Match 280 Hz" as "280 Hz", MATCH, decibels(MatchSettings::BAND_DB, field!(curve.matching.bands_db[5])), MATCH_BAND;
    Match7, "mt07", "Match 410 Hz" as "410 Hz", MATCH, decibels(MatchSettings::BAND_DB, field!(curve.matching.bands_db[6])), MATCH_BAND;
    Match8, "mt08", "Match 600 Hz" as "600 Hz", MATCH, decibels(MatchSettings::BAND_DB, field!(curve.matching.bands_db[7])), MATCH_BAND;
    Match9, "mt09", "Match 880 Hz" as "880 Hz", MATCH, decibels(MatchSettings::BAND_DB, field!(curve.matching.bands_db[8])), MATCH_BAND;
    Match10, "mt10", "Match 1.3 kHz" as "1.3 kHz", MATCH, decibels(MatchSettings::BAND_DB, field!(curve.matching.bands_db[9])), MATCH_BAND;
    Match11, "mt11", "Match 1.9 kHz" as "1.9 kHz", MATCH, decibels(MatchSettings::BAND_DB, field!(curve.matching.bands_db[10])), MATCH_BAND;
    Match12, "mt12", "Match 2.8 kHz" as "2.8 kHz", MATCH, decibels(MatchSettings::BAND_DB, field!(curve.matching.bands_db[11])), MATCH_BAND;
    Match13, "mt13", "Match 4.1 kHz" as "4.1 kHz", MATCH, decibels(MatchSettings::BAND_DB, field!(curve.matching.bands_db[12])), MATCH_BAND;
    Match14, "mt14", "Match 6 kHz" as "6 kHz", MATCH, decibels(MatchSettings::BAND_DB, field!(curve.matching.bands_db[13])), MATCH_BAND;
    Match15, "mt15", "Match 9 kHz" as "9 kHz", MATCH, decibels(MatchSettings::BAND_DB, field!(curve.matching.bands_db[14])), MATCH_BAND;
    Match16, "mt16", "Match 13.5 kHz" as "13.5 kHz", MATCH, decibels(MatchSettings::BAND_DB, field!(curve.matching.bands_db[15])), MATCH_BAND;
    Bell1Gain, "b1db", "Bell 1 gain" as "Gain", BELLS, decibels(BellSettings::GAIN_DB, field!(curve.bells[0].gain_db)), BELL_GAIN;
    Bell1Frequency, "b1hz", "Bell 1 frequency" as "Frequency", BELLS, hertz(BellSettings::FREQUENCY_HZ, field!(curve.bells[0].frequency_hz)), BELL_FREQUENCY;
    Bell1Q, "b1q", "Bell 1 Q" as "Q", BELLS, quality_factor(BellSettings::Q, field!(curve.bells[0].q)), BELL_Q;
    Bell1Channels, "b1ch", "Bell 1 channels" as "Channels", BELLS, choice!(curve.bells[0].channels,
        "Stereo" = BellChannels::Stereo, "Mid" = BellChannels::Mid, "Side" = BellChannels::Side),
        BELL_CHANNELS;
    Bell2Gain, "b2db", "Bell 2 gain" as "Gain", BELLS, decibels(BellSettings::GAIN_DB, field!(curve.bells[1].gain_db)), BELL_GAIN;
    Bell2Frequency, "b2hz", "Bell 2 frequency" as "Frequency", BELLS, hertz(BellSettings::FREQUENCY_HZ, field!(curve.bells[1].frequency_hz)), BELL_FREQUENCY;
    Bell2Q, "b2q", "Bell 2 Q" as "Q", BELLS, quality_factor(BellSettings::Q, field!(curve.bells[1].q)), BELL_Q;
    Bell2Channels, "b2ch", "Bell 2 channels" as "Channels", BELLS, choice!(curve.bells[1].channels,
        "Stereo" = BellChannels::Stereo, "Mid" = BellChannels::Mid, "Side" = BellChannels::Side),
        BELL_CHANNELS;
}

/// Match's bands, from low to high frequencies.
pub const MATCH_BANDS: [ParameterId; flow_dsp::MATCH_BAND_COUNT] = {
    let mut bands = [ParameterId::Match1; flow_dsp::MATCH_BAND_COUNT];
    let mut i = 0;
    while i < bands.len() {
        bands[i] = ParameterId::ALL[ParameterId::Match1 as usize + i];
        i += 1;
    }
    bands
};

/// The anchors of Velvet Curve, from low to high frequencies.
pub const ANCHORS: [ParameterId; 4] = [
    ParameterId::Body,
    ParameterId::Soul,
    ParameterId::Silk,
    ParameterId::Air,
];

impl ParameterId {
    fn row(self) -> &'static Parameter {
        &ROWS[self as usize]
    }

    /// The id in saved states, presets and the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().id
    }

    /// The name that hosts show.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The name where the window shows the heading of its group: "Amount" below "Glue".
    #[must_use]
    pub fn label(self) -> &'static str {
        self.row().label
    }

    /// The name where the window shows its pillar only: "Glue" for the amount of Glue.
    #[must_use]
    pub fn short_name(self) -> &'static str {
        match self.label() {
            "Amount" => self.name().trim_end_matches(" amount"),
            label => label,
        }
    }

    /// The group that hosts show it in, with slashes between nested groups.
    #[must_use]
    pub fn group(self) -> &'static str {
        self.row().place.0
    }

    /// The pillar that it belongs to.
    #[must_use]
    pub fn pillar(self) -> Pillar {
        self.row().place.1
    }

    /// The kind, with range, texts and the place in the settings.
    #[must_use]
    pub fn kind(self) -> &'static Kind {
        &self.row().kind
    }

    /// The effect on the sound in one sentence: the tooltip without range and default.
    #[must_use]
    pub fn effect(self) -> &'static str {
        self.row().tooltip
    }
}

const fn last(names: &[&'static str]) -> &'static str {
    names[names.len() - 1]
}

/// A number; `range` is in the unit of the settings.
const fn number(
    unit: Unit,
    range: SettingRange,
    taper: Taper,
    decimals: usize,
    access: Access<f32>,
) -> Kind {
    let [least, most] = range;
    Kind::Number(Number {
        unit,
        range: [least * unit.per_setting(), most * unit.per_setting()],
        taper,
        decimals,
        access,
    })
}

const fn decibels(range: SettingRange, access: Access<f32>) -> Kind {
    number(Unit::Decibels, range, Taper::Linear, 2, access)
}

const fn true_peak(range: SettingRange, access: Access<f32>) -> Kind {
    number(Unit::TruePeak, range, Taper::Linear, 2, access)
}

/// A tenth of a per cent is fine enough for slow automation without audible steps.
const fn percent(range: SettingRange, access: Access<f32>) -> Kind {
    number(Unit::Percent, range, Taper::Linear, 1, access)
}

/// As [`percent`], for a parameter that was released without decimals.
const fn whole_percent(range: SettingRange, access: Access<f32>) -> Kind {
    number(Unit::Percent, range, Taper::Linear, 0, access)
}

const fn milliseconds(range: SettingRange, access: Access<f32>) -> Kind {
    number(Unit::Milliseconds, range, Taper::Geometric, 1, access)
}

const fn hertz(range: SettingRange, access: Access<f32>) -> Kind {
    let decimals = if range[1] > 1000.0 { 0 } else { 1 };
    number(Unit::Hertz, range, Taper::Geometric, decimals, access)
}

/// As [`hertz`], for a parameter that was released with a linear knob.
const fn linear_hertz(range: SettingRange, access: Access<f32>) -> Kind {
    number(Unit::Hertz, range, Taper::Linear, 1, access)
}

const fn ratio(range: SettingRange, access: Access<f32>) -> Kind {
    number(Unit::Ratio, range, Taper::Geometric, 2, access)
}

const fn quality_factor(range: SettingRange, access: Access<f32>) -> Kind {
    number(Unit::QualityFactor, range, Taper::Geometric, 2, access)
}

const fn switch(access: Access<bool>) -> Kind {
    Kind::Switch(Switch(access))
}

/// One knee serves both channels.
const MID_SIDE_KNEE: Access<f32> = Access {
    get: |s| s.dynamics.mid_side.mid.knee_db,
    set: |s, db| {
        s.dynamics.mid_side.mid.knee_db = db;
        s.dynamics.mid_side.side.knee_db = db;
    },
};

/// One knee serves all bands.
const MULTIBAND_KNEE: Access<f32> = Access {
    get: |s| s.dynamics.multiband.bands[0].compressor.knee_db,
    set: |s, db| {
        for band in &mut s.dynamics.multiband.bands {
            band.compressor.knee_db = db;
        }
    },
};

/// Meters and gain proposals read the destination; it changes no setting of the chain.
const DELIVERY: Kind = Kind::Choice(Choice {
    names: &{
        let mut names = [""; DELIVERIES.len()];
        let mut i = 0;
        while i < names.len() {
            names[i] = DELIVERIES[i].name;
            i += 1;
        }
        names
    },
    target: ChoiceTarget::NoSound { default: 1 },
});
