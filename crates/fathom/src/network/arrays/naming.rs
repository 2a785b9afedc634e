//! What the names of arrays mean.

use std::cmp::Ordering;

use super::Orientation;

/// What an array is to its layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The matrix, with the orientation that its name implies.
    Weights(Option<Orientation>),
    /// The biases.
    Biases,
}

/// The layer that an array belongs to and its role; `None` for a name of no known form.
pub(super) fn parse(name: &str) -> Option<(String, Role)> {
    let name = name.strip_suffix(":0").unwrap_or(name);
    let (layer, last) = name.rsplit_once(['.', '/']).unwrap_or(("", name));
    let role = match last {
        "weight" => Role::Weights(Some(Orientation::OutIn)),
        "kernel" | "w" => Role::Weights(Some(Orientation::InOut)),
        "bias" | "b" => Role::Biases,
        _ => return parse_numbered(layer, last),
    };
    Some((layer.to_owned(), role))
}

/// `W1`, `b_1`, `weight2`, where the number is the layer, and `layer/W`, `layer/weights`.
fn parse_numbered(prefix: &str, last: &str) -> Option<(String, Role)> {
    let stem = last.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = &last[stem.len()..];
    let role = match stem.trim_end_matches('_').to_ascii_lowercase().as_str() {
        "w" | "weight" | "weights" => Role::Weights(None),
        "b" | "bias" | "biases" => Role::Biases,
        _ => return None,
    };
    let dot = if prefix.is_empty() || number.is_empty() { "" } else { "." };
    Some((format!("{prefix}{dot}{number}"), role))
}

/// Compares names with runs of digits as numbers: `layer2` before `layer10`.
pub(super) fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut rest_a, mut rest_b) = (a, b);
    loop {
        let (digits_a, digits_b) = (leading_digits(rest_a), leading_digits(rest_b));
        let order = if digits_a.is_empty() || digits_b.is_empty() {
            let (char_a, char_b) = (rest_a.chars().next(), rest_b.chars().next());
            if char_a.is_none() && char_b.is_none() {
                return a.cmp(b);
            }
            rest_a = &rest_a[char_a.map_or(0, char::len_utf8)..];
            rest_b = &rest_b[char_b.map_or(0, char::len_utf8)..];
            char_a.cmp(&char_b)
        } else {
            rest_a = &rest_a[digits_a.len()..];
            rest_b = &rest_b[digits_b.len()..];
            let (value_a, value_b) = (digits_a.trim_start_matches('0'), digits_b.trim_start_matches('0'));
            value_a.len().cmp(&value_b.len()).then_with(|| value_a.cmp(value_b))
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn leading_digits(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_frameworks_are_understood() {
        let out_in = Role::Weights(Some(Orientation::OutIn));
        let in_out = Role::Weights(Some(Orientation::InOut));
        let cases = [
            ("fc1.weight", "fc1", out_in),
            ("module.net.0.bias", "module.net.0", Role::Biases),
            ("layers.3.linear.weight", "layers.3.linear", out_in),
            ("params/Dense_0/kernel", "params/Dense_0", in_out),
            ("params.Dense_0.bias", "params.Dense_0", Role::Biases),
            ("dense_2/kernel:0", "dense_2", in_out),
            ("mlp/~/linear_0/w", "mlp/~/linear_0", in_out),
            ("W1", "1", Role::Weights(None)),
            ("net.b_2", "net.2", Role::Biases),
            ("l1.W", "l1", Role::Weights(None)),
            ("l1/biases", "l1", Role::Biases),
            ("weight", "", out_in),
        ];
        for (name, layer, role) in cases {
            assert_eq!(parse(name), Some((layer.to_owned(), role)), "{name}");
        }
        for name in ["bn1.running_mean", "bn1.num_batches_tracked", "params/LayerNorm_0/scale", "arr_0", ""] {
            assert_eq!(parse(name), None, "{name}");
        }
    }

    #[test]
    fn numbers_in_names_are_compared_as_numbers() {
        let mut names = ["l10.x", "l9", "l2.b", "l2.a", "l010", "m", "l", "l2"];
        names.sort_by(|a, b| natural_order(a, b));
        assert_eq!(names, ["l", "l2", "l2.a", "l2.b", "l9", "l010", "l10.x", "m"]);
    }
}
