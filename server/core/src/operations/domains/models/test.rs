use crate::error::{Error, Result};
use crate::llm::{Finding, Request, Turn};
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Resolved, Risk};
use crate::operations::targets::Named;
use async_trait::async_trait;
use folio_types::Speaker;
use folio_understanding::Form;
use futures::StreamExt;
use std::sync::Arc;
use std::time::Instant;

pub struct Test;

static TEST: Form = Form {
    domain: "models",
    operation: "test",
    risk: Risk::Safe,
    patterns: &[
        "(?:test|check|try|try out|probe|ping) <?my>(?:<model>|provider|model provider)(?: <?called>{model})?",
        "(?:does|is) <?my>(?:<model>|provider) {model} (?:work|working|answer|answering|available|up|reachable)",
    ],
    examples: &["test model", "check whether a model answers", "ping the model provider", "try out the model"],
    needs: &["model"],
};

/// What is tested where it is no model: one that is down lists none.
const PROVIDER: &str = "provider";
const PROVIDER_ID: &str = "provider_id";

#[async_trait]
impl Operation for Test {
    fn form(&self) -> &'static Form {
        &TEST
    }

    fn template(&self) -> &'static str {
        r#"test model "name""#
    }

    fn summary(&self) -> &'static str {
        "Test a model or a model server"
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        if let Some(slot) = asked.slot("model")
            && let Some(args) = provider(asked, &slot.text).await?
        {
            return Ok(Resolved::Args(args));
        }
        let command = |name: &str| format!("test model {name}");
        Ok(match asked.named(Kind::Model, asked.slot("model"), command).await? {
            Named::One(model) => Resolved::Args(Args::of(vec![model])),
            Named::Question(question) => Resolved::Question(question),
        })
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        if let Ok(provider) = args.value(PROVIDER_ID).parse() {
            let found = asked.core.model_providers().test(asked.who, provider).await?;
            let failed = found.finding != Finding::Works;
            return Ok(Effect { failed, ..Effect::saying(found.message).rows(found.models) });
        }
        let tag = &args.target()?.name;
        let chosen = asked.core.models().choose(asked.who, Some(tag)).await?;
        let request = Request {
            model: chosen.offer.tag.clone(),
            turns: vec![Turn::new(Speaker::User, "Say hello.")],
            max_tokens: 8,
            temperature: 0.0,
            top_k: None,
            functions: Arc::default(),
        };
        let begun = Instant::now();
        let mut pieces = chosen.provider.generate(request).await?;
        let first = pieces.next().await.ok_or_else(|| Error::Upstream(format!("“{tag}” ended without a word.")))??;
        let took = begun.elapsed().as_millis();
        tracing::debug!(model = tag, bytes = first.text.len(), "a model was tested");
        Ok(Effect::saying(format!("“{tag}” works: its first word came after {took} ms.")))
    }
}

/// The only model server that the caller sees under this name, unless a model is called exactly so.
async fn provider(asked: &Asked<'_>, words: &str) -> Result<Option<Args>> {
    let wanted = words.trim().to_lowercase();
    if asked.all(Kind::Model).await?.iter().any(|model| model.name.to_lowercase() == wanted) {
        return Ok(None);
    }
    let seen = asked.core.model_providers().list(asked.who).await?;
    let mut named = seen.into_iter().filter(|one| one.name.trim().to_lowercase() == wanted);
    Ok(match (named.next(), named.next()) {
        (Some(one), None) => Some(Args::default().with(PROVIDER, one.name).with(PROVIDER_ID, one.id.to_string())),
        _ => None,
    })
}
