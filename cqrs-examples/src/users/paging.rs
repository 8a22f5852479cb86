//! Page and page size as types that parse, so that no query is ever asked for page 0.

use serde::{Deserialize, Serialize};

/// The number of a page, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32")]
pub struct Page(u32);

/// How many a page holds, from 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32")]
pub struct PageSize(u32);

/// A number that is none of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutOfBounds {
    /// Pages are counted from 1.
    #[error("`page` is at least 1, not {0}")]
    Page(u32),
    /// A page holds something, and not everything.
    #[error("`page_size` is from 1 to 100, not {0}")]
    PageSize(u32),
}

impl Page {
    /// How many come before it, on pages of this size.
    #[must_use]
    pub fn offset(self, size: PageSize) -> u64 {
        u64::from(self.0 - 1) * u64::from(size.0)
    }
}

impl PageSize {
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

impl Default for PageSize {
    fn default() -> Self {
        PageSize(20)
    }
}

impl TryFrom<u32> for Page {
    type Error = OutOfBounds;

    fn try_from(number: u32) -> Result<Self, OutOfBounds> {
        if number == 0 { Err(OutOfBounds::Page(number)) } else { Ok(Page(number)) }
    }
}

impl TryFrom<u32> for PageSize {
    type Error = OutOfBounds;

    fn try_from(number: u32) -> Result<Self, OutOfBounds> {
        if (1..=100).contains(&number) { Ok(PageSize(number)) } else { Err(OutOfBounds::PageSize(number)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_there_can_be_has_an_offset() {
        let (last, largest) = (Page::try_from(u32::MAX).unwrap(), PageSize::try_from(100).unwrap());
        assert_eq!(last.offset(largest), 429_496_729_400);
        assert_eq!(Page::default().offset(largest), 0);
    }

    #[test]
    fn what_is_out_of_bounds_does_not_parse() {
        assert_eq!(Page::try_from(0), Err(OutOfBounds::Page(0)));
        assert_eq!(PageSize::try_from(0), Err(OutOfBounds::PageSize(0)));
        assert_eq!(PageSize::try_from(101), Err(OutOfBounds::PageSize(101)));
        assert!(serde_json::from_str::<Page>("-1").is_err());
        assert!(serde_json::from_str::<Page>("1.5").is_err());
    }
}
