//! The calls of the audio thread: blocks with parameter events, and parameter events alone.

use clap_sys::audio_buffer::clap_audio_buffer;
use clap_sys::events::{
    CLAP_CORE_EVENT_SPACE_ID, CLAP_EVENT_IS_LIVE, CLAP_EVENT_PARAM_GESTURE_BEGIN,
    CLAP_EVENT_PARAM_GESTURE_END, CLAP_EVENT_PARAM_MOD, CLAP_EVENT_PARAM_VALUE, clap_event_header,
    clap_event_param_gesture, clap_event_param_mod, clap_event_param_value, clap_event_transport,
    clap_input_events, clap_output_events,
};
use clap_sys::plugin::clap_plugin;
use clap_sys::process::{
    CLAP_PROCESS_CONTINUE, CLAP_PROCESS_ERROR, CLAP_PROCESS_SLEEP, clap_process,
    clap_process_status,
};
use flow_dsp::math::narrow;

use super::plugin::ClapPlugin;
use super::transport::song_position;
use crate::formats::block_processor::{Change, HostAudio, clear};
use crate::formats::editor_context::Edit;
use crate::formats::panic_guard::guard_audio;
use crate::formats::parameters::ParameterTable;
use crate::params::AnyParam;

/// The size of a parameter's range in CLAP's units: its number of steps, or 1 for continuous parameters.
pub(super) fn clap_range(param: AnyParam<'_>) -> f64 {
    // At most a few hundred.
    f64::from(u16::try_from(param.steps().max(1)).unwrap_or(u16::MAX))
}

/// A value as hosts know it. That of a choice or a switch is whole: hosts convert it with a cast, which cuts off.
pub(super) fn clap_value(param: AnyParam<'_>, normalized: f32) -> f64 {
    let value = f64::from(normalized) * clap_range(param);
    if param.steps() > 0 {
        value.round()
    } else {
        value
    }
}

pub(super) unsafe extern "C" fn process(
    plugin: *const clap_plugin,
    process: *const clap_process,
) -> clap_process_status {
    guard_audio(CLAP_PROCESS_ERROR, || {
        // SAFETY: hosts pass their instance and their block, or null.
        let (Some(this), Some(process)) = (unsafe { (ClapPlugin::get(plugin), process.as_ref()) })
        else {
            return CLAP_PROCESS_ERROR;
        };
        let frames = usize::try_from(process.frames_count).unwrap_or(0);
        // SAFETY: the host promises that a block's buffers and lists are valid during the call.
        unsafe {
            let audio = host_audio(process, this.instance.channels(), frames);
            let parameters = &*this.instance.parameters;
            let Some(mut block_processor) = this.instance.try_audio() else {
                // The host changes the activation on another thread, against CLAP's rules. The values still apply.
                read_events(process.in_events, parameters, |_, id, change| {
                    change.apply(parameters, id);
                });
                clear_unused(process, 0, frames);
                return CLAP_PROCESS_CONTINUE;
            };
            block_processor
                .processor
                .set_offline(this.instance.is_offline());
            // Null, or the header of a whole or truncated transport.
            let transport = process.transport.cast::<clap_event_header>().as_ref();
            let transport = transport.and_then(|header| event::<clap_event_transport>(header));
            block_processor
                .processor
                .set_song_position(transport.and_then(song_position));
            read_events(process.in_events, parameters, |frame, id, change| {
                block_processor.push_event(frame, id, change);
            });
            block_processor.process(parameters, &audio);
            // After processing, because a host may reuse input memory for an output that Flow doesn't write.
            clear_unused(process, audio.channels, frames);
            write_edits(this, process.out_events);
            if block_processor.is_block_asleep() {
                CLAP_PROCESS_SLEEP
            } else {
                CLAP_PROCESS_CONTINUE
            }
        }
    })
}

pub(super) unsafe extern "C" fn flush(
    plugin: *const clap_plugin,
    in_events: *const clap_input_events,
    out_events: *const clap_output_events,
) {
    guard_audio((), || {
        // SAFETY: hosts pass their instance or null; lists are valid during the call.
        unsafe {
            let Some(this) = ClapPlugin::get(plugin) else {
                return;
            };
            // Without audio, events apply in their order.
            let parameters = &*this.instance.parameters;
            read_events(in_events, parameters, |_, id, change| {
                change.apply(parameters, id);
            });
            write_edits(this, out_events);
            this.instance.shared.repaint.request_repaint();
        }
    });
}

/// The channels of the main ports.
///
/// # Safety
///
/// The block must be as CLAP promises.
unsafe fn host_audio(process: &clap_process, channels: usize, frames: usize) -> HostAudio {
    // SAFETY: as promised by the caller.
    let (input, output) = unsafe {
        (
            first(process.audio_inputs, process.audio_inputs_count),
            first(
                process.audio_outputs.cast_const(),
                process.audio_outputs_count,
            ),
        )
    };
    // SAFETY: as promised by the caller.
    let inputs = std::array::from_fn(|c| unsafe { channel(input, c) }.cast_const());
    // SAFETY: as promised by the caller.
    let outputs = std::array::from_fn(|c| unsafe { channel(output, c) });
    let output = output.filter(|port| !port.data32.is_null());
    let available = output.map_or(0, |port| usize::try_from(port.channel_count).unwrap_or(0));
    HostAudio {
        inputs,
        outputs,
        channels: channels.min(available),
        frames,
    }
}

/// # Safety
///
/// `ports` must be null or valid for `count` ports.
unsafe fn first<'p>(ports: *const clap_audio_buffer, count: u32) -> Option<&'p clap_audio_buffer> {
    if count == 0 {
        return None;
    }
    // SAFETY: as promised by the caller.
    unsafe { ports.as_ref() }
}

/// # Safety
///
/// The port must have `channel_count` channels.
unsafe fn channel(port: Option<&clap_audio_buffer>, index: usize) -> *mut f32 {
    match port {
        Some(port)
            if !port.data32.is_null()
                && u32::try_from(index).is_ok_and(|index| index < port.channel_count) =>
        {
            // SAFETY: as promised by the caller.
            unsafe { *port.data32.add(index) }
        }
        _ => std::ptr::null_mut(),
    }
}

/// Silences the outputs that Flow doesn't write: channels beyond the layout, 64-bit buffers, and further ports.
///
/// # Safety
///
/// The block must be as CLAP promises.
unsafe fn clear_unused(process: &clap_process, used: usize, frames: usize) {
    if process.audio_outputs.is_null() {
        return;
    }
    for index in 0..process.audio_outputs_count {
        // SAFETY: as promised by the caller.
        let port = unsafe { &mut *process.audio_outputs.add(index as usize) };
        // The mask may still hold the bits of an earlier block.
        port.constant_mask = 0;
        let begin = if index == 0 { used } else { 0 };
        for channel in begin..port.channel_count as usize {
            // SAFETY: as promised by the caller.
            unsafe {
                if !port.data32.is_null() {
                    clear(*port.data32.add(channel), frames);
                } else if !port.data64.is_null() {
                    clear(*port.data64.add(channel), frames);
                }
            }
        }
    }
}

/// Passes the host's parameter changes to `take` with frame and parameter. Skips other events and truncated ones.
///
/// # Safety
///
/// `list` must be null or valid.
unsafe fn read_events(
    list: *const clap_input_events,
    parameters: &ParameterTable,
    mut take: impl FnMut(u32, u32, Change),
) {
    // SAFETY: as promised by the caller.
    let Some(list) = (unsafe { list.as_ref() }) else {
        return;
    };
    let (Some(size), Some(get)) = (list.size, list.get) else {
        return;
    };
    // SAFETY: the list's own functions.
    let count = unsafe { size(list) };
    for index in 0..count {
        // SAFETY: as above; the result is null or an event of `header.size` bytes.
        let Some(header) = (unsafe { get(list, index).as_ref() }) else {
            continue;
        };
        if header.space_id != CLAP_CORE_EVENT_SPACE_ID {
            continue;
        }
        match header.type_ {
            CLAP_EVENT_PARAM_VALUE => {
                // SAFETY: `event` checks the size.
                if let Some(event) = unsafe { event::<clap_event_param_value>(header) }
                    && let Some(value) = normalized(parameters, event.param_id, event.value)
                {
                    take(header.time, event.param_id, Change::Value(value));
                }
            }
            CLAP_EVENT_PARAM_MOD => {
                // SAFETY: as above.
                if let Some(event) = unsafe { event::<clap_event_param_mod>(header) }
                    && let Some(offset) = normalized(parameters, event.param_id, event.amount)
                {
                    take(header.time, event.param_id, Change::Modulation(offset));
                }
            }
            _ => {}
        }
    }
}

/// A number in CLAP's units of a parameter, normalized. None for an unknown parameter.
fn normalized(parameters: &ParameterTable, id: u32, number: f64) -> Option<f32> {
    let range = clap_range(parameters.get(id)?);
    Some(narrow(number) / narrow(range))
}

/// The event of this header, if it is long enough.
///
/// # Safety
///
/// The event must have `header.size` bytes, and be an `E` if it is long enough.
unsafe fn event<E>(header: &clap_event_header) -> Option<&E> {
    let is_whole = usize::try_from(header.size).is_ok_and(|size| size >= size_of::<E>());
    // SAFETY: as promised by the caller.
    is_whole.then(|| unsafe { &*std::ptr::from_ref(header).cast::<E>() })
}

/// Sends the editor's edits to the host. Edits that don't fit wait for the next call.
///
/// # Safety
///
/// `list` must be null or valid.
unsafe fn write_edits(this: &ClapPlugin, list: *const clap_output_events) {
    // SAFETY: as promised by the caller.
    let Some(list) = (unsafe { list.as_ref() }) else {
        return;
    };
    let (Some(push), Some(mut edits)) = (list.try_push, this.edits.try_lock()) else {
        return;
    };
    while let Ok(edit) = edits.peek().copied() {
        // SAFETY: the list's function; the events live until it returns.
        let is_sent = unsafe {
            match edit {
                Edit::Begin(host_id) => {
                    let event = gesture(CLAP_EVENT_PARAM_GESTURE_BEGIN, host_id);
                    push(list, &event.header)
                }
                Edit::End(host_id) => {
                    let event = gesture(CLAP_EVENT_PARAM_GESTURE_END, host_id);
                    push(list, &event.header)
                }
                Edit::Set(host_id, normalized) => {
                    let param = this.instance.parameters.get(host_id);
                    let event = clap_event_param_value {
                        header: header::<clap_event_param_value>(CLAP_EVENT_PARAM_VALUE),
                        param_id: host_id,
                        cookie: std::ptr::null_mut(),
                        note_id: -1,
                        port_index: -1,
                        channel: -1,
                        key: -1,
                        value: param
                            .map_or(f64::from(normalized), |param| clap_value(param, normalized)),
                    };
                    push(list, &event.header)
                }
            }
        };
        if !is_sent {
            return;
        }
        let _ = edits.pop();
    }
}

fn gesture(kind: u16, host_id: u32) -> clap_event_param_gesture {
    clap_event_param_gesture {
        header: header::<clap_event_param_gesture>(kind),
        param_id: host_id,
    }
}

/// The header of an event of type `E` at the block's first frame.
fn header<E>(kind: u16) -> clap_event_header {
    clap_event_header {
        size: u32::try_from(size_of::<E>()).unwrap_or(0),
        time: 0,
        space_id: CLAP_CORE_EVENT_SPACE_ID,
        type_: kind,
        flags: CLAP_EVENT_IS_LIVE,
    }
}
