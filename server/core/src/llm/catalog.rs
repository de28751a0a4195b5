//! Which models somebody may use, and what each is called.

use super::providers::{Kind, UsableRow};
use super::remote::guard::Guard;
use super::{Credential, Inference, Listed, Offer, OpenAi, Provider, Queue, Reading, Remote, Takes};
use crate::accounts::Principal;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::secrets::Seal;
use crate::settings::{Endpoint, Patience, Settings};
use folio_types::UserId;
use moka::future::Cache;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// Models of one server that are offered at most, and the characters of their names.
const MOST_MODELS: usize = 1000;
const LONGEST_NAME: usize = 200;
/// Connections to the servers that people added are kept this long after their last use.
const KEPT: Duration = Duration::from_hours(1);
const MOST_KEPT: u64 = 1000;

/// The configured providers, and those that people added as far as they are in use.
pub struct Catalog {
    configured: Vec<Arc<dyn Provider>>,
    added: Cache<Recipe, Listed>,
    pub guard: Guard,
    pub seal: Seal,
    patience: Patience,
}

/// Everything that makes a client another one. The encrypted key stands for the key: it changes with each writing.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Recipe {
    kind: Kind,
    api_endpoint: String,
    sealed: Option<Vec<u8>>,
    takes: Takes,
}

/// A model that somebody may use, under the tag that is its own.
#[derive(Clone)]
pub struct Entry {
    pub offer: Offer,
    pub source: String,
    /// Whether it is there for everyone.
    pub common: bool,
    pub provider: Arc<dyn Provider>,
}

/// What is there, and why some of it is not.
pub struct Survey {
    pub entries: Vec<Entry>,
    pub away: Vec<Error>,
}

struct Source {
    name: String,
    common: bool,
    provider: Result<Arc<dyn Provider>>,
    /// What it was told to offer, whatever it lists.
    only: Option<Vec<Offer>>,
}

impl Catalog {
    pub fn new(configured: Vec<Arc<dyn Provider>>, settings: &Settings, seal: Seal) -> Self {
        Self {
            configured,
            added: Cache::builder().max_capacity(MOST_KEPT).time_to_idle(KEPT).build(),
            guard: Guard::new(settings.allow_private.clone()),
            seal,
            patience: settings.patience,
        }
    }

    /// How many wait for a turn at one of the configured models.
    pub fn waiting(&self) -> usize {
        self.configured.iter().filter_map(|provider| provider.queue()).map(Queue::waiting).sum()
    }

    /// All that `who` may use. The order is always the same, and what is there for everyone comes first.
    pub async fn survey(&self, db: &Db, who: &Principal) -> Result<Survey> {
        let configured = self.configured.iter().map(|provider| Source {
            name: provider.source().to_owned(),
            common: true,
            provider: Ok(Arc::clone(provider)),
            only: None,
        });
        let mut sources: Vec<Source> = configured.collect();
        for row in UsableRow::of(db, who.id).await? {
            sources.push(self.source(row, who.id).await);
        }
        let asked = sources.iter().map(|source| async move {
            match (&source.provider, &source.only) {
                (Err(fault), _) => Err(fault.clone()),
                (Ok(_), Some(only)) => Ok(only.clone()),
                (Ok(provider), None) => provider.models().await,
            }
        });
        let answers = futures::future::join_all(asked).await;
        Ok(named(sources, answers))
    }

    /// A client for the server of `row`, with the key that `user` uses there.
    pub fn remote(&self, row: &UsableRow, user: UserId) -> Result<Remote> {
        let key = row.key(&self.seal, user);
        let kind = match row.kind {
            Kind::OpenAi => Credential::Bearer,
            Kind::Inference => Credential::Internal,
        };
        let endpoint = Endpoint { base_url: row.api_endpoint.clone(), api_key: None, patience: self.patience };
        Remote::guarded(&self.guard, &endpoint, key.map_or(Credential::None, kind))
    }

    async fn source(&self, row: UsableRow, user: UserId) -> Source {
        let takes = row.takes;
        let sealed = row.sealed().map(<[u8]>::to_vec);
        let recipe = Recipe { kind: row.kind, api_endpoint: row.api_endpoint.clone(), sealed, takes };
        let make = async {
            let remote = self.remote(&row, user)?;
            Ok(match row.kind {
                Kind::OpenAi => Listed::new(OpenAi::new(remote).taking(takes)),
                Kind::Inference => Listed::new(Inference::new(remote)),
            })
        };
        let provider = self.added.try_get_with(recipe, make).await;
        let offer = |name| Offer::new(name, true, Reading::Many).taking(takes);
        Source {
            provider: provider.map(|listed| Arc::new(listed) as _).map_err(|fault: Arc<Error>| (*fault).clone()),
            common: row.is_shared(),
            only: row.models.map(|names| names.into_iter().map(offer).collect()),
            name: row.name,
        }
    }
}

fn named(sources: Vec<Source>, answers: Vec<Result<Vec<Offer>>>) -> Survey {
    let mut names = Names::default();
    let mut survey = Survey { entries: Vec::new(), away: Vec::new() };
    for (source, answer) in sources.into_iter().zip(answers) {
        let (Ok(provider), Ok(offers)) = (source.provider, answer.map_err(|fault| survey.away.push(fault))) else {
            continue;
        };
        let mut seen = HashSet::new();
        let sound = offers.into_iter().filter(|offer| is_sound(&offer.name) && seen.insert(offer.name.clone()));
        survey.entries.extend(sound.take(MOST_MODELS).map(|mut offer| {
            offer.tag = names.give(&source.name, &offer.name);
            Entry { offer, source: source.name.clone(), common: source.common, provider: Arc::clone(&provider) }
        }));
    }
    survey
}

/// Whether a name that a server gave can be shown, stored and sent back.
pub fn is_sound(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= LONGEST_NAME && !name.contains(char::is_control)
}

/// Who comes first has the plain name; others have their provider's before it. So adding a provider never gives a tag
/// that is in use another meaning.
#[derive(Default)]
struct Names(HashSet<String>);

impl Names {
    fn give(&mut self, source: &str, name: &str) -> String {
        let long = qualified(source, name);
        let numbered = (2_usize..).map(|number| format!("{long} ({number})"));
        let mut choices = [name.to_owned(), long.clone()].into_iter().chain(numbered);
        let free = choices.find(|tag| !self.0.contains(tag)).unwrap_or_default();
        self.0.insert(free.clone());
        free
    }
}

/// A model's name with its provider's before it, which is understood even where the plain name would do.
pub fn qualified(source: &str, name: &str) -> String {
    format!("{source}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn given(lists: &[(String, Vec<String>)]) -> Vec<String> {
        let mut names = Names::default();
        lists
            .iter()
            .flat_map(|(source, models)| models.iter().map(|model| names.give(source, model)).collect::<Vec<_>>())
            .collect()
    }

    proptest! {
        #[test]
        fn no_two_models_share_a_tag_and_a_newcomer_renames_nobody(
            lists in prop::collection::vec(("[a-c]{1,2}", prop::collection::vec("[a-c](/[a-c])?", 0..4)), 0..5)
        ) {
            let all = given(&lists);
            let distinct: HashSet<_> = all.iter().collect();
            prop_assert_eq!(distinct.len(), all.len());
            if let Some((_, before)) = lists.split_last() {
                let fewer = given(before);
                prop_assert_eq!(&all[..fewer.len()], &fewer[..]);
            }
        }
    }

    #[test]
    fn the_first_has_the_plain_name() {
        let lists = [("hall", "llama"), ("desk", "llama"), ("desk", "llama")];
        let lists = lists.map(|(source, model)| (source.to_owned(), vec![model.to_owned()]));
        assert_eq!(given(&lists), ["llama", "desk/llama", "desk/llama (2)"]);
    }
}
