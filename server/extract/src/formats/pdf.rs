//! PDF, by `PDFium`.

use super::{pdf_text, unreadable};
use crate::ExtractError;
use crate::wire::Sink;
use folio_types::Format;
use image::DynamicImage;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use pdfium_render::prelude::{
    PdfDocument, PdfDocumentMetadataTagType, PdfPage, PdfRenderConfig, Pdfium, PdfiumError, PdfiumInternalError,
};
use std::io::Write;
use std::path::Path;

/// The most pixels of a picture.
const MAX_PIXELS: f32 = 16_000_000.0;

pub(crate) fn read(file: &Path, library: &Path, sink: &mut Sink<impl Write>) -> Result<(), ExtractError> {
    let pdfium = bind(library)?;
    let document = pdfium.load_pdf_from_file(file, None).map_err(not_opened)?;
    let count = page_count(&document)?;
    let about = |tag| document.metadata().get(tag).map(|tag| tag.value().to_owned());
    let title = about(PdfDocumentMetadataTagType::Title);
    let author = about(PdfDocumentMetadataTagType::Author);
    sink.opened(Some(count), title.as_deref(), author.as_deref())?;

    let (mut has_text, mut readable) = (false, 0);
    for (number, index) in (1..=count).zip(0..) {
        // A page that cannot be read must not shift the numbers of the others.
        let page = document.pages().get(index).ok();
        let text = page.as_ref().and_then(|page| Some(pdf_text::of(&page.text().ok()?)));
        readable += u32::from(text.is_some());
        let text = text.unwrap_or_default();
        has_text |= !text.is_empty();
        let own_number = number.to_string();
        let label = page.as_ref().and_then(PdfPage::label).filter(|label| *label != own_number);
        sink.page(number, label, text)?;
    }
    match (readable, has_text) {
        (0, _) => Err(ExtractError::Damaged("none of its pages can be read".to_owned())),
        (_, false) => Err(ExtractError::NoText(Format::Pdf)),
        _ => Ok(()),
    }
}

pub(crate) fn picture(file: &Path, library: &Path, number: u32, width: u32) -> Result<Vec<u8>, ExtractError> {
    let pdfium = bind(library)?;
    let document = pdfium.load_pdf_from_file(file, None).map_err(not_opened)?;
    let pages = page_count(&document)?;
    let index = number.checked_sub(1).filter(|index| *index < pages).and_then(|index| i32::try_from(index).ok());
    let index = index.ok_or(ExtractError::NoSuchPage { page: number, pages })?;
    let unpaintable = |_| ExtractError::Damaged(format!("page {number} cannot be drawn"));
    let page = document.pages().get(index).map_err(unpaintable)?;
    let (width, height) = picture_size(page.width().value, page.height().value, width)
        .ok_or_else(|| ExtractError::Damaged(format!("page {number} has no size")))?;
    let config = PdfRenderConfig::new().set_fixed_size(width, height).render_form_data(true);
    let picture = page.render_with_config(&config).and_then(|bitmap| bitmap.as_image()).map_err(unpaintable)?;

    let mut png = Vec::new();
    // Unfiltered text compresses best, and photographs are rare on pages.
    let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::NoFilter);
    let written = without_waste(picture).write_with_encoder(encoder);
    written.map_err(|error| ExtractError::Reader(error.to_string()))?;
    Ok(png)
}

/// Drops the transparency that a page does not have, and the colours if it has none: black on white takes half the bytes.
fn without_waste(picture: DynamicImage) -> DynamicImage {
    let picture = picture.into_rgb8();
    let is_grey = picture.pixels().all(|pixel| pixel.0[0] == pixel.0[1] && pixel.0[1] == pixel.0[2]);
    let picture = DynamicImage::ImageRgb8(picture);
    if is_grey { picture.into_luma8().into() } else { picture }
}

fn bind(library: &Path) -> Result<Pdfium, ExtractError> {
    if !library.exists() {
        return Err(ExtractError::NoPdfium(library.display().to_string()));
    }
    let bindings = Pdfium::bind_to_library(library).map_err(|error| match error {
        PdfiumError::LoadLibraryError(error) => ExtractError::Reader(error.to_string()),
        other => ExtractError::Reader(other.to_string()),
    })?;
    Ok(Pdfium::new(bindings))
}

fn not_opened(error: PdfiumError) -> ExtractError {
    use PdfiumInternalError::{PasswordError, SecurityError};
    match error {
        PdfiumError::PdfiumLibraryInternalError(PasswordError | SecurityError) => ExtractError::Encrypted(Format::Pdf),
        PdfiumError::IoError(error) => unreadable(error),
        _ => ExtractError::Damaged("it has no readable page list".to_owned()),
    }
}

fn page_count(document: &PdfDocument<'_>) -> Result<u32, ExtractError> {
    let count = u32::try_from(document.pages().len()).unwrap_or_default();
    if count == 0 { Err(ExtractError::Damaged("it has no pages".to_owned())) } else { Ok(count) }
}

/// Pixels for a page of this size in points, in its proportions, and never too many.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "bounded by MAX_PIXELS")]
fn picture_size(points_wide: f32, points_high: f32, width: u32) -> Option<(i32, i32)> {
    let proportion = points_high / points_wide;
    if !(proportion.is_finite() && proportion > 0.0) {
        return None;
    }
    let widest = (MAX_PIXELS / proportion).sqrt();
    let width = (width as f32).min(widest).max(1.0);
    let height = (width * proportion).clamp(1.0, MAX_PIXELS / width);
    Some((width as i32, height as i32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_keep_their_proportions_within_reason() {
        assert_eq!(picture_size(600.0, 800.0, 900), Some((900, 1200)));
        assert_eq!(picture_size(0.0, 800.0, 900), None);
        for (wide, high) in [(1.0, 14_400.0), (14_400.0, 1.0), (14_400.0, 14_400.0)] {
            let (width, height) = picture_size(wide, high, u32::MAX).expect("a size");
            assert!(i64::from(width) * i64::from(height) <= 16_000_000, "{width} × {height}");
        }
    }
}
