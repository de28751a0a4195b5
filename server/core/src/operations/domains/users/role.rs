use crate::accounts::Change;
use crate::error::{Error, Result};
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Preview, Question, Resolved, Right, Risk};
use crate::operations::targets::Named;
use async_trait::async_trait;
use folio_types::{Role, UserId};
use folio_understanding::Form;

pub struct ChangeRole;

static ROLE: Form = Form {
    domain: "users",
    operation: "change_role",
    risk: Risk::Dangerous,
    patterns: &[
        "(?:change|set|switch) (?:the )?role of (?:the )?(?:<user> )?{user} (?:to|into|as) (?:a |an )?(?<role>user|librarian|administrator|admin)",
        "(?:make|promote|turn) (?:the )?<user> {user} (?:to |into )?(?:a |an )?(?<role>user|librarian|administrator|admin)",
        "(?:make|promote|turn) {user+} (?:to |into )?(?:a |an )?(?<role>user|librarian|administrator|admin)",
        "(?:promote|demote) (?:the )?(?:<user> )?{user}(?: to (?:a |an )?(?<role>user|librarian|administrator|admin))?",
        "(?:change|set) (?:the |a )?(?:<user>'s )?role(?: of (?:a |the )?(?:<user>)(?: {user})?)?",
    ],
    examples: &["change the role of a user", "make somebody an administrator", "promote a member to librarian"],
    needs: &["user", "role"],
};

#[async_trait]
impl Operation for ChangeRole {
    fn form(&self) -> &'static Form {
        &ROLE
    }

    fn template(&self) -> &'static str {
        r#"change role of user "name" to librarian"#
    }

    fn summary(&self) -> &'static str {
        "Change what a user may do"
    }

    fn right(&self) -> Right {
        Right::Admin
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        let role = asked.slot("role").and_then(|role| named(&role.text));
        let again = role.unwrap_or(Role::User);
        let command = |name: &str| format!("change the role of user {name} to {again}");
        Ok(match (asked.named(Kind::User, asked.slot("user"), command).await?, role) {
            (Named::Question(question), _) => Resolved::Question(question),
            (Named::One(user), Some(role)) => Resolved::Args(Args::of(vec![user]).with("role", role.as_str())),
            (Named::One(user), None) => {
                let question = Question::asking(format!("What should {} be?", user.name));
                let roles = [Role::User, Role::Librarian, Role::Admin];
                Resolved::Question(roles.into_iter().fold(question, |question, role| {
                    question.choice(role.as_str(), format!("change the role of user {} to {role}", user.id))
                }))
            }
        })
    }

    async fn preview(&self, asked: &Asked<'_>, args: &Args) -> Result<Preview> {
        let Some(target) = args.targets.first() else { return Ok(Preview::default()) };
        let user = asked.core.accounts().unrecorded(asked.who, target.id::<UserId>()?).await?;
        let role = args.value("role");
        if user.role.as_str() == role {
            return Err(Error::Conflict(format!("{} is {role} already.", user.email)));
        }
        let note = match named(role) {
            Some(Role::Admin) => "Administrators see and change everything here, other administrators' accounts too.",
            Some(Role::Librarian) => "Librarians share books with everyone, and change and delete shared ones.",
            _ => "They lose whatever more they may do now, at once.",
        };
        let summary = format!("Make {} <{}> {role} instead of {}", user.name, user.email, user.role);
        Ok(Preview::of(summary, &args.targets).noting(note).typing(user.email))
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let role =
            named(args.value("role")).ok_or_else(|| Error::invalid("role", "A role is user, librarian or admin."))?;
        let id: UserId = args.target()?.id()?;
        let before = asked.core.accounts().unrecorded(asked.who, id).await?.role;
        let user = asked.core.accounts().change(asked.who, id, Change::Role(role), None).await?;
        let undo = format!("change the role of user {id} to {before}");
        Ok(Effect::saying(format!("{} is {} now.", user.email, user.role)).undo(undo))
    }
}

pub fn named(word: &str) -> Option<Role> {
    match word.to_lowercase().as_str() {
        "user" => Some(Role::User),
        "librarian" => Some(Role::Librarian),
        "admin" | "administrator" => Some(Role::Admin),
        _ => None,
    }
}
