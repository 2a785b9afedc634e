//! Which class a network decides for.

/// The class of a row of outputs: the place of the largest, or with one output whether it is positive; `None` if they
/// contain NaN.
pub(super) fn decided(outputs: &[f64]) -> Option<usize> {
    if let [single] = outputs {
        return (!single.is_nan()).then(|| usize::from(*single > 0.0));
    }
    if outputs.iter().any(|f| f.is_nan()) {
        return None;
    }
    let first = |best: usize, at: usize| if outputs[at] > outputs[best] { at } else { best };
    (0..outputs.len()).reduce(first)
}

/// Means over pairs of different inputs of one class, and of two classes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct BlockMeans {
    pub(super) within: Option<f64>,
    pub(super) between: Option<f64>,
}

/// Mean entries of a symmetric matrix by whether the classes of row and column agree; the diagonal is left out.
pub(super) fn block_means(matrix: &[f64], classes: &[usize]) -> BlockMeans {
    let n = classes.len();
    // Sum and number, of different classes first.
    let mut sums = [(0.0, 0_u64); 2];
    for i in 0..n {
        for j in 0..i {
            let (sum, count) = &mut sums[usize::from(classes[i] == classes[j])];
            *sum += matrix[i * n + j];
            *count += 1;
        }
    }
    let mean = |(sum, count): (f64, u64)| (count > 0).then(|| sum / count as f64);
    BlockMeans { within: mean(sums[1]), between: mean(sums[0]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_largest_outputs_decides() {
        assert_eq!(decided(&[1.0, 3.0, 3.0]), Some(1));
        assert_eq!((decided(&[-0.5]), decided(&[0.5]), decided(&[0.0])), (Some(0), Some(1), Some(0)));
        assert_eq!((decided(&[f64::NAN, 1.0]), decided(&[f64::NAN])), (None, None));
    }

    #[test]
    fn blocks_leave_the_diagonal_out() {
        let matrix = [9.0, 1.0, 2.0, 1.0, 9.0, 5.0, 2.0, 5.0, 9.0];
        assert_eq!(block_means(&matrix, &[0, 1, 0]), BlockMeans { within: Some(2.0), between: Some(3.0) });
        assert_eq!(block_means(&matrix, &[0, 1, 2]).within, None);
    }
}
