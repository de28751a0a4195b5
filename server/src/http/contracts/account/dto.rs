//! What the routes of one's own account take and give.

use crate::http::contracts::timestamp::Timestamp;
use crate::http::extract::Named;
use folio_core::accounts::{PersonalToken, Reach, SignIn, SignInKind};
use folio_core::{Error, Principal};
use folio_types::{Millis, Role, UserId};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;
use uuid::Uuid;

/// What a path names.
pub struct TokenId(pub Uuid);
pub struct SessionId(pub String);

#[derive(Serialize, ToSchema)]
#[schema(as = Me)]
pub struct Me {
    id: UserId,
    email: String,
    name: String,
    role: Role,
    is_admin: bool,
    /// What the credential that asks may do.
    #[schema(example = json!(["read", "write", "admin"]))]
    scopes: Vec<&'static str>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = AccountChanges)]
pub struct Changes {
    pub name: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub struct NewPassword {
    #[schema(value_type = String, format = Password)]
    pub current_password: SecretString,
    #[schema(value_type = String, format = Password, min_length = 8)]
    pub new_password: SecretString,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SignIns)]
pub struct Sessions {
    pub items: Vec<SessionDto>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PersonalTokens)]
pub struct Tokens {
    pub items: Vec<TokenDto>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SignIn)]
pub struct SessionDto {
    id: String,
    /// `browser`, or `program` for one that got tokens for the password.
    kind: &'static str,
    user_agent: Option<String>,
    address: Option<String>,
    created_at: Timestamp,
    last_seen_at: Timestamp,
    current: bool,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = NewPersonalToken)]
pub struct NewToken {
    #[schema(example = "backup script")]
    pub name: String,
    /// `read`, `write` (which includes `read`), `admin` (which includes both).
    #[schema(example = json!(["read"]), min_items = 1)]
    scopes: Vec<String>,
    /// RFC 3339; a token without one does not expire.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PersonalToken)]
pub struct TokenDto {
    id: Uuid,
    name: String,
    scopes: Vec<&'static str>,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = MadePersonalToken)]
pub struct MadeToken {
    /// The token itself; it is not shown again.
    pub token: String,
    #[serde(flatten)]
    pub about: TokenDto,
}

impl Named for TokenId {
    const NOUN: &'static str = "Token";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

impl Named for SessionId {
    const NOUN: &'static str = "Session";

    fn parse(text: &str) -> Option<Self> {
        Some(Self(text.to_owned()))
    }
}

impl NewToken {
    /// The widest scope counts: `write` includes `read`, `admin` includes both.
    pub fn reach(&self) -> Result<Reach, Error> {
        let reaches = self.scopes.iter().map(|scope| scope.parse()).collect::<Result<Vec<Reach>, Error>>()?;
        reaches
            .into_iter()
            .max()
            .ok_or_else(|| Error::invalid("scopes", "Give at least one scope: read, write or admin."))
    }

    pub fn expires_at(&self) -> Result<Option<Millis>, Error> {
        let Some(text) = &self.expires_at else { return Ok(None) };
        let at = OffsetDateTime::parse(text, &Rfc3339)
            .map_err(|_| Error::invalid("expires_at", "Give a time such as 2030-01-31T12:00:00Z."))?;
        Ok(Some(at.unix_timestamp().saturating_mul(1000)))
    }
}

impl From<&Principal> for Me {
    fn from(who: &Principal) -> Self {
        Self {
            id: who.id,
            email: who.email.clone(),
            name: who.name.clone(),
            role: who.role,
            is_admin: who.is_admin(),
            scopes: scopes(who.reach),
        }
    }
}

impl From<SignIn> for SessionDto {
    fn from(session: SignIn) -> Self {
        Self {
            id: session.id,
            kind: match session.kind {
                SignInKind::Browser => "browser",
                SignInKind::Program => "program",
            },
            user_agent: session.user_agent,
            address: session.address,
            created_at: Timestamp(session.created_at),
            last_seen_at: Timestamp(session.seen_at),
            current: session.is_current,
        }
    }
}

impl From<PersonalToken> for TokenDto {
    fn from(token: PersonalToken) -> Self {
        Self {
            id: token.id,
            name: token.name,
            scopes: scopes(token.reach),
            created_at: Timestamp(token.created_at),
            last_used_at: token.used_at.map(Timestamp),
            expires_at: token.expires_at.map(Timestamp),
        }
    }
}

fn scopes(reach: Reach) -> Vec<&'static str> {
    [Reach::Read, Reach::Write, Reach::Full].into_iter().filter(|scope| *scope <= reach).map(Reach::as_str).collect()
}
