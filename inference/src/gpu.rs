//! The executor on a GPU: compute kernels through wgpu.
//!
//! Pipelines, weights and buffers for [`BATCH`] examples are made once. A batch is one submission.

mod device;
mod passes;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;

use crate::error::ModelError;
use crate::executor::{Executor, Outputs};
use crate::model::plan::Plan;
use flow_analysis::features::MEL_VALUES;
use passes::Pass;

pub(crate) use device::{AdapterHandle, BATCH, Device, MAX_BYTES, held_bytes};

/// Runs a plan on a device.
pub(crate) struct GpuExecutor {
    device: Device,
    passes: Vec<Pass>,
    input: wgpu::Buffer,
    /// The buffer of each output, and its numbers for each example.
    outputs: Vec<(wgpu::Buffer, usize)>,
    /// The buffer that the CPU reads outputs from.
    staging: wgpu::Buffer,
}

impl GpuExecutor {
    /// Compiles the kernels, which may take a driver minutes. Call it on a thread of its own.
    pub(crate) fn new(plan: &Plan, device: Device) -> Result<Self, ModelError> {
        if plan.is_quantized() {
            return Err(ModelError::new("its weights are integers"));
        }
        let values = passes::values(plan, &device)?;
        let passes = passes::passes(plan, &device, &values)?;
        let output = |id: &usize| (values[*id].clone(), plan.shapes[*id].len());
        let outputs: Vec<_> = plan.outputs.iter().map(output).collect();
        let numbers: usize = outputs.iter().map(|(_, len)| len * BATCH).sum();
        let staging = device.staging(numbers)?;
        device.check()?;
        Ok(Self {
            device,
            passes,
            input: values[0].clone(),
            outputs,
            staging,
        })
    }

    /// Submits a batch, and returns the length of its results in bytes.
    fn submit(&self, mel: &[f32]) -> u64 {
        let examples = mel.len() / MEL_VALUES;
        self.device.write(&self.input, mel);
        let mut commands = self.device.commands();
        for pass in &self.passes {
            pass.encode(&mut commands, examples);
        }
        let mut start = 0;
        for (buffer, len) in &self.outputs {
            let bytes = 4 * (len * examples) as u64;
            commands.copy_buffer_to_buffer(buffer, 0, &self.staging, start, bytes);
            start += bytes;
        }
        self.device.submit(commands);
        start
    }

    /// The results of a submission of so many examples.
    fn collect(&self, bytes: u64, examples: usize) -> Result<Vec<Outputs>, ModelError> {
        let numbers = self.read(bytes)?;
        let mut outputs: Vec<Outputs> = vec![Vec::new(); examples];
        let mut rest = &numbers[..];
        for (_, len) in &self.outputs {
            let (these, others) = rest.split_at(len * examples);
            rest = others;
            for (output, values) in outputs.iter_mut().zip(these.chunks_exact(*len)) {
                output.push(values.to_vec());
            }
        }
        Ok(outputs)
    }

    /// Waits for the device, and reads the first bytes of the staging buffer.
    fn read(&self, bytes: u64) -> Result<Vec<f32>, ModelError> {
        let (sender, receiver) = mpsc::channel();
        self.staging
            .map_async(wgpu::MapMode::Read, ..bytes, move |mapped| {
                // The receiver is gone if the caller gave up.
                let _ = sender.send(mapped);
            });
        self.device.wait()?;
        match receiver.try_recv() {
            Ok(Ok(())) => {}
            _ => return Err(ModelError::new("the GPU's memory can't be read")),
        }
        let numbers = {
            let view = self.staging.get_mapped_range(..bytes);
            let view = view.map_err(|_| ModelError::new("the GPU's memory can't be read"))?;
            let words = view.chunks_exact(4);
            words
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect()
        };
        self.staging.unmap();
        self.device.check()?;
        Ok(numbers)
    }
}

#[cfg(test)]
impl GpuExecutor {
    /// Runs a batch with a call between the submission and its results.
    pub(crate) fn run_and(
        &mut self,
        mel: &[f32],
        meanwhile: impl FnOnce(&Self),
    ) -> Result<Vec<Outputs>, ModelError> {
        let bytes = self.submit(mel);
        meanwhile(self);
        self.collect(bytes, mel.len() / MEL_VALUES)
    }

    /// Simulates the loss of the device.
    pub(crate) fn lose(&self) {
        self.device.lose();
    }
}

impl Executor for GpuExecutor {
    fn run(&mut self, mel: &[f32]) -> Result<Vec<Outputs>, ModelError> {
        let batches = || {
            let mut outputs = Vec::new();
            for mel in mel.chunks(BATCH * MEL_VALUES) {
                let bytes = self.submit(mel);
                outputs.extend(self.collect(bytes, mel.len() / MEL_VALUES)?);
            }
            Ok(outputs)
        };
        // wgpu panics where a device is lost during a wait. The device holds the cause.
        catch_unwind(AssertUnwindSafe(batches)).unwrap_or_else(|_| {
            self.device.check()?;
            Err(ModelError::new("the GPU failed: wgpu panicked"))
        })
    }
}

#[cfg(test)]
mod tests;
