//! What was said to the assistant and what it replied. Both are messages of a conversation like any other.

use super::Operations;
use super::confirmations::Confirmation;
use super::spec::{Args, Choice, Operation, Preview, Risk};
use crate::accounts::Principal;
use crate::clock::now;
use crate::db::on_db;
use crate::error::{Error, Result};
use folio_types::{ConfirmationId, ConversationId, Link, MessageId, Millis, Speaker, TaskId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// An answer of a model's may ask for one thing after the other; everything else is marked once.
const MARK: &str = "INSERT INTO assistant_turns (message_id, user_id, state, intent, confirmation_id, task_id, card)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (message_id) DO UPDATE SET state = $3, intent = $4, confirmation_id = $5, task_id = $6, card = $7";
/// What a copy of a message is marked with: the same, so that it may wait for the same confirmation. The history has the
/// original alone.
pub(crate) const COPY: &str =
    "INSERT INTO assistant_turns (message_id, user_id, state, intent, confirmation_id, task_id, card, copied)
    SELECT $2, user_id, state, intent, confirmation_id, task_id, card, TRUE FROM assistant_turns WHERE message_id = $1";
/// What a [`Row`] is read from.
macro_rules! turns {
    () => {
        "SELECT m.id, m.conversation_id, m.speaker, m.content, m.model_tag, m.created_at, t.state, t.intent,
            t.confirmation_id, t.task_id, t.card
        FROM assistant_turns t JOIN messages m ON m.id = t.message_id WHERE t.user_id = $1 "
    };
}
const HISTORY: &str = concat!(turns!(), "AND NOT t.copied ORDER BY t.message_id DESC LIMIT $2 OFFSET $3");
const COUNT: &str = "SELECT COUNT(*) FROM assistant_turns t WHERE t.user_id = $1 AND NOT t.copied";
const ONE: &str = concat!(turns!(), "AND m.id = $2");
/// The replies among the messages of a conversation.
const REPLIES: &str = concat!(turns!(), "AND m.conversation_id = $2 AND t.state IS NOT NULL ORDER BY m.id");
const ONLY_TURNS: &str =
    "SELECT NOT EXISTS (SELECT 1 FROM messages m LEFT JOIN assistant_turns t ON t.message_id = m.id
    WHERE m.conversation_id = $1 AND t.message_id IS NULL)";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyState {
    Started,
    Success,
    Failed,
    Denied,
    NeedsConfirmation,
    NeedsClarification,
}

/// What was understood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntentView {
    pub domain: String,
    pub operation: String,
    pub entities: Map<String, Value>,
    pub confidence: f32,
    pub risk: String,
}

/// What a page shows beside the text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Card {
    pub rows: Vec<String>,
    pub links: Vec<Link>,
    /// The command that takes back what was done.
    pub undo: Option<String>,
    pub choices: Vec<Choice>,
    pub preview: Option<Preview>,
    /// The right that the caller lacks.
    pub right: Option<String>,
    pub expires_at: Option<Millis>,
    pub reports: bool,
    /// What was said was no command; it may be a question for the books.
    pub question: Option<String>,
}

/// A reply that is not stored yet.
#[derive(Clone, Debug)]
pub struct Reply {
    pub state: ReplyState,
    pub text: String,
    pub intent: Option<IntentView>,
    pub confirmation: Option<ConfirmationId>,
    pub task: Option<TaskId>,
    pub card: Card,
}

/// A reply and where it stands.
#[derive(Clone, Debug)]
pub struct Turn {
    pub conversation: ConversationId,
    pub id: MessageId,
    pub reply: Reply,
    pub created_at: Millis,
}

/// A message of the history.
#[derive(Clone, Debug)]
pub struct Said {
    pub id: MessageId,
    pub conversation: ConversationId,
    pub speaker: Speaker,
    pub text: String,
    /// The model whose words these are, if they are a model's.
    pub model: Option<String>,
    pub state: Option<ReplyState>,
    pub intent: Option<IntentView>,
    pub confirmation: Option<ConfirmationId>,
    pub task: Option<TaskId>,
    pub card: Card,
    pub created_at: Millis,
}

/// Newest first.
#[derive(Clone, Debug)]
pub struct HistoryPage {
    pub items: Vec<Said>,
    pub total: u64,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    conversation_id: Uuid,
    speaker: String,
    content: String,
    model_tag: Option<String>,
    created_at: i64,
    state: Option<String>,
    intent: Option<String>,
    confirmation_id: Option<Uuid>,
    task_id: Option<Uuid>,
    card: String,
}

impl Operations<'_> {
    /// What the caller said to the assistant and what it replied, newest first.
    pub async fn history(&self, who: &Principal, page: u32, page_size: u32) -> Result<HistoryPage> {
        let (limit, offset) = (i64::from(page_size), i64::from(page.saturating_sub(1)) * i64::from(page_size));
        let rows: Vec<Row> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(HISTORY).bind(who.id.0).bind(limit).bind(offset).fetch_all(pool).await?);
        let total: i64 =
            on_db!(read self.0.db(), pool => sqlx::query_scalar(COUNT).bind(who.id.0).fetch_one(pool).await?);
        let items = rows.into_iter().map(TryInto::try_into).collect::<Result<_>>()?;
        Ok(HistoryPage { items, total: total.unsigned_abs() })
    }

    /// One reply of the history.
    pub async fn said(&self, who: &Principal, id: MessageId) -> Result<Said> {
        let row: Option<Row> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(ONE).bind(who.id.0).bind(id.0).fetch_optional(pool).await?);
        row.ok_or(Error::NotFound("Message"))?.try_into()
    }

    /// One of the caller's replies; its confirmation comes with it while that waits for an answer.
    pub async fn card_of(&self, who: &Principal, id: MessageId) -> Result<(Said, Option<Confirmation>)> {
        let said = self.said(who, id).await?;
        self.with_waiting(who, vec![said]).await?.pop().ok_or(Error::NotFound("Message"))
    }

    /// The same of all replies in a conversation, oldest first.
    pub async fn cards_of(
        &self,
        who: &Principal,
        conversation: ConversationId,
    ) -> Result<Vec<(Said, Option<Confirmation>)>> {
        let rows: Vec<Row> = on_db!(read self.0.db(), pool =>
            sqlx::query_as(REPLIES).bind(who.id.0).bind(conversation.0).fetch_all(pool).await?);
        self.with_waiting(who, rows.into_iter().map(TryInto::try_into).collect::<Result<_>>()?).await
    }

    async fn with_waiting(&self, who: &Principal, replies: Vec<Said>) -> Result<Vec<(Said, Option<Confirmation>)>> {
        let asks = replies.iter().any(|said| said.confirmation.is_some());
        let open = if asks { self.open_confirmations(who).await? } else { Vec::new() };
        let with = |said: Said| {
            let waits = open.iter().find(|one| Some(one.id) == said.confirmation).cloned();
            (said, waits)
        };
        Ok(replies.into_iter().map(with).collect())
    }

    /// Stores what was said, if anything, and the reply to it.
    pub(super) async fn store(
        &self,
        who: &Principal,
        conversation: Option<ConversationId>,
        said: Option<&str>,
        reply: Reply,
    ) -> Result<Turn> {
        let noted = match self.0.chats().note(who, conversation, said, &reply.text).await {
            // the conversation itself was among what was deleted; the audit log has what happened
            Err(Error::NotFound(_)) => {
                let (conversation, id) =
                    (conversation.unwrap_or(ConversationId(Uuid::nil())), MessageId(Uuid::now_v7()));
                return Ok(Turn { conversation, id, reply, created_at: now() });
            }
            other => other?,
        };
        let intent = reply.intent.as_ref().map(serde_json::to_string).transpose()?;
        let (card, state) = (serde_json::to_string(&reply.card)?, reply.state.as_str());
        on_db!(change self.0.db(), tx => {
            if let Some(said) = noted.said {
                sqlx::query(MARK).bind(said.0).bind(who.id.0).bind(None::<String>).bind(None::<String>)
                    .bind(None::<Uuid>).bind(None::<Uuid>).bind("{}").execute(&mut *tx).await?;
            }
            sqlx::query(MARK).bind(noted.reply.0).bind(who.id.0).bind(Some(state)).bind(&intent)
                .bind(reply.confirmation.map(|id| id.0)).bind(reply.task.map(|id| id.0)).bind(&card)
                .execute(&mut *tx).await?;
            tx.commit().await?;
        });
        if let Some(confirmation) = reply.confirmation {
            self.place(confirmation, noted.conversation).await?;
        }
        Ok(Turn { conversation: noted.conversation, id: noted.reply, reply, created_at: now() })
    }

    /// Notes the newest thing that is said in an answer of a model's.
    pub(super) async fn remark(&self, who: &Principal, answer: MessageId, reply: &Reply) -> Result<()> {
        let intent = reply.intent.as_ref().map(serde_json::to_string).transpose()?;
        let card = serde_json::to_string(&reply.card)?;
        on_db!(write self.0.db(), pool => sqlx::query(MARK).bind(answer.0).bind(who.id.0)
            .bind(reply.state.as_str()).bind(&intent).bind(reply.confirmation.map(|id| id.0))
            .bind(reply.task.map(|id| id.0)).bind(&card).execute(pool).await.map(drop))?;
        Ok(())
    }

    /// Whether nothing but commands and replies is in a conversation.
    pub(super) async fn has_only_turns(&self, id: ConversationId) -> Result<bool> {
        Ok(on_db!(read self.0.db(), pool => sqlx::query_scalar(ONLY_TURNS).bind(id.0).fetch_one(pool).await?))
    }
}

impl Reply {
    pub fn new(state: ReplyState, text: impl Into<String>) -> Self {
        Self { state, text: text.into(), intent: None, confirmation: None, task: None, card: Card::default() }
    }

    #[must_use]
    pub fn understood(self, intent: IntentView) -> Self {
        Self { intent: Some(intent), ..self }
    }

    #[must_use]
    pub fn with(self, card: Card) -> Self {
        Self { card, ..self }
    }
}

impl IntentView {
    pub fn of(operation: &dyn Operation, args: &Args, confidence: f32) -> Self {
        const LISTED: usize = 50;
        let form = operation.form();
        let mut entities: Map<String, Value> =
            args.values.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        if let [target] = args.targets.as_slice() {
            let noun = target.kind.noun();
            entities.insert(noun.to_owned(), Value::from(target.name.as_str()));
            entities.insert(format!("{noun}_id"), Value::from(target.id.as_str()));
        } else if let Some(first) = args.targets.first() {
            let one = |target: &super::spec::Target| serde_json::json!({ "id": target.id, "name": target.name });
            let listed: Vec<Value> = args.targets.iter().take(LISTED).map(one).collect();
            entities.insert(format!("{}s", first.kind.noun()), Value::from(listed));
            entities.insert("count".into(), Value::from(args.targets.len()));
        }
        let (domain, name, risk) = (form.domain.to_owned(), form.operation.to_owned(), operation.risk(args));
        Self { domain, operation: name, entities, confidence, risk: risk_name(risk).to_owned() }
    }

    pub fn of_confirmation(operation: &dyn Operation, one: &Confirmation) -> Self {
        Self::of(operation, &one.plan.args, one.plan.confidence)
    }
}

/// A risk as the contract names it.
pub fn risk_name(risk: Risk) -> &'static str {
    match risk {
        Risk::Safe => "safe",
        Risk::Guarded => "guarded",
        Risk::Dangerous => "dangerous",
    }
}

impl ReplyState {
    pub const ALL: [Self; 6] =
        [Self::Started, Self::Success, Self::Failed, Self::Denied, Self::NeedsConfirmation, Self::NeedsClarification];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Denied => "denied",
            Self::NeedsConfirmation => "needs_confirmation",
            Self::NeedsClarification => "needs_clarification",
        }
    }
}

impl TryFrom<Row> for Said {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let state =
            row.state.as_deref().and_then(|state| ReplyState::ALL.into_iter().find(|one| one.as_str() == state));
        Ok(Self {
            id: MessageId(row.id),
            conversation: ConversationId(row.conversation_id),
            speaker: row.speaker.parse().map_err(|fault: String| Error::internal(fault))?,
            text: row.content,
            model: row.model_tag,
            state,
            intent: row.intent.as_deref().map(serde_json::from_str).transpose()?,
            confirmation: row.confirmation_id.map(ConfirmationId),
            task: row.task_id.map(TaskId),
            card: serde_json::from_str(&row.card)?,
            created_at: row.created_at,
        })
    }
}
