//! Conversations as a file to keep: one JSON document, and each conversation as Markdown.

use super::Named;
use crate::Core;
use crate::accounts::Principal;
use crate::clock::rfc3339;
use crate::error::{Error, Result};
use crate::tasks::job::{Done, Halt, Job};
use folio_types::{Conversation, ConversationId, Message, Speaker, TaskId, TaskState};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// How long an export can be fetched.
const KEPT: Duration = Duration::from_hours(7 * 24);
const SWEEP: Duration = Duration::from_hours(1);

pub async fn run(job: &Job, conversations: &[Named<ConversationId>]) -> Result<Done, Halt> {
    job.begin(conversations.len(), "conversations").await?;
    let mut threads = Vec::with_capacity(conversations.len());
    for (number, conversation) in conversations.iter().enumerate() {
        match job.core.chats().open(&job.who, conversation.id).await {
            Ok(thread) => threads.push(thread),
            Err(Error::NotFound(_)) => job.log(format!("“{}” is gone.", conversation.name)).await?,
            Err(fault) => return Err(fault.into()),
        }
        job.step(number + 1).await?;
    }
    let count = threads.len();
    let archive = tokio::task::spawn_blocking(move || archive(&threads)).await.map_err(Error::internal)??;
    let path = place(&job.core, job.id);
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await?;
    }
    let partial = path.with_extension("partial");
    tokio::fs::write(&partial, archive).await?;
    tokio::fs::rename(&partial, &path).await?;
    let noun = if count == 1 { "conversation" } else { "conversations" };
    Ok(Done::saying(format!("{count} {noun} exported.")).link("Download", format!("/api/tasks/{}/file", job.id)))
}

/// The file that an export of the caller's made.
pub(crate) async fn export_file(core: &Core, who: &Principal, id: TaskId) -> Result<PathBuf> {
    let task = core.tasks().unrecorded(who, id).await?;
    // an administrator may see that there was an export, and not what is in it
    let path = place(core, id);
    let is_theirs = task.owner_id == who.id && task.state == TaskState::Succeeded;
    if is_theirs && tokio::fs::try_exists(&path).await? { Ok(path) } else { Err(Error::NotFound("File")) }
}

/// Removes exports that nobody fetched for a week, now and from time to time, for as long as the program runs.
pub(crate) async fn sweep_exports(core: Core) {
    let stopping = core.shelf().stopping().clone();
    let folder = core.settings().data_dir.join("exports");
    let sweeping = async {
        loop {
            if let Err(fault) = remove_old(&folder).await {
                tracing::warn!(%fault, "old exports could not be removed");
            }
            tokio::time::sleep(SWEEP).await;
        }
    };
    stopping.run_until_cancelled(sweeping).await;
}

async fn remove_old(folder: &Path) -> std::io::Result<()> {
    let Ok(mut entries) = tokio::fs::read_dir(folder).await else { return Ok(()) };
    while let Some(entry) = entries.next_entry().await? {
        let age = entry.metadata().await?.modified()?.elapsed().unwrap_or_default();
        if age > KEPT {
            tokio::fs::remove_file(entry.path()).await?;
        }
    }
    Ok(())
}

fn place(core: &Core, id: TaskId) -> PathBuf {
    core.settings().data_dir.join("exports").join(format!("{id}.zip"))
}

fn archive(threads: &[(Conversation, Vec<Message>)]) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    let all: Vec<_> = threads
        .iter()
        .map(|(conversation, messages)| serde_json::json!({ "conversation": conversation, "messages": messages }))
        .collect();
    zip.start_file("conversations.json", options).map_err(Error::internal)?;
    zip.write_all(serde_json::to_string_pretty(&all)?.as_bytes())?;
    for (number, (conversation, messages)) in threads.iter().enumerate() {
        let name = format!("{:04} {}.md", number + 1, file_name(&conversation.title));
        zip.start_file(name, options).map_err(Error::internal)?;
        zip.write_all(markdown(conversation, messages).as_bytes())?;
    }
    Ok(zip.finish().map_err(Error::internal)?.into_inner())
}

fn markdown(conversation: &Conversation, messages: &[Message]) -> String {
    let mut text = format!("# {}\n", conversation.title.replace('\n', " "));
    for message in messages {
        let speaker = match message.speaker {
            Speaker::User => "You",
            Speaker::Assistant => "Folio",
            Speaker::System => "System",
        };
        // writing to a string does not fail
        let _ = write!(text, "\n## {speaker}, {}\n\n{}\n", rfc3339(message.created_at), message.content);
        for sent in &message.attachments {
            let _ = write!(text, "\n- Attached: {}\n", sent.name);
        }
        for citation in message.citations.iter().filter_map(|citation| citation.passage.as_ref()) {
            let _ = write!(text, "\n> {}, page {}: {}\n", citation.book_title, citation.page, citation.quote);
        }
    }
    text
}

/// A title as part of a file's name, on any system.
fn file_name(title: &str) -> String {
    let kept: String = title.chars().map(|c| if c.is_alphanumeric() || " -_".contains(c) { c } else { ' ' }).collect();
    let words = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = words.chars().take(60).collect();
    if short.is_empty() { "Untitled".into() } else { short }
}
