//! Turns steps into dispatches of compute kernels.

use std::collections::HashMap;

use super::device::{BATCH, Device};
use crate::error::ModelError;
use crate::model::plan::{Convolution, Op, Plan, Shape, Step, ValueId, Weight};

/// The workgroup size of the kernels.
const GROUP: usize = 64;
/// The output channels of one invocation of `conv`.
const ROWS: usize = 4;

/// One dispatch.
pub(super) struct Pass {
    pipeline: wgpu::ComputePipeline,
    bindings: wgpu::BindGroup,
    /// Workgroups in x and y.
    groups: [usize; 2],
    /// The dimension of the examples.
    along: usize,
}

impl Pass {
    pub(super) fn encode(&self, commands: &mut wgpu::CommandEncoder, examples: usize) {
        let mut groups = [self.groups[0], self.groups[1], 1];
        groups[self.along] *= examples;
        let [x, y, z] = groups.map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        let mut pass = commands.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.bindings, &[]);
        pass.dispatch_workgroups(x, y, z);
    }
}

/// The buffers of all values of a batch.
pub(super) fn values(plan: &Plan, device: &Device) -> Result<Vec<wgpu::Buffer>, ModelError> {
    let buffer = |(id, shape): (usize, &Shape)| {
        // The input has mid and sides.
        let parts = if id == 0 { 2 } else { 1 };
        device.numbers(parts * shape.len() * BATCH)
    };
    plan.shapes.iter().enumerate().map(buffer).collect()
}

/// The activation that follows a step at once, if no other step reads its output: both become one pass.
fn activation_after(plan: &Plan, step: &Step) -> Option<(ValueId, Option<ValueId>)> {
    let mut readers = plan
        .steps
        .iter()
        .filter(|s| s.operands.iter().any(|o| o.value == step.output));
    let (reader, more) = (readers.next()?, readers.next());
    if reader.op != Op::Activation || more.is_some() || plan.outputs.contains(&step.output) {
        return None;
    }
    let others: Vec<ValueId> = reader
        .operands
        .iter()
        .map(|o| o.value)
        .filter(|v| *v != step.output)
        .collect();
    match others[..] {
        [] if reader.operands.len() == 1 => Some((reader.output, None)),
        [other] if other < step.output => Some((reader.output, Some(other))),
        _ => None,
    }
}

/// All passes of a plan.
pub(super) fn passes(
    plan: &Plan,
    device: &Device,
    values: &[wgpu::Buffer],
) -> Result<Vec<Pass>, ModelError> {
    let mut maker = Maker::new(device)?;
    let mut passes = Vec::new();
    let mut fused = Vec::new();
    for step in &plan.steps {
        if fused.contains(&step.output) {
            continue;
        }
        let mut sizes = Sizes::of(plan, step);
        let (mut output, mut other) = (step.output, step.operands.get(1).map(|o| o.value));
        if let Op::Conv(_) = step.op
            && let Some((then, with)) = activation_after(plan, step)
        {
            sizes.activation = if with.is_some() { 2 } else { 1 };
            fused.push(then);
            (output, other) = (then, with);
        }
        let x = step.operands[0].value;
        let buffers = [&values[x], &values[other.unwrap_or(x)], &values[output]];
        passes.push(maker.pass(step, &sizes, buffers)?);
    }
    Ok(passes)
}

/// The uniform of the kernels.
#[derive(Default)]
struct Sizes {
    input: [usize; 2],
    output: [usize; 2],
    kernel: usize,
    stride: usize,
    pad: usize,
    depthwise: bool,
    activation: u32,
    numbers: [f32; 4],
    others: usize,
}

impl Sizes {
    fn of(plan: &Plan, step: &Step) -> Self {
        let shape = |id: ValueId| [plan.shapes[id].channels, plan.shapes[id].frames];
        let mut sizes = Self {
            input: shape(step.operands[0].value),
            output: shape(step.output),
            others: step
                .operands
                .get(1)
                .map_or(0, |o| plan.shapes[o.value].len()),
            ..Self::default()
        };
        match &step.op {
            Op::Normalize(how) => {
                sizes.numbers = [how.floor_db, how.per_db, how.limits[0], how.limits[1]];
            }
            Op::MeanStd { min_variance } => sizes.numbers[0] = *min_variance,
            Op::Conv(convolution) => {
                sizes.kernel = convolution.kernel;
                sizes.stride = convolution.stride;
                sizes.pad = convolution.pad;
                sizes.depthwise = convolution.depthwise;
            }
            Op::Activation => sizes.activation = if step.operands.len() == 2 { 2 } else { 1 },
            Op::AttentionPool | Op::Concat => {}
        }
        sizes
    }

    fn words(&self) -> Result<Vec<u32>, ModelError> {
        let counts = [
            BATCH,
            self.input[0],
            self.input[1],
            self.output[0],
            self.output[1],
            self.kernel,
            self.stride,
            self.pad,
            usize::from(self.depthwise),
        ];
        let counts = counts.iter().map(|n| u32::try_from(*n));
        let mut words: Vec<u32> = counts.collect::<Result<_, _>>().map_err(|_| too_large())?;
        words.push(self.activation);
        words.extend(self.numbers.map(f32::to_bits));
        words.push(u32::try_from(self.others).map_err(|_| too_large())?);
        words.push(0);
        Ok(words)
    }
}

fn too_large() -> ModelError {
    ModelError::new("it is too large for the GPU")
}

/// Makes each pipeline once.
struct Maker<'a> {
    device: &'a Device,
    module: wgpu::ShaderModule,
    bindings: wgpu::BindGroupLayout,
    layout: wgpu::PipelineLayout,
    pipelines: HashMap<&'static str, wgpu::ComputePipeline>,
    nothing: wgpu::Buffer,
}

impl<'a> Maker<'a> {
    fn new(device: &'a Device) -> Result<Self, ModelError> {
        let module = device
            .wgpu()
            .create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some("Flow's kernels"),
                source: wgpu::ShaderSource::Wgsl(include_str!("kernels.wgsl").into()),
            });
        let entry = |binding: u32, ty: wgpu::BufferBindingType| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty,
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        };
        let read = wgpu::BufferBindingType::Storage { read_only: true };
        let write = wgpu::BufferBindingType::Storage { read_only: false };
        let entries = [
            entry(0, wgpu::BufferBindingType::Uniform),
            entry(1, read),
            entry(2, read),
            entry(3, read),
            entry(4, read),
            entry(5, write),
        ];
        let bindings = device
            .wgpu()
            .create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
                label: None,
                entries: &entries,
            });
        let layout = device
            .wgpu()
            .create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: None,
                bind_group_layouts: &[Some(&bindings)],
                immediate_size: 0,
            });
        Ok(Self {
            device,
            module,
            bindings,
            layout,
            pipelines: HashMap::new(),
            nothing: device.numbers(1)?,
        })
    }

    /// One dispatch. `buffers` are the input, the second input and the output.
    fn pass(
        &mut self,
        step: &Step,
        sizes: &Sizes,
        buffers: [&wgpu::Buffer; 3],
    ) -> Result<Pass, ModelError> {
        let [_, frames_out] = sizes.output;
        let [channels_in, _] = sizes.input;
        let len_out = sizes.output[0] * frames_out;
        let (kernel, groups, along) = match &step.op {
            Op::Normalize(_) => ("normalize", [1, 1], 0),
            Op::MeanStd { .. } => ("mean_std", [channels_in.div_ceil(GROUP), 1], 1),
            Op::Conv(convolution) if convolution.is_dense(sizes.input[1]) => {
                ("dense", [sizes.output[0], 1], 1)
            }
            Op::Conv(_) => {
                let rows = sizes.output[0].div_ceil(ROWS);
                ("conv", [frames_out.div_ceil(GROUP), rows], 2)
            }
            Op::Activation => ("activate_all", [len_out.div_ceil(GROUP), 1], 1),
            Op::AttentionPool => ("attention_pool", [channels_in.div_ceil(GROUP), 1], 1),
            Op::Concat => ("concat", [len_out.div_ceil(GROUP), 1], 1),
        };
        let [weight, bias] = match &step.op {
            Op::Conv(Convolution {
                weight: Weight::F32(weight),
                bias,
                ..
            }) => [self.constant(weight)?, self.constant(bias)?],
            _ => [self.nothing.clone(), self.nothing.clone()],
        };
        let uniform = self.device.uniform(&sizes.words()?)?;
        let [x, other, out] = buffers;
        let bound = [&uniform, x, other, &weight, &bias, out];
        let entries: Vec<wgpu::BindGroupEntry<'_>> = (0..)
            .zip(bound)
            .map(|(binding, buffer)| wgpu::BindGroupEntry {
                binding,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        let bindings = self
            .device
            .wgpu()
            .create_bind_group(&wgpu::BindGroupDescriptor {
                label: None,
                layout: &self.bindings,
                entries: &entries,
            });
        Ok(Pass {
            pipeline: self.pipeline(kernel),
            bindings,
            groups,
            along,
        })
    }

    fn constant(&self, numbers: &[f32]) -> Result<wgpu::Buffer, ModelError> {
        let buffer = self.device.numbers(numbers.len())?;
        self.device.write(&buffer, numbers);
        Ok(buffer)
    }

    fn pipeline(&mut self, kernel: &'static str) -> wgpu::ComputePipeline {
        let make = || {
            self.device
                .wgpu()
                .create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                    label: Some(kernel),
                    layout: Some(&self.layout),
                    module: &self.module,
                    entry_point: Some(kernel),
                    compilation_options: wgpu::PipelineCompilationOptions::default(),
                    cache: None,
                })
        };
        self.pipelines.entry(kernel).or_insert_with(make).clone()
    }
}
