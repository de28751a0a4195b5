//! Reading tensors of a safetensors file by name.

use safetensors::{Dtype, SafeTensors, tensor::TensorView};

/// The tensors of a file whose names begin alike.
pub(super) struct Weights<'a> {
    file: std::rc::Rc<SafeTensors<'a>>,
    prefix: String,
}

impl<'a> Weights<'a> {
    pub fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        Ok(Self { file: file.into(), prefix: String::new() })
    }

    pub fn under(&self, prefix: &str) -> Self {
        Self { file: self.file.clone(), prefix: format!("{}{prefix}.", self.prefix) }
    }

    /// The numbers of a tensor that must have this shape.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        let tensor = self.find(name)?;
        if tensor.shape() != shape {
            return Err(format!("{}{name} has the shape {:?}, not {shape:?}", self.prefix, tensor.shape()));
        }
        self.numbers(name, &tensor)
    }

    /// The numbers of a matrix of any height.
    pub fn rows(&self, name: &str, width: usize) -> Result<Vec<f32>, String> {
        let tensor = self.find(name)?;
        match tensor.shape() {
            [_, columns] if *columns == width => self.numbers(name, &tensor),
            other => Err(format!("{}{name} has the shape {other:?}, not [_, {width}]", self.prefix)),
        }
    }

    fn find(&self, name: &str) -> Result<TensorView<'a>, String> {
        let name = format!("{}{name}", self.prefix);
        self.file.tensor(&name).map_err(|error| format!("{name}: {error}"))
    }

    fn numbers(&self, name: &str, tensor: &TensorView<'a>) -> Result<Vec<f32>, String> {
        if tensor.dtype() != Dtype::F32 {
            return Err(format!("{}{name} is not of 32-bit numbers", self.prefix));
        }
        let (numbers, _) = tensor.data().as_chunks::<4>();
        Ok(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }
}
