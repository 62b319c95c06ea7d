//! Which processor this is.

/// What it calls itself; its kind where it doesn't.
pub(crate) fn cpu_name() -> String {
    let name = brand();
    let name = name.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    if name.is_empty() {
        std::env::consts::ARCH.to_owned()
    } else {
        name.to_owned()
    }
}

/// The brand string of x86-64: "Intel 64 and IA-32 Architectures Software Developer's Manual", volume 2A, CPUID.
#[cfg(target_arch = "x86_64")]
fn brand() -> String {
    use std::arch::x86_64::__cpuid;
    const FIRST: u32 = 0x8000_0002;
    const LAST: u32 = 0x8000_0004;
    // Newer toolchains know that it is safe.
    #[allow(unused_unsafe)]
    // SAFETY: every x86-64 processor has the instruction; it answers with zeros to what it doesn't know.
    let ask = |leaf| unsafe { __cpuid(leaf) };
    if ask(0x8000_0000).eax < LAST {
        return String::new();
    }
    let words = (FIRST..=LAST).map(ask);
    let bytes = words.flat_map(|r| [r.eax, r.ebx, r.ecx, r.edx].map(u32::to_le_bytes));
    String::from_utf8_lossy(&bytes.flatten().collect::<Vec<u8>>()).into_owned()
}

/// Others have no such name that programs could ask for.
#[cfg(not(target_arch = "x86_64"))]
fn brand() -> String {
    String::new()
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_is_one_line() {
        let model = super::cpu_name();
        println!("{model}");
        assert!(!model.is_empty() && !model.contains(['\n', '\0']));
    }
}
