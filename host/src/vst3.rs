//! The part of a headless VST3 host that the tests need, to run both formats in one process.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::path::Path;
use std::ptr::null_mut;
use std::sync::Arc;

use libloading::Library;
use vst3::Steinberg::Vst::{
    AudioBusBuffers, AudioBusBuffers__type0, BusDirections_, IAudioProcessor, IAudioProcessorTrait,
    IComponent, IComponentTrait, IEditController, MediaTypes_, ProcessData, ProcessModes_,
    ProcessSetup, SymbolicSampleSizes_,
};
use vst3::Steinberg::{
    IBStream, IBStream_::IStreamSeekMode_, IBStreamTrait, IPluginBaseTrait, IPluginFactory,
    IPluginFactoryTrait, PClassInfo, kInvalidArgument, kResultOk, tresult,
};
use vst3::{Class, ComPtr, ComWrapper, Interface};

use crate::clap::HostError;
use flow_audio_file::Audio;

/// Largest block size.
const MAX_BLOCK_SAMPLES: usize = 512;

/// The type of a module's entry point. It takes the module's handle, except on Windows.
#[cfg(windows)]
type Entry = unsafe extern "system" fn() -> bool;
#[cfg(not(windows))]
type Entry = unsafe extern "C" fn(*mut c_void) -> bool;

/// The names of a module's entry and exit points on this system.
const ENTRY_AND_EXIT: [&[u8]; 2] = if cfg!(windows) {
    [b"InitDll\0", b"ExitDll\0"]
} else if cfg!(target_os = "macos") {
    [b"bundleEntry\0", b"bundleExit\0"]
} else {
    [b"ModuleEntry\0", b"ModuleExit\0"]
};

/// The loaded module. Its objects hold a reference.
struct Module(Library);

impl Drop for Module {
    fn drop(&mut self) {
        // SAFETY: VST3 defines the type, and no object of the module is left, because each holds a reference.
        if let Ok(exit) = unsafe {
            self.0
                .get::<unsafe extern "system" fn() -> bool>(ENTRY_AND_EXIT[1])
        } {
            // SAFETY: the exit is called once, after the entry.
            unsafe { exit() };
        }
    }
}

/// A loaded VST3 bundle.
pub struct Vst3Bundle {
    factory: ComPtr<IPluginFactory>,
    module: Arc<Module>,
}

/// An instance of a plug-in.
pub struct Vst3Instance {
    // The fields are dropped in this order.
    processor: ComPtr<IAudioProcessor>,
    component: ComPtr<IComponent>,
    is_active: bool,
    _module: Arc<Module>,
}

fn check(step: &'static str, result: tresult) -> Result<(), HostError> {
    if result == kResultOk {
        Ok(())
    } else {
        let reason = format!("result {result}");
        Err(HostError::Plugin { step, reason })
    }
}

/// Converts a C enumeration, whose sign depends on the compiler.
fn int<T: TryInto<i32>>(value: T) -> i32 {
    value.try_into().unwrap_or(i32::MAX)
}

impl Vst3Bundle {
    /// Loads the folder `Flow.vst3`.
    ///
    /// # Errors
    ///
    /// If the folder is no VST3 bundle for this system.
    pub fn open(bundle: &Path) -> Result<Self, HostError> {
        let failed = |reason: String| HostError::Load {
            path: bundle.to_owned(),
            reason,
        };
        let (folder, extension) = if cfg!(windows) {
            (format!("{}-win", std::env::consts::ARCH), "vst3")
        } else if cfg!(target_os = "macos") {
            ("MacOS".to_owned(), "")
        } else {
            (format!("{}-linux", std::env::consts::ARCH), "so")
        };
        let name = bundle.file_stem().unwrap_or_default();
        let path = bundle.join("Contents").join(folder).join(name);
        let path = path.with_extension(extension);
        // SAFETY: hosts trust the initializers of the plug-ins that they load.
        let library = unsafe { Library::new(&path) }.map_err(|e| failed(e.to_string()))?;
        // SAFETY: VST3 defines the types of the entry points.
        let entry = unsafe { library.get::<Entry>(ENTRY_AND_EXIT[0]) };
        let entry = entry.map_err(|e| failed(e.to_string()))?;
        // SAFETY: Flow doesn't use the handle.
        #[cfg(not(windows))]
        let is_ready = unsafe { entry(null_mut()) };
        // SAFETY: as above.
        #[cfg(windows)]
        let is_ready = unsafe { entry() };
        if !is_ready {
            return Err(failed("the module's entry point failed".to_owned()));
        }
        let module = Arc::new(Module(library));
        // SAFETY: as above.
        let factory = unsafe {
            let get = module
                .0
                .get::<unsafe extern "system" fn() -> *mut IPluginFactory>(b"GetPluginFactory\0")
                .map_err(|e| failed(e.to_string()))?;
            ComPtr::from_raw(get())
        };
        let factory = factory.ok_or_else(|| failed("there is no factory".to_owned()))?;
        Ok(Self { factory, module })
    }

    /// A new instance of the first plug-in.
    ///
    /// # Errors
    ///
    /// If the plug-in can't be created.
    pub fn instantiate(&self) -> Result<Vst3Instance, HostError> {
        // SAFETY: all zeros are valid for this C struct.
        let mut class: PClassInfo = unsafe { std::mem::zeroed() };
        // SAFETY: the factory is alive, and the pointer is valid for writes.
        check("return its class", unsafe {
            self.factory.getClassInfo(0, &mut class)
        })?;
        let mut object = null_mut();
        // SAFETY: both identifiers have 16 bytes.
        check("create an instance", unsafe {
            let interface = IComponent::IID.as_ptr().cast();
            self.factory
                .createInstance(class.cid.as_ptr(), interface, &mut object)
        })?;
        let missing = HostError::MissingExtension("IAudioProcessor");
        // SAFETY: the object has the requested interface.
        let component = unsafe { ComPtr::from_raw(object.cast::<IComponent>()) };
        let component = component.ok_or(HostError::MissingExtension("IComponent"))?;
        let processor = component.cast::<IAudioProcessor>().ok_or(missing)?;
        // SAFETY: the object is new, and Flow doesn't use the host context.
        check("initialize", unsafe { component.initialize(null_mut()) })?;
        Ok(Vst3Instance {
            processor,
            component,
            is_active: false,
            _module: self.module.clone(),
        })
    }
}

impl Vst3Instance {
    /// The object as a component.
    #[must_use]
    pub fn component(&self) -> &ComPtr<IComponent> {
        &self.component
    }

    /// The object as an audio processor.
    #[must_use]
    pub fn processor(&self) -> &ComPtr<IAudioProcessor> {
        &self.processor
    }

    /// The object as a controller.
    ///
    /// # Panics
    ///
    /// If the object is no controller.
    #[must_use]
    pub fn controller(&self) -> ComPtr<IEditController> {
        self.component
            .cast()
            .expect("the component is the controller")
    }

    /// Activates for stereo at a sample rate, offline or in real time, and starts processing.
    ///
    /// # Errors
    ///
    /// If the plug-in refuses.
    pub fn activate(&mut self, sample_rate_hz: u32, is_offline: bool) -> Result<(), HostError> {
        self.deactivate();
        let mode = if is_offline {
            int(ProcessModes_::kOffline)
        } else {
            int(ProcessModes_::kRealtime)
        };
        let mut setup = ProcessSetup {
            processMode: mode,
            symbolicSampleSize: int(SymbolicSampleSizes_::kSample32),
            maxSamplesPerBlock: int(MAX_BLOCK_SAMPLES),
            sampleRate: f64::from(sample_rate_hz),
        };
        let audio = int(MediaTypes_::kAudio);
        // SAFETY: the calls have VST3's order, and their data outlives each call.
        unsafe {
            check("set up", self.processor.setupProcessing(&mut setup))?;
            for direction in [BusDirections_::kInput, BusDirections_::kOutput] {
                let done = self.component.activateBus(audio, int(direction), 0, 1);
                check("activate a bus", done)?;
            }
            check("activate", self.component.setActive(1))?;
        }
        self.is_active = true;
        // SAFETY: the component is active.
        check("start", unsafe { self.processor.setProcessing(1) })
    }

    /// Stops and deactivates.
    pub fn deactivate(&mut self) {
        if std::mem::take(&mut self.is_active) {
            // SAFETY: the component was active. Its results don't matter here.
            unsafe {
                self.processor.setProcessing(0);
                self.component.setActive(0);
            }
        }
    }

    /// Processes stereo audio in blocks. The output is as long as the input and starts with the latency.
    ///
    /// # Errors
    ///
    /// If the instance isn't active, or fails.
    pub fn process(&mut self, input: &Audio, block: usize) -> Result<Audio, HostError> {
        if !self.is_active {
            return check("process before it is active", kInvalidArgument).map(|()| input.clone());
        }
        let mut output = Audio::silence(input.sample_rate_hz, 2, input.frames());
        let mut at = 0;
        while at < input.frames() {
            let frames = block.clamp(1, MAX_BLOCK_SAMPLES).min(input.frames() - at);
            // VST3's input buffers are writable.
            let mut block_in: Vec<Vec<f32>> = input
                .channels
                .iter()
                .map(|channel| channel[at..at + frames].to_vec())
                .collect();
            let mut inputs: Vec<*mut f32> = block_in.iter_mut().map(|c| c.as_mut_ptr()).collect();
            let mut outputs: Vec<*mut f32> = output
                .channels
                .iter_mut()
                .map(|c| c[at..].as_mut_ptr())
                .collect();
            let bus = |channels: &mut Vec<*mut f32>| AudioBusBuffers {
                numChannels: int(channels.len()),
                silenceFlags: 0,
                __field0: AudioBusBuffers__type0 {
                    channelBuffers32: channels.as_mut_ptr(),
                },
            };
            let (mut from, mut to) = (bus(&mut inputs), bus(&mut outputs));
            let mut data = ProcessData {
                processMode: int(ProcessModes_::kRealtime),
                symbolicSampleSize: int(SymbolicSampleSizes_::kSample32),
                numSamples: int(frames),
                numInputs: 1,
                numOutputs: 1,
                inputs: &mut from,
                outputs: &mut to,
                inputParameterChanges: null_mut(),
                outputParameterChanges: null_mut(),
                inputEvents: null_mut(),
                outputEvents: null_mut(),
                processContext: null_mut(),
            };
            // SAFETY: all buffers have room for the frames and outlive the call.
            check("process", unsafe { self.processor.process(&mut data) })?;
            at += frames;
        }
        Ok(output)
    }

    /// The plug-in's state.
    ///
    /// # Errors
    ///
    /// If the plug-in can't save.
    pub fn save_state(&mut self) -> Result<Vec<u8>, HostError> {
        let stream = ComWrapper::new(MemoryStream::default());
        let pointer = stream.to_com_ptr::<IBStream>();
        let pointer = pointer.ok_or(HostError::MissingExtension("IBStream"))?;
        // SAFETY: the stream outlives the call.
        check("save", unsafe { self.component.getState(pointer.as_ptr()) })?;
        Ok(stream.bytes.take())
    }

    /// Loads a state.
    ///
    /// # Errors
    ///
    /// If the plug-in refuses.
    pub fn load_state(&mut self, state: &[u8]) -> Result<(), HostError> {
        let stream = ComWrapper::new(MemoryStream {
            bytes: RefCell::new(state.to_vec()),
            position: Cell::new(0),
        });
        let pointer = stream.to_com_ptr::<IBStream>();
        let pointer = pointer.ok_or(HostError::MissingExtension("IBStream"))?;
        // SAFETY: as above.
        check("load", unsafe { self.component.setState(pointer.as_ptr()) })
    }
}

impl Drop for Vst3Instance {
    fn drop(&mut self) {
        self.deactivate();
        // SAFETY: the call matches `initialize`.
        unsafe { self.component.terminate() };
    }
}

/// A stream in memory.
#[derive(Default)]
struct MemoryStream {
    bytes: RefCell<Vec<u8>>,
    position: Cell<usize>,
}

impl Class for MemoryStream {
    type Interfaces = (IBStream,);
}

impl IBStreamTrait for MemoryStream {
    unsafe fn read(&self, buffer: *mut c_void, wanted: i32, done: *mut i32) -> tresult {
        let bytes = self.bytes.borrow();
        let from = self.position.get().min(bytes.len());
        let count = usize::try_from(wanted).unwrap_or(0).min(bytes.len() - from);
        // SAFETY: the caller's buffer has room for the bytes.
        unsafe { buffer.cast::<u8>().copy_from(bytes[from..].as_ptr(), count) };
        self.position.set(from + count);
        if !done.is_null() {
            // SAFETY: the pointer is not null, and valid for writes.
            unsafe { done.write(int(count)) };
        }
        kResultOk
    }

    unsafe fn write(&self, buffer: *mut c_void, given: i32, done: *mut i32) -> tresult {
        let count = usize::try_from(given).unwrap_or(0);
        // SAFETY: the caller's buffer has that many bytes.
        let new = unsafe { std::slice::from_raw_parts(buffer.cast::<u8>(), count) };
        self.bytes.borrow_mut().extend_from_slice(new);
        self.position.set(self.bytes.borrow().len());
        if !done.is_null() {
            // SAFETY: as above.
            unsafe { done.write(given) };
        }
        kResultOk
    }

    unsafe fn seek(&self, to: i64, mode: i32, result: *mut i64) -> tresult {
        let base = if mode == int(IStreamSeekMode_::kIBSeekSet) {
            0
        } else if mode == int(IStreamSeekMode_::kIBSeekCur) {
            self.position.get()
        } else {
            self.bytes.borrow().len()
        };
        let target = i64::try_from(base).unwrap_or(i64::MAX).saturating_add(to);
        let Ok(target) = usize::try_from(target) else {
            return kInvalidArgument;
        };
        self.position.set(target);
        if result.is_null() {
            return kResultOk;
        }
        // SAFETY: the pointer is not null, and valid for writes.
        unsafe { self.tell(result) }
    }

    unsafe fn tell(&self, position: *mut i64) -> tresult {
        let here = i64::try_from(self.position.get()).unwrap_or(i64::MAX);
        // SAFETY: the caller's pointer is valid for writes.
        unsafe { position.write(here) };
        kResultOk
    }
}
