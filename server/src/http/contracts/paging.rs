//! Lists in pages, counted from 1.

use folio_core::Error;
use serde::Deserialize;

const USUAL_SIZE: u32 = 50;
const LARGEST_SIZE: u32 = 200;

/// Which page of a list.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct Paging {
    /// Counted from 1.
    #[param(nullable = false, value_type = i64, required = false, minimum = 1, maximum = 4_294_967_295_i64)]
    page: Option<u32>,
    /// 1 to 200; 50 if absent.
    #[param(nullable = false, minimum = 1, maximum = 200)]
    page_size: Option<u32>,
}

/// A page that there can be.
#[derive(Clone, Copy, Debug)]
pub struct PageOf {
    pub page: u32,
    pub size: u32,
}

impl Paging {
    pub fn checked(self) -> Result<PageOf, Error> {
        let (page, size) = (self.page.unwrap_or(1), self.page_size.unwrap_or(USUAL_SIZE));
        if page == 0 {
            return Err(Error::invalid("page", "Pages are counted from 1."));
        }
        if size == 0 || size > LARGEST_SIZE {
            return Err(Error::invalid("pageSize", format!("A page has 1 to {LARGEST_SIZE} items.")));
        }
        Ok(PageOf { page, size })
    }
}

impl PageOf {
    pub fn offset(self) -> u64 {
        u64::from(self.page - 1) * u64::from(self.size)
    }

    pub fn has_next(self, total: u64) -> bool {
        self.offset() + u64::from(self.size) < total
    }
}
