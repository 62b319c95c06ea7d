//! The graph of a plan: its values, steps and weights.

use serde::Deserialize;

/// Largest stride of a convolution, frames.
pub(super) const MAX_STRIDE: usize = 64;

/// Largest kernel of a convolution, frames.
pub(super) const MAX_KERNEL: usize = 64;

/// The version of the stored form. Executors refuse every other one.
pub(crate) const PLAN_VERSION: u32 = 1;

/// The index of a value in [`Plan::shapes`].
pub(crate) type ValueId = usize;

/// Channels and frames; a vector has one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shape {
    /// Rows.
    pub(crate) channels: usize,
    /// Numbers in each row.
    pub(crate) frames: usize,
}

impl Shape {
    /// The shape of `channels` numbers without a time axis.
    pub(crate) fn vector(channels: usize) -> Self {
        Self {
            channels,
            frames: 1,
        }
    }

    pub(crate) fn len(self) -> usize {
        self.channels * self.frames
    }
}

/// The affine quantization of a value: real = scale · (quantized − zero).
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scale {
    /// The real distance of two neighboring integers.
    pub(crate) scale: f32,
    /// The integer that stands for 0.
    pub(crate) zero: i8,
}

/// A value that a step reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Operand {
    /// The value.
    pub(crate) value: ValueId,
    /// Whether the step reads it as 8-bit integers, with the value's scale.
    pub(crate) quantized: bool,
}

/// Weights of a convolution or a dense layer, one row for each output channel. The structure names their type only.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Weight {
    /// Real numbers.
    F32(#[serde(skip)] Vec<f32>),
    /// Integers.
    Int8(#[serde(skip)] Int8Weight),
}

/// Integer weights, whose zero is 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Int8Weight {
    /// Row by row.
    pub(crate) values: Vec<i8>,
    /// The scale of each row.
    pub(crate) scales: Vec<f32>,
}

/// The operation of a step, named as in ONNX where ONNX has it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Op {
    /// Spectra in dB, made independent of the level: `clamp((max(x, floor) − mean of the mid) · per_db)`.
    Normalize(Normalization),
    /// Mean and standard deviation of each channel over time.
    MeanStd {
        /// A constant that is added to the variance.
        min_variance: f32,
    },
    /// A convolution over frames. A dense layer is one over a single frame.
    Conv(Convolution),
    /// The activation 0.4·sigmoid + 0.4·tanh + 0.2·relu of the sum of its operands.
    Activation,
    /// Means over time, weighted by the softmax of scores. The operands are values and scores; each channel of the scores
    /// weighs as many channels of the values.
    AttentionPool,
    /// The first operand's channels, then the second's.
    Concat,
}

/// The constants of [`Op::Normalize`].
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Normalization {
    /// Lower levels count as this one, dB.
    pub(crate) floor_db: f32,
    /// The factor from dB to the network's range.
    pub(crate) per_db: f32,
    /// The lowest and the highest result.
    pub(crate) limits: [f32; 2],
}

/// Sizes and weights of a convolution.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Convolution {
    /// Frames that each output frame reads.
    pub(crate) kernel: usize,
    /// Frames between two output frames.
    pub(crate) stride: usize,
    /// Zeros (the quantized zero) before and after.
    pub(crate) pad: usize,
    /// Whether each output channel reads one input channel instead of all.
    pub(crate) depthwise: bool,
    /// [channels out][channels in (1 if depthwise)](kernel).
    pub(crate) weight: Weight,
    /// One number for each output channel.
    #[serde(skip)]
    pub(crate) bias: Vec<f32>,
}

impl Convolution {
    /// The number of output frames; none if the sizes make no convolution of so many frames.
    pub(crate) fn output_frames(&self, frames: usize) -> Option<usize> {
        let fits = (1..=MAX_STRIDE).contains(&self.stride)
            && (1..=MAX_KERNEL).contains(&self.kernel)
            && self.pad < self.kernel
            && self.kernel <= frames + 2 * self.pad;
        fits.then(|| (frames + 2 * self.pad - self.kernel) / self.stride + 1)
    }

    /// Whether it is a dense layer for an input of so many frames.
    pub(crate) fn is_dense(&self, frames: usize) -> bool {
        self.kernel == 1 && frames == 1 && !self.depthwise
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// The name of the output in the ONNX file.
    pub(crate) name: String,
    /// The operation.
    pub(crate) op: Op,
    /// The values that it reads.
    pub(crate) operands: Vec<Operand>,
    /// The value that it makes.
    pub(crate) output: ValueId,
}

/// Everything that an executor has to do.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// See [`PLAN_VERSION`].
    pub(crate) version: u32,
    /// Value 0 is the input: log-mel spectra, whose shape is that of mid or sides: frames × bands.
    pub(crate) shapes: Vec<Shape>,
    /// The scales of those values that are read as 8-bit integers.
    pub(crate) scales: Vec<Option<Scale>>,
    /// In the order of execution. The nth step makes the value n + 1.
    pub(crate) steps: Vec<Step>,
    /// Correction, log variance, context, pattern.
    pub(crate) outputs: Vec<ValueId>,
}

impl Plan {
    /// Whether its weights are integers.
    pub(crate) fn is_quantized(&self) -> bool {
        let is =
            |step: &Step| matches!(&step.op, Op::Conv(c) if matches!(c.weight, Weight::Int8(..)));
        self.steps.iter().any(is)
    }
}
