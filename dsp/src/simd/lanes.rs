//! Arrays from an expression for each index.

/// An array of an expression for each index: `lanes!(i => a[i] + b[i])`.
///
/// It replaces `core::array::from_fn`, because a closure is compiled without the target features of the function around
/// it unless the inliner takes it.
macro_rules! lanes {
    ($i:ident => $value:expr) => {
        $crate::lanes!($i, $crate::QUANTUM => $value)
    };
    ($i:ident, $n:expr => $value:expr) => {{
        let mut lanes = [0.0_f32; $n];
        for $i in 0..$n {
            lanes[$i] = $value;
        }
        lanes
    }};
}
pub(crate) use lanes;
