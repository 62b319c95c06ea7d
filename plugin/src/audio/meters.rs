//! The latest meter readings of one instance, from the audio thread to all others.

use std::sync::{Arc, Mutex};

use flow_dsp::Readings;
use flow_platform::mutex::lock;
use triple_buffer::{Input, Output, triple_buffer};

/// The audio thread's end.
pub struct MeterWriter(Input<Readings>);

/// The end of all other threads. Only they take the lock, never the audio thread.
pub struct MeterReader(Mutex<Output<Readings>>);

/// Creates a connected pair.
#[must_use]
pub fn meter_channel() -> (MeterWriter, Arc<MeterReader>) {
    let (input, output) = triple_buffer(&Readings::default());
    (
        MeterWriter(input),
        Arc::new(MeterReader(Mutex::new(output))),
    )
}

impl MeterWriter {
    /// `[audio]` Replaces the readings that readers see. Never waits.
    pub fn publish(&mut self, readings: &Readings) {
        self.0.write(*readings);
    }
}

impl MeterReader {
    /// `[gui]` The latest readings; [`Readings::default`] before the first process call.
    #[must_use]
    pub fn read(&self) -> Readings {
        // A panic inside the lock leaves the buffer valid.
        *lock(&self.0).read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meter_reader_after_several_writes_returns_the_latest() {
        let (mut writer, reader) = meter_channel();
        assert_eq!(reader.read(), Readings::default());
        for gain_db in [-1.0, -2.0, -3.0] {
            writer.publish(&Readings {
                limiter_gain_db: gain_db,
                ..Readings::default()
            });
        }
        assert_eq!(reader.read().limiter_gain_db, -3.0);
        assert_eq!(
            reader.read().limiter_gain_db,
            -3.0,
            "reading must not consume the readings"
        );
    }
}
