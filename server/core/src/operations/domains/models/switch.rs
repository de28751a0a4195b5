use crate::error::Result;
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Resolved, Right, Risk, quoted};
use crate::operations::targets::Named;
use async_trait::async_trait;
use folio_understanding::Form;

pub struct Switch;

static SWITCH: Form = Form {
    domain: "models",
    operation: "switch",
    risk: Risk::Guarded,
    patterns: &[
        "<switch> (?:the |my |our )?(?:default )?<model> (?:to|over to|into) {model}",
        "<switch> to (?:the )?<model> (?:called |named )?{model}",
        "(?:use|load|activate|select|choose) (?:the )?<model> (?:called |named )?{model}(?: (?:by default|as (?:the )?default(?: model)?|for everyone|from now on|instead))?",
        "(?:make|set) (?:the <model> )?{model} (?:as )?(?:the )?(?:default|standard)(?: model)?",
        "<switch> (?:the |my |our )?(?:default )?<model>",
    ],
    examples: &["switch model", "change the default model", "use another language model", "load a model"],
    needs: &["model"],
};

#[async_trait]
impl Operation for Switch {
    fn form(&self) -> &'static Form {
        &SWITCH
    }

    fn template(&self) -> &'static str {
        r#"switch model to "name""#
    }

    fn summary(&self) -> &'static str {
        "Switch the default model"
    }

    fn right(&self) -> Right {
        Right::Admin
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        let command = |name: &str| format!("switch model to {name}");
        Ok(match asked.named(Kind::Model, asked.slot("model"), command).await? {
            Named::One(model) => Resolved::Args(Args::of(vec![model])),
            Named::Question(question) => Resolved::Question(question),
        })
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let models = asked.core.models();
        let before = models.list(asked.who).await?.into_iter().find(|model| model.is_default).map(|model| model.tag);
        let now = models.swap(asked.who, &args.target()?.name).await?;
        let effect = Effect::saying(format!("Answers use “{now}” now, unless another model is chosen."));
        Ok(match before.filter(|before| *before != now) {
            Some(before) => effect.undo(format!("switch model to {}", quoted(&before))),
            None => effect,
        })
    }
}
