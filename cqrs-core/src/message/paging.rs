//! Page and page size as types that parse, so that no query is ever asked for page 0.

use serde::{Deserialize, Serialize};

/// The number of a page, from 1; the first, unless said otherwise.
///
/// As fields of a query they are what a client writes into a query string, `?page=2&page_size=50`, and what stands in the
/// OpenAPI document with its bounds:
///
/// ```
/// use cqrs_core::{Page, PageSize, handler, query};
/// use serde::{Deserialize, Serialize};
///
/// /// Lists orders by number.
/// #[query(output = Vec<u64>, wire)]
/// #[derive(Default, Serialize, Deserialize)]
/// #[serde(default, deny_unknown_fields)]
/// struct ListOrders {
///     /// From 1.
///     page: Page,
///     /// From 1 to 50.
///     page_size: PageSize<50, 10>,
/// }
///
/// #[handler]
/// fn list(query: ListOrders) -> Vec<u64> {
///     let (offset, limit) = (query.page.offset(query.page_size), query.page_size.limit());
///     (1..=1000).skip(offset as usize).take(limit as usize).collect()
/// }
///
/// assert_eq!(list(ListOrders::default()).len(), 10);
/// let second: ListOrders = serde_json::from_str(r#"{"page":2,"page_size":2}"#).unwrap();
/// assert_eq!(list(second), [3, 4]);
/// assert!(serde_json::from_str::<ListOrders>(r#"{"page":0}"#).is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32")]
pub struct Page(u32);

/// How many a page holds, from 1 to `MOST`; `USUAL`, unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32")]
pub struct PageSize<const MOST: u32 = 100, const USUAL: u32 = 20>(u32);

/// A number that is no page, or no page's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutOfBounds {
    /// Pages are counted from 1.
    #[error("a page is at least 1, not {0}")]
    Page(u32),
    /// A page holds something, and not everything.
    #[error("a page holds from 1 to {most}, not {size}")]
    PageSize {
        /// What was asked for.
        size: u32,
        /// What is allowed.
        most: u32,
    },
}

impl Page {
    /// The number.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }

    /// How many come before it, on pages of this size; as databases count, at most `i64::MAX`, which is past the end of any
    /// table.
    #[must_use]
    pub fn offset<const MOST: u32, const USUAL: u32>(self, size: PageSize<MOST, USUAL>) -> i64 {
        i64::try_from(u64::from(self.0 - 1) * u64::from(size.0)).unwrap_or(i64::MAX)
    }
}

impl<const MOST: u32, const USUAL: u32> PageSize<MOST, USUAL> {
    /// Whether the usual size is one.
    const SOUND: () = assert!(1 <= USUAL && USUAL <= MOST, "the usual size of a page is from 1 to the largest");

    /// As a number.
    #[must_use]
    pub fn limit(self) -> u32 {
        self.0
    }
}

impl Default for Page {
    fn default() -> Self {
        Page(1)
    }
}

impl<const MOST: u32, const USUAL: u32> Default for PageSize<MOST, USUAL> {
    fn default() -> Self {
        const { Self::SOUND };
        PageSize(USUAL)
    }
}

impl TryFrom<u32> for Page {
    type Error = OutOfBounds;

    fn try_from(number: u32) -> Result<Self, OutOfBounds> {
        if number == 0 { Err(OutOfBounds::Page(number)) } else { Ok(Page(number)) }
    }
}

impl<const MOST: u32, const USUAL: u32> TryFrom<u32> for PageSize<MOST, USUAL> {
    type Error = OutOfBounds;

    fn try_from(size: u32) -> Result<Self, OutOfBounds> {
        if (1..=MOST).contains(&size) { Ok(PageSize(size)) } else { Err(OutOfBounds::PageSize { size, most: MOST }) }
    }
}

#[cfg(feature = "http")]
mod described {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{Page, PageSize};

    impl JsonSchema for Page {
        fn inline_schema() -> bool {
            true
        }

        fn schema_name() -> Cow<'static, str> {
            "Page".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({ "type": "integer", "format": "uint32", "minimum": 1, "default": 1 })
        }
    }

    impl<const MOST: u32, const USUAL: u32> JsonSchema for PageSize<MOST, USUAL> {
        fn inline_schema() -> bool {
            true
        }

        fn schema_name() -> Cow<'static, str> {
            format!("PageSize{MOST}").into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({ "type": "integer", "format": "uint32", "minimum": 1, "maximum": MOST, "default": USUAL })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_there_can_be_has_an_offset() {
        let (last, largest) = (Page::try_from(u32::MAX).unwrap(), <PageSize>::try_from(100).unwrap());
        assert_eq!((last.offset(largest), last.number()), (429_496_729_400, u32::MAX));
        assert_eq!(Page::default().offset(largest), 0);
        assert_eq!(last.offset(PageSize::<{ u32::MAX }, 1>(u32::MAX)), i64::MAX);
    }

    #[test]
    fn what_is_out_of_bounds_does_not_parse() {
        assert_eq!(Page::try_from(0), Err(OutOfBounds::Page(0)));
        assert_eq!(<PageSize>::try_from(0), Err(OutOfBounds::PageSize { size: 0, most: 100 }));
        assert_eq!(<PageSize<7, 7>>::try_from(8).unwrap_err().to_string(), "a page holds from 1 to 7, not 8");
        assert_eq!((<PageSize>::default().limit(), <PageSize<7, 5>>::default().limit()), (20, 5));
        assert!(serde_json::from_str::<Page>("-1").is_err());
        assert!(serde_json::from_str::<Page>("1.5").is_err());
    }
}
