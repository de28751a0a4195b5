//! Numbers written as words.

/// What a folded word adds to a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Part {
    /// `seven`, `forty`, `dozen`
    Value(f64),
    /// `hundred`, `million`
    Scale(f64),
    /// `ninth`, `thirtieth`
    Ordinal(f64),
}

/// The part of a number that a word is, if any.
pub(crate) fn part(folded: &str) -> Option<Part> {
    let place = |list: &[&str]| list.iter().position(|word| *word == folded).map(to_f64);
    if let Some(scale) = scale(folded) {
        return Some(Part::Scale(scale));
    }
    place(CARDINALS)
        .or_else(|| place(TENS).map(|ten| (ten + 2.0) * 10.0))
        .or_else(|| (folded == "dozen").then_some(12.0))
        .map(Part::Value)
        .or_else(|| {
            place(ORDINALS).map(|n| n + 1.0).or_else(|| place(TENTHS).map(|ten| (ten + 2.0) * 10.0)).map(Part::Ordinal)
        })
}

/// What `4.8` is multiplied by in `4.8 million`.
pub(crate) fn scale(folded: &str) -> Option<f64> {
    Some(match folded {
        "hundred" | "hundreds" => 1e2,
        "thousand" | "thousands" => 1e3,
        "million" | "millions" | "mn" => 1e6,
        "billion" | "billions" | "bn" => 1e9,
        "trillion" | "trillions" => 1e12,
        _ => return None,
    })
}

/// `XIV` is 14; single letters are no numbers.
pub(crate) fn roman(raw: &str) -> Option<f64> {
    let value = |c: char| match c {
        'I' => Some(1),
        'V' => Some(5),
        'X' => Some(10),
        _ => None,
    };
    let digits: Vec<i32> = raw.chars().map(value).collect::<Option<_>>()?;
    if !(2..=7).contains(&digits.len()) {
        return None;
    }
    let next = digits.iter().skip(1).chain(&[0]);
    Some(f64::from(
        digits.iter().zip(next).map(|(digit, next)| if digit < next { -digit } else { *digit }).sum::<i32>(),
    ))
}

fn to_f64(position: usize) -> f64 {
    u32::try_from(position).map_or(f64::NAN, f64::from)
}

const CARDINALS: &[&str] = &[
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];

const TENS: &[&str] = &["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

const ORDINALS: &[&str] = &[
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
];

const TENTHS: &[&str] =
    &["twentieth", "thirtieth", "fortieth", "fiftieth", "sixtieth", "seventieth", "eightieth", "ninetieth"];
