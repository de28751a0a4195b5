//! Words that rule each other out: a sentence that says `increase` is not supported by one that says `decrease`.

use crate::clause::Clause;
use crate::lexicon;
use crate::polarity::denied;
use crate::reading::{Id, Reading, Token};
use std::{collections::HashMap, sync::LazyLock};

static OPPOSITES: LazyLock<HashMap<String, Vec<String>>> = LazyLock::new(|| {
    let mut map: HashMap<String, Vec<String>> = HashMap::new();
    let mut add = |a: &str, b: &str| map.entry(lexicon::key(a)).or_default().push(lexicon::key(b));
    for (left, right) in PAIRS.lines().filter_map(|line| line.split_once('/')) {
        for a in left.split_whitespace() {
            for b in right.split_whitespace() {
                add(a, b);
                add(b, a);
            }
        }
    }
    for group in EXCLUSIVE.lines() {
        let words: Vec<&str> = group.split_whitespace().collect();
        for a in &words {
            words.iter().filter(|b| *b != a).for_each(|b| add(a, b));
        }
    }
    map
});

/// The key of `possible` for `impossible`; what is left of other words is hardly ever a word.
pub(crate) fn without_prefix(folded: &str) -> Option<String> {
    let prefix = PREFIXES.iter().find(|prefix| folded.starts_with(**prefix))?;
    let rest = &folded[prefix.len()..];
    (rest.len() >= 4 && rest.is_ascii()).then(|| lexicon::key(rest))
}

/// The keys that say the opposite of a key.
pub(crate) fn of(key: &str) -> impl Iterator<Item = &'static str> {
    OPPOSITES.get(key).into_iter().flatten().map(String::as_str)
}

/// Whether the passage says the opposite of something that the sentence says.
///
/// `opposites` holds, for each token of the sentence, the ids of its opposites.
pub(crate) fn contradict(sentence: &Reading, opposites: &[Vec<Id>], passage: &[Reading]) -> bool {
    sentence.tokens.iter().zip(opposites).any(|(token, opposites)| {
        let said = passage.iter().any(|reading| reading.ids.contains(token.id));
        let opposite = opposite_in(token, opposites, sentence, passage);
        match opposite {
            Some(_) if said => bound_to_opposite(token, opposites, sentence, passage),
            Some(opposite) => denied(sentence, token.id) == passage.iter().any(|reading| denied(reading, opposite)),
            None => false,
        }
    })
}

/// An opposite of the token that the passage has and the sentence has not.
fn opposite_in(token: &Token, opposites: &[Id], sentence: &Reading, passage: &[Reading]) -> Option<Id> {
    let news = |id: &Id| !sentence.ids.contains(*id) && passage.iter().any(|reading| reading.ids.contains(*id));
    let by_table = opposites.iter().copied().find(news);
    let stripped = token.denies.filter(news);
    let prefixed = || {
        let mut tokens = passage.iter().flat_map(|reading| &reading.tokens);
        tokens.find(|other| other.denies == Some(token.id) && !sentence.ids.contains(other.id)).map(|other| other.id)
    };
    by_table.or(stripped).or_else(|| if token.word.stop { None } else { prefixed() })
}

/// Where the passage has both the word and its opposite: whether the clauses with the opposite share more with the
/// sentence's clause (`front tyres` and `rear tyres`).
fn bound_to_opposite(token: &Token, opposites: &[Id], sentence: &Reading, passage: &[Reading]) -> bool {
    let Some(own) = sentence.clauses.iter().find(|clause| clause.tokens.contains(&token.place)) else { return false };
    let best = |points: i32, having: &dyn Fn(&Clause) -> bool| {
        let clauses = passage.iter().flat_map(|reading| reading.clauses.iter().map(move |clause| (reading, clause)));
        let having = clauses.filter(|(_, clause)| having(clause));
        having.map(|(reading, clause)| sentence.fit(own, reading, clause) + points).max()
    };
    // The word itself does not count, nor does its opposite.
    let own_best = best(-2, &|clause| clause.ids.contains(token.id));
    let other_best =
        best(1, &|clause| !clause.ids.contains(token.id) && opposites.iter().any(|id| clause.ids.contains(*id)));
    other_best > own_best && other_best > Some(0)
}

const PREFIXES: &[&str] = &["un", "in", "im", "il", "ir", "dis", "non", "mis"];

const PAIRS: &str = "
increase gain / decrease loss
more / less fewer
most / least fewest
many / few
common frequent / rare
before / after
above / below
over / under
up / down
all every / none
always / never
first / last
north northern / south southern
east eastern / west western
left / right
front / rear back
top / bottom
high higher highest / low lower lowest
raise / lower
hot warm warmer hotter / cold cool cooler colder
open opened / closed close shut
start begin / end finish
win / lose
accept approve / reject refuse
allow / forbid
support / oppose
true / false
import / export
buy / sell
gain / lose
maximum / minimum
upper / lower
early earlier earliest / late later latest
old older oldest / young younger youngest new newer newest
large larger largest / small smaller smallest
big bigger biggest / small smaller smallest
long longer longest / short shorter shortest
fast faster fastest / slow slower slowest
strong stronger strongest / weak weaker weakest
strengthen / weaken
heavy heavier heaviest / light lighter lightest
hard harder hardest / soft softer softest
thick thicker / thin thinner
deep deeper deepest / shallow shallower shallowest
wide wider widest / narrow narrower narrowest
rich richer / poor poorer
good better best / bad worse worst
cheap cheaper cheapest / expensive dearest
safe safer / dangerous
easy easier easiest / difficult hard harder
positive / negative
male / female
men / women
inside / outside
internal / external
include / exclude
same / different
wet moist damp / dry
day / night
expand / contract shrink
success / failure
succeed / fail
enable / disable
present / absent
presence / absence
ascend / descend
attack / defend
majority / minority
optional / required mandatory compulsory
public / private
input / output
add / remove subtract
create build / destroy
push / pull
attract / repel
advantage / disadvantage
cause / prevent
encourage / discourage
arrive / depart
enter / exit
lend / borrow
employer / employee
landlord / tenant
buyer / seller
teacher / pupil
freeze / melt
absorb / emit
acid / alkaline
full / empty
ancient / modern
simple / complex
temporary / permanent
voluntary / compulsory
guilty / innocent
alive / dead
love / hate
improve / worsen
lengthen / shorten
lighten / darken
widen / narrow
horizontal / vertical
profit / loss
asset / liability
for / against
forwards forward / backwards backward
clockwise / anticlockwise counterclockwise
";

/// One group a line, of which something is only one.
const EXCLUSIVE: &str = "
spring summer autumn winter
morning noon afternoon evening midnight
monday tuesday wednesday thursday friday saturday sunday
red orange yellow green blue purple brown black white grey
solid liquid gas
gold silver bronze copper iron
";
