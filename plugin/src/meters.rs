//! The newest readings of one instance, from the audio thread to everyone else.

use std::sync::{Arc, Mutex, PoisonError};

use flow_dsp::Readings;
use triple_buffer::{Input, Output, triple_buffer};

/// The audio thread's end.
pub struct MeterWriter(Input<Readings>);

/// The other threads' end. The lock is among them only: the audio thread knows nothing of it.
pub struct MeterReader(Mutex<Output<Readings>>);

/// A connected pair.
#[must_use]
pub fn meters() -> (MeterWriter, Arc<MeterReader>) {
    let (input, output) = triple_buffer(&Readings::default());
    (
        MeterWriter(input),
        Arc::new(MeterReader(Mutex::new(output))),
    )
}

impl MeterWriter {
    /// `[audio]` Replaces what a reader sees. Never waits, whether anyone reads or not.
    pub fn publish(&mut self, readings: &Readings) {
        self.0.write(*readings);
    }
}

impl MeterReader {
    /// `[gui]` The newest readings; all unmeasured before the first process call.
    #[must_use]
    pub fn read(&self) -> Readings {
        // A reader that panicked has not harmed the buffer.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_wins() {
        let (mut writer, reader) = meters();
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
            "stays until there is something newer"
        );
    }
}
