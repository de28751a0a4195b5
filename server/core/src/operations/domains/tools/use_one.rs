use crate::error::{Error, Result};
use crate::operations::risk_name;
use crate::operations::spec::{Args, Asked, Effect, Kind, Operation, Preview, Question, Resolved, Risk};
use crate::operations::targets::Named;
use crate::tools::{Tool, Wrong, expected, risk_named};
use async_trait::async_trait;
use folio_types::ToolId;
use folio_understanding::Form;
use serde_json::{Map, Value};

pub struct Use;

/// As dangerous as a tool can be: only a pattern leads here, and what is asked for then follows from the tool.
static USE: Form = Form {
    domain: "tools",
    operation: "use",
    risk: Risk::Dangerous,
    patterns: &[
        "(?:use|run|call|invoke|execute|start) (?:the )?tool (?:called |named )?{tool}(?: (?:with|on) (?:the )?(?:arguments? )?(?<arguments>.+))?",
        "(?:use|run|call|invoke|execute) (?:a|the|some) tool",
    ],
    examples: &["use a tool", "run the tool", "call a tool with arguments"],
    needs: &["tool"],
};

const RISK: &str = "risk";
const ARGUMENTS: &str = "arguments";

#[async_trait]
impl Operation for Use {
    fn form(&self) -> &'static Form {
        &USE
    }

    fn template(&self) -> &'static str {
        r#"use tool "name" with {"argument": "value"}"#
    }

    fn summary(&self) -> &'static str {
        "Use a tool of others"
    }

    fn lacked(&self) -> &'static str {
        "what the tool's administrator asks for"
    }

    /// What an administrator said of this tool.
    fn risk(&self, args: &Args) -> Risk {
        risk_named(args.value(RISK)).unwrap_or(Risk::Dangerous)
    }

    async fn resolve(&self, asked: &Asked<'_>) -> Result<Resolved> {
        let tools = asked.core.tools();
        let given = asked.slots(ARGUMENTS);
        let with = match given {
            [one] if one.quoted => format!(" with {}", one.text),
            _ => String::new(),
        };
        // a tool that is not dangerous is used at once, so none is guessed
        let exactly = Asked { risk: Risk::Guarded, ..*asked };
        let command = |name: &str| format!("use tool {name}{with}");
        let target = match exactly.named(Kind::Tool, asked.slot("tool"), command).await? {
            Named::One(target) => target,
            Named::Question(question) => return Ok(Resolved::Question(question)),
        };
        let tool = tools.tool(asked.who, target.id::<ToolId>()?).await?;
        Ok(match tools.arguments(&tool, given) {
            Ok(arguments) => Resolved::Args(
                Args::of(vec![target])
                    .with(ARGUMENTS, Value::Object(arguments).to_string())
                    .with(RISK, risk_name(tool.risk)),
            ),
            Err(wrong) => Resolved::Question(Question::asking(told(&tool, wrong))),
        })
    }

    async fn permit(&self, asked: &Asked<'_>, args: &Args) -> Result<()> {
        asked.core.tools().permit(asked.who, args.target()?.id::<ToolId>()?).await
    }

    async fn preview(&self, asked: &Asked<'_>, args: &Args) -> Result<Preview> {
        let Some(target) = args.targets.first() else { return Ok(Preview::default()) };
        let tool = asked.core.tools().tool(asked.who, target.id::<ToolId>()?).await?;
        tool.check()?;
        let mut details: Vec<String> =
            arguments(args)?.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
        if details.is_empty() {
            details.push("no arguments".into());
        }
        let note = "What it does is decided by that server, outside of Folio, and cannot be taken back here.";
        let summary = format!("Use the tool “{}” of “{}”", tool.name, tool.server_name);
        Ok(Preview::of(summary, &args.targets).detailing(details).noting(note))
    }

    async fn execute(&self, asked: &Asked<'_>, args: &Args) -> Result<Effect> {
        let (tools, target) = (asked.core.tools(), args.target()?);
        let tool = tools.tool(asked.who, target.id::<ToolId>()?).await?;
        if tool.version() != target.version {
            return Err(Error::Conflict(format!("The tool “{}” was changed just now. Ask for it again.", tool.name)));
        }
        let answer = tools.call(asked.who, tool.id, arguments(args)?).await?;
        let used = format!("The tool “{}” of “{}” was used", tool.name, tool.server_name);
        let text = match (answer.failed, answer.text.trim().is_empty()) {
            (true, _) => format!("{used}, and says that it failed."),
            (false, true) => format!("{used}. It answered nothing."),
            (false, false) => format!("{used}. It answered what stands below; these are its words, not Folio's."),
        };
        let rows = if answer.text.trim().is_empty() { Vec::new() } else { vec![answer.text] };
        Ok(Effect { failed: answer.failed, ..Effect::saying(text).rows(rows) })
    }
}

fn arguments(args: &Args) -> Result<Map<String, Value>> {
    Ok(serde_json::from_str(args.value(ARGUMENTS))?)
}

fn told(tool: &Tool, wrong: Wrong) -> String {
    let name = &tool.name;
    let how = format!("use tool \"{name}\" with {{\"name\": \"value\"}}");
    let takes = match expected(&tool.input_schema) {
        lines if lines.is_empty() => "It takes no arguments.".to_owned(),
        lines => format!("It takes: {}.", lines.join("; ")),
    };
    match wrong {
        Wrong::Unreadable => {
            format!(
                "The arguments of “{name}” cannot be read. Write them like this: {how} – or: with name = \"value\". {takes}"
            )
        }
        Wrong::Unfit(faults) => format!("The arguments do not fit “{name}”: {}. {takes}", faults.join("; ")),
        Wrong::Schema(fault) => format!(
            "“{name}” cannot be used: its server describes its arguments in a way that cannot be checked ({fault})."
        ),
    }
}
