use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Operation, Resolved, Right, Risk};
use async_trait::async_trait;
use folio_understanding::Form;

pub struct Usage;

const DAYS: u32 = 30;

static USAGE: Form = Form {
    domain: "reports",
    operation: "usage",
    risk: Risk::Safe,
    patterns: &[
        "<list> <?my>usage(?: <report>)?(?: (?:of|for|by|per) (?:user|users|model|models|day|days|all users|everyone|this week|this month|last month|the last month|the last 30 days))?",
        "<list> <?my><report>(?: (?:of|on|about|for) (?:the )?usage)?",
        "(?:<create> )<?my>usage <report>",
        "usage(?: <report>)?|<report>",
        "how much (?:was|is|has) folio (?:used|been used)|how (?:much|often) do people use folio|who uses folio(?: most| how much)?|how many (?:questions|answers|tokens) (?:were|was|have been) (?:asked|written|used|given|generated)",
    ],
    examples: &[
        "show usage report",
        "usage statistics by user and model",
        "how much is it used",
        "show me the usage of the last days",
        "how many tokens were used",
    ],
    needs: &[],
};

#[async_trait]
impl Operation for Usage {
    fn form(&self) -> &'static Form {
        &USAGE
    }

    fn summary(&self) -> &'static str {
        "Report who used what"
    }

    fn right(&self) -> Right {
        Right::Admin
    }

    async fn resolve(&self, _: &Asked<'_>) -> Result<Resolved> {
        Ok(Resolved::Args(Args::default()))
    }

    async fn execute(&self, asked: &Asked<'_>, _: &Args) -> Result<Effect> {
        let usage = asked.core.reports().usage(asked.who, DAYS).await?;
        let text = format!(
            "In the last {DAYS} days {} answers were written, with {} tokens.",
            usage.answers(),
            usage.tokens()
        );
        let users = usage
            .by_user
            .iter()
            .take(10)
            .map(|share| format!("{}: {} answers, {} tokens", share.name, share.answers, share.tokens));
        let models = usage.by_model.iter().take(10).map(|share| format!("{}: {} answers", share.name, share.answers));
        Ok(Effect::saying(text).rows(users.chain(models).collect()).link("Reports", "/reports").with_reports())
    }
}
