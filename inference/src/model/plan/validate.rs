//! Whether executors can run a plan: shapes that follow from each other, and sizes within bounds.

use flow_analysis::features::{MEL_BANDS, MEL_FRAMES};

use super::graph::{MAX_KERNEL, Op, Operand, PLAN_VERSION, Plan, Shape, Step};
use crate::error::ModelError;

/// The largest number of channels or frames.
const MAX_DIMENSION: usize = 1 << 14;

/// The largest number of products in one sum: 8-bit products then stay below 2³¹, whatever their zeros.
const MAX_DEPTH: usize = (1 << 16) - 1;

/// Flow's own networks have about thirty steps.
const MAX_STEPS: usize = 1 << 10;

/// The most numbers that are read, multiplied and written for one example, and so those in memory: a small file may need
/// much. Flow's own networks need a tenth.
const MAX_WORK: usize = 1 << 28;

impl Plan {
    pub(super) fn validate(&self) -> Result<(), ModelError> {
        let refuse = |cause: String| Err(ModelError::new(cause));
        if self.version != PLAN_VERSION {
            let version = self.version;
            return refuse(format!(
                "its plan has version {version} instead of {PLAN_VERSION}"
            ));
        }
        let values = self.steps.len() + 1;
        if values > MAX_STEPS {
            return refuse(format!("{} steps are too many", self.steps.len()));
        }
        let input = Shape {
            channels: MEL_FRAMES,
            frames: MEL_BANDS,
        };
        if [self.shapes.len(), self.scales.len()] != [values; 2] || self.shapes[0] != input {
            return refuse("its plan has other values than steps".into());
        }
        let scales = self.scales.iter().flatten();
        if !scales.map(|s| s.scale).all(|s| s.is_finite() && s > 0.0) {
            return refuse("a scale of its plan isn't positive".into());
        }
        let mut work = 0_usize;
        for (index, step) in self.steps.iter().enumerate() {
            let cost = (step.output == index + 1).then(|| self.check_step(step));
            let Some(cost) = cost.flatten() else {
                return refuse(format!("step {:?} doesn't fit its operands", step.name));
            };
            work = work.saturating_add(cost);
        }
        for output in &self.outputs {
            match self.shapes.get(*output) {
                Some(shape) if *output > 0 => work = work.saturating_add(shape.len()),
                _ => return refuse(format!("output {output} isn't a value of its plan")),
            }
        }
        if work > MAX_WORK {
            return refuse(format!(
                "its plan takes {work} operations, which are too many"
            ));
        }
        Ok(())
    }

    /// The numbers that a step reads, multiplies and writes; none if its output doesn't follow from its operands.
    fn check_step(&self, step: &Step) -> Option<usize> {
        let output = self.shapes[step.output];
        let is_input = matches!(step.op, Op::Normalize(_));
        let fits = |operand: &Operand| {
            operand.value < step.output
                && (operand.value == 0) == is_input
                && (!operand.quantized || self.scales[operand.value].is_some())
        };
        if !step.operands.iter().all(fits) {
            return None;
        }
        let shapes: Vec<Shape> = step.operands.iter().map(|o| self.shapes[o.value]).collect();
        let is_real = step.operands.iter().all(|o| !o.quantized);
        let mut products = 0;
        let expected = match (&step.op, &shapes[..]) {
            (Op::Normalize(how), [_]) if is_real => {
                let [low, high] = how.limits;
                let numbers = [low, high, how.floor_db, how.per_db];
                let fits = low <= high && numbers.iter().all(|x| x.is_finite());
                fits.then_some(Shape {
                    channels: 2 * MEL_BANDS,
                    frames: MEL_FRAMES,
                })?
            }
            (Op::MeanStd { min_variance }, [x]) if is_real => (*min_variance > 0.0
                && min_variance.is_finite())
            .then(|| Shape::vector(2 * x.channels))?,
            (Op::Conv(convolution), [x]) => {
                let channels = if convolution.depthwise { 1 } else { x.channels };
                let depth = channels * convolution.kernel.min(MAX_KERNEL);
                let keeps_channels = !convolution.depthwise || output.channels == x.channels;
                let fits = keeps_channels && depth <= MAX_DEPTH;
                let frames = convolution.output_frames(x.frames).filter(|_| fits)?;
                products = output.channels.saturating_mul(depth * frames);
                Shape {
                    channels: output.channels,
                    frames,
                }
            }
            (Op::Activation, [x, others @ ..]) if others.len() < 2 => {
                others.iter().all(|other| other == x).then_some(*x)?
            }
            (Op::AttentionPool, [x, scores]) => {
                let fits = x.frames == scores.frames && x.channels.is_multiple_of(scores.channels);
                fits.then(|| Shape::vector(x.channels))?
            }
            (Op::Concat, [first, second]) if is_real && first.frames * second.frames == 1 => {
                Shape::vector(first.channels + second.channels)
            }
            _ => return None,
        };
        let dimensions = [output.channels, output.frames];
        let fits = output == expected && dimensions.iter().all(|d| (1..=MAX_DIMENSION).contains(d));
        let moved: usize = shapes.iter().map(|shape| shape.len()).sum();
        fits.then(|| products.saturating_add(moved + output.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::shipped;

    /// The refusal of Flow's own plan after a change; empty if it is still valid.
    fn refusal(change: impl FnOnce(&mut Plan)) -> String {
        let files = shipped::F32;
        let mut plan = Plan::load(files.plan, files.weights).unwrap();
        change(&mut plan);
        plan.validate()
            .map_or_else(|e| e.to_string(), |()| String::new())
    }

    fn convolution<'a>(plan: &'a mut Plan, name: &str) -> &'a mut crate::model::plan::Convolution {
        let mut steps = plan.steps.iter_mut();
        match &mut steps.find(|s| s.name == name).unwrap().op {
            Op::Conv(convolution) => convolution,
            _ => panic!("{name} is no convolution"),
        }
    }

    /// Appends a convolution of the last value, and makes it an output.
    fn append(plan: &mut Plan, of: usize, channels: usize, kernel: usize) {
        let mut convolution = convolution(plan, "difference").clone();
        (convolution.kernel, convolution.stride) = (kernel, 1);
        let output = plan.shapes.len();
        plan.shapes.push(Shape {
            channels,
            frames: convolution.output_frames(plan.shapes[of].frames).unwrap(),
        });
        plan.scales.push(None);
        plan.steps.push(Step {
            name: "appended".into(),
            op: Op::Conv(convolution),
            operands: vec![Operand {
                value: of,
                quantized: false,
            }],
            output,
        });
    }

    #[test]
    fn plan_validate_with_excessive_sizes_names_the_excess() {
        assert_eq!(refusal(|_| ()), "");
        assert!(refusal(|plan| convolution(plan, "step").stride = 1 << 40).contains("\"step\""));
        assert!(refusal(|plan| convolution(plan, "step").kernel = usize::MAX).contains("\"step\""));
        assert!(refusal(|plan| convolution(plan, "step").pad = usize::MAX).contains("\"step\""));
        let repeat = |plan: &mut Plan, count| (0..count).for_each(|_| append(plan, 1, 256, 1));
        assert_eq!(refusal(|plan| repeat(plan, 10)), "");
        assert!(refusal(|plan| repeat(plan, 900)).contains("operations"));
        assert!(refusal(|plan| repeat(plan, 2000)).contains("too many"));
        assert!(refusal(|plan| plan.outputs = vec![1; 10_000]).contains("operations"));
    }

    #[test]
    fn plan_validate_with_inconsistent_values_names_the_step() {
        type Change<'a> = (&'a str, &'a dyn Fn(&mut Plan));
        let changes: [Change<'_>; 8] = [
            ("version 2", &|plan| plan.version = 2),
            ("other values", &|plan| plan.shapes.truncate(3)),
            ("other values", &|plan| plan.shapes[0].frames += 1),
            ("isn't positive", &|plan| {
                plan.scales[1] = Some(crate::model::plan::Scale {
                    scale: 0.0,
                    zero: 0,
                })
            }),
            ("doesn't fit", &|plan| plan.shapes[2].channels += 1),
            ("doesn't fit", &|plan| plan.steps[1].operands[0].value = 7),
            ("doesn't fit", &|plan| {
                plan.steps[1].operands[0].quantized = true
            }),
            ("isn't a value", &|plan| plan.outputs[0] = usize::MAX),
        ];
        for (expected, change) in changes {
            let refusal = refusal(change);
            assert!(refusal.contains(expected), "{expected}: {refusal}");
        }
    }

    #[test]
    fn plan_validate_with_overlong_sums_refuses_the_step() {
        let deep = |plan: &mut Plan, channels| {
            append(plan, 1, channels, 1);
            append(plan, plan.shapes.len() - 1, 1, 64);
        };
        assert_eq!(refusal(|plan| deep(plan, 1023)), "");
        assert!(refusal(|plan| deep(plan, 1024)).contains("\"appended\""));
        let largest = i64::from(u8::MAX) * 128 * i64::try_from(MAX_DEPTH).unwrap();
        assert!(largest <= i64::from(i32::MAX));
    }
}
