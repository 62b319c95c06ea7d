//! The stack that a chain takes. Hosts run plug-ins on threads of 512 KiB (Ardour, secondary threads of macOS), of which
//! their own frames take a part.
//!
//! Without optimization nothing is inlined, and each temporary value has a place of its own, so that the test holds for
//! optimized code only.
#![cfg(not(debug_assertions))]

mod common;

use common::run;
use flow_dsp::{Chain, ChainSettings, Monitor, SimdLevel, Spec};
use flow_testkit::{
    settings::{everything_on, random},
    signals::{self, Noise},
};
use std::thread;

/// Half of the 128 KiB that the whole plug-in may take.
const STACK_BYTES: usize = 64 * 1024;

/// Calls everything of a chain. All stages change their settings, at both instruction sets.
fn whole_life(rates_hz: &[u32]) {
    let input = signals::white_noise(48_000, 2, 0.1, 0.9, 1);
    let mut noise = Noise::new(2);
    let mut chain = Chain::new(Spec::default());
    for &rate_hz in rates_hz {
        chain.prepare(Spec {
            sample_rate_hz: f64::from(rate_hz),
        });
        for &level in SimdLevel::available() {
            chain.use_level(level);
            for settings in [
                everything_on(),
                ChainSettings::default(),
                random(&mut noise),
            ] {
                let blocks = [1, 700, 17];
                run(&mut chain, &settings, Monitor::default(), &input, &blocks);
            }
        }
        chain.reset();
        let monitor = Monitor {
            delta: true,
            mono: true,
            ..Monitor::default()
        };
        let output = run(&mut chain, &everything_on(), monitor, &input, &[4_800]);
        assert!(output.is_finite());
        chain.reset_meters();
    }
}

/// Bytes of this thread's stack below the caller.
#[cfg(target_os = "linux")]
fn stack_left_bytes() -> Option<usize> {
    let here = 0_u8;
    let here = std::ptr::from_ref(&here).addr();
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    maps.lines().find_map(|line| {
        let (start, rest) = line.split_once('-')?;
        let end = rest.split(' ').next()?;
        let start = usize::from_str_radix(start, 16).ok()?;
        let end = usize::from_str_radix(end, 16).ok()?;
        (start..end).contains(&here).then(|| here - start)
    })
}

#[test]
fn chain_whole_life_on_64_kib_stack_completes() {
    let life = || {
        // The standard library may round the size up, and other systems have a larger minimum.
        #[cfg(target_os = "linux")]
        assert!(stack_left_bytes().is_some_and(|bytes| bytes <= STACK_BYTES));
        whole_life(&[44_100, 8_000, 22_050, 96_000, 192_000, 384_000, 768_000]);
    };
    let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn(life);
    assert!(thread.is_ok_and(|thread| thread.join().is_ok()));
}
