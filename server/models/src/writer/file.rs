//! What a GGUF file holds: settings and tensors, by name.

use super::packed::Packed;
use candle_core::{
    Context, Device, Result, bail,
    quantized::{
        QTensor,
        gguf_file::{Content, Value},
    },
};
use std::io::{Read, Seek};

/// The settings under the name of the file's architecture.
pub(super) struct Settings<'a> {
    content: &'a Content,
    pub architecture: &'a str,
}

impl<'a> Settings<'a> {
    pub fn read(content: &'a Content) -> Result<Self> {
        let architecture = content.metadata.get("general.architecture").context("no architecture is named")?;
        Ok(Self { content, architecture: architecture.to_string()? })
    }

    pub fn size(&self, key: &str) -> Result<usize> {
        Ok(self.value(key)?.to_u32()? as usize)
    }

    pub fn number(&self, key: &str) -> Result<f32> {
        self.value(key)?.to_f32()
    }

    fn value(&self, key: &str) -> Result<&'a Value> {
        let key = format!("{}.{key}", self.architecture);
        self.content.metadata.get(&key).with_context(|| format!("{key} is not given"))
    }
}

/// The tensors whose names begin alike.
pub(super) struct Tensors<'a, R> {
    pub content: &'a Content,
    pub file: &'a mut R,
    pub prefix: String,
}

impl<R: Read + Seek> Tensors<'_, R> {
    /// These matrices, packed as one of `height` rows and `columns`.
    pub fn packed<const N: usize>(&mut self, names: [&str; N], height: usize, columns: usize) -> Result<Packed> {
        let parts = names.into_iter().map(|name| self.read(name)).collect::<Result<Vec<_>>>()?;
        let packed = Packed::pack(&parts)?;
        if (packed.height(), packed.columns()) != (height, columns) {
            bail!("{}{} has another size than the settings say", self.prefix, names.concat());
        }
        Ok(packed)
    }

    pub fn vector(&mut self, name: &str, length: usize) -> Result<Vec<f32>> {
        self.vectors([name], length)
    }

    /// These vectors, one after the other, of `length` numbers together; nothing if they are not in the file.
    pub fn vectors_if_any<const N: usize>(&mut self, names: [&str; N], length: usize) -> Result<Vec<f32>> {
        if names.into_iter().any(|name| self.has(name)) { self.vectors(names, length) } else { Ok(Vec::new()) }
    }

    fn vectors<const N: usize>(&mut self, names: [&str; N], length: usize) -> Result<Vec<f32>> {
        let part = |name| self.read(name)?.dequantize(&Device::Cpu)?.to_vec1();
        let numbers = names.into_iter().map(part).collect::<Result<Vec<_>>>()?.concat();
        if numbers.len() != length {
            bail!("{}{} has another length than the settings say", self.prefix, names.concat());
        }
        Ok(numbers)
    }

    /// How many rows a matrix has.
    pub fn height(&self, name: &str) -> Result<usize> {
        let tensor = self.content.tensor_infos.get(&self.full(name));
        Ok(tensor.with_context(|| format!("{name} is missing"))?.shape.dims2()?.0)
    }

    pub fn has(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(&self.full(name))
    }

    fn read(&mut self, name: &str) -> Result<QTensor> {
        self.content.tensor(self.file, &self.full(name), &Device::Cpu)
    }

    fn full(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}
