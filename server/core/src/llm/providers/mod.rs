//! Model servers that people add: their own, and, by administrators, for everyone.

mod keys;
mod rows;

pub use rows::{Kind, Provider, UsableRow, UserKey};

use super::remote::{Diagnosis, Finding};
use super::{Inference, OpenAi, Takes};
use crate::Core;
use crate::accounts::Principal;
use crate::audit::{self, Chain, Deed};
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::{ProviderId, Role, UserId};
use rows::{ProviderRow, hint, place_of_key};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

const LONGEST_NAME: usize = 100;
const LONGEST_KEY: usize = 4000;
const MOST_MODELS: usize = 200;
/// Servers that one person may have.
const MOST: i64 = 50;

const LIST: &str = "SELECT * FROM llm_providers WHERE owner_id IS NULL OR owner_id = $1 OR $2
    ORDER BY owner_id IS NOT NULL, id";
const ONE: &str = "SELECT * FROM llm_providers WHERE id = $1 AND (owner_id IS NULL OR owner_id = $2 OR $3)";
const COUNT: &str = "SELECT COUNT(*) FROM llm_providers WHERE owner_id = $1";
const ADD: &str = "INSERT INTO llm_providers
    (id, owner_id, created_by, kind, name, api_endpoint, api_key, key_hint, models, takes_images, takes_tools, created_at,
    updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)";
const CHANGE: &str =
    "UPDATE llm_providers SET name = $2, api_endpoint = $3, models = $4, enabled = $5, takes_images = $6,
    takes_tools = $7, updated_at = $8 WHERE id = $1";
const CHANGE_KEY: &str = "UPDATE llm_providers SET api_key = $2, key_hint = $3 WHERE id = $1";
const FORGET_USER_KEYS: &str = "DELETE FROM user_llm_configs WHERE provider_id = $1";
const REMOVE: &str = "DELETE FROM llm_providers WHERE id = $1";

pub struct NewProvider {
    pub kind: Kind,
    pub name: String,
    pub api_endpoint: String,
    pub api_key: Option<SecretString>,
    pub models: Option<Vec<String>>,
    /// What its models take beside text.
    pub takes: Takes,
    /// For everyone; an administrator's to say.
    pub shared: bool,
}

/// What becomes of something that may be absent.
#[derive(Debug, Default)]
pub enum Edit<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

/// What is to be another; the rest stays.
#[derive(Default)]
pub struct ProviderChange {
    pub name: Option<String>,
    pub api_endpoint: Option<String>,
    pub api_key: Edit<SecretString>,
    pub models: Edit<Vec<String>>,
    pub enabled: Option<bool>,
    pub takes_images: Option<bool>,
    pub takes_tools: Option<bool>,
}

pub struct Providers<'a>(pub(crate) &'a Core);

impl Providers<'_> {
    /// Those for everyone, then the caller's own; an administrator sees all.
    pub async fn list(&self, who: &Principal) -> Result<Vec<Provider>> {
        let rows: Vec<ProviderRow> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(LIST).bind(who.id.0).bind(is_admin(who)).fetch_all(pool).await?);
        rows.into_iter().map(TryInto::try_into).collect()
    }

    pub async fn one(&self, who: &Principal, id: ProviderId) -> Result<Provider> {
        let row: Option<ProviderRow> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(ONE).bind(id.0).bind(who.id.0).bind(is_admin(who)).fetch_optional(pool).await?);
        row.ok_or(Error::NotFound("LLM provider"))?.try_into()
    }

    pub async fn add(&self, who: &Principal, new: NewProvider) -> Result<Provider> {
        if new.shared && !is_admin(who) {
            return Err(Error::Denied("Only an administrator can add a model server for everyone.".into()));
        }
        let owner = (!new.shared).then_some(who.id);
        let id = ProviderId(Uuid::now_v7());
        let name = checked_name(&new.name)?;
        let api_endpoint = self.checked_endpoint(&new.api_endpoint)?;
        let models = listed(new.models)?;
        may_take(new.kind, new.takes)?;
        let key = new.api_key.map(checked_key).transpose()?;
        let (sealed, key_hint) = self.sealed(owner, id, key.as_ref())?;
        let count: i64 =
            on_db!(read self.0.db(), pool => sqlx::query_scalar(COUNT).bind(who.id.0).fetch_one(pool).await?);
        if owner.is_some() && count >= MOST {
            return Err(Error::Conflict(format!("You have {MOST} model servers already. Remove one first.")));
        }
        let record = audit::draft(who, Deed::ran("providers.add", &name).saying(&api_endpoint));
        on_db!(change self.0.db(), tx => {
            sqlx::query(ADD).bind(id.0).bind(owner.map(|owner| owner.0)).bind(who.id.0)
                .bind(new.kind.as_str()).bind(&name).bind(&api_endpoint).bind(sealed).bind(key_hint).bind(models)
                .bind(new.takes.images).bind(new.takes.tools).bind(now()).execute(&mut *tx).await?;
            tx.append(&record).await?;
            tx.commit().await?;
        });
        self.one(who, id).await
    }

    /// An administrator, or whoever it belongs to, changes it. Keys stay with the place they were given for: with another
    /// host all of them are forgotten.
    pub async fn change(&self, who: &Principal, id: ProviderId, change: ProviderChange) -> Result<Provider> {
        let before = self.changeable(who, id).await?;
        let name = change.name.as_deref().map_or(Ok(before.name.clone()), checked_name)?;
        let endpoint = match &change.api_endpoint {
            Some(endpoint) => self.checked_endpoint(endpoint)?,
            None => before.api_endpoint.clone(),
        };
        let models = listed(match change.models {
            Edit::Keep => before.models,
            Edit::Clear => None,
            Edit::Set(models) => Some(models),
        })?;
        let takes = Takes {
            images: change.takes_images.unwrap_or(before.takes.images),
            tools: change.takes_tools.unwrap_or(before.takes.tools),
        };
        may_take(before.kind, takes)?;
        let moved = origin(&endpoint) != origin(&before.api_endpoint);
        let key = match change.api_key {
            Edit::Set(key) => Some(self.sealed(before.owner, id, Some(&checked_key(key)?))?),
            Edit::Keep if !moved => None,
            Edit::Keep | Edit::Clear => Some((None, None)),
        };
        let record = audit::draft(who, Deed::ran("providers.change", &name).saying(&endpoint));
        on_db!(change self.0.db(), tx => {
            sqlx::query(CHANGE).bind(id.0).bind(&name).bind(&endpoint).bind(models)
                .bind(change.enabled.unwrap_or(before.enabled)).bind(takes.images)
                .bind(takes.tools).bind(now()).execute(&mut *tx).await?;
            if let Some((sealed, key_hint)) = key {
                sqlx::query(CHANGE_KEY).bind(id.0).bind(sealed).bind(key_hint).execute(&mut *tx).await?;
            }
            if moved {
                sqlx::query(FORGET_USER_KEYS).bind(id.0).execute(&mut *tx).await?;
            }
            tx.append(&record).await?;
            tx.commit().await?;
        });
        self.one(who, id).await
    }

    pub async fn remove(&self, who: &Principal, id: ProviderId) -> Result<()> {
        let Provider { name, .. } = self.changeable(who, id).await?;
        let record = audit::draft(who, Deed::ran("providers.remove", name));
        on_db!(change self.0.db(), tx => {
            sqlx::query(REMOVE).bind(id.0).execute(&mut *tx).await?;
            tx.append(&record).await?;
            tx.commit().await?;
        });
        Ok(())
    }

    /// Asks the server for its models, with the caller's key, and says what came of it.
    pub async fn test(&self, who: &Principal, id: ProviderId) -> Result<Diagnosis> {
        self.one(who, id).await?;
        let row = UsableRow::one(self.0.db(), who.id, id).await?;
        let remote = match self.0.catalog().remote(&row, who.id) {
            // it was allowed when it was added
            Err(Error::Invalid { message, .. }) => {
                return Ok(Diagnosis { finding: Finding::Private, message, models: Vec::new(), elapsed_ms: 0 });
            }
            other => other?,
        };
        Ok(match row.kind {
            Kind::OpenAi => OpenAi::new(remote).examine().await,
            Kind::Inference => Inference::new(remote).examine().await,
        })
    }

    async fn changeable(&self, who: &Principal, id: ProviderId) -> Result<Provider> {
        let provider = self.one(who, id).await?;
        if is_admin(who) || provider.owner == Some(who.id) {
            return Ok(provider);
        }
        Err(Error::Denied("This model server is for everyone; only an administrator can change it.".into()))
    }

    fn checked_endpoint(&self, endpoint: &str) -> Result<String> {
        let url = self.0.catalog().guard.check(endpoint)?;
        Ok(url.as_str().trim_end_matches('/').to_owned())
    }

    /// What is stored of a key: itself encrypted, and a hint.
    fn sealed(
        &self,
        owner: Option<UserId>,
        id: ProviderId,
        key: Option<&SecretString>,
    ) -> Result<(Option<Vec<u8>>, Option<String>)> {
        let Some(key) = key else { return Ok((None, None)) };
        Ok((Some(self.0.catalog().seal.close(&place_of_key(owner, id), key)?), Some(hint(key))))
    }
}

fn is_admin(who: &Principal) -> bool {
    who.role >= Role::Admin
}

fn may_take(kind: Kind, takes: Takes) -> Result<()> {
    if takes != Takes::default() && kind == Kind::Inference {
        let message = "An inference service takes text only; a server that speaks OpenAI's API can take more.";
        return Err(Error::invalid(if takes.images { "takes_images" } else { "takes_tools" }, message));
    }
    Ok(())
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.contains(char::is_control) {
        return Err(Error::invalid("name", "Give a name of 1 to 100 characters."));
    }
    Ok(name.to_owned())
}

/// A key that can stand in a header.
fn checked_key(key: SecretString) -> Result<SecretString> {
    let text = key.expose_secret().trim();
    let is_sound = !text.is_empty() && text.len() <= LONGEST_KEY && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_sound { Ok(text.to_owned().into()) } else { Err(Error::invalid("api_key", "This does not look like a key.")) }
}

fn listed(models: Option<Vec<String>>) -> Result<Option<String>> {
    let Some(models) = models.filter(|models| !models.is_empty()) else { return Ok(None) };
    if models.len() > MOST_MODELS || !models.iter().all(|model| super::catalog::is_sound(model)) {
        return Err(Error::invalid("models", "Give up to 200 names of models, each of at most 200 characters."));
    }
    Ok(Some(serde_json::to_string(&models)?))
}

fn origin(endpoint: &str) -> Option<url::Origin> {
    url::Url::parse(endpoint).ok().map(|url| url.origin())
}
