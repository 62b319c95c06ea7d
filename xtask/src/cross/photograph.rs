//! A picture of the standalone app's window on an X server without a screen.

use anyhow::{Context, Result, bail, ensure};
use flow_testkit::desktop::Desktop;
use flow_testkit::xvfb::Xvfb;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The longest wait for a window. An emulator starts slowly on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A process that ends when this is dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail if it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the standalone app on `server` without a sound card, waits until it has drawn its window, and writes the picture to
/// `path`.
///
/// # Errors
///
/// If the app ends, or if it draws nothing in time.
pub(super) fn photograph(mut app: Command, server: &Xvfb, path: &Path) -> Result<()> {
    let desktop = Desktop::connect(Some(server.name()))?;
    let app = app
        .args(["--backend", "dummy"])
        .stdout(Stdio::null())
        .spawn();
    let mut app = Process(app.context("the standalone app cannot be started")?);
    let begin = Instant::now();
    loop {
        let windows = desktop.all_windows();
        if let Some(window) = windows.into_iter().find(|w| desktop.shows_flow(*w)) {
            let (width, _) = desktop.size(window).context("the window is closed")?;
            let picture = bitmap(usize::from(width), &desktop.pixels(window))?;
            std::fs::write(path, picture)
                .with_context(|| format!("{} cannot be written", path.display()))?;
            eprintln!("The window draws itself: {}", path.display());
            return Ok(());
        }
        ensure!(begin.elapsed() < TIMEOUT, "the window draws nothing");
        if let Some(status) = app.0.try_wait()? {
            bail!("the standalone app ended with {status}");
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// A picture in the BMP format with 24 bits per pixel. The rows go from the top down, which a negative height says.
fn bitmap(width: usize, pixels: &[[u8; 3]]) -> Result<Vec<u8>> {
    const HEADER_BYTES: u32 = 54;
    let height = i32::try_from(pixels.len() / width.max(1))?;
    let mut rows = Vec::new();
    for row in pixels.chunks_exact(width.max(1)) {
        rows.extend(
            row.iter()
                .flat_map(|[red, green, blue]| [*blue, *green, *red]),
        );
        // Each row begins at a multiple of four bytes.
        rows.resize(rows.len().next_multiple_of(4), 0);
    }
    let bytes = u32::try_from(rows.len())?;
    let mut file = b"BM".to_vec();
    for number in [HEADER_BYTES + bytes, 0, HEADER_BYTES, 40] {
        file.extend(number.to_le_bytes());
    }
    for number in [i32::try_from(width)?, -height] {
        file.extend(number.to_le_bytes());
    }
    // One plane of 24 bits without compression; the rest of the header may be zero.
    file.extend([1, 0, 24, 0]);
    file.extend([0; 24]);
    file.extend(rows);
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bitmap_of_odd_width_has_padded_rows_and_true_size() {
        let pixels = [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]];
        let file = bitmap(1, &pixels).unwrap();
        assert_eq!(file.len(), 54 + 4 * 4);
        assert_eq!(file[2..6], 70_u32.to_le_bytes());
        assert_eq!(file[18..22], 1_i32.to_le_bytes());
        assert_eq!(file[22..26], (-4_i32).to_le_bytes());
        assert_eq!(file[54..58], [3, 2, 1, 0]);
    }
}
