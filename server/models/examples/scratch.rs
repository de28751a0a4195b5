use folio_models::*;
use std::{time::Instant, path::Path, ops::ControlFlow, sync::atomic::{AtomicBool,AtomicUsize,Ordering::*}};
fn main() {
    let e = Encoder::load(Path::new("data/models/all-minilm-l6-v2")).unwrap();
    let w = Writer::load(Path::new("data/models/smollm2-135m-instruct.q4_1.gguf")).unwrap();
    let s = "The lighthouse keeper climbed the narrow stairs every evening, trimmed the lamp, and wrote the weather, the ships and the hour into a book that nobody but the inspector would ever read. ";
    let max: usize = std::env::args().nth(1).map_or(2, |a| a.parse().unwrap()); for threads in 0..=max {
        let stop = AtomicBool::new(false);
        let n = AtomicUsize::new(0);
        std::thread::scope(|sc| {
            if threads > 0 { sc.spawn(|| { let p = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap(); let t = s.repeat(5);
                while !stop.load(Relaxed) { p.install(|| e.encode(&[t.as_str(); 16])).unwrap(); n.fetch_add(16, Relaxed); } }); }
            for _ in 0..2 {
            let chat = [ChatTurn { role: Role::User, content: format!("{}\n\nTell a long story.", s.repeat(8)) }];
            let t0 = Instant::now(); let mut first = None;
            let f = w.generate(&chat, &Sampling { max_tokens: 100, temperature: 0.7, ..Sampling::default() }, &mut |p| { if !p.is_empty() { first.get_or_insert_with(Instant::now); } ControlFlow::Continue(()) }).unwrap();
            let first = first.unwrap();
            println!("encoder threads {threads}: read {:.0}/s ({}) write {:.1}/s, encoder {:.1}/s", f.prompt_tokens as f64 / (first - t0).as_secs_f64(), f.prompt_tokens, f.new_tokens as f64 / first.elapsed().as_secs_f64(), n.swap(0, Relaxed) as f64 / t0.elapsed().as_secs_f64());
            }
            stop.store(true, Relaxed);
        });
    }
}
