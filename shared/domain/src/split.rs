//! Splitting an amount without losing a cent: the method of the largest remainder.

/// Splits `total` in proportion to `weights`, so that the parts add up to `total` exactly.
///
/// Each part is rounded towards zero first; what is left goes, a unit each, to the largest remainders, earlier parts
/// first among equals. Weights of all zeros count as equal. No weights, no parts.
pub fn by_weight(total: i64, weights: &[u64]) -> Vec<i64> {
    let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    if sum == 0 {
        return if weights.is_empty() { Vec::new() } else { by_weight(total, &vec![1; weights.len()]) };
    }
    let magnitude = u128::from(total.unsigned_abs());
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    for (at, weight) in weights.iter().enumerate() {
        let exact = magnitude * u128::from(*weight);
        parts.push(exact / sum);
        remainders.push((exact % sum, at));
    }
    let mut left = magnitude - parts.iter().sum::<u128>();
    remainders.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
    for (_, at) in remainders {
        if left == 0 {
            break;
        }
        if let Some(part) = parts.get_mut(at) {
            *part += 1;
            left -= 1;
        }
    }
    // A part is at most |total|, which an i64 holds.
    let sign = total.signum();
    parts.into_iter().map(|part| sign * i64::try_from(part).unwrap_or(i64::MAX)).collect()
}

/// A share in basis points (hundredths of a percent) of an amount of zero or more, a half rounded up.
pub fn basis_points(amount: i64, points: u32) -> i64 {
    let exact = i128::from(amount) * i128::from(points);
    i64::try_from((exact + 5_000).div_euclid(10_000)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cent_that_is_left_goes_to_the_largest_remainder() {
        assert_eq!(by_weight(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(by_weight(1000, &[800, 200]), [800, 200]);
        assert_eq!(by_weight(5, &[1, 2]), [2, 3]);
        assert_eq!(by_weight(-100, &[1, 1, 1]), [-34, -33, -33]);
        assert_eq!(by_weight(10, &[0, 0]), [5, 5]);
        assert_eq!(by_weight(10, &[]), Vec::<i64>::new());
    }

    #[test]
    fn a_share_is_rounded_half_up() {
        assert_eq!(basis_points(8000, 1000), 800);
        assert_eq!(basis_points(5, 1000), 1);
        assert_eq!(basis_points(4, 1000), 0);
    }

    proptest! {
        #[test]
        fn parts_add_up_and_stray_less_than_a_unit(total in any::<i32>(), weights in prop::collection::vec(0_u64..1_000_000, 1..60)) {
            let parts = by_weight(i64::from(total), &weights);
            prop_assert_eq!(parts.iter().sum::<i64>(), i64::from(total));
            let sum: u64 = weights.iter().sum();
            if sum > 0 {
                for (part, weight) in parts.iter().zip(&weights) {
                    let off = i128::from(*part) * i128::from(sum) - i128::from(total) * i128::from(*weight);
                    prop_assert!(off.abs() < i128::from(sum));
                }
            }
        }
    }
}
