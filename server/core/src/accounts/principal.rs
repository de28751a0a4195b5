//! Who asks.

use crate::error::{Error, Result};
use folio_types::{Me, Role, UserId};
use uuid::Uuid;

/// Who asks, and with which rights. Every use case takes one and decides for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub id: UserId,
    pub name: String,
    pub email: String,
    /// Already lowered to what the credential is good for.
    pub role: Role,
    pub reach: Reach,
    /// Counts up whenever all sign-ins of the account end; a sign-in belongs to one epoch.
    pub epoch: i64,
}

/// How much of an account a credential opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// Looks, changes nothing.
    Read,
    /// Works with conversations and books, as the account's role allows, but not as an administrator.
    Write,
    /// All that the account may do, the account itself included.
    Full,
}

/// An account's row, without its password.
#[derive(sqlx::FromRow)]
pub(super) struct UserRow {
    pub id: Uuid,
    pub email: String,
    pub name: String,
    pub role: String,
    pub epoch: i64,
}

impl Principal {
    /// What pages show of the signed-in person.
    pub fn me(&self) -> Me {
        Me { id: self.id, name: self.name.clone(), email: self.email.clone(), role: self.role }
    }

    /// Whether books may be shared with everyone, and shared ones changed.
    pub fn may_manage_shared_books(&self) -> bool {
        self.role >= Role::Librarian
    }

    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// Fails for everyone but administrators.
    pub fn as_admin(&self) -> Result<()> {
        if self.is_admin() { Ok(()) } else { Err(Error::Denied("Only an administrator may do this.".into())) }
    }

    /// Fails for credentials that work with an account without being its owner.
    pub(super) fn as_owner(&self) -> Result<()> {
        if self.reach == Reach::Full {
            return Ok(());
        }
        Err(Error::Denied("This credential may not change the account. Sign in with your password.".into()))
    }

    /// With the rights that a credential of this reach leaves.
    pub(super) fn within(mut self, reach: Reach) -> Self {
        if reach < Reach::Full {
            self.role = self.role.min(Role::Librarian);
        }
        self.reach = reach;
        self
    }
}

impl Reach {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Full => "admin",
        }
    }

    pub const fn may_write(self) -> bool {
        matches!(self, Self::Write | Self::Full)
    }
}

impl std::str::FromStr for Reach {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            "admin" => Ok(Self::Full),
            _ => Err(Error::invalid("scopes", "A scope is read, write or admin.")),
        }
    }
}

impl TryFrom<UserRow> for Principal {
    type Error = Error;

    fn try_from(row: UserRow) -> Result<Self> {
        let role = row.role.parse().map_err(|fault: String| Error::internal(fault))?;
        let UserRow { id, email, name, epoch, .. } = row;
        Ok(Self { id: UserId(id), name, email, role, reach: Reach::Full, epoch })
    }
}
