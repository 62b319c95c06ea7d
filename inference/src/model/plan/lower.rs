//! From ONNX operators to steps.
//!
//! Every value of the file becomes a [`Symbol`]: what it stands for. Operators that belong together (five of a
//! mixed_activation, eight of the normalisation) become one step when the last of them is reached; whatever isn't listed here
//! is refused.

use std::collections::HashMap;

use flow_analysis::features::{MEL_BANDS, MEL_FRAMES};

use super::{Convolution, Op, Operand, Plan, Scale, Shape, Step, ValueId, Weight};
use crate::error::ModelError;
use crate::onnx::{Constant, Graph, Node, Values};

/// Shares of sigmoid, tanh and relu in a mixed_activation.
const SHARES: [(Curve, f32); 3] = [
    (Curve::Sigmoid, 0.4),
    (Curve::Tanh, 0.4),
    (Curve::Relu, 0.2),
];

/// The largest dimension of anything.
const LARGEST: usize = 1 << 14;

/// Most products of a sum: of eight bits each they stay below 2³¹, whatever their zeros.
const MOST_DEPTH: usize = (1 << 16) - 1;

/// Most frames from one to the next that comes out of a convolution.
const MOST_STRIDE: usize = 64;

/// A network of Flow's has a few hundred.
const MOST_NODES: usize = 1 << 12;

/// Most numbers that are read, multiplied and written for one example, and so those that are in memory: a small file may
/// ask for much. Flow's own network needs a tenth.
const MOST_WORK: u64 = 1 << 28;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Curve {
    Sigmoid,
    Tanh,
    Relu,
}

/// How far the normalization of spectra has got.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Levels {
    floor_db: f32,
    per_db: f32,
    limits: [f32; 2],
}

/// What a value of the file stands for.
#[derive(Clone, Debug, PartialEq)]
enum Symbol<'a> {
    Constant(&'a Constant),
    /// With its shape.
    Weight(Stored<'a>, &'a [usize]),
    Mel,
    Audible(Levels),
    Mid(Levels),
    Level(Levels),
    AgainstLevel(Levels),
    Scaled(Levels),
    Limited(Levels),
    Turned(Levels),
    /// A value that a step makes.
    Made(Operand),
    Quantized(ValueId),
    Mean(ValueId),
    Apart(ValueId),
    Squares(ValueId),
    Variance(ValueId),
    SomeVariance(ValueId, f32),
    Spread(ValueId, f32),
    MeanAndSpread(ValueId, f32),
    /// A sum that is bent next.
    Sum(Vec<Operand>),
    Curved(Curve, Vec<Operand>),
    Shared(Curve, Vec<Operand>),
    /// Sigmoid and tanh with their shares.
    Smooth(Vec<Operand>),
    Attention(Operand),
    Columns(Operand),
    Parts(Operand),
    Pooled(Operand, Operand),
}

/// A weight as it lies in the file, where many may read it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stored<'a> {
    F32(&'a [f32]),
    /// See [`Weight::I8`].
    I8(&'a [i8], &'a [f32]),
}

impl Stored<'_> {
    fn weight(self) -> Weight {
        match self {
            Self::F32(values) => Weight::F32(values.to_vec()),
            Self::I8(values, scales) => Weight::I8(values.to_vec(), scales.to_vec()),
        }
    }

    /// The same weights, each by itself a real number.
    fn real(self) -> Weight {
        match self {
            Self::F32(_) => self.weight(),
            Self::I8(values, scales) => {
                let per_row = (values.len() / scales.len().max(1)).max(1);
                let real = |(i, value): (usize, &i8)| f32::from(*value) * scales[i / per_row];
                Weight::F32(values.iter().enumerate().map(real).collect())
            }
        }
    }
}

/// Turns a graph into a plan.
pub(super) fn lower(graph: &Graph) -> Result<Plan, ModelError> {
    let [input] = &graph.inputs[..] else {
        return Err(ModelError::new("it has more than one input"));
    };
    if graph.nodes.len() > MOST_NODES {
        let count = graph.nodes.len();
        return Err(ModelError::new(format!("{count} operators are too many")));
    }
    let mut lowering = Lowering::default();
    lowering.symbols.insert(input, Symbol::Mel);
    let constants = graph.constants.iter();
    let constants = constants.map(|(name, value)| (name.as_str(), Symbol::Constant(value)));
    lowering.symbols.extend(constants);
    lowering.value(Shape {
        channels: MEL_FRAMES,
        frames: MEL_BANDS,
    });
    for node in &graph.nodes {
        let [output] = &node.outputs[..] else {
            return Err(refusal(node));
        };
        let symbol = lowering.lower(node).ok_or_else(|| refusal(node))?;
        lowering.symbols.insert(output, symbol);
    }
    let made = |name: &String| {
        let Some(Symbol::Made(operand)) = lowering.symbols.get(name.as_str()) else {
            return Err(ModelError::new(format!("nothing makes {name:?}")));
        };
        let value = operand.value;
        let spent = lowering.spend(lowering.shapes[value].len(), 1);
        let too_much = || ModelError::new(format!("making {name:?} is too much"));
        spent.map(|()| value).ok_or_else(too_much)
    };
    let outputs = graph.outputs.iter().map(made).collect::<Result<_, _>>()?;
    Ok(Plan {
        shapes: lowering.shapes,
        scales: lowering.scales,
        steps: lowering.steps,
        outputs,
    })
}

fn refusal(node: &Node) -> ModelError {
    let (operator, name) = (&node.operator, node.outputs.first().map_or("", |n| n));
    ModelError::new(format!(
        "operator {operator} isn't known where it makes {name:?}"
    ))
}

#[derive(Default)]
struct Lowering<'a> {
    symbols: HashMap<&'a str, Symbol<'a>>,
    /// See [`MOST_WORK`].
    work: u64,
    shapes: Vec<Shape>,
    scales: Vec<Option<Scale>>,
    steps: Vec<Step>,
}

impl<'a> Lowering<'a> {
    /// Takes in that there is so much to do; none if that is too much.
    fn spend(&mut self, times: usize, numbers: usize) -> Option<()> {
        let [times, numbers] = [times, numbers].map(|n| u64::try_from(n).unwrap_or(u64::MAX));
        self.work = self.work.saturating_add(times.saturating_mul(numbers));
        (self.work <= MOST_WORK).then_some(())
    }

    fn value(&mut self, shape: Shape) -> ValueId {
        self.shapes.push(shape);
        self.scales.push(None);
        self.shapes.len() - 1
    }

    fn step(
        &mut self,
        node: &Node,
        op: Op,
        operands: Vec<Operand>,
        shape: Shape,
    ) -> Option<Symbol<'a>> {
        if shape.channels.max(shape.frames) > LARGEST || shape.len() == 0 {
            return None;
        }
        self.spend(shape.channels, shape.frames)?;
        for operand in &operands {
            self.spend(self.shape(*operand).len(), 1)?;
        }
        let output = self.value(shape);
        self.steps.push(Step {
            name: node.outputs[0].clone(),
            op,
            operands,
            output,
        });
        Some(Symbol::Made(Operand {
            value: output,
            quantized: false,
        }))
    }

    fn shape(&self, operand: Operand) -> Shape {
        self.shapes[operand.value]
    }

    /// What a node stands for; none if that isn't known.
    fn lower(&mut self, node: &Node) -> Option<Symbol<'a>> {
        use Symbol as S;
        let inputs = node
            .inputs
            .iter()
            .map(|name| self.symbols.get(name.as_str()));
        let inputs: Vec<Symbol> = inputs
            .map(Option::<&Symbol>::cloned)
            .collect::<Option<_>>()?;
        let numbers = |name: &str, default: &[i64]| node.numbers(name, default);
        let mean_over =
            |wanted: &[i64]| numbers("axes", &[]) == wanted && numbers("keepdims", &[1]) == [1];
        match (node.operator.as_str(), &inputs[..]) {
            ("Max", [S::Mel, S::Constant(floor)]) => Some(S::Audible(Levels {
                floor_db: scalar(floor)?,
                per_db: 1.0,
                limits: [0.0; 2],
            })),
            (
                "Slice",
                [
                    S::Audible(l),
                    S::Constant(first),
                    S::Constant(second),
                    S::Constant(axis),
                ],
            ) if [first, second, axis].map(|c| whole(c)) == [Some(0), Some(1), Some(1)] => {
                Some(S::Mid(*l))
            }
            ("ReduceMean", [S::Mid(l)]) if mean_over(&[2, 3]) => Some(S::Level(*l)),
            ("Sub", [S::Audible(l), S::Level(of)]) if l == of => Some(S::AgainstLevel(*l)),
            ("Mul", [S::AgainstLevel(l), S::Constant(per_db)]) => Some(S::Scaled(Levels {
                per_db: scalar(per_db)?,
                ..*l
            })),
            ("Clip", [S::Scaled(l), S::Constant(least), S::Constant(most)]) => {
                let limits = [scalar(least)?, scalar(most)?];
                (limits[0] <= limits[1]).then_some(S::Limited(Levels { limits, ..*l }))
            }
            ("Transpose", [S::Limited(l)]) if numbers("perm", &[]) == [0, 1, 3, 2] => {
                Some(S::Turned(*l))
            }
            ("Reshape", [S::Turned(l), S::Constant(to)])
                if is_shape(to, &[2 * MEL_BANDS, MEL_FRAMES]) =>
            {
                let op = Op::Normalize {
                    floor_db: l.floor_db,
                    per_db: l.per_db,
                    limits: l.limits,
                };
                let mel = Operand {
                    value: 0,
                    quantized: false,
                };
                let shape = Shape {
                    channels: 2 * MEL_BANDS,
                    frames: MEL_FRAMES,
                };
                self.step(node, op, vec![mel], shape)
            }
            ("ReduceMean", [S::Made(x)]) if !x.quantized && mean_over(&[2]) => {
                Some(S::Mean(x.value))
            }
            ("Sub", [S::Made(x), S::Mean(of)]) if !x.quantized && x.value == *of => {
                Some(S::Apart(*of))
            }
            ("Mul", [S::Apart(a), S::Apart(b)]) if a == b => Some(S::Squares(*a)),
            ("ReduceMean", [S::Squares(x)]) if mean_over(&[2]) => Some(S::Variance(*x)),
            ("Add", [S::Variance(x), S::Constant(least)]) => scalar(least)
                .filter(|l| *l > 0.0)
                .map(|least| S::SomeVariance(*x, least)),
            ("Sqrt", [S::SomeVariance(x, least)]) => Some(S::Spread(*x, *least)),
            ("Concat", [S::Mean(a), S::Spread(b, least)])
                if a == b && numbers("axis", &[]) == [1] =>
            {
                Some(S::MeanAndSpread(*a, *least))
            }
            ("Reshape", [S::MeanAndSpread(x, least), S::Constant(to)])
                if is_shape(to, &[2 * self.shapes[*x].channels]) =>
            {
                let shape = vector(2 * self.shapes[*x].channels);
                let op = Op::MeanStd {
                    min_variance: *least,
                };
                let x = Operand {
                    value: *x,
                    quantized: false,
                };
                self.step(node, op, vec![x], shape)
            }
            ("Conv", [S::Made(x), weight, S::Constant(bias)]) => {
                self.convolution(node, *x, weight, bias)
            }
            ("Gemm", [S::Made(x), weight, S::Constant(bias)])
                if numbers("transB", &[0]) == [1] && self.shape(*x).frames == 1 =>
            {
                self.dense(node, *x, weight, bias)
            }
            ("Add", [S::Made(a), S::Made(b)]) if self.shape(*a) == self.shape(*b) => {
                Some(S::Sum(vec![*a, *b]))
            }
            ("Sigmoid", [x]) => Some(S::Curved(Curve::Sigmoid, sum_of(x)?)),
            ("Tanh", [x]) => Some(S::Curved(Curve::Tanh, sum_of(x)?)),
            ("Relu", [x]) => Some(S::Curved(Curve::Relu, sum_of(x)?)),
            ("Mul", [S::Curved(curve, sum), S::Constant(share)]) => {
                let share = scalar(share)?;
                let known = SHARES
                    .iter()
                    .any(|(c, s)| c == curve && (s - share).abs() < 1e-6);
                known.then(|| S::Shared(*curve, sum.clone()))
            }
            ("Add", [S::Shared(Curve::Sigmoid, a), S::Shared(Curve::Tanh, b)]) if a == b => {
                Some(S::Smooth(a.clone()))
            }
            ("Add", [S::Smooth(a), S::Shared(Curve::Relu, b)]) if a == b => {
                let shape = self.shape(a[0]);
                self.step(node, Op::Activation, a.clone(), shape)
            }
            ("Softmax", [S::Made(scores)]) if numbers("axis", &[-1]) == [2] => {
                Some(S::Attention(*scores))
            }
            ("Reshape", [S::Attention(scores), S::Constant(to)]) => {
                let Shape { channels, frames } = self.shape(*scores);
                is_shape(to, &[channels, frames, 1]).then_some(S::Columns(*scores))
            }
            ("Reshape", [S::Made(x), S::Constant(to)]) => {
                let Shape { channels, frames } = self.shape(*x);
                let heads = match numbers_of(to)?[..] {
                    [0, heads, _, _] => usize::try_from(heads).ok().filter(|h| *h > 0)?,
                    _ => return None,
                };
                let fits =
                    channels % heads == 0 && is_shape(to, &[heads, channels / heads, frames]);
                fits.then_some(S::Parts(*x))
            }
            ("MatMul", [S::Parts(x), S::Columns(scores)]) => {
                let fits = self.shape(*x).frames == self.shape(*scores).frames
                    && self
                        .shape(*x)
                        .channels
                        .is_multiple_of(self.shape(*scores).channels);
                fits.then_some(S::Pooled(*x, *scores))
            }
            ("Reshape", [S::Pooled(x, scores), S::Constant(to)])
                if is_shape(to, &[self.shape(*x).channels]) =>
            {
                let shape = vector(self.shape(*x).channels);
                self.step(node, Op::AttentionPool, vec![*x, *scores], shape)
            }
            ("Concat", [S::Made(a), S::Made(b)]) if numbers("axis", &[]) == [1] => {
                let (one, other) = (self.shape(*a), self.shape(*b));
                let fits = one.frames == 1 && other.frames == 1 && !a.quantized && !b.quantized;
                let shape = vector(one.channels + other.channels);
                fits.then(|| self.step(node, Op::Concat, vec![*a, *b], shape))?
            }
            ("QuantizeLinear", [S::Made(x), S::Constant(scale), S::Constant(zero)]) => {
                let scale = quantisation(scale, zero)?;
                // One value, one scale.
                let slot = &mut self.scales[x.value];
                let fits = !x.quantized && slot.is_none_or(|s| s == scale);
                *slot = Some(scale);
                fits.then_some(S::Quantized(x.value))
            }
            ("DequantizeLinear", [S::Quantized(x), S::Constant(scale), S::Constant(zero)]) => {
                let fits = self.scales[*x] == quantisation(scale, zero);
                fits.then_some(S::Made(Operand {
                    value: *x,
                    quantized: true,
                }))
            }
            (
                "DequantizeLinear",
                [S::Constant(values), S::Constant(scales), S::Constant(zeros)],
            ) if numbers("axis", &[1]) == [0] => integer_weight(values, scales, zeros),
            _ => None,
        }
    }

    fn convolution(
        &mut self,
        node: &Node,
        x: Operand,
        weight: &Symbol<'_>,
        bias: &Constant,
    ) -> Option<Symbol<'a>> {
        let (weight, shape) = weight_of(weight)?;
        let [out, per_group, kernel] = *shape else {
            return None;
        };
        let one = |name: &str, default: i64| match node.numbers(name, &[default])[..] {
            [n] => usize::try_from(n).ok(),
            _ => None,
        };
        let (groups, stride) = (one("group", 1)?, one("strides", 1)?);
        let pad = match node.numbers("pads", &[0, 0])[..] {
            [before, after] if before == after => usize::try_from(before).ok()?,
            _ => return None,
        };
        let Shape { channels, frames } = self.shape(x);
        let depthwise = groups == channels && out == channels && per_group == 1 && groups > 1;
        let fits = (depthwise || (groups == 1 && per_group == channels))
            && one("dilations", 1)? == 1
            && (1..=MOST_STRIDE).contains(&stride)
            && (1..=64).contains(&kernel)
            && per_group.checked_mul(kernel)? <= MOST_DEPTH
            && pad < kernel
            && kernel <= frames + 2 * pad;
        if !fits {
            return None;
        }
        let shape = Shape {
            channels: out,
            frames: (frames + 2 * pad - kernel) / stride + 1,
        };
        self.spend(out * per_group * kernel, shape.frames)?;
        let convolution = Convolution {
            kernel,
            stride,
            pad,
            depthwise,
            weight: weight.weight(),
            bias: floats(bias).filter(|b| b.len() == out)?.to_vec(),
        };
        self.step(node, Op::Conv(convolution), vec![x], shape)
    }

    fn dense(
        &mut self,
        node: &Node,
        x: Operand,
        weight: &Symbol<'_>,
        bias: &Constant,
    ) -> Option<Symbol<'a>> {
        let (weight, shape) = weight_of(weight)?;
        let [out, channels] = *shape else {
            return None;
        };
        self.spend(out, channels)?;
        // Eight bits of what isn't multiplied in eight bits only make the file smaller.
        let weight = if x.quantized {
            weight.weight()
        } else {
            weight.real()
        };
        let fits = |b: &&[f32]| b.len() == out && channels == self.shape(x).channels;
        let convolution = Convolution {
            kernel: 1,
            stride: 1,
            pad: 0,
            depthwise: false,
            weight,
            bias: floats(bias).filter(fits)?.to_vec(),
        };
        self.step(node, Op::Conv(convolution), vec![x], vector(out))
    }
}

fn vector(channels: usize) -> Shape {
    Shape {
        channels,
        frames: 1,
    }
}

/// What is bent: a value, or the sum of two.
fn sum_of(symbol: &Symbol<'_>) -> Option<Vec<Operand>> {
    match symbol {
        Symbol::Made(x) => Some(vec![*x]),
        Symbol::Sum(sum) => Some(sum.clone()),
        _ => None,
    }
}

fn weight_of<'a>(symbol: &Symbol<'a>) -> Option<(Stored<'a>, &'a [usize])> {
    match *symbol {
        Symbol::Constant(constant) => Some((Stored::F32(floats(constant)?), &constant.shape)),
        Symbol::Weight(weight, shape) => Some((weight, shape)),
        _ => None,
    }
}

/// Weights with a scale for each row; their zeros are all 0.
fn integer_weight<'a>(
    values: &'a Constant,
    scales: &'a Constant,
    zeros: &Constant,
) -> Option<Symbol<'a>> {
    let (Values::I8(weight), Values::I8(zeros)) = (&values.values, &zeros.values) else {
        return None;
    };
    let scales = floats(scales)?;
    let rows = *values.shape.first()?;
    let fits = scales.len() == rows && zeros.len() == rows && zeros.iter().all(|z| *z == 0);
    let weight = Stored::I8(weight, scales);
    fits.then_some(Symbol::Weight(weight, &values.shape))
}

fn quantisation(scale: &Constant, zero: &Constant) -> Option<Scale> {
    let Values::I8(zero) = &zero.values else {
        return None;
    };
    let (scale, [zero]) = (scalar(scale)?, &zero[..]) else {
        return None;
    };
    (scale > 0.0).then_some(Scale { scale, zero: *zero })
}

/// Finite numbers.
fn floats(constant: &Constant) -> Option<&[f32]> {
    match &constant.values {
        Values::F32(values) if values.iter().all(|v| v.is_finite()) => Some(values),
        _ => None,
    }
}

fn scalar(constant: &Constant) -> Option<f32> {
    match *floats(constant)? {
        [value] => Some(value),
        _ => None,
    }
}

fn numbers_of(constant: &Constant) -> Option<&Vec<i64>> {
    match &constant.values {
        Values::I64(values) => Some(values),
        _ => None,
    }
}

fn whole(constant: &Constant) -> Option<i64> {
    match numbers_of(constant)?[..] {
        [value] => Some(value),
        _ => None,
    }
}

/// Whether a reshape leads there; 0 stands for the examples, which stay.
fn is_shape(constant: &Constant, wanted: &[usize]) -> bool {
    let wanted = wanted.iter().map(|n| i64::try_from(*n).ok());
    numbers_of(constant).is_some_and(|to| {
        to.iter()
            .map(|n| Some(*n))
            .eq(std::iter::once(Some(0)).chain(wanted))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::shipped::ONNX;
    use crate::onnx;

    /// What is said of Flow's own file with something in it changed.
    fn said(change: impl FnOnce(&mut Graph)) -> String {
        let mut graph = onnx::read(ONNX).unwrap();
        change(&mut graph);
        lower(&graph).map_or_else(|e| e.to_string(), |_| String::new())
    }

    fn node<'a>(graph: &'a mut Graph, name: &str) -> &'a mut Node {
        let mut nodes = graph.nodes.iter_mut();
        nodes.find(|n| n.outputs[0] == name).unwrap()
    }

    /// Another convolution of some channels, one after the other.
    fn convolve(graph: &mut Graph, x: &str, name: &str, shape: [usize; 3]) {
        let mut made = node(graph, "difference").clone();
        made.attributes.clear();
        let [weight, bias] = ["weight", "bias"].map(|kind| format!("{name}_{kind}"));
        made.inputs = vec![x.into(), weight.clone(), bias.clone()];
        made.outputs = vec![name.into()];
        graph.nodes.push(made);
        for (name, shape) in [(weight, &shape[..]), (bias, &shape[..1])] {
            let constant = Constant {
                shape: shape.to_vec(),
                values: Values::F32(vec![0.0; shape.iter().product()]),
            };
            graph.constants.insert(name, constant);
        }
    }

    fn copies(graph: &mut Graph, of: &str, count: usize) {
        let one = node(graph, of).clone();
        graph.nodes.extend((0..count).map(|i| Node {
            outputs: vec![format!("{of} {i}")],
            ..one.clone()
        }));
    }

    #[test]
    fn small_files_that_ask_for_much_are_refused() {
        assert_eq!(said(|_| ()), "");
        let strides = |graph: &mut Graph, stride| {
            let attributes = &mut node(graph, "step").attributes;
            attributes.insert("strides".into(), vec![stride]);
        };
        assert_eq!(said(|graph| strides(graph, 64)), "");
        assert!(said(|graph| strides(graph, 1 << 40)).contains("Conv"));
        // The same weight again and again.
        assert_eq!(said(|graph| copies(graph, "difference", 10)), "");
        assert!(said(|graph| copies(graph, "difference", 3000)).contains("Conv"));
        assert!(said(|graph| copies(graph, "audible", 10_000)).contains("too many"));
        let outputs = |graph: &mut Graph| graph.outputs = vec!["spectra".into(); 10_000];
        assert!(said(outputs).contains("too much"));
    }

    #[test]
    fn no_sum_of_products_is_too_long_for_its_bits() {
        let deep = |graph: &mut Graph, channels| {
            convolve(graph, "spectra", "wide", [channels, 2 * MEL_BANDS, 1]);
            convolve(graph, "wide", "deep", [1, channels, 64]);
        };
        assert_eq!(said(|graph| deep(graph, 1023)), "");
        assert!(said(|graph| deep(graph, 1024)).contains("\"deep\""));
        let most = i64::from(u8::MAX) * 128 * i64::try_from(MOST_DEPTH).unwrap();
        assert!(most <= i64::from(i32::MAX));
    }
}
