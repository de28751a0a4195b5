use folio_models::*;
use std::{path::Path, ops::ControlFlow};
fn main() {
    let w = Writer::load(Path::new("data/models/smollm2-135m-instruct.q4_1.gguf")).unwrap();
    let qa: serde_json::Value = serde_json::from_str(&std::fs::read_to_string("/tmp/w/mu/qa.json").unwrap()).unwrap();
    let forms: serde_json::Value = serde_json::from_str(&std::fs::read_to_string("/tmp/w/mu/forms.json").unwrap()).unwrap();
    let e = Encoder::load(Path::new("data/models/all-minilm-l6-v2")).unwrap();
    // the best run of `n` sentences
    let short = |p: &str, q: &str, n: usize| -> String {
        let mut sents: Vec<&str> = vec![]; let mut start = 0; let b = p.as_bytes();
        for i in 0..p.len() { if (b[i] == b'.' || b[i] == b'?' || b[i] == b';' ) && (i + 1 == p.len() || b[i + 1] == b' ') && i - start > 25 { sents.push(p[start..=i].trim()); start = i + 1; } }
        if start < p.len() { sents.push(p[start..].trim()); }
        let windows: Vec<String> = if sents.len() <= n { vec![p.to_string()] } else { sents.windows(n).map(|w| w.join(" ")).collect() };
        let refs: Vec<&str> = windows.iter().map(String::as_str).collect();
        let qv = &e.encode(&[q]).unwrap()[0];
        let v = e.encode(&refs).unwrap();
        let score = |v: &Vec<f32>| v.iter().zip(qv).map(|(a, b)| a * b).sum::<f32>();
        let best = (0..v.len()).max_by(|&a, &b| score(&v[a]).total_cmp(&score(&v[b]))).unwrap();
        windows[best].clone()
    };
    let verbose = std::env::args().nth(1).is_some();
    for form in forms.as_array().unwrap() {
        for opt in form["options"].as_array().unwrap() {
            let (t, k, rp) = (opt[0].as_f64().unwrap() as f32, opt[1].as_u64().unwrap() as usize, opt[2].as_f64().unwrap() as f32);
            let (mut hits, mut tokens, mut long) = (0, 0, 0);
            for item in qa.as_array().unwrap() {
                let (p, q) = (item["p"].as_str().unwrap(), item["q"].as_str().unwrap());
                let fill = |s: &str| s.replace("{1}", &short(p, q, 1)).replace("{2}", &short(p, q, 2)).replace("{3}", &short(p, q, 3)).replace("{p}", item["p"].as_str().unwrap()).replace("{q}", item["q"].as_str().unwrap());
                let chat: Vec<ChatTurn> = form["chat"].as_array().unwrap().iter().map(|turn| ChatTurn { role: match turn[0].as_str().unwrap() { "s" => Role::System, "u" => Role::User, _ => Role::Assistant }, content: fill(turn[1].as_str().unwrap()) }).collect();
                let mut text = String::new();
                let f = w.generate(&chat, &Sampling { temperature: t, top_k: (k > 0).then_some(k), max_tokens: 120, seed: 1, repeat_penalty: rp }, &mut |p| { text += p; ControlFlow::Continue(()) }).unwrap();
                let hit = item["k"].as_array().unwrap().iter().any(|k| text.to_lowercase().contains(&k.as_str().unwrap().to_lowercase()));
                hits += usize::from(hit); tokens += f.new_tokens; long += usize::from(f.reason == FinishReason::Length);
                if verbose { println!("  {} Q: {}\n     A: {}", if hit { "+" } else { "-" }, item["q"].as_str().unwrap(), text.replace('\n', " / ")); }
            }
            println!("{} t{t} k{k} rp{rp}: {hits}/{} hits, {} tokens an answer, {long} cut", form["name"].as_str().unwrap(), qa.as_array().unwrap().len(), tokens / qa.as_array().unwrap().len());
        }
    }
}
