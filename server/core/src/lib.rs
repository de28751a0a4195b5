//! Folio's domain: accounts, chats, books, runs and grounding.
//!
//! It knows no HTTP and no user interface. [`Core`] is a cheap handle to every use case; each takes the
//! [`Principal`] who asks and does the authorization itself. Someone else's thing is absent.

pub mod accounts;
pub mod attachments;
pub mod audit;
pub mod backup;
pub mod chats;
mod clock;
pub mod completions;
mod csv;
mod db;
mod error;
pub mod library;
pub mod limits;
pub mod llm;
pub mod metrics;
mod nodes;
pub mod operations;
pub mod reports;
mod rest;
pub mod runs;
pub mod secrets;
mod settings;
mod stored;
mod tally;
pub mod tasks;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tools;
pub mod topics;
mod wording;

pub use accounts::Principal;
pub use chats::{Question, Sampling};
pub use clock::{now, rfc3339};
pub use db::{Db, StoreLock};
pub use error::{Error, Result};
pub use settings::{AdminClaim, AuthService, Endpoint, OpenId, Patience, Registration, Settings, SharedCredential};

use accounts::{Access, Accounts, SetupCode};
use attachments::Attachments;
use audit::Audit;
use chats::{Chats, Creator, Recent};
use completions::Completions;
use folio_extract::Extractor;
use library::{Library, Shelf, Vectors};
use limits::{Limits, SharedCount};
use llm::providers::Providers;
use llm::{Catalog, Credential, Embedder, Inference, Listed, Local, Models, OpenAi, Provider, Remote};
use operations::{Operations, Understanding};
use reports::Reports;
use runs::{LiveLog, MemoryLog, RedisLog, Runs};
use secrecy::ExposeSecret;
use secrets::Secrets;
use std::sync::Arc;
use tasks::{Queue, Tasks};
use tools::{Tools, Workshop};
use topics::Topics;
use tracing::Instrument;

#[derive(Clone)]
pub struct Core(Arc<Inner>);

struct Inner {
    settings: Settings,
    db: Db,
    secrets: Secrets,
    access: Access,
    limits: Limits,
    setup_code: SetupCode,
    catalog: Catalog,
    embedder: Embedder,
    extractor: Extractor,
    shelf: Shelf,
    vectors: Vectors,
    runs: Runs,
    creator: Creator,
    recent: Recent,
    queue: Queue,
    understanding: Understanding,
    workshop: Workshop,
}

impl Core {
    /// Opens the store, ends what an earlier process left unfinished, and begins the background work.
    pub async fn start(settings: Settings) -> Result<Self> {
        let core = Self::open(settings).await?;
        core.begin().await?;
        Ok(core)
    }

    /// As [`Core::start`], with these providers instead of the configured ones.
    pub async fn start_with(settings: Settings, providers: Vec<Arc<dyn Provider>>) -> Result<Self> {
        let core = Self::open_with(settings, providers).await?;
        core.begin().await?;
        Ok(core)
    }

    /// Opens the store beside a program that may be serving it.
    pub async fn open(settings: Settings) -> Result<Self> {
        let mut providers: Vec<Arc<dyn Provider>> = Vec::new();
        if let Some(endpoint) = &settings.endpoint {
            let key = endpoint.api_key.clone().map_or(Credential::None, Credential::Bearer);
            providers.push(Arc::new(Listed::new(
                OpenAi::new(Remote::trusted("OPENAI_BASE_URL", endpoint, key)?).taking(settings.endpoint_takes),
            )));
        }
        if let Some(service) = &settings.inference {
            let key = service.api_key.clone().map_or(Credential::None, Credential::Internal);
            let service = Inference::new(Remote::trusted("INFERENCE_SERVICE_URL", service, key)?);
            providers.push(Arc::new(Listed::new(service)));
        }
        providers.push(Arc::new(Local::new(settings.model_path.clone(), settings.models_dir.clone())));
        Self::open_with(settings, providers).await
    }

    async fn open_with(settings: Settings, providers: Vec<Arc<dyn Provider>>) -> Result<Self> {
        tokio::fs::create_dir_all(settings.data_dir.join("books")).await?;
        tokio::fs::create_dir_all(settings.data_dir.join("uploads")).await?;
        tokio::fs::create_dir_all(settings.data_dir.join("attachments")).await?;
        let db = Db::open(&settings.database_url).await?;
        let secrets = Secrets::load(&settings)?;
        let (log, shared) = across_processes(&settings).await?;
        Ok(Self(Arc::new(Inner {
            access: Access::new(&settings, &secrets, &db).await?,
            runs: Runs::new(&db, log),
            limits: Limits::new(settings.quotas, shared),
            creator: Creator::start(db.clone()),
            recent: Recent::default(),
            setup_code: SetupCode::default(),
            catalog: Catalog::new(providers, &settings, secrets.seal("provider keys v1")),
            workshop: Workshop::new(&settings, &secrets),
            secrets,
            embedder: Embedder::new(settings.models_dir.join(llm::SENTENCE_MODEL)),
            extractor: Extractor::new(settings.program.clone(), settings.pdfium_library.clone()),
            shelf: Shelf::default(),
            vectors: Vectors::default(),
            queue: Queue::default(),
            understanding: Understanding::default(),
            db,
            settings,
        })))
    }

    async fn begin(&self) -> Result<()> {
        library::sweep_uploads(&self.settings().data_dir).await?;
        nodes::begin(self).await?;
        tokio::spawn(nodes::live(self.clone()));
        tokio::spawn(tasks::work_forever(self.clone()));
        tokio::spawn(operations::expire_forever(self.clone()));
        tokio::spawn(tasks::sweep_exports(self.clone()));
        tokio::spawn(attachments::sweep_forever(self.clone()));
        tokio::spawn(self.shelf().stopping().clone().run_until_cancelled_owned(tools::begin(self.clone())));
        self.accounts().ensure_shared().await?;
        let listening = Access::listen(self.clone());
        tokio::spawn(self.shelf().stopping().clone().run_until_cancelled_owned(listening));
        let counting = self.clone();
        let counting = async move { counting.limits().sweep_forever().await };
        tokio::spawn(self.shelf().stopping().clone().run_until_cancelled_owned(counting));
        let sweeping = self.accounts().web_sessions().sweep_forever();
        tokio::spawn(self.shelf().stopping().clone().run_until_cancelled_owned(sweeping));
        Ok(())
    }

    pub fn accounts(&self) -> Accounts<'_> {
        Accounts(self)
    }

    pub fn attachments(&self) -> Attachments<'_> {
        Attachments(self)
    }

    pub fn audit(&self) -> Audit<'_> {
        Audit(self)
    }

    pub fn chats(&self) -> Chats<'_> {
        Chats(self)
    }

    pub fn completions(&self) -> Completions<'_> {
        Completions(self)
    }

    pub fn library(&self) -> Library<'_> {
        Library(self)
    }

    pub fn topics(&self) -> Topics<'_> {
        Topics(self)
    }

    pub fn models(&self) -> Models<'_> {
        Models(self)
    }

    pub fn model_providers(&self) -> Providers<'_> {
        Providers(self)
    }

    pub fn operations(&self) -> Operations<'_> {
        Operations(self)
    }

    pub fn reports(&self) -> Reports<'_> {
        Reports(self)
    }

    pub fn tasks(&self) -> Tasks<'_> {
        Tasks(self)
    }

    pub fn tools(&self) -> Tools<'_> {
        Tools(self)
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Whether the database answers.
    pub async fn is_ready(&self) -> bool {
        self.0.db.is_up().await
    }

    /// Ends every run truthfully and closes the store. Takes a few seconds at most.
    pub async fn shut_down(&self) {
        self.0.shelf.stop();
        self.0.runs.shut_down().await;
        let _ = tokio::time::timeout(std::time::Duration::from_secs(2), self.0.db.close()).await;
    }

    /// Waits until no answer is being written or summarized.
    #[cfg(feature = "testing")]
    pub async fn is_settled(&self) {
        self.0.runs.settled().await;
    }

    fn db(&self) -> &Db {
        &self.0.db
    }

    /// A key for each purpose.
    pub fn secrets(&self) -> &Secrets {
        &self.0.secrets
    }

    fn access(&self) -> &Access {
        &self.0.access
    }

    /// How often each may do what.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    fn setup_code(&self) -> &SetupCode {
        &self.0.setup_code
    }

    fn catalog(&self) -> &Catalog {
        &self.0.catalog
    }

    fn embedder(&self) -> &Embedder {
        &self.0.embedder
    }

    fn extractor(&self) -> &Extractor {
        &self.0.extractor
    }

    fn shelf(&self) -> &Shelf {
        &self.0.shelf
    }

    fn vectors(&self) -> &Vectors {
        &self.0.vectors
    }

    fn creator(&self) -> &Creator {
        &self.0.creator
    }

    fn recent(&self) -> &Recent {
        &self.0.recent
    }

    fn queue(&self) -> &Queue {
        &self.0.queue
    }

    fn understanding(&self) -> &Understanding {
        &self.0.understanding
    }

    fn workshop(&self) -> &Workshop {
        &self.0.workshop
    }

    fn runs(&self) -> &Runs {
        &self.0.runs
    }
}

/// Redis where several processes serve the same people, else this process's memory.
async fn across_processes(settings: &Settings) -> Result<(Arc<dyn LiveLog>, Option<SharedCount>)> {
    let Some(url) = &settings.redis_url else { return Ok((Arc::new(MemoryLog::default()), None)) };
    let connected = RedisLog::connect(url.expose_secret()).await;
    let log = connected.map_err(|fault| Error::Unavailable(format!("Redis cannot be used: {fault}")))?;
    let shared = SharedCount::new(log.connection());
    Ok((Arc::new(log), Some(shared)))
}

/// Does `work` to its end, also when whoever asked for it goes. It begins at once, so that nobody who waits holds all of it.
fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> impl Future<Output = Result<T>> + Send {
    let work = tokio::spawn(audit::from(audit::Origin::here(), work).in_current_span());
    async { work.await.map_err(Error::internal)? }
}
