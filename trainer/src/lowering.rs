//! Turns an ONNX graph into a plan.
//!
//! Every value of the graph becomes a [`Symbol`]. Operators that belong together (five of an activation, eight of the
//! normalization) become one step when the last of them is reached. All other operators are errors.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail, ensure};
use flow_analysis::features::{MEL_BANDS, MEL_FRAMES};
use flow_inference::plan::{
    Convolution, Int8Weight, Op, Operand, PLAN_VERSION, Plan, Scale, Shape, Step, ValueId, Weight,
};

use crate::onnx::{Graph, Node, Tensor, Values};

/// Shares of sigmoid, tanh and relu in the activation.
const SHARES: [(Curve, f32); 3] = [
    (Curve::Sigmoid, 0.4),
    (Curve::Tanh, 0.4),
    (Curve::Relu, 0.2),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Curve {
    Sigmoid,
    Tanh,
    Relu,
}

/// The constants of the normalization, as far as they are known.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Levels {
    floor_db: f32,
    per_db: f32,
    limits: [f32; 2],
}

/// The meaning of a value of the graph.
#[derive(Clone, Debug, PartialEq)]
enum Symbol<'a> {
    Constant(&'a Tensor),
    /// Weights and their shape.
    Weight(Weight, &'a [usize]),
    Mel,
    Floored(Levels),
    Mid(Levels),
    MidMean(Levels),
    Relative(Levels),
    Scaled(Levels),
    Clamped(Levels),
    Transposed(Levels),
    /// The output of a step.
    Output(Operand),
    Quantized(ValueId),
    Mean(ValueId),
    Deviation(ValueId),
    Squares(ValueId),
    Variance(ValueId),
    /// The variance, with the number that was added to it.
    RaisedVariance(ValueId, f32),
    Std(ValueId, f32),
    MeanStd(ValueId, f32),
    /// A sum in front of an activation.
    Sum(Vec<Operand>),
    Curved(Curve, Vec<Operand>),
    Shared(Curve, Vec<Operand>),
    /// The shares of sigmoid and tanh.
    SigmoidAndTanh(Vec<Operand>),
    Attention(Operand),
    AttentionColumns(Operand),
    Heads(Operand),
    Pooled(Operand, Operand),
}

/// Turns a graph into a plan.
pub(crate) fn lower(graph: &Graph) -> Result<Plan> {
    let [input] = &graph.inputs[..] else {
        bail!("the graph has {} inputs instead of one", graph.inputs.len());
    };
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
            bail!("an operator {} has other than one output", node.operator);
        };
        let symbol = lowering.lower(node);
        let symbol = symbol
            .with_context(|| format!("operator {} isn't known as {output:?}", node.operator))?;
        lowering.symbols.insert(output, symbol);
    }
    let mut outputs = Vec::new();
    for name in &graph.outputs {
        match lowering.symbols.get(name.as_str()) {
            Some(Symbol::Output(operand)) => outputs.push(operand.value),
            _ => bail!("no operator makes the output {name:?}"),
        }
    }
    ensure!(!outputs.is_empty(), "the graph has no outputs");
    Ok(Plan {
        version: PLAN_VERSION,
        shapes: lowering.shapes,
        scales: lowering.scales,
        steps: lowering.steps,
        outputs,
    })
}

#[derive(Default)]
struct Lowering<'a> {
    symbols: HashMap<&'a str, Symbol<'a>>,
    shapes: Vec<Shape>,
    scales: Vec<Option<Scale>>,
    steps: Vec<Step>,
}

impl<'a> Lowering<'a> {
    fn value(&mut self, shape: Shape) -> ValueId {
        self.shapes.push(shape);
        self.scales.push(None);
        self.shapes.len() - 1
    }

    fn step(&mut self, node: &Node, op: Op, operands: Vec<Operand>, shape: Shape) -> Symbol<'a> {
        let output = self.value(shape);
        self.steps.push(Step {
            name: node.outputs[0].clone(),
            op,
            operands,
            output,
        });
        Symbol::Output(Operand::real(output))
    }

    fn shape(&self, operand: Operand) -> Shape {
        self.shapes[operand.value]
    }

    /// The meaning of a node's output; none if the node isn't known.
    fn lower(&mut self, node: &Node) -> Option<Symbol<'a>> {
        let symbol = |name: &String| self.symbols.get(name.as_str()).cloned();
        let inputs: Vec<Symbol<'a>> = node.inputs.iter().map(symbol).collect::<Option<_>>()?;
        self.normalization(node, &inputs)
            .or_else(|| self.mean_std(node, &inputs))
            .or_else(|| self.activation(node, &inputs))
            .or_else(|| self.attention(node, &inputs))
            .or_else(|| self.quantization(node, &inputs))
            .or_else(|| self.layer(node, &inputs))
    }

    fn normalization(&mut self, node: &Node, inputs: &[Symbol<'a>]) -> Option<Symbol<'a>> {
        use Symbol as S;
        Some(match (node.operator.as_str(), inputs) {
            ("Max", [S::Mel, S::Constant(floor)]) => S::Floored(Levels {
                floor_db: floor.scalar()?,
                per_db: 1.0,
                limits: [0.0; 2],
            }),
            (
                "Slice",
                [
                    S::Floored(l),
                    S::Constant(first),
                    S::Constant(second),
                    S::Constant(axis),
                ],
            ) if [first, second, axis].map(|c| c.integer()) == [Some(0), Some(1), Some(1)] => {
                S::Mid(*l)
            }
            ("ReduceMean", [S::Mid(l)]) if is_mean_over(node, &[2, 3]) => S::MidMean(*l),
            ("Sub", [S::Floored(l), S::MidMean(of)]) if l == of => S::Relative(*l),
            ("Mul", [S::Relative(l), S::Constant(per_db)]) => S::Scaled(Levels {
                per_db: per_db.scalar()?,
                ..*l
            }),
            ("Clip", [S::Scaled(l), S::Constant(low), S::Constant(high)]) => S::Clamped(Levels {
                limits: [low.scalar()?, high.scalar()?],
                ..*l
            }),
            ("Transpose", [S::Clamped(l)]) if node.integers("perm", &[]) == [0, 1, 3, 2] => {
                S::Transposed(*l)
            }
            ("Reshape", [S::Transposed(l), S::Constant(to)])
                if to.is_shape(&[2 * MEL_BANDS, MEL_FRAMES]) =>
            {
                let op = Op::Normalize {
                    floor_db: l.floor_db,
                    per_db: l.per_db,
                    limits: l.limits,
                };
                let shape = Shape {
                    channels: 2 * MEL_BANDS,
                    frames: MEL_FRAMES,
                };
                self.step(node, op, vec![Operand::real(0)], shape)
            }
            _ => return None,
        })
    }

    fn mean_std(&mut self, node: &Node, inputs: &[Symbol<'a>]) -> Option<Symbol<'a>> {
        use Symbol as S;
        let is_mean = is_mean_over(node, &[2]);
        Some(match (node.operator.as_str(), inputs) {
            ("ReduceMean", [S::Output(x)]) if !x.quantized && is_mean => S::Mean(x.value),
            ("Sub", [S::Output(x), S::Mean(of)]) if !x.quantized && x.value == *of => {
                S::Deviation(*of)
            }
            ("Mul", [S::Deviation(a), S::Deviation(b)]) if a == b => S::Squares(*a),
            ("ReduceMean", [S::Squares(x)]) if is_mean => S::Variance(*x),
            ("Add", [S::Variance(x), S::Constant(min)]) => S::RaisedVariance(*x, min.scalar()?),
            ("Sqrt", [S::RaisedVariance(x, min)]) => S::Std(*x, *min),
            ("Concat", [S::Mean(a), S::Std(b, min)])
                if a == b && node.integers("axis", &[]) == [1] =>
            {
                S::MeanStd(*a, *min)
            }
            ("Reshape", [S::MeanStd(x, min), S::Constant(to)])
                if to.is_shape(&[2 * self.shapes[*x].channels]) =>
            {
                let shape = Shape::vector(2 * self.shapes[*x].channels);
                let op = Op::MeanStd { min_variance: *min };
                self.step(node, op, vec![Operand::real(*x)], shape)
            }
            _ => return None,
        })
    }

    fn activation(&mut self, node: &Node, inputs: &[Symbol<'a>]) -> Option<Symbol<'a>> {
        use Symbol as S;
        Some(match (node.operator.as_str(), inputs) {
            ("Add", [S::Output(a), S::Output(b)]) if self.shape(*a) == self.shape(*b) => {
                S::Sum(vec![*a, *b])
            }
            ("Sigmoid", [x]) => S::Curved(Curve::Sigmoid, summands(x)?),
            ("Tanh", [x]) => S::Curved(Curve::Tanh, summands(x)?),
            ("Relu", [x]) => S::Curved(Curve::Relu, summands(x)?),
            ("Mul", [S::Curved(curve, sum), S::Constant(share)]) => {
                let share = share.scalar()?;
                let is_share = |(c, s): &(Curve, f32)| c == curve && (s - share).abs() < 1e-6;
                SHARES.iter().find(|pair| is_share(pair))?;
                S::Shared(*curve, sum.clone())
            }
            ("Add", [S::Shared(Curve::Sigmoid, a), S::Shared(Curve::Tanh, b)]) if a == b => {
                S::SigmoidAndTanh(a.clone())
            }
            ("Add", [S::SigmoidAndTanh(a), S::Shared(Curve::Relu, b)]) if a == b => {
                let shape = self.shape(a[0]);
                self.step(node, Op::Activation, a.clone(), shape)
            }
            _ => return None,
        })
    }

    fn attention(&mut self, node: &Node, inputs: &[Symbol<'a>]) -> Option<Symbol<'a>> {
        use Symbol as S;
        Some(match (node.operator.as_str(), inputs) {
            ("Softmax", [S::Output(scores)]) if node.integers("axis", &[-1]) == [2] => {
                S::Attention(*scores)
            }
            ("Reshape", [S::Attention(scores), S::Constant(to)]) => {
                let Shape { channels, frames } = self.shape(*scores);
                to.is_shape(&[channels, frames, 1])
                    .then_some(S::AttentionColumns(*scores))?
            }
            ("Reshape", [S::Output(x), S::Constant(to)]) => {
                let Shape { channels, frames } = self.shape(*x);
                let heads = match to.integers()?[..] {
                    [0, heads, _, _] => usize::try_from(heads).ok().filter(|h| *h > 0)?,
                    _ => return None,
                };
                let fits = channels % heads == 0 && to.is_shape(&[heads, channels / heads, frames]);
                fits.then_some(S::Heads(*x))?
            }
            ("MatMul", [S::Heads(x), S::AttentionColumns(scores)]) => S::Pooled(*x, *scores),
            ("Reshape", [S::Pooled(x, scores), S::Constant(to)])
                if to.is_shape(&[self.shape(*x).channels]) =>
            {
                let shape = Shape::vector(self.shape(*x).channels);
                self.step(node, Op::AttentionPool, vec![*x, *scores], shape)
            }
            _ => return None,
        })
    }

    fn quantization(&mut self, node: &Node, inputs: &[Symbol<'a>]) -> Option<Symbol<'a>> {
        use Symbol as S;
        Some(match (node.operator.as_str(), inputs) {
            ("QuantizeLinear", [S::Output(x), S::Constant(scale), S::Constant(zero)]) => {
                let scale = scale_of(scale, zero)?;
                // A value has one scale, however many steps read it.
                let slot = &mut self.scales[x.value];
                let fits = !x.quantized && slot.is_none_or(|s| s == scale);
                *slot = Some(scale);
                fits.then_some(S::Quantized(x.value))?
            }
            ("DequantizeLinear", [S::Quantized(x), S::Constant(scale), S::Constant(zero)]) => {
                let fits = self.scales[*x] == scale_of(scale, zero);
                fits.then_some(S::Output(Operand {
                    value: *x,
                    quantized: true,
                }))?
            }
            (
                "DequantizeLinear",
                [S::Constant(values), S::Constant(scales), S::Constant(zeros)],
            ) if node.integers("axis", &[1]) == [0] => {
                S::Weight(int8_weight(values, scales, zeros)?, &values.shape)
            }
            _ => return None,
        })
    }

    fn layer(&mut self, node: &Node, inputs: &[Symbol<'a>]) -> Option<Symbol<'a>> {
        use Symbol as S;
        Some(match (node.operator.as_str(), inputs) {
            ("Conv", [S::Output(x), weight, S::Constant(bias)]) => {
                self.convolution(node, *x, weight, bias)?
            }
            ("Gemm", [S::Output(x), weight, S::Constant(bias)])
                if node.integers("transB", &[0]) == [1] && self.shape(*x).frames == 1 =>
            {
                self.dense(node, *x, weight, bias)?
            }
            ("Concat", [S::Output(a), S::Output(b)]) if node.integers("axis", &[]) == [1] => {
                let shape = Shape::vector(self.shape(*a).channels + self.shape(*b).channels);
                self.step(node, Op::Concat, vec![*a, *b], shape)
            }
            _ => return None,
        })
    }

    fn convolution(
        &mut self,
        node: &Node,
        x: Operand,
        weight: &Symbol<'_>,
        bias: &Tensor,
    ) -> Option<Symbol<'a>> {
        let (weight, shape) = weight_of(weight)?;
        let [out, per_group, kernel] = *shape else {
            return None;
        };
        let one = |name: &str| match node.integers(name, &[1])[..] {
            [n] => usize::try_from(n).ok(),
            _ => None,
        };
        let groups = one("group")?;
        let pad = match node.integers("pads", &[0, 0])[..] {
            [before, after] if before == after => usize::try_from(before).ok()?,
            _ => return None,
        };
        let Shape { channels, frames } = self.shape(x);
        let depthwise = groups == channels && out == channels && per_group == 1 && groups > 1;
        let is_full = groups == 1 && per_group == channels;
        let convolution = Convolution {
            kernel,
            stride: one("strides")?,
            pad,
            depthwise,
            weight,
            bias: bias.floats().filter(|b| b.len() == out)?.to_vec(),
        };
        let fits = (depthwise || is_full) && one("dilations")? == 1;
        let shape = Shape {
            channels: out,
            frames: convolution.output_frames(frames).filter(|_| fits)?,
        };
        Some(self.step(node, Op::Conv(convolution), vec![x], shape))
    }

    fn dense(
        &mut self,
        node: &Node,
        x: Operand,
        weight: &Symbol<'_>,
        bias: &Tensor,
    ) -> Option<Symbol<'a>> {
        let (weight, shape) = weight_of(weight)?;
        let [out, channels] = *shape else {
            return None;
        };
        let fits = |b: &&[f32]| b.len() == out && channels == self.shape(x).channels;
        let convolution = Convolution {
            kernel: 1,
            stride: 1,
            pad: 0,
            depthwise: false,
            weight,
            bias: bias.floats().filter(fits)?.to_vec(),
        };
        Some(self.step(node, Op::Conv(convolution), vec![x], Shape::vector(out)))
    }
}

fn is_mean_over(node: &Node, axes: &[i64]) -> bool {
    node.integers("axes", &[]) == axes && node.integers("keepdims", &[1]) == [1]
}

/// The operands of an activation: a value, or the sum of two.
fn summands(symbol: &Symbol<'_>) -> Option<Vec<Operand>> {
    match symbol {
        Symbol::Output(x) => Some(vec![*x]),
        Symbol::Sum(sum) => Some(sum.clone()),
        _ => None,
    }
}

fn weight_of<'a>(symbol: &Symbol<'a>) -> Option<(Weight, &'a [usize])> {
    match symbol {
        Symbol::Constant(tensor) => Some((Weight::F32(tensor.floats()?.to_vec()), &tensor.shape)),
        Symbol::Weight(weight, shape) => Some((weight.clone(), shape)),
        _ => None,
    }
}

/// Weights with a scale for each row, whose zeros are all 0.
fn int8_weight(values: &Tensor, scales: &Tensor, zeros: &Tensor) -> Option<Weight> {
    let (Values::I8(weight), Values::I8(zeros)) = (&values.values, &zeros.values) else {
        return None;
    };
    let scales = scales.floats()?;
    let rows = *values.shape.first()?;
    let fits = scales.len() == rows && zeros.len() == rows && zeros.iter().all(|z| *z == 0);
    fits.then(|| {
        Weight::Int8(Int8Weight {
            values: weight.clone(),
            scales: scales.to_vec(),
        })
    })
}

fn scale_of(scale: &Tensor, zero: &Tensor) -> Option<Scale> {
    let Values::I8(zero) = &zero.values else {
        return None;
    };
    let (scale, [zero]) = (scale.scalar()?, &zero[..]) else {
        return None;
    };
    (scale > 0.0).then_some(Scale { scale, zero: *zero })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx;

    /// The error for Flow's own graph after a change; empty if it compiles.
    fn refusal(change: impl FnOnce(&mut Graph)) -> String {
        let mut graph = onnx::read(include_bytes!("../../models/flow.onnx")).unwrap();
        change(&mut graph);
        let stored = lower(&graph).and_then(|plan| Ok(plan.store()?));
        stored.map_or_else(|e| format!("{e:#}"), |_| String::new())
    }

    fn node<'a>(graph: &'a mut Graph, name: &str) -> &'a mut Node {
        let mut nodes = graph.nodes.iter_mut();
        nodes.find(|n| n.outputs[0] == name).unwrap()
    }

    #[test]
    fn lower_with_unknown_operators_names_the_operator() {
        assert_eq!(refusal(|_| ()), "");
        let strides = |graph: &mut Graph, stride| {
            let attributes = &mut node(graph, "step").attributes;
            attributes.insert("strides".into(), vec![stride]);
        };
        assert!(refusal(|graph| strides(graph, 1 << 40)).contains("Conv"));
        assert!(refusal(|graph| node(graph, "audible").operator = "Min".into()).contains("Min"));
        assert!(refusal(|graph| graph.inputs.clear()).contains("0 inputs"));
        assert!(refusal(|graph| graph.outputs = vec!["audible".into()]).contains("audible"));
    }
}
