//! From words to things: what the caller may see, compared with what was typed.

use super::spec::{Asked, Choice, Kind, Question, Target, quoted};
use crate::error::{Error, Result};
use folio_types::{BookId, ConversationId, TaskId, ToolId, TopicId, UserId};
use folio_understanding::{Risk, Slot};
use uuid::Uuid;

/// At least so alike are a mistyped name and the right one.
const ALIKE: f64 = 0.72;
/// Choices that are offered at most.
const OFFERED: usize = 6;
const MOST_TOPICS: u32 = 1000;
const MOST_USERS: u32 = 200;

pub enum Named {
    One(Target),
    Question(Question),
}

impl Kind {
    pub fn noun(self) -> &'static str {
        match self {
            Self::Book => "book",
            Self::Conversation => "conversation",
            Self::Model => "model",
            Self::Task => "task",
            Self::Backup => "backup",
            Self::User => "user",
            Self::Topic => "topic",
            Self::Tool => "tool",
        }
    }
}

impl Asked<'_> {
    /// Everything of a kind that the caller may see, or the newest where there is much of it.
    pub async fn all(&self, kind: Kind) -> Result<Vec<Target>> {
        let (core, who) = (self.core, self.who);
        Ok(match kind {
            Kind::Book => core.library().list(who).await?.iter().map(Into::into).collect(),
            Kind::Conversation => core.chats().titles(who).await?.iter().map(Into::into).collect(),
            Kind::Model => {
                let models = core.models().list(who).await?;
                models.into_iter().map(|model| Target::new(kind, &model.tag, &model.tag, "")).collect()
            }
            Kind::Task => {
                let tasks = core.tasks().list(who, false, 0, 50).await?.items;
                tasks.into_iter().map(|task| Target::new(kind, &task.id.to_string(), &task.title, "")).collect()
            }
            Kind::Backup => {
                let backups = crate::backup::list(core).await?;
                backups.into_iter().map(|made| Target::new(kind, &made.name, &made.name, &made.created_at)).collect()
            }
            Kind::Topic => {
                let topics = core.topics().list(who, MOST_TOPICS, 0).await?;
                topics.iter().map(Into::into).collect()
            }
            Kind::Tool => core.tools().list(who).await?.iter().map(Into::into).collect(),
            Kind::User => {
                let users = core.accounts().list_unrecorded(who, "", 1, MOST_USERS).await?.items;
                users.iter().map(Into::into).collect()
            }
        })
    }

    /// The same thing as it is now.
    pub async fn fresh(&self, target: &Target) -> Result<Target> {
        let (core, who) = (self.core, self.who);
        let absent = || Error::NotFound("Target");
        Ok(match target.kind {
            Kind::Book => (&core.library().book(who, target.id::<BookId>()?).await?).into(),
            Kind::Conversation => (&core.chats().titled(who, target.id::<ConversationId>()?).await?).into(),
            Kind::Task => {
                let task = core.tasks().unrecorded(who, target.id::<TaskId>()?).await?;
                Target::new(Kind::Task, &target.id, &task.title, "")
            }
            // also one that may not be used now: the preview says why
            Kind::Tool => (&core.tools().tool(who, target.id::<ToolId>()?).await?).into(),
            Kind::Topic => (&core.topics().topic(who, &TopicId::from(target.id.clone())).await?).into(),
            Kind::User => (&core.accounts().unrecorded(who, target.id::<UserId>()?).await?).into(),
            kind @ (Kind::Model | Kind::Backup) => {
                self.all(kind).await?.into_iter().find(|other| other.id == target.id).ok_or_else(absent)?
            }
        })
    }

    /// The one thing that the slot names. `command` says for a name what would be asked for by choosing it.
    pub async fn named(&self, kind: Kind, slot: Option<&Slot>, command: impl Fn(&str) -> String) -> Result<Named> {
        let all = self.among(kind, slot).await?;
        let noun = kind.noun();
        let offered = |targets: &[Target]| -> Vec<Choice> {
            // two that are called the same are told apart by their ids
            let twice = |name: &str| targets.iter().filter(|other| other.name == name).count() > 1;
            let choice = |target: &Target| {
                let words = if twice(&target.name) { target.id.clone() } else { quoted(&target.name) };
                let label =
                    if twice(&target.name) { format!("{} ({})", target.name, target.id) } else { target.name.clone() };
                Choice { label, command: command(&words) }
            };
            targets.iter().take(OFFERED).map(choice).collect()
        };
        let Some(slot) = slot else {
            let text =
                if all.is_empty() { format!("There is no {noun} yet.") } else { format!("Which {noun} do you mean?") };
            return Ok(Named::Question(Question { text, choices: offered(&all) }));
        };
        let (sure, mut found) = matching(&all, &slot.text);
        match found.len() {
            1 if sure || self.risk != Risk::Guarded => Ok(Named::One(found.remove(0))),
            0 => {
                let text = format!("There is no {noun} called “{}” among those that you may see.", slot.text);
                Ok(Named::Question(Question { text, choices: offered(&all) }))
            }
            1 => Ok(Named::Question(Question {
                text: format!("There is no {noun} called exactly “{}”. Do you mean this one?", slot.text),
                choices: offered(&found),
            })),
            count => Ok(Named::Question(Question {
                text: format!("{count} {noun}s fit “{}”. Which one do you mean?", slot.text),
                choices: offered(&found),
            })),
        }
    }

    /// What the words of a slot choose from: what is listed, and what the database finds by them beyond that.
    async fn among(&self, kind: Kind, slot: Option<&Slot>) -> Result<Vec<Target>> {
        let mut all = self.all(kind).await?;
        if let Some(slot) = slot {
            for found in self.sought(kind, slot.text.trim()).await? {
                if !all.iter().any(|listed| listed.id == found.id) {
                    all.push(found);
                }
            }
        }
        Ok(all)
    }

    async fn sought(&self, kind: Kind, words: &str) -> Result<Vec<Target>> {
        let (core, who) = (self.core, self.who);
        let by_id = matches!(kind, Kind::Book | Kind::Conversation | Kind::Task | Kind::Tool | Kind::User);
        if by_id && words.parse::<Uuid>().is_ok() {
            return match self.fresh(&Target::new(kind, words, "", "")).await {
                Ok(found) => Ok(vec![found]),
                Err(Error::NotFound(_)) => Ok(Vec::new()),
                Err(fault) => Err(fault),
            };
        }
        Ok(match kind {
            Kind::Book => core.library().titled(who, words).await?.iter().map(Into::into).collect(),
            Kind::User => {
                let users = core.accounts().list_unrecorded(who, words, 1, MOST_USERS).await?.items;
                users.iter().map(Into::into).collect()
            }
            // what these are called is not in the database, or all of them are listed
            Kind::Conversation | Kind::Model | Kind::Task | Kind::Backup | Kind::Topic | Kind::Tool => Vec::new(),
        })
    }
}

impl Target {
    pub fn new(kind: Kind, id: &str, name: &str, version: &str) -> Self {
        Self { kind, id: id.to_owned(), name: name.to_owned(), alias: String::new(), version: version.to_owned() }
    }
}

impl From<&folio_types::Book> for Target {
    fn from(book: &folio_types::Book) -> Self {
        // how far it is read does not matter; whose it is and what it is does
        let version = format!("{}|{}|{}|{}", book.title, book.owner_id, book.shared, book.file_name);
        Self::new(Kind::Book, &book.id.to_string(), &book.title, &version)
    }
}

impl From<&crate::accounts::Account> for Target {
    fn from(user: &crate::accounts::Account) -> Self {
        let version = format!("{}|{}|{}", user.email, user.role, user.disabled);
        let target = Self::new(Kind::User, &user.id.to_string(), &user.email, &version);
        Self { alias: user.name.clone(), ..target }
    }
}

impl From<&crate::topics::Topic> for Target {
    fn from(topic: &crate::topics::Topic) -> Self {
        let mut books: Vec<String> = topic.book_ids.iter().map(ToString::to_string).collect();
        books.sort_unstable();
        let version = format!("{}|{}|{}", topic.title, topic.owner_id, books.join(","));
        Self::new(Kind::Topic, topic.id.as_str(), &topic.title, &version)
    }
}

impl From<&crate::tools::Tool> for Target {
    fn from(tool: &crate::tools::Tool) -> Self {
        let target = Self::new(Kind::Tool, &tool.id.to_string(), &tool.name, &tool.version());
        Self { alias: tool.full_name(), ..target }
    }
}

impl From<&crate::chats::Titled> for Target {
    fn from(conversation: &crate::chats::Titled) -> Self {
        // asking for it here and having it confirmed here are messages too, and no change
        let version = format!("{}|{}", conversation.title, conversation.asked);
        Self::new(Kind::Conversation, &conversation.id.to_string(), &conversation.title, &version)
    }
}

/// Those that `words` can mean, best first, and whether that is for certain.
fn matching(all: &[Target], words: &str) -> (bool, Vec<Target>) {
    let wanted = plain(words);
    let by = |fits: &dyn Fn(&Target) -> bool| -> Vec<Target> { all.iter().filter(|one| fits(one)).cloned().collect() };
    for certain in [
        by(&|one| one.id == words.trim().to_lowercase() || one.id == words.trim()),
        by(&|one| one.name.trim() == words.trim()),
        by(&|one| !one.alias.is_empty() && plain(&one.alias) == wanted),
        by(&|one| plain(&one.name) == wanted),
    ] {
        if !certain.is_empty() {
            return (true, certain);
        }
    }
    if wanted.chars().count() < 3 {
        return (false, Vec::new());
    }
    let parts = by(&|one| plain(&one.name).contains(&wanted));
    if !parts.is_empty() {
        return (false, parts);
    }
    let mut alike: Vec<(f64, &Target)> = all
        .iter()
        .map(|one| (strsim::normalized_damerau_levenshtein(&plain(&one.name), &wanted), one))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0));
    (false, alike.into_iter().map(|(_, one)| one.clone()).collect())
}

/// A name without what people do not type.
fn plain(name: &str) -> String {
    let kept: String = name.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf() -> Vec<Target> {
        let titles = ["The Lighthouse at Kessel", "The Lighthouse Keeper", "Bees", "Bees", "Salt & Pepper"];
        titles.iter().enumerate().map(|(at, title)| Target::new(Kind::Book, &at.to_string(), title, "")).collect()
    }

    fn names(words: &str) -> (bool, Vec<String>) {
        let (sure, found) = matching(&shelf(), words);
        (sure, found.into_iter().map(|one| one.id).collect())
    }

    #[test]
    fn a_name_is_found_however_it_is_typed() {
        assert_eq!(names("the lighthouse at kessel"), (true, vec!["0".into()]));
        assert_eq!(names("salt pepper"), (true, vec!["4".into()]));
        assert_eq!(names("kessel"), (false, vec!["0".into()]));
        assert_eq!(names("The Lihgthouse at Kesel"), (false, vec!["0".into()]));
        assert_eq!(names("lighthouse"), (false, vec!["0".into(), "1".into()]));
        assert_eq!(names("Bees"), (true, vec!["2".into(), "3".into()]));
        assert_eq!(names("photosynthesis").1, Vec::<String>::new());
    }
}
