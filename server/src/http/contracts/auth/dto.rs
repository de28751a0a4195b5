//! What the token routes take and give.

use folio_core::Principal;
use folio_core::accounts::{NewAccount, TokenPair};
use folio_types::UserId;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
pub struct Registration {
    #[schema(example = "ada@example.org")]
    email: String,
    #[schema(example = "Ada")]
    name: String,
    #[schema(value_type = String, format = Password, min_length = 8, example = "correct horse battery")]
    password: SecretString,
    /// The code of an administrator's link, where registration is by invitation.
    pub invite: Option<String>,
}

/// An `email` or a `username`, which is the e-mail address too, and a password.
#[derive(Deserialize, ToSchema)]
pub struct Credentials {
    #[schema(example = "ada@example.org")]
    email: Option<String>,
    username: Option<String>,
    #[schema(value_type = String, format = Password, example = "correct horse battery")]
    pub password: SecretString,
    /// `password`, as OAuth 2's form has it, or nothing.
    pub grant_type: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub struct Refresh {
    pub refresh_token: String,
}

#[derive(Serialize, ToSchema)]
pub struct Tokens {
    access_token: String,
    /// Good for one use; the answer to it has the next one.
    refresh_token: String,
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// Seconds that the access token is good for.
    #[schema(example = 900)]
    expires_in: i64,
    user: UserDto,
}

#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserDto {
    id: UserId,
    #[schema(example = "ada@example.org")]
    email: String,
    #[schema(example = "Ada")]
    name: String,
    is_admin: bool,
}

#[derive(Serialize, ToSchema)]
pub struct Login {
    token: String,
    user: UserDto,
}

impl Registration {
    pub fn account(self) -> NewAccount {
        NewAccount { name: self.name, email: self.email, password: self.password }
    }
}

impl Credentials {
    pub fn name(&self) -> Option<&str> {
        self.email.as_deref().or(self.username.as_deref())
    }
}

impl From<TokenPair> for Tokens {
    fn from(pair: TokenPair) -> Self {
        Self {
            access_token: pair.access_token,
            refresh_token: pair.refresh_token,
            token_type: "bearer",
            expires_in: pair.expires_in,
            user: (&pair.who).into(),
        }
    }
}

impl From<TokenPair> for Login {
    fn from(pair: TokenPair) -> Self {
        Self { token: pair.access_token, user: (&pair.who).into() }
    }
}

impl From<&Principal> for UserDto {
    fn from(who: &Principal) -> Self {
        Self { id: who.id, email: who.email.clone(), name: who.name.clone(), is_admin: who.is_admin() }
    }
}
