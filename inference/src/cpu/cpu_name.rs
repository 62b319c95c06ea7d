//! The name of the processor.

/// The processor's brand string, or its architecture where it has none.
pub(crate) fn cpu_name() -> String {
    brand().unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

#[cfg(target_arch = "x86_64")]
fn brand() -> Option<String> {
    let brand = raw_cpuid::CpuId::new().get_processor_brand_string()?;
    let name = brand.as_str().trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Other processors have no instruction for it.
#[cfg(not(target_arch = "x86_64"))]
fn brand() -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    #[test]
    fn cpu_name_on_this_machine_is_one_line() {
        let name = super::cpu_name();
        println!("{name}");
        assert!(!name.is_empty() && !name.contains(['\n', '\0']));
    }
}
