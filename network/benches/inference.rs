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
    match flow_network::known_answer_ns() {
        Ok([least, median]) => println!(
            r#"{{"backend":"cache","on":"a known window","batch":1,"least_ns":{least},"median_ns":{median}}}"#
        ),
        Err(e) => eprintln!("{e}"),
    }
}
