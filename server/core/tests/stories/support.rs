//! A Folio of a test's own, and people who use it.

use folio_core::accounts::NewAccount;
use folio_core::audit::{Filter, Outcome};
use folio_core::library::Upload;
use folio_core::operations::{Consent, Turn};
use folio_core::testing::{Scripted, Step};
use folio_core::{Core, Principal, Question, Registration, Settings};
use folio_testbed::{Postgres, Store};
use folio_types::{Asked, BookId, ConfirmationId, ConversationId, Frame, Message, MessageId, Scope};
use futures::StreamExt;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub struct World {
    pub core: Core,
    pub model: Scripted,
    settings: Settings,
    /// What the process does by itself.
    background: Process,
    _folder: TempDir,
    _postgres: Option<Postgres>,
}

/// Another process beside the world's own.
pub struct Other {
    pub core: Core,
    _process: Process,
}

/// The databases that every story is told on.
#[derive(Clone, Copy)]
pub enum On {
    Sqlite,
    Postgres,
}

pub struct Person<'a> {
    pub world: &'a World,
    pub who: Principal,
}

impl World {
    pub async fn new(on: On, script: impl IntoIterator<Item = Step>) -> Self {
        Self::with(on, script, |_| {}).await
    }

    /// As [`World::new`], with other settings.
    pub async fn with(on: On, script: impl IntoIterator<Item = Step>, change: impl FnOnce(&mut Settings)) -> Self {
        let (folder, mut settings) = open_to_all();
        let postgres = matches!(on, On::Postgres).then(Postgres::start);
        if let Some(postgres) = &postgres {
            settings.database_url = postgres.url();
        }
        change(&mut settings);
        Self::of(Scripted::saying(script), settings, folder, postgres).await
    }

    /// With a model that can ask for functions.
    pub async fn with_tools(on: On, change: impl FnOnce(&mut Settings)) -> Self {
        let mut world = Self::with(on, [], change).await;
        world.model = Scripted::saying([]).with_tools();
        world.restart().await;
        world
    }

    /// On SQLite, with a model that writes one answer at a time.
    pub async fn with_a_queue(script: impl IntoIterator<Item = Step>) -> Self {
        let (folder, settings) = open_to_all();
        Self::of(Scripted::saying(script).one_at_a_time(), settings, folder, None).await
    }

    async fn of(model: Scripted, settings: Settings, folder: TempDir, postgres: Option<Postgres>) -> Self {
        let (core, background) = start(&settings, &model).await;
        Self { core, model, settings, background, _folder: folder, _postgres: postgres }
    }

    /// Another process starts; this one is gone without a word.
    pub async fn restart(&mut self) {
        let (core, background) = start(&self.settings, &self.model).await;
        self.background = background;
        self.core = core;
    }

    /// A second process on the same database.
    pub async fn another_process(&self) -> Other {
        let (core, process) = start(&self.settings, &self.model).await;
        Other { core, _process: process }
    }

    /// What `DATABASE_URL` is set to.
    pub fn database_url(&self) -> &str {
        &self.settings.database_url
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Stops the process as an administrator does.
    pub async fn stops(&mut self) {
        self.core.shut_down().await;
        self.dies();
    }

    /// Kills the process; its database stays.
    pub fn dies(&mut self) {
        self.background = Process(None);
    }

    /// The first account, made with the printed code.
    pub async fn founder(&self) -> Person<'_> {
        let code = self.core.accounts().issue_setup_code();
        let who = self.core.accounts().set_up(&code, account("founder")).await.expect("the first account");
        Person { world: self, who }
    }

    /// All that is in the data folder, the database of SQLite among it.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut folders = vec![self.settings.data_dir.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files
    }

    pub async fn reader(&self, name: &str) -> Person<'_> {
        let who = self.core.accounts().register(account(name)).await.expect("an account");
        Person { world: self, who }
    }
}

/// A data folder, and settings that let everyone make an account.
fn open_to_all() -> (TempDir, Settings) {
    let folder = TempDir::new().expect("a folder");
    let mut settings = Settings::in_folder(folder.path().to_owned());
    settings.registration = Registration::Open;
    (folder, settings)
}

/// What a process does by itself, until it is killed.
struct Process(Option<Runtime>);

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

async fn start(settings: &Settings, model: &Scripted) -> (Core, Process) {
    let background = Runtime::new().expect("a runtime");
    let (settings, model) = (settings.clone(), model.clone());
    let core = background.spawn(async move { Core::start_with(settings, vec![Arc::new(model)]).await });
    (core.await.expect("no panic").expect("it starts"), Process(Some(background)))
}

impl Person<'_> {
    /// Gives a command, in a conversation of its own.
    pub async fn says(&self, message: &str) -> Turn {
        self.world.core.operations().say(&self.who, None, message).await.expect("a reply")
    }

    /// Gives a command where something was said before.
    pub async fn says_in(&self, conversation: ConversationId, message: &str) -> Turn {
        self.world.core.operations().say(&self.who, Some(conversation), message).await.expect("a reply")
    }

    /// Says something that is asked about first.
    pub async fn asks_to(&self, message: &str) -> ConfirmationId {
        let turn = self.says(message).await;
        turn.reply.confirmation.unwrap_or_else(|| panic!("{message}: {}", turn.reply.text))
    }

    /// Confirms what was asked about.
    pub async fn confirms(&self, id: ConfirmationId) -> folio_core::Result<Turn> {
        self.world.core.operations().confirm(&self.who, id, Consent::Given).await
    }

    /// A conversation with this title.
    pub async fn has(&self, title: &str) -> ConversationId {
        let asked = self.asks(title).await;
        self.hears(asked.answer.id, 0).await;
        asked.conversation.id
    }

    /// Decides against what was asked about.
    pub async fn declines(&self, id: ConfirmationId) -> folio_core::Result<Turn> {
        self.world.core.operations().decline(&self.who, id).await
    }

    /// Whether a conversation is there.
    pub async fn sees(&self, conversation: ConversationId) -> bool {
        self.world.core.chats().titled(&self.who, conversation).await.is_ok()
    }

    /// A book of their own.
    pub async fn shelves(&self, title: &str) -> BookId {
        self.adds_book(title, false).await
    }

    /// A book that everyone may read.
    pub async fn shares(&self, title: &str) -> BookId {
        self.adds_book(title, true).await
    }

    async fn adds_book(&self, title: &str, shared: bool) -> BookId {
        let library = self.world.core.library();
        let path = library.upload_path();
        std::fs::write(&path, "A short text about bees.").expect("a file");
        let upload = Upload { path, file_name: "a.txt".into(), title: Some(title.to_owned()), shared, topic: None };
        library.add(&self.who, upload).await.expect("a book").id
    }

    /// How often and how it ended, as the audit log says it.
    pub async fn recorded(&self, action: &str) -> Vec<Outcome> {
        let filter = Filter { action: Some(action.to_owned()), ..Filter::default() };
        let found = self.world.core.audit().list(&self.who, &filter, 0, 500).await.expect("a list");
        found.items.into_iter().filter(|record| record.action == action).map(|record| record.outcome).collect()
    }

    /// Asks the model alone, in a new conversation.
    pub async fn asks(&self, content: &str) -> Asked {
        self.tries(None, content, None).await.expect("the question is taken")
    }

    pub async fn goes_on(&self, conversation: ConversationId, content: &str) -> Asked {
        self.tries(Some(conversation), content, None).await.expect("the question is taken")
    }

    pub async fn tries(
        &self,
        conversation: Option<ConversationId>,
        content: &str,
        key: Option<&str>,
    ) -> folio_core::Result<Asked> {
        let question = Question {
            conversation,
            instead_of: None,
            content: content.to_owned(),
            model: None,
            scope: Scope::Nothing,
            key: key.map(str::to_owned),
            ..Question::default()
        };
        self.world.core.chats().ask(&self.who, question).await
    }

    /// Asks something else instead of a question.
    pub async fn edits(&self, question: &Message, content: &str) -> folio_core::Result<Asked> {
        let question = Question {
            conversation: Some(question.conversation_id),
            instead_of: Some(question.id),
            content: content.to_owned(),
            model: None,
            scope: Scope::Nothing,
            ..Question::default()
        };
        self.world.core.chats().ask(&self.who, question).await
    }

    /// Waits until the model has nothing left to do.
    pub async fn settles(&self) {
        self.world.core.is_settled().await;
    }

    /// Everything that the answer's stream says after `after`, until its end.
    pub async fn hears(&self, answer: MessageId, after: u64) -> Vec<(u64, Frame)> {
        self.world.core.chats().follow(&self.who, answer, after).await.expect("a stream").collect().await
    }

    pub async fn reads(&self, message: MessageId) -> Message {
        self.world.core.chats().message(&self.who, message).await.expect("a message")
    }
}

pub fn account(name: &str) -> NewAccount {
    NewAccount {
        name: name.to_owned(),
        email: format!("{name}@example.org"),
        password: "correct horse battery".to_owned().into(),
    }
}

pub fn text_of(frames: &[(u64, Frame)]) -> String {
    frames
        .iter()
        .filter_map(|(_, frame)| match frame {
            Frame::Token { token, .. } => Some(token.as_str()),
            _ => None,
        })
        .collect()
}

/// The text of a client that had `before` and then heard this.
pub fn shown(before: &str, heard: &[(u64, Frame)]) -> String {
    heard.iter().fold(before.to_owned(), |shown, (_, frame)| match frame {
        Frame::Token { token, .. } => shown + token,
        Frame::Snapshot { snapshot } => snapshot.clone(),
        _ => shown,
    })
}

pub fn say(text: &str) -> Step {
    Step::Say(text.to_owned())
}

/// Goes around Folio and runs statements on its database.
pub async fn tamper(world: &World, statements: &str) -> sqlx::Result<()> {
    let sql = || sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned()));
    match Store::open(world.database_url()).await {
        Store::Sqlite(pool) => sql().execute(&pool).await.map(drop),
        Store::Postgres(pool) => sql().execute(&pool).await.map(drop),
    }
}

/// Tells each story on both databases.
macro_rules! on_both_databases {
    ($($story:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $story() { super::$story(crate::support::On::Sqlite).await; })+
        }
        mod postgres {
            $(#[tokio::test] async fn $story() { super::$story(crate::support::On::Postgres).await; })+
        }
    };
}
pub(crate) use on_both_databases;
