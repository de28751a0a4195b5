use crate::accounts::Change;
use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Resolved, Right, Risk};
use crate::operations::targets::Named;
use async_trait::async_trait;
use folio_understanding::Form;

pub struct Enable;

static ENABLE: Form = Form {
    domain: "users",
    operation: "enable",
    risk: Risk::Guarded,
    patterns: &[
        "<enable> (?:the |a |this |that )?(?:disabled |blocked )?<user>(?: (?:called |named |of |with the address )?{user})?(?: again)?",
        "let (?:the )?<user> {user} (?:in|back in|sign in) again",
    ],
    examples: &["enable user", "unblock an account", "let a person in again", "reactivate a member"],
    needs: &["user"],
};

#[async_trait]
impl Operation for Enable {
    fn form(&self) -> &'static Form {
        &ENABLE
    }

    fn template(&self) -> &'static str {
        r#"enable user "name""#
    }

    fn summary(&self) -> &'static str {
        "Enable a user again"
    }

    fn right(&self) -> Right {
        Right::Admin
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        Ok(match asked.named(Kind::User, asked.slot("user"), |name| format!("enable user {name}")).await? {
            Named::One(user) => Resolved::Args(Args::of(vec![user])),
            Named::Question(question) => Resolved::Question(question),
        })
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let user = asked.core.accounts().change(asked.who, args.target()?.id()?, Change::Enable, None).await?;
        Ok(Effect::saying(format!("{} may sign in again.", user.email)).undo(format!("disable user {}", user.id)))
    }
}
