//! What a network computes, in the few steps that all executors know.
//!
//! Values are matrices of channels × frames, one for each example. The plan is lowered from the ONNX file, see [`lower`].

mod lower;

use crate::error::ModelError;
use crate::onnx;

/// A value's place among [`Plan::shapes`].
pub(crate) type ValueId = usize;

/// Channels and frames; a vector has one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) channels: usize,
    pub(crate) frames: usize,
}

impl Shape {
    pub(crate) fn len(self) -> usize {
        self.channels * self.frames
    }
}

/// How eight bits stand for real numbers: real = scale · (quantized − zero).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) scale: f32,
    pub(crate) zero: i8,
}

/// A value that a step reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Operand {
    pub(crate) value: ValueId,
    /// Through eight bits, whose scale is the value's.
    pub(crate) quantized: bool,
}

/// Weights of a convolution or a dense layer, one row for each output channel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Weight {
    F32(Vec<f32>),
    /// With the scale of each row.
    I8(Vec<i8>, Vec<f32>),
}

/// What a step does with its operands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Op {
    /// Spectra in dB to spectra around 0, whatever the level: `clamp((max(x, floor) − mean of the mid) · per_db)`.
    Normalize {
        floor_db: f32,
        per_db: f32,
        limits: [f32; 2],
    },
    /// Mean and standard deviation of each channel over time.
    MeanStd { min_variance: f32 },
    /// A convolution over frames; a dense layer is one over a single frame.
    Conv(Convolution),
    /// The mixed activation 0.4·sigmoid + 0.4·tanh + 0.2·relu of the sum of its operands.
    Activation,
    /// Means over time, weighted by the softmax of scores: operands are values and scores, each of whose channels weighs
    /// as many channels of the values.
    AttentionPool,
    /// One after the other.
    Concat,
}

/// Sizes and numbers of a convolution.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Convolution {
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    /// Zeros (the quantized zero) before and after.
    pub(crate) pad: usize,
    /// Each channel by itself, or all of them together.
    pub(crate) depthwise: bool,
    /// [channels out][channels in (1 where each is by itself)][kernel].
    pub(crate) weight: Weight,
    pub(crate) bias: Vec<f32>,
}

impl Convolution {
    /// Whether it is a dense layer for what has so many frames.
    pub(crate) fn is_dense(&self, frames: usize) -> bool {
        self.kernel == 1 && frames == 1 && !self.depthwise
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    /// As the file calls what comes out.
    pub(crate) name: String,
    pub(crate) op: Op,
    pub(crate) operands: Vec<Operand>,
    pub(crate) output: ValueId,
}

/// Everything that an executor has to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    /// Value 0 is what goes in: log-mel spectra, whose shape stands for one of mid and sides: frames × bands.
    pub(crate) shapes: Vec<Shape>,
    /// Of those values that are read through eight bits.
    pub(crate) scales: Vec<Option<Scale>>,
    pub(crate) steps: Vec<Step>,
    /// Correction, log variance, context, pattern.
    pub(crate) outputs: Vec<ValueId>,
}

impl Plan {
    /// Of an ONNX file.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        lower::lower(&onnx::read(bytes)?)
    }

    /// Whether its weights are integers.
    pub(crate) fn is_quantized(&self) -> bool {
        let is =
            |step: &Step| matches!(&step.op, Op::Conv(c) if matches!(c.weight, Weight::I8(..)));
        self.steps.iter().any(is)
    }
}
