//! A device, the memory that it holds, and its first error.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flow_platform::mutex::lock;

use crate::backend::gpu_adapter::GpuAdapter;
use crate::error::ModelError;

/// The largest number of examples in one submission.
pub(crate) const BATCH: usize = 64;

/// The limit of GPU memory, bytes.
pub(crate) const MAX_BYTES: u64 = 256 << 20;

/// A device that takes longer for one batch has hung. A CPU that emulates the GPU, in tests only, may be busy.
const TIMEOUT: Duration = Duration::from_secs(1);
const SOFTWARE_TIMEOUT: Duration = Duration::from_secs(120);

/// The bytes that all devices of this process hold.
static HELD_BYTES: AtomicU64 = AtomicU64::new(0);

/// The bytes of GPU memory that this process holds.
pub(crate) fn held_bytes() -> u64 {
    HELD_BYTES.load(Ordering::Relaxed)
}

/// An opened device.
pub(crate) struct Device {
    device: wgpu::Device,
    queue: wgpu::Queue,
    adapter: GpuAdapter,
    max_bytes: u64,
    /// The first error.
    first_error: Arc<Mutex<Option<String>>>,
    held: Arc<MemoryReservation>,
}

/// Frees its bytes in [`HELD_BYTES`] together with the device.
#[derive(Default)]
struct MemoryReservation(AtomicU64);

impl Drop for MemoryReservation {
    fn drop(&mut self) {
        HELD_BYTES.fetch_sub(*self.0.get_mut(), Ordering::Relaxed);
    }
}

/// An adapter before it is opened.
pub(crate) struct AdapterHandle(wgpu::Adapter);

impl AdapterHandle {
    /// The adapter that needs least power. Only with `software` it is one that the CPU emulates.
    pub(crate) fn find(software: bool) -> Result<Self, ModelError> {
        let backends = wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12;
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let adapters = pollster::block_on(instance.enumerate_adapters(backends));
        let rank = |adapter: &wgpu::Adapter| match adapter.get_info().device_type {
            wgpu::DeviceType::IntegratedGpu => 0,
            wgpu::DeviceType::DiscreteGpu => 1,
            wgpu::DeviceType::VirtualGpu => 2,
            wgpu::DeviceType::Other => 3,
            wgpu::DeviceType::Cpu => 4,
        };
        let is_software = |adapter: &wgpu::Adapter| rank(adapter) == 4;
        adapters
            .into_iter()
            .filter(|adapter| is_software(adapter) == software)
            .min_by_key(rank)
            .map(Self)
            .ok_or_else(|| ModelError::new("there is no GPU"))
    }

    /// The adapter of tests: Mesa's lavapipe on Linux and Microsoft's WARP on Windows, which need no GPU. macOS has no such
    /// driver, so a Mac tests its GPU.
    #[cfg(test)]
    pub(crate) fn of_tests() -> Result<Self, ModelError> {
        let is_software = !cfg!(target_os = "macos");
        let hint = "tests on Linux need Mesa's lavapipe (mesa-vulkan-drivers)";
        Self::find(is_software).map_err(|error| ModelError::new(format!("{error}; {hint}")))
    }

    /// Name and driver.
    pub(crate) fn adapter(&self) -> GpuAdapter {
        let info = self.0.get_info();
        GpuAdapter {
            name: info.name,
            driver: format!("{} {}", info.driver, info.driver_info)
                .trim()
                .to_owned(),
            is_software: info.device_type == wgpu::DeviceType::Cpu,
        }
    }

    /// Opens the adapter. All devices of this process together never hold more than `max_bytes`.
    pub(crate) fn open(self, max_bytes: u64) -> Result<Device, ModelError> {
        let adapter = &self.0;
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("Flow"),
            // Both inputs, weights, bias and output: one buffer more than the lowest limits allow.
            required_limits: wgpu::Limits {
                max_storage_buffers_per_shader_stage: 5,
                ..wgpu::Limits::downlevel_defaults().using_resolution(adapter.limits())
            },
            memory_hints: wgpu::MemoryHints::MemoryUsage,
            ..wgpu::DeviceDescriptor::default()
        };
        let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
            .map_err(|e| ModelError::new(format!("the GPU can't be opened: {}", one_line(&e))))?;
        let first_error = Arc::new(Mutex::new(None));
        let note = |first_error: &Arc<Mutex<Option<String>>>| {
            let first_error = Arc::clone(first_error);
            move |message: String| {
                let mut slot = lock(&first_error);
                slot.get_or_insert(message);
            }
        };
        let noted = note(&first_error);
        device.on_uncaptured_error(Arc::new(move |e: wgpu::Error| noted(one_line(&e))));
        let noted = note(&first_error);
        device.set_device_lost_callback(move |_, _| noted("it was lost".into()));
        Ok(Device {
            device,
            queue,
            adapter: self.adapter(),
            max_bytes,
            first_error,
            held: Arc::default(),
        })
    }
}

impl Device {
    pub(super) fn wgpu(&self) -> &wgpu::Device {
        &self.device
    }

    /// The first error, if there is one.
    pub(super) fn check(&self) -> Result<(), ModelError> {
        let first_error = lock(&self.first_error);
        match &*first_error {
            None => Ok(()),
            Some(message) => Err(ModelError::new(format!("the GPU failed: {message}"))),
        }
    }

    /// A buffer that kernels read and write.
    pub(super) fn numbers(&self, count: usize) -> Result<wgpu::Buffer, ModelError> {
        use wgpu::BufferUsages as Uses;
        self.buffer(count, Uses::STORAGE | Uses::COPY_DST | Uses::COPY_SRC)
    }

    /// A buffer that the CPU reads.
    pub(super) fn staging(&self, count: usize) -> Result<wgpu::Buffer, ModelError> {
        use wgpu::BufferUsages as Uses;
        self.buffer(count, Uses::MAP_READ | Uses::COPY_DST)
    }

    /// A buffer of sizes for a kernel.
    pub(super) fn uniform(&self, words: &[u32]) -> Result<wgpu::Buffer, ModelError> {
        use wgpu::BufferUsages as Uses;
        let buffer = self.buffer(words.len(), Uses::UNIFORM | Uses::COPY_DST)?;
        let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        self.queue.write_buffer(&buffer, 0, &bytes);
        Ok(buffer)
    }

    fn buffer(&self, count: usize, usage: wgpu::BufferUsages) -> Result<wgpu::Buffer, ModelError> {
        let size = 4 * count.max(4) as u64;
        self.held.0.fetch_add(size, Ordering::Relaxed);
        // Devices that a driver never frees count too.
        let held = HELD_BYTES.fetch_add(size, Ordering::Relaxed) + size;
        let max_bytes = self.max_bytes;
        if held > max_bytes {
            return Err(ModelError::new(format!(
                "it needs more than {max_bytes} bytes of the GPU"
            )));
        }
        Ok(self.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size,
            usage,
            mapped_at_creation: false,
        }))
    }

    pub(super) fn write(&self, buffer: &wgpu::Buffer, numbers: &[f32]) {
        let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.queue.write_buffer(buffer, 0, &bytes);
    }

    pub(super) fn commands(&self) -> wgpu::CommandEncoder {
        self.device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor::default())
    }

    pub(super) fn submit(&self, commands: wgpu::CommandEncoder) {
        self.queue.submit([commands.finish()]);
    }

    /// Waits until all submissions are done.
    pub(super) fn wait(&self) -> Result<(), ModelError> {
        let timeout = if self.adapter.is_software {
            SOFTWARE_TIMEOUT
        } else {
            TIMEOUT
        };
        let all = wgpu::PollType::Wait {
            submission_index: None,
            timeout: Some(timeout),
        };
        let waited = self.device.poll(all);
        self.check()?;
        waited
            .map(|_| ())
            .map_err(|e| ModelError::new(format!("the GPU doesn't answer: {}", one_line(&e))))
    }

    /// Simulates the loss of the device.
    #[cfg(test)]
    pub(super) fn lose(&self) {
        self.device.destroy();
    }
}

/// Joins the paragraphs of wgpu's errors.
fn one_line(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}
