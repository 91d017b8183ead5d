//! Numbers on the command line that need not be whole.

/// The least of them. With less a schedule would have times that no clock knows.
const LEAST: f64 = 1e-6;
/// The greatest rate or factor.
pub(crate) const MOST: f64 = 1e6;

/// Reads a number from a millionth up to `most`, for clap.
pub(crate) fn up_to(most: f64) -> impl Fn(&str) -> Result<f64, String> + Clone + Send + Sync + 'static {
    move |text| match text.parse::<f64>() {
        // Not a number is in no range.
        Ok(number) if (LEAST..=most).contains(&number) => Ok(number),
        _ => Err(format!("it is a number from {LEAST} to {most}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_above_zero_and_not_endless() {
        let read = |text: &str| up_to(MOST)(text).ok();
        assert_eq!(read("0.5"), Some(0.5));
        assert_eq!(read("1e-6"), Some(1e-6));
        assert_eq!(read("1000000"), Some(1e6));
        for wrong in ["1000000.1", "9e-7", "0", "-1", "inf", "NaN", "1e999", "", "x"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(up_to(1.0)("1"), Ok(1.0));
        assert!(up_to(1.0)("1.01").is_err());
    }
}
