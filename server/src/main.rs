//! The folio program: configuration → [`Core`] → router → serve.

// a page is one deeply nested type
#![recursion_limit = "512"]

mod commands;
mod config;
mod doctor;
mod http;
mod serve;
mod telemetry;

use clap::{Parser, Subcommand};
use config::Config;
use folio_core::accounts::NewAccount;
use folio_core::{Core, StoreLock};
use secrecy::SecretString;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use telemetry::Metrics;
use tokio::net::TcpListener;

/// Thousands of streams live long and allocate little at a time, which it packs more tightly than the C library's.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Requests get this long to end once the program was told to stop.
const GRACE: Duration = Duration::from_secs(3);

#[derive(Parser)]
#[command(name = "folio", version, about = "Ask your books, see the page.")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the app (the default).
    Serve,
    /// Print the OpenAPI document of every contract.
    Openapi,
    /// Look at the configuration, the database, the models and the disk, and say what would not work.
    Doctor,
    /// Manage administrators.
    #[command(subcommand)]
    Admin(Admin),
    /// Look after the audit log.
    #[command(subcommand)]
    Audit(commands::Audit),
    /// Write a backup of everything into a new folder. Also while Folio is serving.
    Backup { folder: PathBuf },
    /// Put a backup in the place of everything there is. Only while Folio is not serving.
    Restore { folder: PathBuf },
    /// Read one book; what the server starts for each upload.
    #[command(hide = true, disable_help_flag = true)]
    Extract {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<std::ffi::OsString>,
    },
}

#[derive(Subcommand)]
enum Admin {
    /// Make an administrator's account.
    Create {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: Option<String>,
        /// Read the password from standard input.
        #[arg(long, required = true)]
        password_stdin: bool,
    },
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    // the child that reads a book limits its own memory, so it must not start a runtime first
    let mut args = std::env::args_os();
    if args.nth(1).is_some_and(|first| first == "extract") {
        return folio_extract::child_main(args);
    }
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("folio: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    if let Some(Command::Openapi) = cli.command {
        // neither configuration nor database is needed for it
        return print_openapi();
    }
    dotenvy::dotenv().or_else(|fault| if fault.not_found() { Ok(PathBuf::new()) } else { Err(fault) })?;
    let config = Config::from_env()?;
    let _telemetry = telemetry::start(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        match cli.command {
            None | Some(Command::Serve | Command::Extract { .. } | Command::Openapi) => serve(config).await,
            Some(Command::Doctor) => {
                if doctor::examine(config).await {
                    Ok(())
                } else {
                    Err("something would not work".into())
                }
            }
            Some(Command::Admin(Admin::Create { email, name, .. })) => create_admin(config, email, name).await,
            Some(Command::Audit(audit)) => audit.run(config).await,
            Some(Command::Backup { folder }) => commands::create(config, &folder).await,
            Some(Command::Restore { folder }) => commands::restore(config, &folder).await,
        }
    });
    // work that cannot be interrupted, like a model's current token, must not hold up the exit
    runtime.shutdown_timeout(Duration::from_millis(500));
    outcome
}

fn print_openapi() -> Result<(), Failure> {
    let document = http::openapi_document().to_pretty_json()?;
    match writeln!(std::io::stdout().lock(), "{document}") {
        // whoever read its beginning may have seen enough
        Err(fault) if fault.kind() != std::io::ErrorKind::BrokenPipe => Err(fault.into()),
        _ => Ok(()),
    }
}

async fn serve(config: Config) -> Result<(), Failure> {
    let listener = TcpListener::bind(config.listen_addr)
        .await
        .map_err(|fault| format!("cannot listen on {}: {fault}", config.listen_addr))?;
    let _alone = StoreLock::take(&config.settings.database_url).map_err(|fault| fault.diagnosis())?;
    commands::restore_if_asked(&config).await;
    let core = Core::start(config.settings.clone()).await.map_err(|fault| fault.diagnosis())?;
    if let Some((email, password)) = config.admin.clone() {
        core.accounts().ensure_admin(email, password).await?;
    }
    greet(&core, &config).await?;
    let metrics = config.metrics_token.clone().map(Metrics::install).transpose()?;
    let app = http::router(core.clone(), &config, metrics);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = serve::serve(listener, app, serve::PATIENCE, async {
        // an error means that the program ends, too
        let _ = stopped.await;
    });
    let serving = tokio::spawn(serving);
    told_to_stop().await?;
    tracing::info!("stopping");
    let _ = stop.send(());
    core.shut_down().await;
    let _ = tokio::time::timeout(GRACE, serving).await;
    Ok(())
}

/// Says where Folio is, and where the first account is made.
async fn greet(core: &Core, config: &Config) -> Result<(), Failure> {
    let at = &config.public_url;
    let mut out = std::io::stdout().lock();
    if core.accounts().setup_needed().await? {
        let code = core.accounts().issue_setup_code();
        writeln!(out, "\n  Folio is ready. Create the first account here:\n\n    {at}/setup?code={code}\n")?;
    } else {
        writeln!(out, "\n  Folio is ready: {at}\n")?;
    }
    out.flush()?;
    Ok(())
}

async fn told_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed,
        _ = terminate.recv() => Ok(()),
    }
}

async fn create_admin(config: Config, email: String, name: Option<String>) -> Result<(), Failure> {
    let mut password = String::new();
    std::io::stdin().lock().take(4096).read_to_string(&mut password)?;
    let password = SecretString::from(password.trim_end_matches(['\r', '\n']).to_owned());
    let core = Core::open(config.settings).await.map_err(|fault| fault.diagnosis())?;
    let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
    let made = core.accounts().create_admin(NewAccount { name, email, password }).await?;
    println!("The administrator {} can sign in now.", made.email);
    Ok(())
}
