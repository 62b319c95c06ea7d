//! The table of all parameters, one row each.
//!
//! An id is in every saved project and automation lane: it never changes, and it never names something else. The order is
//! that of the hosts' lists, so new rows stand at the end. The lists of choices grow at their ends too.

use flow_dsp::{
    Character, DELIVERIES, DitherDepth, GlueRatio, LimiterStyle, StyleTarget, Translation,
};

use crate::kind::{Access, Choice, ChoiceTarget, Kind, Number, Switch, Taper, Unit};
use crate::pillar::Pillar;

/// One row of the table.
struct Parameter {
    id: &'static str,
    name: &'static str,
    place: Place,
    kind: Kind,
    effect: &'static str,
}

/// The group that hosts show a parameter in, with slashes between nested groups, and its pillar.
#[derive(Clone, Copy)]
struct Place(&'static str, Pillar);

const HOST: Place = Place("", Pillar::MasterChain);
const INPUT: Place = Place("Input", Pillar::MasterChain);
/// Released before its pillar, so that it has another group.
const LOW_CUT: Place = Place("Input", Pillar::VelvetFloor);
const LIMITER: Place = Place("Limiter", Pillar::MasterChain);
const OUTPUT: Place = Place("Output", Pillar::MasterChain);
const FLOOR: Place = Place("Velvet Floor", Pillar::VelvetFloor);
const LATTICE: Place = Place("Harmonic Lattice", Pillar::HarmonicLattice);
const WEAVE: Place = Place("Phase Weave", Pillar::PhaseWeave);
const CURVE: Place = Place("Velvet Curve", Pillar::VelvetCurve);
const MATCH: Place = Place("Match", Pillar::VelvetCurve);
const MASTER: Place = Place("Master Chain", Pillar::MasterChain);
const MID_SIDE: Place = Place("Master Chain/Mid and side", Pillar::MasterChain);
const MID: Place = Place("Master Chain/Mid and side/Mid", Pillar::MasterChain);
const SIDE: Place = Place("Master Chain/Mid and side/Side", Pillar::MasterChain);
const MULTIBAND: Place = Place("Master Chain/Multiband", Pillar::MasterChain);
const LOW_BAND: Place = Place("Master Chain/Multiband/Low band", Pillar::MasterChain);
const MID_BAND: Place = Place("Master Chain/Multiband/Mid band", Pillar::MasterChain);
const HIGH_BAND: Place = Place("Master Chain/Multiband/High band", Pillar::MasterChain);
const GLUE: Place = Place("Master Chain/Glue", Pillar::MasterChain);

const THRESHOLD: &str = "The level above which it turns down";
const RATIO: &str = "How much it turns down: at 4:1, 4 dB too much become 1 dB";
const KNEE: &str = "The range around the threshold over which it begins: wide is gentle";
const ATTACK: &str = "How fast it turns down: slow lets the beginning of a sound through";
const RELEASE: &str = "How fast it lets go again";
const MIX: &str = "The compressed against the untouched: less keeps more of the attacks";
const BAND_GAIN: &str = "Level of this band after its compressor";
const SOLO: &str = "Only this band, to hear where it begins and what its compressor does";
const MATCH_BAND: &str = "Gain at this frequency when Match is at 100 %";

/// Access to one field of the settings.
macro_rules! field {
    ($($path:tt)+) => {
        Access { get: |s| s.$($path)+, set: |s, value| s.$($path)+ = value }
    };
}

/// A choice of named values of one field.
macro_rules! choice {
    ($($field:ident).+, $($name:literal = $value:expr),+) => {
        Kind::Choice(Choice {
            names: &[$($name),+],
            target: ChoiceTarget::Settings(Access {
                get: |s| [$($value),+].iter().position(|value| *value == s.$($field).+).unwrap_or(0),
                set: |s, position| {
                    let values = [$($value),+];
                    s.$($field).+ = *values.get(position).unwrap_or(&values[0]);
                },
            }),
        })
    };
}

/// Makes [`ParameterId`] and the table from the rows: variant, id, name, place, kind, effect on the sound.
macro_rules! parameters {
    ($($variant:ident, $id:literal, $name:literal, $place:expr, $kind:expr, $effect:expr;)+) => {
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
            $(Parameter { id: $id, name: $name, place: $place, kind: $kind, effect: $effect }),+
        ];
    };
}

parameters! {
    Trim, "trim", "Trim", INPUT, decibels([-24.0, 24.0], field!(trim_db)),
        "Level into the chain, before everything else";
    LowCut, "lcut", "Low cut", LOW_CUT, switch(field!(floor.low_cut.on)),
        "Removes what lies below the music and only takes room";
    LowCutFrequency, "lcutf", "Low cut frequency", LOW_CUT, linear_hertz([10.0, 40.0], field!(floor.low_cut.frequency_hz)),
        "Where the low cut has taken 3 dB";
    LoudnessGain, "gain", "Loudness gain", LIMITER, decibels([-24.0, 24.0], field!(loudness_gain_db)),
        "Level into the limiter: how loud the master is";
    Ceiling, "ceil", "Ceiling", LIMITER, true_peak([-12.0, 0.0], field!(limiter.ceiling_db)),
        "No true peak leaves above it";
    Release, "rel", "Release", LIMITER, milliseconds([10.0, 1000.0], field!(limiter.release_ms)),
        "How fast the limiter's gain comes back after a peak";
    StereoLink, "link", "Stereo link", LIMITER, whole_percent([0.0, 100.0], field!(limiter.stereo_link)),
        "100 %: one gain for both sides, so that the image stays; 0 %: each for itself";
    LimiterStyle, "lstyl", "Limiter style", LIMITER, choice!(limiter.style,
        "Clean" = LimiterStyle::Clean, "Punch" = LimiterStyle::Punch, "Loud" = LimiterStyle::Loud),
        "Clean is the least heard, Punch lets attacks through, Loud is the densest";
    Dither, "dith", "Dither", OUTPUT, choice!(dither.depth,
        "Off" = DitherDepth::Off, "16 bit" = DitherDepth::Bits16, "20 bit" = DitherDepth::Bits20, "24 bit" = DitherDepth::Bits24),
        "Rounds to the word length of the file, without distortion; off for anything else";
    NoiseShaping, "dshap", "Noise shaping", OUTPUT, switch(field!(dither.noise_shaping)),
        "Moves the rounding's noise to where the ear hears it least";
    Delivery, "deliv", "Delivery", HOST, DELIVERY,
        "Where the song goes: the target of the meters. It changes no other setting";
    Bypass, "byp", "Bypass", HOST, switch(field!(bypass)), "The input, delayed by the latency and otherwise untouched";
    VelvetFloor, "flr", "Velvet Floor", FLOOR, switch(field!(floor.on)),
        "Weight and warmth of the low end; its switch takes the low cut along";
    Depth, "fldep", "Depth", FLOOR, percent([0.0, 100.0], field!(floor.depth)),
        "Lifts the low band that Translation chooses: more weight below";
    Warmth, "flwrm", "Warmth", FLOOR, percent([0.0, 100.0], field!(floor.warmth)),
        "More of the bass's overtones, which small speakers can play";
    Translation, "fltrn", "Translation", FLOOR, choice!(floor.translation,
        "Subtle" = Translation::Subtle, "Deep" = Translation::Deep, "Resonant" = Translation::Resonant),
        "How the bass reaches small speakers: Subtle lifts what is there, Deep and Resonant make overtones";
    HarmonicLattice, "lat", "Harmonic Lattice", LATTICE, switch(field!(lattice.on)),
        "Harmonics and tone of the upper middle and the treble";
    Presence, "lapre", "Presence", LATTICE, decibels([-6.0, 6.0], field!(lattice.presence_db)),
        "More or less between 1 and 3 kHz: how near voices stand";
    Sheen, "lashn", "Sheen", LATTICE, decibels([-6.0, 6.0], field!(lattice.sheen_db)),
        "More or less above 7 kHz: how bright the top is";
    Character, "lachr", "Character", LATTICE, choice!(lattice.character,
        "Neutral" = Character::Neutral, "Warm" = Character::Warm, "Bright" = Character::Bright, "Vintage" = Character::Vintage),
        "Which harmonics Drive adds: odd ones, even ones, those of the treble, or both early and soft";
    LatticeDrive, "ladrv", "Lattice drive", LATTICE, percent([0.0, 100.0], field!(lattice.drive)),
        "How many harmonics are added";
    PhaseWeave, "wev", "Phase Weave", WEAVE, switch(field!(weave.on)), "Stereo width, and what is left of it in mono";
    Width, "wewid", "Width", WEAVE, percent([0.0, 200.0], field!(weave.width)),
        "Level of the side against the middle: 0 % is mono, 100 % is as it came";
    MonoBelow, "wemon", "Mono below", WEAVE, switch(field!(weave.mono_below)),
        "Folds the low end to mono, so that bass is steady on every system";
    MonoBelowFrequency, "wemof", "Mono below frequency", WEAVE, hertz([40.0, 400.0], field!(weave.mono_below_hz)),
        "Below it the low end is mono, by 24 dB an octave";
    MonoSafety, "wesaf", "Mono safety", WEAVE, percent([0.0, 100.0], field!(weave.mono_safety)),
        "Holds back what would be lost when left and right are added";
    MonoSafetyMaximumLoss, "wesml", "Mono safety maximum loss", WEAVE, decibels([1.0, 12.0], field!(weave.max_loss_db)),
        "What a mono speaker may lose before Mono safety acts";
    MonoSafetyDetector, "wesms", "Mono safety detector", WEAVE, milliseconds([50.0, 300.0], field!(weave.detector_ms)),
        "The time over which that loss is measured: short is strict";
    VelvetCurve, "crv", "Velvet Curve", CURVE, switch(field!(curve.on)),
        "Tonal balance: four broad anchors, and Comfort";
    Body, "crbod", "Body", CURVE, decibels([-6.0, 6.0], field!(curve.body_db)), "Weight: everything below 200 Hz";
    Soul, "crsou", "Soul", CURVE, decibels([-6.0, 6.0], field!(curve.soul_db)), "Voice and fullness: 200 Hz to 2 kHz";
    Silk, "crsil", "Silk", CURVE, decibels([-6.0, 6.0], field!(curve.silk_db)), "Clarity and edge: 2 to 8 kHz";
    Air, "crair", "Air", CURVE, decibels([-6.0, 6.0], field!(curve.air_db)), "Openness: everything above 8 kHz";
    Comfort, "crcom", "Comfort", CURVE, percent([0.0, 100.0], field!(curve.comfort)),
        "Turns mud, harshness, sibilance and fizz down for the moments in which they stand out";
    StyleTarget, "style", "Style target", CURVE, choice!(style_target,
        "Neutral" = StyleTarget::Neutral, "Electronic" = StyleTarget::Electronic, "Orchestral" = StyleTarget::Orchestral,
        "Rock" = StyleTarget::Rock, "Ambient" = StyleTarget::Ambient, "Reference" = StyleTarget::Reference),
        "The music that the tonal balance is held against";
    Dynamics, "mst", "Dynamics", MASTER, switch(field!(dynamics.on)),
        "Mid/side, three bands, glue and drive; gain and limiter go on without it";
    MidSideAmount, "msamt", "Mid/side amount", MID_SIDE, percent([0.0, 100.0], field!(dynamics.mid_side.amount)),
        "How much of mid's and side's gain reduction is applied";
    MidSideKnee, "mskne", "Mid/side knee", MID_SIDE, knee(MID_SIDE_KNEE), KNEE;
    MidThreshold, "mmthr", "Mid threshold", MID, threshold(field!(dynamics.mid_side.mid.threshold_db)), THRESHOLD;
    MidRatio, "mmrat", "Mid ratio", MID, ratio(field!(dynamics.mid_side.mid.ratio)), RATIO;
    MidAttack, "mmatt", "Mid attack", MID, attack(field!(dynamics.mid_side.mid.attack_ms)), ATTACK;
    MidRelease, "mmrel", "Mid release", MID, release(field!(dynamics.mid_side.mid.release_ms)), RELEASE;
    MidMix, "mmmix", "Mid mix", MID, percent([0.0, 100.0], field!(dynamics.mid_side.mid_mix)), MIX;
    SideThreshold, "msthr", "Side threshold", SIDE, threshold(field!(dynamics.mid_side.side.threshold_db)), THRESHOLD;
    SideRatio, "msrat", "Side ratio", SIDE, ratio(field!(dynamics.mid_side.side.ratio)), RATIO;
    SideAttack, "msatt", "Side attack", SIDE, attack(field!(dynamics.mid_side.side.attack_ms)), ATTACK;
    SideRelease, "msrel", "Side release", SIDE, release(field!(dynamics.mid_side.side.release_ms)), RELEASE;
    SideMix, "msmix", "Side mix", SIDE, percent([0.0, 100.0], field!(dynamics.mid_side.side_mix)), MIX;
    MultibandAmount, "mbamt", "Multiband amount", MULTIBAND, percent([0.0, 100.0], field!(dynamics.multiband.amount)),
        "How much of the bands' gain reduction and gains is applied";
    MultibandKnee, "mbkne", "Multiband knee", MULTIBAND, knee(MULTIBAND_KNEE), KNEE;
    LowCrossover, "mbxlo", "Low crossover", MULTIBAND, hertz([40.0, 500.0], field!(dynamics.multiband.low_crossover_hz)),
        "Where the low band ends and the middle one begins";
    HighCrossover, "mbxhi", "High crossover", MULTIBAND, hertz([800.0, 12_000.0], field!(dynamics.multiband.high_crossover_hz)),
        "Where the middle band ends and the high one begins";
    LowBandThreshold, "mbltr", "Low band threshold", LOW_BAND, threshold(field!(dynamics.multiband.bands[0].compressor.threshold_db)),
        THRESHOLD;
    LowBandRatio, "mblra", "Low band ratio", LOW_BAND, ratio(field!(dynamics.multiband.bands[0].compressor.ratio)),
        RATIO;
    LowBandAttack, "mblat", "Low band attack", LOW_BAND, attack(field!(dynamics.multiband.bands[0].compressor.attack_ms)),
        ATTACK;
    LowBandRelease, "mblre", "Low band release", LOW_BAND, release(field!(dynamics.multiband.bands[0].compressor.release_ms)),
        RELEASE;
    LowBandGain, "mblga", "Low band gain", LOW_BAND, decibels([-12.0, 12.0], field!(dynamics.multiband.bands[0].gain_db)),
        BAND_GAIN;
    LowBandSolo, "mblso", "Low band solo", LOW_BAND, switch(field!(dynamics.multiband.bands[0].solo)), SOLO;
    MidBandThreshold, "mbmtr", "Mid band threshold", MID_BAND, threshold(field!(dynamics.multiband.bands[1].compressor.threshold_db)),
        THRESHOLD;
    MidBandRatio, "mbmra", "Mid band ratio", MID_BAND, ratio(field!(dynamics.multiband.bands[1].compressor.ratio)),
        RATIO;
    MidBandAttack, "mbmat", "Mid band attack", MID_BAND, attack(field!(dynamics.multiband.bands[1].compressor.attack_ms)),
        ATTACK;
    MidBandRelease, "mbmre", "Mid band release", MID_BAND, release(field!(dynamics.multiband.bands[1].compressor.release_ms)),
        RELEASE;
    MidBandGain, "mbmga", "Mid band gain", MID_BAND, decibels([-12.0, 12.0], field!(dynamics.multiband.bands[1].gain_db)),
        BAND_GAIN;
    MidBandSolo, "mbmso", "Mid band solo", MID_BAND, switch(field!(dynamics.multiband.bands[1].solo)), SOLO;
    HighBandThreshold, "mbhtr", "High band threshold", HIGH_BAND, threshold(field!(dynamics.multiband.bands[2].compressor.threshold_db)),
        THRESHOLD;
    HighBandRatio, "mbhra", "High band ratio", HIGH_BAND, ratio(field!(dynamics.multiband.bands[2].compressor.ratio)),
        RATIO;
    HighBandAttack, "mbhat", "High band attack", HIGH_BAND, attack(field!(dynamics.multiband.bands[2].compressor.attack_ms)),
        ATTACK;
    HighBandRelease, "mbhre", "High band release", HIGH_BAND, release(field!(dynamics.multiband.bands[2].compressor.release_ms)),
        RELEASE;
    HighBandGain, "mbhga", "High band gain", HIGH_BAND, decibels([-12.0, 12.0], field!(dynamics.multiband.bands[2].gain_db)),
        BAND_GAIN;
    HighBandSolo, "mbhso", "High band solo", HIGH_BAND, switch(field!(dynamics.multiband.bands[2].solo)), SOLO;
    GlueAmount, "glamt", "Glue amount", GLUE, percent([0.0, 100.0], field!(dynamics.glue.amount)),
        "How much of the glue compressor's gain reduction is applied";
    GlueThreshold, "glthr", "Glue threshold", GLUE, threshold(field!(dynamics.glue.threshold_db)), THRESHOLD;
    GlueRatio, "glrat", "Glue ratio", GLUE, choice!(dynamics.glue.ratio,
        "1.5:1" = GlueRatio::Gentle, "2:1" = GlueRatio::Medium, "4:1" = GlueRatio::Firm),
        RATIO;
    GlueKnee, "glkne", "Glue knee", GLUE, knee(field!(dynamics.glue.knee_db)), KNEE;
    GlueAttack, "glatt", "Glue attack", GLUE, attack(field!(dynamics.glue.attack_ms)), ATTACK;
    GlueRelease, "glrel", "Glue release", GLUE, release(field!(dynamics.glue.release_ms)), RELEASE;
    GlueAutoRelease, "glaut", "Glue auto release", GLUE, switch(field!(dynamics.glue.auto_release)),
        "Lets go fast after a peak and slowly after dense music";
    GlueSideChainHighPass, "glhpf", "Glue side-chain high-pass", GLUE, hertz([20.0, 300.0], field!(dynamics.glue.side_chain_high_pass_hz)),
        "Bass below it doesn't make the glue compressor work";
    GlueMix, "glmix", "Glue mix", GLUE, percent([0.0, 100.0], field!(dynamics.glue.mix)), MIX;
    Drive, "drive", "Drive", MASTER, percent([0.0, 100.0], field!(dynamics.drive)),
        "Soft saturation before the limiter: denser, and fewer peaks";
    MatchAmount, "mtamt", "Match", MATCH, percent([0.0, 150.0], field!(curve.matching.amount)),
        "How much of the way to the references' balance that the sixteen bands hold";
    Match1, "mt01", "Match 40 Hz", MATCH, decibels([-12.0, 12.0], field!(curve.matching.bands_db[0])), MATCH_BAND;
    Match2, "mt02", "Match 60 Hz", MATCH, decibels([-12.0, 12.0], field!(curve.matching.bands_db[1])), MATCH_BAND;
    Match3, "mt03", "Match 90 Hz", MATCH, decibels([-12.0, 12.0], field!(curve.matching.bands_db[2])), MATCH_BAND;
    Match4, "mt04", "Match 130 Hz", MATCH, decibels([-12.0, 12.0], field!(curve.matching.bands_db[3])), MATCH_BAND;
    Match5, "mt05", "Match 190 Hz", MATCH, decibels([-12.0, 12.0], field!(curve.matching.bands_db[4])), MATCH_BAND;
    Match6, "mt06", "Match 280 Hz", MATCH, decibels([-12.0, 12.0], field!(curve.matching.bands_db[5])), MATCH_BAND;
    Match7, "mt07", "Match 410 Hz", MATCH, decibels([-12.0, 12.0], field!(curve.matching.bands_db[6])), MATCH_BAND;
    Match8, "mt08", "Match 600 Hz", MATCH, decibels([-12.0, 12.0], field!(curve.matching.bands_db[7])), MATCH_BAND;
    Match9, "mt09", "Match 880 Hz", MATCH, decibels([-12.0, 12.0], field!(curve.matching.bands_db[8])), MATCH_BAND;
    Match10, "mt10", "Match 1.3 kHz", MATCH, decibels([-12.0, 12.0], field!(curve.matching.bands_db[9])), MATCH_BAND;
    Match11, "mt11", "Match 1.9 kHz", MATCH, decibels([-12.0, 12.0], field!(curve.matching.bands_db[10])), MATCH_BAND;
    Match12, "mt12", "Match 2.8 kHz", MATCH, decibels([-12.0, 12.0], field!(curve.matching.bands_db[11])), MATCH_BAND;
    Match13, "mt13", "Match 4.1 kHz", MATCH, decibels([-12.0, 12.0], field!(curve.matching.bands_db[12])), MATCH_BAND;
    Match14, "mt14", "Match 6 kHz", MATCH, decibels([-12.0, 12.0], field!(curve.matching.bands_db[13])), MATCH_BAND;
    Match15, "mt15", "Match 9 kHz", MATCH, decibels([-12.0, 12.0], field!(curve.matching.bands_db[14])), MATCH_BAND;
    Match16, "mt16", "Match 13.5 kHz", MATCH, decibels([-12.0, 12.0], field!(curve.matching.bands_db[15])), MATCH_BAND;
}

/// Match's bands, from low to high frequencies.
pub const MATCH_BANDS: [ParameterId; flow_dsp::MATCH_BANDS] = [
    ParameterId::Match1,
    ParameterId::Match2,
    ParameterId::Match3,
    ParameterId::Match4,
    ParameterId::Match5,
    ParameterId::Match6,
    ParameterId::Match7,
    ParameterId::Match8,
    ParameterId::Match9,
    ParameterId::Match10,
    ParameterId::Match11,
    ParameterId::Match12,
    ParameterId::Match13,
    ParameterId::Match14,
    ParameterId::Match15,
    ParameterId::Match16,
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

    /// The effect on the sound in one sentence.
    #[must_use]
    pub fn effect(self) -> &'static str {
        self.row().effect
    }
}

const fn number(
    unit: Unit,
    range: [f32; 2],
    taper: Taper,
    decimals: usize,
    access: Access<f32>,
) -> Kind {
    Kind::Number(Number {
        unit,
        range,
        taper,
        decimals,
        access,
    })
}

const fn decibels(range: [f32; 2], access: Access<f32>) -> Kind {
    number(Unit::Decibels, range, Taper::Linear, 2, access)
}

const fn true_peak(range: [f32; 2], access: Access<f32>) -> Kind {
    number(Unit::TruePeak, range, Taper::Linear, 2, access)
}

/// A tenth of a per cent is fine enough for slow automation without audible steps.
const fn percent(range: [f32; 2], access: Access<f32>) -> Kind {
    number(Unit::Percent, range, Taper::Linear, 1, access)
}

/// As [`percent`], for a parameter that was released without decimals.
const fn whole_percent(range: [f32; 2], access: Access<f32>) -> Kind {
    number(Unit::Percent, range, Taper::Linear, 0, access)
}

const fn milliseconds(range: [f32; 2], access: Access<f32>) -> Kind {
    number(Unit::Milliseconds, range, Taper::Geometric, 1, access)
}

const fn hertz(range: [f32; 2], access: Access<f32>) -> Kind {
    let decimals = if range[1] > 1000.0 { 0 } else { 1 };
    number(Unit::Hertz, range, Taper::Geometric, decimals, access)
}

/// As [`hertz`], for a parameter that was released with a linear knob.
const fn linear_hertz(range: [f32; 2], access: Access<f32>) -> Kind {
    number(Unit::Hertz, range, Taper::Linear, 1, access)
}

const fn switch(access: Access<bool>) -> Kind {
    Kind::Switch(Switch(access))
}

const fn threshold(access: Access<f32>) -> Kind {
    decibels([-60.0, 0.0], access)
}

const fn ratio(access: Access<f32>) -> Kind {
    number(Unit::Ratio, [1.0, 10.0], Taper::Geometric, 2, access)
}

const fn knee(access: Access<f32>) -> Kind {
    decibels([0.0, 24.0], access)
}

const fn attack(access: Access<f32>) -> Kind {
    milliseconds([1.0, 200.0], access)
}

const fn release(access: Access<f32>) -> Kind {
    milliseconds([20.0, 2000.0], access)
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
