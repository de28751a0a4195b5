//! What a stemmer does not know: words that mean the same, and how words are derived from each other.

use crate::words;
use std::{collections::HashMap, sync::LazyLock};

static SAME: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let groups = SYNONYMS.lines().map(str::trim).filter(|line| !line.is_empty());
    groups
        .flat_map(|group| {
            let first = words::stem(group.split_whitespace().next().unwrap_or_default());
            group.split_whitespace().map(move |word| (words::stem(word), first.clone()))
        })
        .collect()
});

/// The key under which a folded word is compared: its stem, or that of the group of words that mean the same.
pub(crate) fn key(folded: &str) -> String {
    let stem = words::stem(folded);
    SAME.get(&stem).cloned().unwrap_or(stem)
}

/// Keys that `key` may be derived from or that may be derived from it: `invent` and `inventor`, `itali` and `italian`.
pub(crate) fn relatives(key: &str) -> impl Iterator<Item = String> {
    let shorter = SUFFIXES
        .iter()
        .filter_map(|suffix| key.strip_suffix(suffix))
        .filter(|base| base.chars().count() >= 4)
        .map(str::to_owned);
    let longer = SUFFIXES.iter().filter(move |_| key.chars().count() >= 4).map(move |suffix| format!("{key}{suffix}"));
    let again = key.strip_prefix("re").filter(|base| base.len() >= 4).map(str::to_owned);
    shorter.chain(longer).chain(again)
}

/// Whether a word is a verb that says little without its object.
pub(crate) fn is_light(folded: &str) -> bool {
    LIGHT.contains(&words::stem(folded).as_str())
}

/// Stems.
const LIGHT: &[&str] = &[
    "happen", "occur", "take", "give", "make", "becom", "know", "call", "mean", "consist", "exist", "appear", "begin",
    "need", "work", "come", "came", "keep", "show", "stand", "run", "put", "let", "accord", "relat", "involv", "last",
];

const SUFFIXES: &[&str] =
    &["i", "n", "an", "ean", "ian", "ish", "ese", "th", "er", "or", "ist", "ism", "ion", "al", "ic", "y", "e", "ment"];

/// One group a line; inflections follow from the stemmer. Only words that are hardly ever something else.
const SYNONYMS: &str = "
begin start commence began begun
finish finished complete conclude
construct build built erect
buy purchase bought
show demonstrate indicate reveal shown
need require
help assist aid
big large huge
small little tiny
find found discover discovery
make made produce manufacture
increase rise grow rose risen grew grown raise
decrease decline fall fell fallen reduce drop dropped
shrink shrank
allow permit
forbid prohibit ban
store keep kept
release emit
receive obtain
send sent transmit
carry transport convey
choose chose chosen select pick
stop halt cease
repair fix
change alter modify
fast quick rapid swift
rare seldom
important crucial essential
child children kid
car automobile
doctor physician
illness disease sickness
main chief principal primary
wrong incorrect false
correct right true
error mistake
happen occur
place location
trip journey
pay paid
yearly annual annually
monthly month months
leave left depart
stay remain
teach taught instruct
answer reply
write wrote written
give gave given
take took taken
run ran
know knew known
lose lost
win won
sell sold
say states stated
lead led
hold held
speak spoke spoken
break broke broken
freeze froze frozen
eat ate eaten
drive drove driven
fly flew flown
bring brought
think thought
tell told inform
meet met
spend spent
die died dying
perform carried
publish publication
sufficient enough
almost nearly
person people persons
man men
woman women
foot feet
mouse mice
tooth teeth
life lives
gray grey
mould mold
tyre tire
programme program
aluminium aluminum
sulphur sulfur
km kilometre kilometer
metre meter m
cm centimetre centimeter
mm millimetre millimeter
mile mi
kg kilogram kilo kilogramme
gram gramme g
tonne ton
litre liter l
ml millilitre milliliter
hour hr h
minute min
january jan
february feb
april apr
august aug
september sept sep
october oct
november nov
december dec
percent percentage
usa us
britain uk
";
