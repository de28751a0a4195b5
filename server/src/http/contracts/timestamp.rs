//! Times as every contract writes them.

use folio_types::Millis;
use serde::{Serialize, Serializer, ser::Error};
use std::borrow::Cow;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// A time in UTC, on the wire as RFC 3339 with a `Z`.
#[derive(Clone, Copy, Debug)]
pub struct Timestamp(pub Millis);

impl Timestamp {
    fn utc(self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000).ok()
    }

    /// The day in UTC, `YYYY-MM-DD`.
    pub fn day(self) -> String {
        self.utc().map(|at| at.date().to_string()).unwrap_or_default()
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = self.utc().ok_or_else(|| S::Error::custom("a time beyond all calendars"))?;
        serializer.serialize_str(&at.format(&Rfc3339).map_err(S::Error::custom)?)
    }
}

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .examples(["2026-03-31T10:21:04Z"])
            .into()
    }
}

impl ToSchema for Timestamp {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Timestamp")
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn times_are_utc_with_a_z() {
        assert_eq!(serde_json::to_value(Timestamp(0)).expect("JSON"), "1970-01-01T00:00:00Z");
        assert_eq!(serde_json::to_value(Timestamp(1_774_952_464_120)).expect("JSON"), "2026-03-31T10:21:04.12Z");
        assert_eq!(Timestamp(1_774_952_464_120).day(), "2026-03-31");
        assert!(serde_json::to_value(Timestamp(i64::MAX)).is_err());
    }
}
