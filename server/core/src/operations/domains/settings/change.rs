use crate::error::{Error, Result};
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Question, Resolved, Right, Risk, quoted};
use crate::operations::targets::Named;
use crate::settings::Registration;
use async_trait::async_trait;
use folio_understanding::Form;

pub struct Change;

static CHANGE: Form = Form {
    domain: "settings",
    operation: "change",
    risk: Risk::Guarded,
    patterns: &[
        "(?:change|set|switch|make) (?:the )?(?:setting )?(?<setting>registration)(?: to| to be)? (?<value>open|invite|invitation|invitation only|by invitation|closed)",
        "(?<value>open|close) (?:the )?(?<setting>registration)",
        "(?:change|set|switch) (?:the )?setting {setting} (?:to|into) {value}",
        "(?:change|set|switch) (?:the )?(?:setting )?(?<setting>registration)",
        "(?:change|set|switch) (?:the )?setting {setting}",
        "(?:change|set|switch) (?:the |a |some )?(?:<settings>|setting)",
    ],
    examples: &["change a setting", "set registration to closed", "open registration", "change the settings"],
    needs: &["setting", "value"],
};

const REGISTRATION: &str = "registration";
const MODEL: &str = "default model";

#[async_trait]
impl Operation for Change {
    fn form(&self) -> &'static Form {
        &CHANGE
    }

    fn template(&self) -> &'static str {
        r#"change setting "name" to "value""#
    }

    fn summary(&self) -> &'static str {
        "Change a setting"
    }

    fn right(&self) -> Right {
        Right::Admin
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        let setting = asked.slot("setting").map(|slot| slot.text.to_lowercase().replace(['_', '-'], " "));
        match setting.as_deref() {
            Some(REGISTRATION) => Ok(registration(asked.slot("value").map(|slot| slot.text.as_str()))),
            Some(MODEL) => {
                let command = |name: &str| format!("change the setting \"{MODEL}\" to {name}");
                Ok(match asked.named(Kind::Model, asked.slot("value"), command).await? {
                    Named::One(model) => Resolved::Args(Args::of(vec![model]).with("setting", MODEL)),
                    Named::Question(question) => Resolved::Question(question),
                })
            }
            other => Ok(Resolved::Question(which(other))),
        }
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        if args.value("setting") == MODEL {
            return switch_model(asked, &args.target()?.name).await;
        }
        let chosen = Registration::named(args.value("value"))
            .ok_or_else(|| Error::invalid("value", "Registration is open, invite or closed."))?;
        let accounts = asked.core.accounts();
        let before = accounts.registration().await?;
        accounts.set_registration(asked.who, chosen).await?;
        let words = match chosen {
            Registration::Open => "Everyone who reaches Folio can make an account now.",
            Registration::Invite => "An account can be made with an invitation only.",
            Registration::Closed => "Nobody can make an account now, also not with an invitation.",
        };
        let effect = Effect::saying(words);
        let undo = || format!("set registration to {}", before.as_str());
        Ok(if before == chosen { effect } else { effect.undo(undo()) })
    }
}

fn registration(value: Option<&str>) -> Resolved {
    let meant = value.map(str::to_lowercase).and_then(|word| match word.as_str() {
        "close" => Some(Registration::Closed),
        "invitation" | "invitation only" | "by invitation" => Some(Registration::Invite),
        word => Registration::named(word),
    });
    if let Some(meant) = meant {
        let args = Args::default().with("setting", REGISTRATION).with("value", meant.as_str());
        return Resolved::Args(args);
    }
    let question = Question::asking("Who should be able to make an account?");
    Resolved::Question(
        Registration::ALL.into_iter().fold(question, |question, one| {
            question.choice(one.as_str(), format!("set registration to {}", one.as_str()))
        }),
    )
}

fn which(unknown: Option<&str>) -> Question {
    let text = match unknown {
        None => "Which setting?".to_owned(),
        Some(name) => {
            format!("“{name}” cannot be changed while Folio runs; it may be a setting of the environment. These can:")
        }
    };
    let model = format!("change the setting \"{MODEL}\"");
    Question::asking(text).choice(REGISTRATION, "change the setting \"registration\"").choice(MODEL, model)
}

async fn switch_model(asked: &Asked<'_>, tag: &str) -> Result<Effect> {
    let models = asked.core.models();
    let before = models.list(asked.who).await?.into_iter().find(|model| model.is_default).map(|model| model.tag);
    let now = models.swap(asked.who, tag).await?;
    let effect = Effect::saying(format!("Answers use “{now}” now, unless another model is chosen."));
    Ok(match before.filter(|before| *before != now) {
        Some(before) => effect.undo(format!("change the setting \"{MODEL}\" to {}", quoted(&before))),
        None => effect,
    })
}
