//! Pictures, made anew from their pixels: whatever else was in the file (places, cameras, scripts) is left behind.

use super::unreadable;
use crate::ExtractError;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use std::path::Path;

/// Pixels of a picture that is decoded.
const MOST_PIXELS: u64 = 50_000_000;
/// Bytes that decoding may take; the process has a little more.
const MOST_BYTES: u64 = 512 << 20;
const QUALITY: u8 = 85;

/// A picture with at most `side` pixels on each side, upright: a PNG where it was one or is transparent, else a JPEG.
pub(crate) fn fitted(file: &Path, side: u32) -> Result<Vec<u8>, ExtractError> {
    let mut reader = ImageReader::open(file).and_then(ImageReader::with_guessed_format).map_err(unreadable)?;
    let format = reader.format().ok_or(ExtractError::NotAPicture)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(ExtractError::TooManyPixels(MOST_PIXELS));
    }
    // a picture whose notes cannot be read stays as it lies
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    picture.apply_orientation(orientation);
    if width.max(height) > side {
        picture = picture.resize(side, side, FilterType::Triangle);
    }
    encoded(&picture, format == ImageFormat::Png || picture.color().has_alpha())
}

fn encoded(picture: &DynamicImage, exactly: bool) -> Result<Vec<u8>, ExtractError> {
    let mut bytes = Vec::new();
    let written = match (exactly, picture.color().has_alpha()) {
        (true, true) => picture.to_rgba8().write_with_encoder(PngEncoder::new(&mut bytes)),
        (true, false) => picture.to_rgb8().write_with_encoder(PngEncoder::new(&mut bytes)),
        (false, _) => picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY)),
    };
    written.map_err(|error| ExtractError::Reader(error.to_string()))?;
    Ok(bytes)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn damaged(error: ImageError) -> ExtractError {
    match error {
        ImageError::Limits(_) => ExtractError::TooManyPixels(MOST_PIXELS),
        ImageError::Unsupported(_) => ExtractError::NotAPicture,
        _ => ExtractError::Damaged("its pixels cannot be read".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::RgbImage;

    fn written(name: &str, picture: &RgbImage) -> tempfile::TempPath {
        let file = tempfile::Builder::new().suffix(name).tempfile().expect("a file").into_temp_path();
        picture.save(&file).expect("it is written");
        file
    }

    #[test]
    fn a_picture_is_made_anew_within_its_bounds() {
        for (name, format) in [(".png", ImageFormat::Png), (".jpg", ImageFormat::Jpeg)] {
            let file = written(name, &RgbImage::new(400, 100));
            let small = fitted(&file, 200).expect("a picture");
            assert_eq!(image::guess_format(&small).expect("known"), format);
            let small = image::load_from_memory(&small).expect("a picture");
            assert_eq!((small.width(), small.height()), (200, 50));
            let same = image::load_from_memory(&fitted(&file, 1000).expect("a picture")).expect("a picture");
            assert_eq!(same.width(), 400, "it is never made larger");
        }
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let file = tempfile::NamedTempFile::new().expect("a file").into_temp_path();
        for (content, reason) in [
            (&b"just text"[..], ExtractError::NotAPicture),
            (b"\x89PNG\r\n\x1a\nand no more", ExtractError::Damaged("its pixels cannot be read".to_owned())),
        ] {
            std::fs::write(&file, content).expect("it is written");
            assert_eq!(fitted(&file, 100), Err(reason));
        }
    }
}
