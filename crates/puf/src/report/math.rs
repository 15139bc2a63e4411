//! The few distributions the figures need, on `libm` so that every machine prints the same report.

/// Number of things as a float. Counts here stay far below 2^52.
#[expect(clippy::cast_precision_loss, reason = "counts of bits and reads, far below 2^52")]
pub(crate) fn float(n: usize) -> f64 {
    n as f64
}

/// Share of a whole; 0 of nothing.
pub(crate) fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { float(part) / float(whole) }
}

/// The one-sided 95 % quantile of the normal distribution.
pub(crate) const Z95: f64 = 1.644_853_626_951;

/// Standard normal distribution function.
pub(crate) fn phi(x: f64) -> f64 {
    0.5 * libm::erfc(-x * core::f64::consts::FRAC_1_SQRT_2)
}

/// Binomial terms for k in `range`, from logarithms.
fn binomial_sum(n: usize, p: f64, range: core::ops::RangeInclusive<usize>) -> f64 {
    let (lp, lq) = (libm::log(p), libm::log1p(-p));
    let (first, last) = (*range.start(), (*range.end()).min(n));
    let fact = |k: usize| libm::lgamma(float(k) + 1.0);
    let mut choose = fact(n) - fact(first) - fact(n - first);
    let mut sum = 0.0;
    for k in first..=last {
        sum += libm::exp(choose + float(k) * lp + float(n - k) * lq);
        choose += libm::log(float(n - k) / float(k + 1));
    }
    sum.min(1.0)
}

/// P(X > t) for X binomial (n, p).
pub(crate) fn binomial_tail(n: usize, p: f64, t: usize) -> f64 {
    if p <= 0.0 || t >= n {
        0.0
    } else if p >= 1.0 {
        1.0
    } else {
        binomial_sum(n, p, t + 1..=n)
    }
}

/// Upper end of the one-sided 95 % Clopper–Pearson interval for `part` of `whole`. Cost grows with `part`.
pub(crate) fn upper95(part: usize, whole: usize) -> f64 {
    if whole == 0 || part >= whole {
        return 1.0;
    }
    // The p at which seeing `part` or fewer has probability 5 %.
    bisect(1e-12, 1.0 - 1e-12, |p| binomial_sum(whole, p, 0..=part) > 0.05)
}

/// Quantile 5 % of χ² with `freedom` degrees: exact for 1 and 2, Wilson and Hilferty 1931 beyond (up to 7 % too small at 3,
/// 1 % at 10, which widens intervals).
pub(crate) fn chi2_05(freedom: f64) -> f64 {
    if freedom < 1.5 {
        return 0.003_932;
    }
    if freedom < 2.5 {
        return 0.102_587;
    }
    let c = 2.0 / (9.0 * freedom);
    let base = 1.0 - c - Z95 * libm::sqrt(c);
    freedom * libm::pow(base.max(0.01), 3.0)
}

/// The last point of [low, high] at which `below` still holds, where it holds first and then no more; 60 halvings.
pub(crate) fn bisect(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// Mean and standard deviation (n − 1).
pub(crate) fn mean_sd(values: &[f64]) -> (f64, f64) {
    let n = float(values.len().max(1));
    let mean = values.iter().sum::<f64>() / n;
    let square: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    (mean, libm::sqrt(square / (n - 1.0).max(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64, relative: f64) -> bool {
        (a - b).abs() <= relative * b.abs()
    }

    #[test]
    fn binomial_tails() {
        // P(X > 0) and P(X > 1) by hand, P(X > 10) of 127 at 3 % summed in rational arithmetic.
        assert!(near(binomial_tail(10, 0.1, 0), 1.0 - 0.9_f64.powi(10), 1e-12));
        assert!(near(binomial_tail(3, 0.5, 1), 0.5, 1e-12));
        assert!(near(binomial_tail(127, 0.03, 10), 0.0016198987939146318, 1e-6));
        assert!(binomial_tail(10, 0.0, 3) == 0.0 && binomial_tail(10, 1.0, 3) == 1.0);
    }

    #[test]
    fn zero_of_n_is_bounded_by_three_over_n() {
        for n in [100, 10_000, 1_000_000] {
            assert!(near(upper95(0, n), 2.9957 / float(n), 0.02), "{n}");
        }
        // One of ten: published 0.3942.
        assert!(near(upper95(1, 10), 0.3942, 1e-3));
    }

    #[test]
    fn quantiles() {
        assert!(near(phi(1.959_964), 0.975, 1e-6) && near(phi(-6.0), 9.866e-10, 1e-3));
        for (freedom, published) in [(3.0, 0.352), (6.0, 1.635), (30.0, 18.493)] {
            let ours = chi2_05(freedom);
            assert!(near(ours, published, 0.07) && ours < published * 1.001, "{freedom}: {ours}");
        }
        assert!(near(mean_sd(&[1.0, 2.0, 3.0, 4.0]).1, 1.290_994, 1e-6));
    }
}
