//! What the analysis service found, in the window.

use std::thread::sleep;
use std::time::{Duration, Instant};

use egui_kittest::kittest::{NodeT, Queryable};
use flow_inference::analysis::Context;

use crate::stand::Stand;

#[test]
fn what_was_found_is_said_beside_the_balance() {
    let mut stand = Stand::new();
    stand.shared.watch(true);
    let mut window = stand.window([1240.0, 800.0], 1.0);
    let begin = Instant::now();
    let mut from_s = 20.0;
    loop {
        stand.play(&mut window, from_s, 0.2);
        from_s += 0.2;
        // The service looks for audio every few milliseconds; what it can't fetch in time is dropped.
        sleep(Duration::from_millis(20));
        let newest = stand.shared.engine.newest(&Context::default());
        if newest.is_some_and(|(report, _)| report.analysis.is_some()) {
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "no analysis");
    }
    window.run();
    let balance = window.get_by_label_contains("tonal balance:");
    let label = balance.accesskit_node().value().unwrap();
    println!("{label}");
    assert!(!label.ends_with(". "), "{label}");
    assert_eq!(stand.shared.engine.dropped_frames(), 0);
}
