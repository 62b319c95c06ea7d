//! Positions at other rates.

/// A position at another rate. It is rounded to the nearest frame.
pub(super) fn rescale(position: u64, from_hz: u32, to_hz: u32) -> u64 {
    if from_hz == to_hz || from_hz == 0 {
        return position;
    }
    let from = u128::from(from_hz);
    let scaled = (u128::from(position) * u128::from(to_hz) + from / 2) / from;
    u64::try_from(scaled).unwrap_or(u64::MAX)
}
