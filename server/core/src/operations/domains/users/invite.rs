use super::role::named;
use crate::error::{Error, Result};
use crate::operations::spec::{Args, Asked, Effect, Operation, Preview, Question, Resolved, Right, Risk};
use async_trait::async_trait;
use folio_types::Role;
use folio_understanding::Form;

pub struct Invite;

static INVITE: Form = Form {
    domain: "users",
    operation: "invite",
    risk: Risk::Dangerous,
    patterns: &[
        "<invite> (?:a |an |another |one )?(?:new )?(?:<user>|somebody|someone|colleague|friend)(?: (?:as|to be) (?:a |an )?(?:new )?(?<role>user|librarian|administrator|admin))?",
        "invite (?:a |an |another )?(?:new )?(?<role>librarian|administrator|admin)",
        "invite {person+}(?: (?:as|to be) (?:a |an )?(?<role>user|librarian|administrator|admin))?",
        "(?:create|make|generate|give me|get me) (?:a |an |another )?(?:new )?(?:invitation|invite|invitation link|invite link)(?: for (?:a |an )?(?:new )?(?<role>user|librarian|administrator|admin))?",
    ],
    examples: &[
        "invite somebody",
        "make an invitation",
        "invite a new user",
        "create an invitation link for a librarian",
    ],
    needs: &[],
};

#[async_trait]
impl Operation for Invite {
    fn form(&self) -> &'static Form {
        &INVITE
    }

    fn summary(&self) -> &'static str {
        "Invite somebody"
    }

    fn right(&self) -> Right {
        Right::Admin
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        let role = asked.slot("role").map_or(Some(Role::User), |slot| named(&slot.text));
        Ok(match role {
            Some(role) => Resolved::Args(Args::default().with("role", role.as_str())),
            None => Resolved::Question(Question::asking("As what: user, librarian or administrator?")),
        })
    }

    async fn preview(&self, asked: &Asked<'_>, args: &Args) -> Result<Preview> {
        asked.core.accounts().check_invitation(asked.who).await?;
        let summary = format!("Make an invitation for a new account with the role “{}”", args.value("role"));
        let note = "Whoever has its link can make one account within seven days. Folio sends no mail: the link is shown to you, once, and you give it to them.";
        Ok(Preview { count: 1, ..Preview::of(summary, &[]).noting(note) })
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let role =
            named(args.value("role")).ok_or_else(|| Error::invalid("role", "A role is user, librarian or admin."))?;
        let invitation = asked.core.accounts().prepare_invitation(asked.who, role).await?;
        // the link itself is a secret, and what is said here is kept
        let page = format!("/admin/users?invitation={}", invitation.id);
        let text = format!("The invitation is made. Its link is shown to you, once, on the page {page}");
        Ok(Effect::saying(text).link("Show the link", page))
    }
}
