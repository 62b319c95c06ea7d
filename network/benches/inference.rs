//! Prints a line of JSON for each executor and batch size: see `cargo xtask bench inference`.

use std::time::Duration;

fn main() {
    flow_network::benchmark(Duration::from_millis(700), |figures| match figures {
        Ok(figures) => figures.iter().for_each(|figure| {
            if let Ok(line) = serde_json::to_string(figure) {
                println!("{line}");
            }
        }),
        Err((name, e)) => eprintln!("{name}: {e}"),
    });
}
