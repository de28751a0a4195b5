//! What the scripted model says: it follows from the question, so that whoever knows the question knows the answer,
//! byte for byte.

/// Words that are hard to carry: several bytes for a character, quotes, escapes, a line's end.
const WORDS: [&str; 8] = ["plain", "naïve", "漢字", "🙂", "\"quoted\"", "back\\slash", "line\nbreak", "<b>&amp;</b>"];

/// The `n`th token of the answer to `prompt`, counted from 0.
pub fn token(prompt: &str, n: usize) -> String {
    let hash = mix(fnv(prompt.as_bytes()), n);
    let word = WORDS[usize::try_from(hash % 8).unwrap_or_default()];
    format!("{:06x}{word} ", hash >> 40)
}

/// The first `count` tokens of the answer to `prompt`.
pub fn text(prompt: &str, count: usize) -> String {
    (0..count).map(|n| token(prompt, n)).collect()
}

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn mix(seed: u64, n: usize) -> u64 {
    let mut z = seed.wrapping_add((n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_text_is_its_tokens_and_a_longer_one_begins_with_it(prompt in ".{0,40}", count in 0usize..50) {
            let whole = text(&prompt, count + 1);
            let rest = token(&prompt, count);
            prop_assert_eq!(whole.strip_prefix(&text(&prompt, count)), Some(rest.as_str()));
        }
    }

    #[test]
    fn different_questions_have_different_answers() {
        assert_ne!(text("one", 5), text("two", 5));
        assert_ne!(token("one", 0), token("one", 1));
    }
}
