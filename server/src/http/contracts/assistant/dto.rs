//! What the assistant contract says, as it stands on the wire.

use folio_core::operations::{Card, IntentView, ReplyState, Said, Turn};
use folio_core::rfc3339;
use folio_types::{ConfirmationId, ConversationId, MessageId, Speaker, TaskId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, ToSchema)]
pub struct AssistantMessageRequest {
    /// The conversation to go on with; none begins a new one.
    #[serde(default)]
    pub conversation_id: Option<ConversationId>,
    /// What should be done.
    #[schema(min_length = 1, max_length = 4000, example = "delete conversation \"Bees\"")]
    pub message: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssistantResponseState {
    Started,
    Success,
    Failed,
    Denied,
    NeedsConfirmation,
    NeedsClarification,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RiskLevel {
    Safe,
    Guarded,
    Dangerous,
}

/// What was understood.
#[derive(Serialize, ToSchema)]
pub struct CommandIntent {
    #[schema(example = "conversations")]
    pub domain: String,
    #[schema(example = "delete")]
    pub operation: String,
    /// What it is done to, with ids and names.
    pub entities: Map<String, Value>,
    #[schema(minimum = 0, maximum = 1)]
    pub confidence: f32,
    pub risk_level: RiskLevel,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssistantActionType {
    Confirm,
    Cancel,
    OpenTask,
    OpenReports,
    Rephrase,
}

/// Something that can be done next.
#[derive(Serialize, ToSchema)]
pub struct AssistantAction {
    #[serde(rename = "type")]
    pub kind: AssistantActionType,
    pub label: String,
    /// A confirmation's id, an address, or, for `rephrase`, a command that can be sent as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct AssistantMessageResponse {
    pub conversation_id: ConversationId,
    pub response_id: MessageId,
    pub state: AssistantResponseState,
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<CommandIntent>,
    pub confirmation_id: Option<ConfirmationId>,
    pub task_id: Option<TaskId>,
    pub actions: Vec<AssistantAction>,
    /// What would be affected, while it waits for confirmation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<PreviewDto>,
    /// Until when it can be confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Lines of the result.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub rows: Vec<String>,
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// What exactly would be done.
#[derive(Serialize, ToSchema)]
#[schema(as = AssistantPreview)]
pub struct PreviewDto {
    pub summary: String,
    pub count: usize,
    /// Some of what is affected, by name.
    pub examples: Vec<String>,
    /// With what exactly, one line each: the arguments of a tool.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub details: Vec<String>,
    /// What cannot be undone.
    pub note: String,
    /// What Folio's own pages ask to be typed before they confirm; a program shows it, or asks as it sees fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub phrase: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AssistantRole {
    User,
    Assistant,
}

#[derive(Serialize, ToSchema)]
pub struct AssistantMessage {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub role: AssistantRole,
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<AssistantResponseState>,
    pub task_id: Option<TaskId>,
    #[schema(format = DateTime)]
    pub created_at: String,
}

#[derive(Serialize, ToSchema)]
pub struct AssistantHistoryPage {
    /// Newest first.
    pub items: Vec<AssistantMessage>,
    pub total: u64,
    pub page: u32,
    pub page_size: u32,
    pub has_next: bool,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// Counted from 1.
    #[serde(default = "first")]
    #[param(minimum = 1, default = 1)]
    pub page: u32,
    #[serde(default = "usual")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub page_size: u32,
}

fn first() -> u32 {
    1
}

fn usual() -> u32 {
    20
}

impl From<Turn> for AssistantMessageResponse {
    fn from(turn: Turn) -> Self {
        let reply = turn.reply;
        let actions = actions(&reply.card, reply.confirmation, reply.task);
        let preview = reply.card.preview.map(|preview| PreviewDto {
            summary: preview.summary,
            count: preview.count,
            examples: preview.examples,
            details: preview.details,
            note: preview.note,
            phrase: preview.phrase,
        });
        Self {
            conversation_id: turn.conversation,
            response_id: turn.id,
            state: reply.state.into(),
            text: reply.text,
            intent: reply.intent.map(Into::into),
            confirmation_id: reply.confirmation,
            task_id: reply.task,
            actions,
            preview,
            expires_at: reply.card.expires_at.map(rfc3339),
            rows: reply.card.rows,
            created_at: rfc3339(turn.created_at),
        }
    }
}

impl From<Said> for AssistantMessage {
    fn from(said: Said) -> Self {
        Self {
            message_id: said.id,
            conversation_id: said.conversation,
            role: if said.speaker == Speaker::User { AssistantRole::User } else { AssistantRole::Assistant },
            text: said.text,
            state: said.state.map(Into::into),
            task_id: said.task,
            created_at: rfc3339(said.created_at),
        }
    }
}

impl From<ReplyState> for AssistantResponseState {
    fn from(state: ReplyState) -> Self {
        match state {
            ReplyState::Started => Self::Started,
            ReplyState::Success => Self::Success,
            ReplyState::Failed => Self::Failed,
            ReplyState::Denied => Self::Denied,
            ReplyState::NeedsConfirmation => Self::NeedsConfirmation,
            ReplyState::NeedsClarification => Self::NeedsClarification,
        }
    }
}

impl From<IntentView> for CommandIntent {
    fn from(intent: IntentView) -> Self {
        let risk_level = match intent.risk.as_str() {
            "safe" => RiskLevel::Safe,
            "guarded" => RiskLevel::Guarded,
            _ => RiskLevel::Dangerous,
        };
        let IntentView { domain, operation, entities, confidence, .. } = intent;
        Self { domain, operation, entities, confidence, risk_level }
    }
}

fn actions(card: &Card, confirmation: Option<ConfirmationId>, task: Option<TaskId>) -> Vec<AssistantAction> {
    use AssistantActionType::{Cancel, Confirm, OpenReports, OpenTask, Rephrase};
    let action = |kind, label: &str, target: Option<String>| AssistantAction { kind, label: label.to_owned(), target };
    let mut actions = Vec::new();
    if let Some(id) = confirmation {
        actions.push(action(Cancel, "Cancel", Some(id.to_string())));
        actions.push(action(Confirm, "Confirm", Some(id.to_string())));
    }
    if let Some(id) = task {
        actions.push(action(OpenTask, "Open the task", Some(format!("/tasks/{id}"))));
    }
    if card.reports {
        actions.push(action(OpenReports, "Open the reports", Some("/reports".into())));
    }
    if let Some(undo) = &card.undo {
        actions.push(action(Rephrase, "Undo", Some(undo.clone())));
    }
    actions.extend(card.choices.iter().map(|choice| action(Rephrase, &choice.label, Some(choice.command.clone()))));
    if card.question.is_some() && card.choices.is_empty() {
        actions.push(action(Rephrase, "Say it differently", None));
    }
    actions
}
