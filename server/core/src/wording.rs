//! Numbers as people write them.

/// `1 page`, `2 pages`.
pub fn count(number: impl Into<u64>, noun: &str) -> String {
    match number.into() {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}

/// `20 MB`, `1.5 MB`, `800 kB`.
#[expect(clippy::cast_precision_loss, reason = "it is shown with one digit")]
pub fn bytes(number: u64) -> String {
    let (divisor, unit) = if number >= 1_000_000 { (1e6, "MB") } else { (1e3, "kB") };
    let text = format!("{:.1}", number as f64 / divisor);
    format!("{} {unit}", text.trim_end_matches(".0"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_are_short() {
        assert_eq!(super::bytes(20_000_000), "20 MB");
        assert_eq!(super::bytes(1_540_000), "1.5 MB");
        assert_eq!(super::bytes(800_000), "800 kB");
    }
}
