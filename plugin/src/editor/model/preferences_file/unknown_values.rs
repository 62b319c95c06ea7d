//! Changes of a JSON file that keep what this version doesn't know.

use serde_json::Value as Json;

/// Applies the changes from `before` to `after` to a stored value. Where they are equal, the stored value stays, also one
/// that was read as a default because this version doesn't know it.
pub(super) fn apply_changes(stored: &mut Json, before: &Json, after: Json) {
    match (stored, before, after) {
        (Json::Object(stored), Json::Object(before), Json::Object(after)) => {
            for key in before.keys().filter(|key| !after.contains_key(*key)) {
                stored.remove(key);
            }
            for (key, after) in after {
                let before = before.get(&key).unwrap_or(&Json::Null);
                match stored.get_mut(&key) {
                    Some(stored) => apply_changes(stored, before, after),
                    None => drop(stored.insert(key, after)),
                }
            }
        }
        (stored, before, after) if *before != after => *stored = after,
        _ => {}
    }
}
