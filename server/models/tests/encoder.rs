//! The sentence model: the same numbers as candle's, and sensible ones.

mod support;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use folio_models::{Encoder, ModelError};
use std::{error::Error, fs, path::Path};
use tokenizers::{Tokenizer, TruncationParams};

type Outcome = Result<(), Box<dyn Error>>;

#[test]
fn vectors_equal_those_of_candles_bert() -> Outcome {
    let long = "It was on a dreary night of November that I beheld the accomplishment of my toils. ".repeat(30);
    let texts = ["", "Where is the lighthouse?", "Größe, naïveté & 東京: 3.14 €", "the book is on the table", &long];
    let dir = support::model("all-minilm-l6-v2");
    let ours = Encoder::load(&dir)?.encode(&texts)?;
    let reference = Reference::load(&dir)?;
    for (text, vector) in texts.iter().zip(&ours) {
        let expected = reference.encode(text)?;
        assert_eq!(vector.len(), Encoder::DIMS);
        let worst = vector.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-5, "{text:?}: off by {worst}");
        assert!(dot(vector, &expected) > 0.999_99, "{text:?}");
    }
    Ok(())
}

#[test]
fn a_text_has_one_vector_whatever_stands_beside_it() -> Outcome {
    let encoder = Encoder::load(&support::model("all-minilm-l6-v2"))?;
    let texts: Vec<String> = (1..40).map(|words| "a small word ".repeat(words * 2)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let together = encoder.encode(&texts)?;
    assert_eq!(together.len(), texts.len());
    for (text, vector) in texts.iter().zip(&together).step_by(7) {
        assert!(dot(&encoder.encode(&[text])?[0], vector) > 0.999_99);
    }
    assert!(encoder.encode(&[])?.is_empty());
    Ok(())
}

#[test]
fn likeness_of_meaning_counts_more_than_words() -> Outcome {
    let encoder = Encoder::load(&support::model("all-minilm-l6-v2"))?;
    let vectors = encoder.encode(&["How do I feed my cat?", "Nourishing a kitten", "How do I sell my car?"])?;
    assert!(dot(&vectors[0], &vectors[1]) > dot(&vectors[0], &vectors[2]));
    Ok(())
}

#[test]
fn a_missing_model_is_said_to_be_missing() {
    let error = Encoder::load(Path::new("/nowhere")).err();
    assert!(matches!(error, Some(ModelError::Missing(path)) if path.ends_with("config.json")));
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The same model run by candle's own code, one text at a time.
struct Reference {
    tokenizer: Tokenizer,
    model: BertModel,
}

impl Reference {
    fn load(dir: &Path) -> Result<Self, Box<dyn Error>> {
        let mut tokenizer = Tokenizer::from_file(dir.join("tokenizer.json")).map_err(|error| error.to_string())?;
        let truncation = TruncationParams { max_length: 256, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(|error| error.to_string())?;
        tokenizer.with_padding(None);
        let config: Config = serde_json::from_slice(&fs::read(dir.join("config.json"))?)?;
        let weights = fs::read(dir.join("model.safetensors"))?;
        let weights = VarBuilder::from_buffered_safetensors(weights, DType::F32, &Device::Cpu)?;
        Ok(Self { tokenizer, model: BertModel::load(weights, &config)? })
    }

    fn encode(&self, text: &str) -> Result<Vec<f32>, Box<dyn Error>> {
        let encoding = self.tokenizer.encode(text, true).map_err(|error| error.to_string())?;
        let ids = Tensor::new(encoding.get_ids(), &Device::Cpu)?.unsqueeze(0)?;
        let mean = self.model.forward(&ids, &ids.zeros_like()?, None)?.mean(1)?.squeeze(0)?;
        let length = mean.sqr()?.sum_all()?.sqrt()?;
        Ok(mean.broadcast_div(&length)?.to_vec1()?)
    }
}
