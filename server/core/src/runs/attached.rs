//! What was sent with the questions of a conversation, as a model reads it.

use crate::Core;
use crate::attachments::{self, media_type_of, room};
use crate::error::Result;
use crate::llm::{CHARACTERS_PER_TOKEN, Picture};
use folio_grounding::chunk_page;
use folio_types::{Attachment, AttachmentKind, Message};
use std::fmt::Write as _;
use uuid::Uuid;

/// What a picture takes of the room for documents, in characters: some thousand tokens.
const PICTURE: u64 = 4_000;
/// Less of a document says nothing.
const LEAST: u64 = 200;
/// Passages of documents that are compared with a question, for models that read only one.
const COMPARED: usize = 64;

/// The documents and pictures of a conversation: those of its last question, and of earlier ones as far as they fit.
#[derive(Default)]
pub struct Attached {
    pub documents: Vec<Document>,
    pub pictures: Vec<Picture>,
    /// What the model should know of those that it does not get.
    notes: Vec<String>,
}

pub struct Document {
    pub name: String,
    /// As much as fits.
    pub text: String,
    /// Characters of the whole.
    characters: u64,
    /// Nobody who wrote the document knew it, so that nothing in its text can look like its end.
    id: Uuid,
}

impl Attached {
    /// Asks nothing where there is nothing.
    pub async fn to(core: &Core, line: &[Message], takes_images: bool) -> Result<Self> {
        let mut attached = Self::default();
        let Some(any) = line.iter().find(|message| !message.attachments.is_empty()) else { return Ok(attached) };
        let places = attachments::places(core.db(), any.conversation_id).await?;
        let mut left = room(core.settings());
        for (age, message) in line.iter().rev().enumerate() {
            for attachment in &message.attachments {
                let Some(file) = places.get(&attachment.id) else { continue };
                let read = if age == 0 { attachment.read } else { attachment.characters.min(left) };
                match attachment.kind {
                    AttachmentKind::Document => attached.read(core, *file, attachment, read).await?,
                    AttachmentKind::Picture => {
                        let fits = takes_images && (age == 0 || left >= PICTURE);
                        attached.see(core, *file, attachment, fits).await;
                    }
                    AttachmentKind::Reference => {}
                }
                let cost = if attachment.kind == AttachmentKind::Picture { PICTURE } else { read };
                left = left.saturating_sub(cost);
            }
        }
        Ok(attached)
    }

    /// Whether a question can be answered from it.
    pub fn says_something(&self) -> bool {
        !self.documents.is_empty() || !self.pictures.is_empty()
    }

    pub fn is_empty(&self) -> bool {
        self.documents.is_empty() && self.pictures.is_empty() && self.notes.is_empty()
    }

    /// What it takes of a model's budget.
    pub fn tokens(&self) -> usize {
        let pictures = usize::try_from(PICTURE).unwrap_or_default() * self.pictures.len();
        (self.listed().chars().count() + pictures) / CHARACTERS_PER_TOKEN
    }

    /// As a model reads it before the question.
    pub fn listed(&self) -> String {
        let mut text = String::new();
        for Document { name, text: content, characters, id } in &self.documents {
            let read = content.chars().count() as u64;
            let part = if read < *characters {
                format!(" (its first {read} of {characters} characters; the rest did not fit)")
            } else {
                String::new()
            };
            // writing to a string does not fail
            let _ = write!(
                text,
                "Attached document “{name}”{part}:\n[begin of document {id}]\n{content}\n[end of document {id}]\n\n"
            );
        }
        for note in &self.notes {
            let _ = write!(text, "{note}\n\n");
        }
        text
    }

    /// The passages of the documents that are nearest to a question, best first.
    pub async fn nearest(&self, core: &Core, question: &str) -> Vec<(&str, String)> {
        let passages = self.documents.iter().flat_map(|document| {
            chunk_page(&document.text).into_iter().map(|chunk| (document.name.as_str(), chunk.text))
        });
        let mut passages: Vec<(&str, String)> = passages.take(COMPARED).collect();
        if passages.is_empty() {
            return passages;
        }
        let texts = passages.iter().map(|(_, text)| text.clone());
        let vectors = core.embedder().encode([question.to_owned()].into_iter().chain(texts).collect()).await;
        let vectors = vectors.unwrap_or_default();
        // without the sentence model the beginning has to do
        let Some((asked, vectors)) = vectors.split_first() else { return passages };
        let likeness = |vector: &[f32]| vector.iter().zip(asked).map(|(a, b)| a * b).sum::<f32>();
        let mut scored: Vec<(f32, (&str, String))> =
            vectors.iter().map(|vector| likeness(vector)).zip(passages.drain(..)).collect();
        scored.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        scored.into_iter().map(|(_, passage)| passage).collect()
    }

    async fn read(&mut self, core: &Core, file: Uuid, attachment: &Attachment, characters: u64) -> Result<()> {
        let name = attachment.name.clone();
        let fits = characters >= LEAST.min(attachment.characters);
        let text = if fits {
            attachments::text(core, file, usize::try_from(characters).unwrap_or(usize::MAX)).await?
        } else {
            None
        };
        match text {
            Some(text) => {
                let characters = attachment.characters;
                self.documents.push(Document { name, text, characters, id: attachment.id.0 });
            }
            None => self.notes.push(format!("The attached document “{name}” is left out: it does not fit.")),
        }
        Ok(())
    }

    async fn see(&mut self, core: &Core, file: Uuid, attachment: &Attachment, fits: bool) {
        let bytes = if fits { attachments::picture(core, file).await } else { None };
        match bytes {
            Some(bytes) => self.pictures.push(Picture { media_type: media_type_of(&bytes), bytes: bytes.into() }),
            None => {
                self.notes.push(format!("The attached picture “{}” is left out: you cannot see it.", attachment.name));
            }
        }
    }
}
