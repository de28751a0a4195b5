use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Operation, Resolved, Right, Risk};
use async_trait::async_trait;
use folio_understanding::Form;

pub struct Show;

static SHOW: Form = Form {
    domain: "settings",
    operation: "show",
    risk: Risk::Safe,
    patterns: &[
        "<list> <?my>(?:<settings>|list of <settings>)(?: of (?:folio|the server|this folio))?(?: <ready>)?",
        "(?:what|which)(?: are)? (?:the )?(?:current )?<settings>(?: <ready>)?",
        "how is (?:folio|this folio|it) (?:configured|set up)",
        "<settings>",
    ],
    examples: &["show settings", "list the configuration", "how is Folio configured", "which settings are there"],
    needs: &[],
};

#[async_trait]
impl Operation for Show {
    fn form(&self) -> &'static Form {
        &SHOW
    }

    fn summary(&self) -> &'static str {
        "Show the settings"
    }

    fn right(&self) -> Right {
        Right::Admin
    }

    async fn resolve(&self, _: &Asked<'_>) -> Result<Resolved> {
        Ok(Resolved::Args(Args::default()))
    }

    async fn execute(&self, asked: &Asked<'_>, _: &Args) -> Result<Effect> {
        let registration = asked.core.accounts().registration().await?.as_str();
        let models = asked.core.models().list(asked.who).await?;
        let model =
            models.into_iter().find(|model| model.is_default).map_or_else(|| "(none)".into(), |model| model.tag);
        let mut rows = vec![format!("registration: {registration}"), format!("default model: {model}")];
        rows.extend(asked.core.settings().shown.iter().map(|(name, value)| format!("{name}: {value}")));
        let text = "The first two can be changed while Folio runs, for example by “set registration to closed”. The others come from the environment.";
        Ok(Effect::saying(text).rows(rows))
    }
}
