//! English words that say nothing about what a text is about.

use std::{collections::HashSet, sync::LazyLock};

static SET: LazyLock<HashSet<&str>> = LazyLock::new(|| LIST.split_whitespace().collect());

/// Whether a lower-cased word carries no content of its own.
pub(crate) fn is_stop_word(word: &str) -> bool {
    SET.contains(word)
}

const LIST: &str = "
a about above across after afterwards again against ago all almost alone along already also although always am among
an and another any anyone anything approximately are around as at away back be became because become becomes been
before behind being below beneath beside besides between beyond both but by can cannot could did do does doing done
down during each either else enough etc even ever every everyone everything except few for from further get gets getting go goes going got had has have
having he hence her here hers herself him himself his how however i if in indeed inside instead into is it its itself
just kind like likewise many may maybe me might mine more moreover most mostly much must my myself namely near nearly
neither never nevertheless next no nobody none nor not nothing now of off often on once only onto or other others
otherwise ought our ours ourselves out outside over overall own per perhaps please quite rather really regarding
roughly said same say says see seem seems several shall she should since so some somehow someone something sometimes
somewhat soon still such than that the their theirs them themselves then thence there thereby therefore these they
this those though through throughout thus to together too toward towards under unless until up upon us use used uses
using usually various very via was we well were what whatever when where whereas whereby wherever whether which while
who whoever whole whom whose why will with within without would yes yet you your yours yourself yourselves
aren't can't couldn't didn't doesn't don't hadn't hasn't haven't he's i'd i'll i'm i've isn't it's let's mustn't
needn't she's shouldn't that's there's they're they've wasn't we're we've weren't what's won't wouldn't you're you've
";
