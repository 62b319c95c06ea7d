//! Stack use: some hosts call from threads with small stacks. Ardour's audio threads and macOS' secondary threads have
//! 512 KiB, of which the host uses a part.

use std::thread;

use flow_host::clap::host_id;
use flow_testkit::raw_clap::{RawBundle, value_event};
use flow_testkit::testing::bundle_path;

/// The stack of the thread that makes all calls.
const STACK_BYTES: usize = 128 << 10;

/// The largest frame that any function of the built library may have.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
const MAX_FRAME_BYTES: u64 = 64 << 10;

/// Runs `work` on a thread with a small stack. An overflow ends the process.
fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(STACK_BYTES);
    let thread = thread.spawn(work).expect("the thread starts");
    thread.join().expect("the work succeeds");
}

#[test]
fn clap_instance_on_a_128_kib_stack_runs_without_overflow() {
    on_small_stack(|| {
        use clap_sys::ext::state::{CLAP_EXT_STATE, clap_plugin_state};
        use clap_sys::stream::{clap_istream, clap_ostream};
        use std::ffi::c_void;

        unsafe extern "C" fn write(s: *const clap_ostream, from: *const c_void, n: u64) -> i64 {
            // SAFETY: the context is the vector below, and the plug-in's buffer has `n` bytes.
            unsafe {
                let n = usize::try_from(n).unwrap();
                let from = std::slice::from_raw_parts(from.cast::<u8>(), n);
                (*(*s).ctx.cast::<Vec<u8>>()).extend_from_slice(from);
                i64::try_from(n).unwrap()
            }
        }
        unsafe extern "C" fn read(s: *const clap_istream, to: *mut c_void, n: u64) -> i64 {
            // SAFETY: as above.
            unsafe {
                let bytes = &mut *(*s).ctx.cast::<Vec<u8>>();
                let n = bytes.len().min(usize::try_from(n).unwrap());
                to.cast::<u8>().copy_from(bytes.as_ptr(), n);
                bytes.drain(..n);
                i64::try_from(n).unwrap()
            }
        }

        let bundle = RawBundle::open(&bundle_path());
        let flow = bundle.create();
        let state: &clap_plugin_state = flow.extension(CLAP_EXT_STATE);
        let half = [0.5; 512];
        for rate in [44_100.0, 192_000.0, 8_000.0, 768_000.0, 1_000.0] {
            assert!(flow.activate(rate));
            flow.start();
            // All stages active.
            let ids = [
                "gain", "fldep", "lashn", "wewid", "crair", "mbamt", "glamt", "drive", "dith",
            ];
            let events = ids.map(|id| value_event(0, host_id(id), 0.8));
            for _ in 0..20 {
                flow.process([&half, &half], &events);
            }
            let mut bytes = Vec::<u8>::new();
            let output = clap_ostream {
                ctx: (&raw mut bytes).cast(),
                write: Some(write),
            };
            // SAFETY: a living instance, and streams that live until the call is over.
            assert!(unsafe { state.save.unwrap()(flow.plugin, &output) });
            let input = clap_istream {
                ctx: (&raw mut bytes).cast(),
                read: Some(read),
            };
            // SAFETY: as above.
            assert!(unsafe { state.load.unwrap()(flow.plugin, &input) });
            flow.deactivate();
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn vst3_instance_on_a_128_kib_stack_runs_without_overflow() {
    use flow_host::vst3::Vst3Bundle;
    use flow_testkit::signals;

    on_small_stack(|| {
        let bundle = Vst3Bundle::open(&bundle_path().with_file_name("Flow.vst3")).unwrap();
        let mut flow = bundle.instantiate().unwrap();
        for rate in [44_100, 192_000, 8_000, 768_000] {
            flow.activate(rate, true).unwrap();
            let noise = signals::white_noise(rate, 2, 0.01, 0.5, 1);
            flow.process(&noise, 512).unwrap();
            let state = flow.save_state().unwrap();
            flow.load_state(&state).unwrap();
        }
    });
}

/// The frame size of each function in the library, at least: the sum of its subtractions from the stack pointer.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn frames(library: &[u8]) -> Vec<(u64, String)> {
    use iced_x86::{Code, Decoder, DecoderOptions, Instruction, Register};
    use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};

    let file = object::File::parse(library).expect("an ELF library");
    let text = file.section_by_name(".text").expect("code");
    let (begin, code) = (text.address(), text.data().expect("code"));
    let functions = file
        .symbols()
        .filter(|symbol| symbol.kind() == SymbolKind::Text);
    let mut frames = Vec::new();
    for function in functions {
        let offset = function.address().checked_sub(begin);
        let range = offset.and_then(|offset| {
            let from = usize::try_from(offset).ok()?;
            let size = usize::try_from(function.size()).ok()?;
            code.get(from..from.checked_add(size)?)
        });
        let Some(body) = range else {
            continue;
        };
        let mut decoder = Decoder::with_ip(64, body, function.address(), DecoderOptions::NONE);
        let mut instruction = Instruction::default();
        let mut bytes = 0;
        while decoder.can_decode() {
            decoder.decode_out(&mut instruction);
            let takes = match instruction.code() {
                Code::Sub_rm64_imm8 | Code::Sub_rm64_imm32 => {
                    instruction.op0_register() == Register::RSP
                }
                _ => false,
            };
            if takes {
                bytes += instruction.immediate(1);
            }
            // A loop probes a frame of many pages up to this address.
            if instruction.code() == Code::Lea_r64_m
                && instruction.op0_register() == Register::R11
                && instruction.memory_base() == Register::RSP
            {
                // An address above the pointer is one inside the frame.
                let displacement = instruction.memory_displacement64().cast_signed();
                bytes += u64::try_from(-displacement).unwrap_or(0);
            }
        }
        frames.push((bytes, function.name().unwrap_or("?").to_owned()));
    }
    frames.sort_unstable();
    frames
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn library_functions_have_frames_below_64_kib() {
    let library = std::fs::read(bundle_path()).unwrap();
    let frames = frames(&library);
    assert!(
        frames.len() > 10_000,
        "the library has no symbols: {} functions",
        frames.len()
    );
    for (bytes, name) in frames.iter().rev().take(8) {
        println!("{bytes:6} {name}");
    }
    let (largest, name) = frames.last().unwrap();
    println!("measured: {} KiB", largest / 1024);
    assert!(*largest <= MAX_FRAME_BYTES, "{largest} bytes: {name}");
}
