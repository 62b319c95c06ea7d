// The steps of a plan. Values are [example][channel][frame].

struct Sizes {
    examples: u32,
    channels_in: u32,
    frames_in: u32,
    channels_out: u32,
    frames_out: u32,
    kernel: u32,
    stride: u32,
    pad: u32,
    // 1: each output channel reads one input channel.
    depthwise: u32,
    // 0: none; 1: the activation of the output; 2: of its sum with `other`.
    activation: u32,
    // Normalization: floor, factor, limits. Standard deviations: the number that is added to the variance.
    a: f32,
    b: f32,
    c: f32,
    d: f32,
    // Values of `other` for each example.
    others: u32,
    unused: u32,
}

@group(0) @binding(0) var<uniform> sizes: Sizes;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> other: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

fn mixed_activation(v: f32) -> f32 {
    let u = exp(-min(abs(v), 40.0));
    let square = u * u;
    let both = 0.4 / ((1.0 + u) * (1.0 + square));
    let sigmoid = both * (1.0 + square);
    let tangent = both * (1.0 - square) * (1.0 + u);
    let negative = v < 0.0;
    return select(sigmoid, 0.4 - sigmoid, negative) + select(tangent, -tangent, negative) + 0.2 * max(v, 0.0);
}

fn activate(sum: f32, at: u32) -> f32 {
    if sizes.activation == 0u {
        return sum;
    }
    if sizes.activation == 1u {
        return mixed_activation(sum);
    }
    return mixed_activation(sum + other[at]);
}

const WORKERS: u32 = 256u;
var<workgroup> partial: array<f32, 256>;

// One workgroup for each example. The input is [2][frames][bands], the output [2 * bands][frames].
@compute @workgroup_size(256)
fn normalize(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) worker: u32) {
    let half = sizes.channels_in * sizes.frames_in;
    let start = group.x * 2u * half;
    var sum = 0.0;
    for (var i = worker; i < half; i += WORKERS) {
        sum += max(x[start + i], sizes.a);
    }
    partial[worker] = sum;
    workgroupBarrier();
    for (var step = WORKERS / 2u; step > 0u; step /= 2u) {
        if worker < step {
            partial[worker] += partial[worker + step];
        }
        workgroupBarrier();
    }
    let mean_db = partial[0] / f32(half);
    for (var i = worker; i < 2u * half; i += WORKERS) {
        let frame = (i / sizes.frames_in) % sizes.channels_in;
        let channel = i / half * sizes.frames_in + i % sizes.frames_in;
        let v = (max(x[start + i], sizes.a) - mean_db) * sizes.b;
        out[start + channel * sizes.channels_in + frame] = clamp(v, sizes.c, sizes.d);
    }
}

// One invocation for each channel of each example.
@compute @workgroup_size(64)
fn mean_std(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= sizes.channels_in {
        return;
    }
    let start = (id.y * sizes.channels_in + id.x) * sizes.frames_in;
    var sum = 0.0;
    for (var t = 0u; t < sizes.frames_in; t++) {
        sum += x[start + t];
    }
    let mean = sum / f32(sizes.frames_in);
    var squares = 0.0;
    for (var t = 0u; t < sizes.frames_in; t++) {
        let deviation = x[start + t] - mean;
        squares += deviation * deviation;
    }
    let at = id.y * 2u * sizes.channels_in + id.x;
    out[at] = mean;
    out[at + sizes.channels_in] = sqrt(squares / f32(sizes.frames_in) + sizes.a);
}

// One invocation for each frame of four output channels.
@compute @workgroup_size(64)
fn conv(@builtin(global_invocation_id) id: vec3<u32>) {
    let t = id.x;
    let first = id.y * 4u;
    if t >= sizes.frames_out {
        return;
    }
    let depth = select(sizes.channels_in, 1u, sizes.depthwise == 1u) * sizes.kernel;
    let example = id.z * sizes.channels_in * sizes.frames_in;
    let last = sizes.channels_out - 1u;
    let rows = min(vec4<u32>(first, first + 1u, first + 2u, first + 3u), vec4<u32>(last));
    var sums = vec4<f32>(bias[rows.x], bias[rows.y], bias[rows.z], bias[rows.w]);
    if sizes.depthwise == 1u {
        for (var tap = 0u; tap < sizes.kernel; tap++) {
            let at = t * sizes.stride + tap;
            if at >= sizes.pad && at - sizes.pad < sizes.frames_in {
                let v = example + rows * sizes.frames_in + at - sizes.pad;
                let w = rows * sizes.kernel + tap;
                sums += vec4<f32>(weight[w.x], weight[w.y], weight[w.z], weight[w.w])
                    * vec4<f32>(x[v.x], x[v.y], x[v.z], x[v.w]);
            }
        }
    } else {
        for (var channel = 0u; channel < sizes.channels_in; channel++) {
            for (var tap = 0u; tap < sizes.kernel; tap++) {
                let at = t * sizes.stride + tap;
                if at >= sizes.pad && at - sizes.pad < sizes.frames_in {
                    let v = x[example + channel * sizes.frames_in + at - sizes.pad];
                    let w = rows * depth + channel * sizes.kernel + tap;
                    sums += vec4<f32>(weight[w.x], weight[w.y], weight[w.z], weight[w.w]) * v;
                }
            }
        }
    }
    for (var i = 0u; i < 4u; i++) {
        if first + i <= last {
            let at = (id.z * sizes.channels_out + first + i) * sizes.frames_out + t;
            out[at] = activate(sums[i], at);
        }
    }
}

// One workgroup for each output of each example.
@compute @workgroup_size(64)
fn dense(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) worker: u32) {
    var sum = 0.0;
    for (var k = worker; k < sizes.channels_in; k += 64u) {
        sum += weight[group.x * sizes.channels_in + k] * x[group.y * sizes.channels_in + k];
    }
    partial[worker] = sum;
    workgroupBarrier();
    for (var step = 32u; step > 0u; step /= 2u) {
        if worker < step {
            partial[worker] += partial[worker + step];
        }
        workgroupBarrier();
    }
    if worker == 0u {
        let at = group.y * sizes.channels_out + group.x;
        out[at] = activate(partial[0] + bias[group.x], at);
    }
}

@compute @workgroup_size(64)
fn activate_all(@builtin(global_invocation_id) id: vec3<u32>) {
    let count = sizes.channels_out * sizes.frames_out;
    if id.x < count {
        let at = id.y * count + id.x;
        out[at] = activate(x[at], at);
    }
}

// One invocation for each channel of each example; `other` holds the scores.
@compute @workgroup_size(64)
fn attention_pool(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= sizes.channels_in {
        return;
    }
    let heads = sizes.others / sizes.frames_in;
    let score = id.y * sizes.others + id.x / (sizes.channels_in / heads) * sizes.frames_in;
    let start = (id.y * sizes.channels_in + id.x) * sizes.frames_in;
    var highest = other[score];
    for (var t = 1u; t < sizes.frames_in; t++) {
        highest = max(highest, other[score + t]);
    }
    var sum = 0.0;
    var along = 0.0;
    for (var t = 0u; t < sizes.frames_in; t++) {
        let share = exp(other[score + t] - highest);
        sum += share;
        along += share * x[start + t];
    }
    out[id.y * sizes.channels_in + id.x] = along / sum;
}

@compute @workgroup_size(64)
fn concat(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < sizes.channels_out {
        let at = id.y * sizes.channels_out + id.x;
        if id.x < sizes.channels_in {
            out[at] = x[id.y * sizes.channels_in + id.x];
        } else {
            out[at] = other[id.y * sizes.others + id.x - sizes.channels_in];
        }
    }
}
