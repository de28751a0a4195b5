use crate::accounts::Change;
use crate::error::{Error, Result};
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Preview, Resolved, Right, Risk};
use crate::operations::targets::Named;
use async_trait::async_trait;
use folio_types::UserId;
use folio_understanding::Form;

pub struct Disable;

static DISABLE: Form = Form {
    domain: "users",
    operation: "disable",
    risk: Risk::Dangerous,
    patterns: &[
        "<disable> (?:the |a |this |that )?<user>(?: (?:called |named |of |with the address |with the e-mail )?{user})?",
        "<disable> {user}'s <user>",
    ],
    examples: &["disable user", "block an account", "lock a person out", "suspend a member"],
    needs: &["user"],
};

#[async_trait]
impl Operation for Disable {
    fn form(&self) -> &'static Form {
        &DISABLE
    }

    fn template(&self) -> &'static str {
        r#"disable user "name""#
    }

    fn summary(&self) -> &'static str {
        "Disable a user"
    }

    fn right(&self) -> Right {
        Right::Admin
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        Ok(match asked.named(Kind::User, asked.slot("user"), |name| format!("disable user {name}")).await? {
            Named::One(user) => Resolved::Args(Args::of(vec![user])),
            Named::Question(question) => Resolved::Question(question),
        })
    }

    async fn preview(&self, asked: &Asked<'_>, args: &Args) -> Result<Preview> {
        let Some(target) = args.targets.first() else { return Ok(Preview::default()) };
        let user = asked.core.accounts().unrecorded(asked.who, target.id::<UserId>()?).await?;
        if user.id == asked.who.id {
            return Err(Error::Conflict("You cannot disable the account that you are signed in with.".into()));
        }
        if user.disabled {
            return Err(Error::Conflict(format!("{} is disabled already.", user.email)));
        }
        let note = "They are signed out everywhere at once, and their tokens stop working. Their books and conversations stay; “enable user” lets them in again.";
        let summary = format!("Disable {} <{}>, {}", user.name, user.email, user.role);
        Ok(Preview::of(summary, &args.targets).noting(note).typing(user.email))
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let user = asked.core.accounts().change(asked.who, args.target()?.id()?, Change::Disable, None).await?;
        Ok(Effect::saying(format!("{} is disabled.", user.email)).undo(format!("enable user {}", user.id)))
    }
}
