//! Measures the embedded models: `cargo run -p folio-models --example speed`.

#![expect(clippy::cast_precision_loss, reason = "counts of tokens are small")]

use folio_models::{ChatTurn, Encoder, Role, Sampling, Writer};
use std::{env, error::Error, fs, ops::ControlFlow, path::PathBuf, time::Instant};

const SENTENCE: &str = "The lighthouse keeper climbed the narrow stairs every evening, trimmed the lamp, and wrote the \
    weather, the ships and the hour into a book that nobody but the inspector would ever read. ";

fn main() -> Result<(), Box<dyn Error>> {
    let models = env::var_os("FOLIO_MODELS")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/models")), PathBuf::from);
    println!("memory before: {} MB", resident_megabytes()?);
    measure_encoder(&Encoder::load(&models.join("all-minilm-l6-v2"))?)?;
    println!("memory with the encoder gone: {} MB", resident_megabytes()?);
    measure_writer(&Writer::load(&models.join("smollm2-135m-instruct.q4_1.gguf"))?)
}

fn measure_encoder(encoder: &Encoder) -> Result<(), Box<dyn Error>> {
    println!("memory with the encoder: {} MB", resident_megabytes()?);
    // 33 words a sentence, 38 tokens: five make a passage of about 200 tokens.
    let passages: Vec<String> = (0..96).map(|number| format!("{number}. {}", SENTENCE.repeat(5))).collect();
    let passages: Vec<&str> = passages.iter().map(String::as_str).collect();
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        let start = Instant::now();
        pool.install(|| encoder.encode(&passages))?;
        println!("encoder, {threads} threads: {:.1} passages a second", 96.0 / start.elapsed().as_secs_f64());
    }
    let start = Instant::now();
    for _ in 0..20 {
        encoder.encode(&["Who wrote the weather into the book?"])?;
    }
    println!("encoder, one question: {:.1} ms", start.elapsed().as_secs_f64() * 1000.0 / 20.0);
    println!("memory after encoding: {} MB", resident_megabytes()?);
    Ok(())
}

fn measure_writer(writer: &Writer) -> Result<(), Box<dyn Error>> {
    println!("memory with the writer: {} MB", resident_megabytes()?);
    let content = format!("{}\n\nTell a long story about the lighthouse keeper.", SENTENCE.repeat(12));
    let chat = [ChatTurn { role: Role::User, content }];
    let options = Sampling { max_tokens: 200, temperature: 0.7, repeat_penalty: 1.1, ..Sampling::default() };
    let start = Instant::now();
    let mut first = None;
    let finish = writer.generate(&chat, &options, &mut |piece| {
        if !piece.is_empty() {
            first.get_or_insert_with(Instant::now);
        }
        ControlFlow::Continue(())
    })?;
    let first = first.ok_or("nothing was written")?;
    let reading = (first - start).as_secs_f64();
    println!(
        "writer, reading: {:.0} tokens a second ({} tokens)",
        finish.prompt_tokens as f64 / reading,
        finish.prompt_tokens
    );
    let writing = finish.new_tokens as f64 / first.elapsed().as_secs_f64();
    println!("writer, writing: {writing:.0} tokens a second ({} tokens)", finish.new_tokens);
    println!("memory after writing: {} MB", resident_megabytes()?);
    Ok(())
}

fn resident_megabytes() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? / 1024)
}
