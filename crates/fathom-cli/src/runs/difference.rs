//! In what two descriptions differ.

use serde_json::Value;

/// Most differences that are named.
const NAMED: usize = 5;

/// The keys with other values, and both values: `block.2.width is 4, here 8`.
pub(super) fn differences(ours: &Value, theirs: &Value) -> String {
    let mut found = Vec::new();
    compare("", ours, theirs, &mut found);
    let more = found.len().saturating_sub(NAMED);
    found.truncate(NAMED);
    if more > 0 {
        found.push(format!("and {more} more"));
    }
    found.join("; ")
}

fn compare(place: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    let below = |key: &str| if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
    match (ours, theirs) {
        (Value::Object(one), Value::Object(other)) => {
            for key in one.keys().chain(other.keys().filter(|key| !one.contains_key(*key))) {
                let of = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                compare(&below(key), &of(one), &of(other), found);
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            if one.len() != other.len() {
                found.push(format!("{place} has {} entries, here {}", one.len(), other.len()));
            }
            for (i, (one, other)) in (1..).zip(one.iter().zip(other)) {
                compare(&below(&i.to_string()), one, other, found);
            }
        }
        _ if ours == theirs => {}
        _ => found.push(format!("{place} is {}, here {}", shown(ours), shown(theirs))),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "not given".into(),
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => "a table".into(),
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_named_with_both_values() {
        let ours = json!({"input": [2], "block": [{"type": "dense", "width": 4}, {"type": "dense"}], "biases": "none"});
        let theirs = json!({"input": [2], "block": [{"type": "dense", "width": 8}], "parameterization": "ntk"});
        assert_eq!(
            differences(&ours, &theirs),
            "block has 2 entries, here 1; block.1.width is 4, here 8; biases is none, here not given; \
             parameterization is not given, here ntk"
        );
        assert_eq!(differences(&ours, &ours), "");
        let many = json!({"a": [1, 2, 3, 4, 5, 6, 7]});
        assert!(differences(&many, &json!({"a": [0, 0, 0, 0, 0, 0, 0]})).ends_with("a.5 is 5, here 0; and 2 more"));
    }
}
