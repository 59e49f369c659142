//! PutObject or multipart, and how large each part is.
//!
//! OSS: at most 10,000 parts, 100 KB to 5 GB each (the last may be smaller), so an object ends at 48.8 TB.
//! <https://www.alibabacloud.com/help/en/oss/user-guide/limits>

use super::job::{HostLimits, Options};
use crate::error::{Code, Error};
use crate::json::{Read, Write};

/// The smallest part that is not the last, in bytes.
pub const MIN_PART_SIZE: u64 = 102_400;
/// The largest part, and the largest PutObject, in bytes.
pub const MAX_PART_SIZE: u64 = 5 << 30;
/// Part numbers end here.
pub const MAX_PARTS: u64 = 10_000;
/// The largest object, in bytes.
pub const MAX_OBJECT_SIZE: u64 = MAX_PARTS * MAX_PART_SIZE;
/// Part size where nobody asks for another, in bytes.
pub const DEFAULT_PART_SIZE: u64 = 16 << 20;

/// Part sizes are whole MiB where they have to grow: easier to read, and aligned for the source.
const STEP: u64 = 1 << 20;
/// Requests an upload needs beside its parts, with some retries.
const OTHER_REQUESTS: u32 = 12;
/// Of an unknown length each part holds this part of what came before it, or more: 10,000 of them are 880 GB even where all are
/// cut short.
const GROWTH: u64 = 1000;
/// After so many parts of one size an upload of unknown length doubles it. With 100, the sizes 16 MiB … 4 GiB take 900
/// parts and 9,100 are left for 5 GiB each: 48.8 TB still fit, and a stream of a few GB stays at small parts.
const PARTS_PER_SIZE: u32 = 100;

/// How one object is cut into parts.
#[derive(Debug, Clone, PartialEq, Eq, Read, Write)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    tag = "type"
)]
pub enum Plan {
    /// One PutObject.
    Put {
        /// Length in bytes.
        size: u64,
    },
    /// Equal parts; the last holds the rest.
    Parts {
        /// Length in bytes.
        size: u64,
        /// Part size in bytes.
        part_size: u64,
    },
    /// Parts of an unknown length: they grow.
    Growing {
        /// Size of the first parts in bytes.
        part_size: u64,
        /// Size they may grow to in bytes.
        max_part_size: u64,
    },
}

impl Plan {
    /// Whether an object can be cut so.
    pub(super) fn is_possible(&self) -> bool {
        let sizes = MIN_PART_SIZE..=MAX_PART_SIZE;
        match self {
            Plan::Put { size } => *size <= MAX_PART_SIZE,
            Plan::Parts { size, part_size } => {
                let parts = u64::from(self.count().unwrap_or(u32::MAX));
                *size <= MAX_OBJECT_SIZE && sizes.contains(part_size) && parts <= MAX_PARTS
            }
            Plan::Growing {
                part_size,
                max_part_size,
            } => sizes.contains(part_size) && sizes.contains(max_part_size),
        }
    }

    /// Parts in all, where the length is known.
    pub fn count(&self) -> Option<u32> {
        match self {
            Plan::Put { .. } => Some(1),
            Plan::Parts { size, part_size } => {
                u32::try_from(size.div_ceil((*part_size).max(1))).ok()
            }
            Plan::Growing { .. } => None,
        }
    }

    /// Length in bytes, where it is known.
    pub fn size(&self) -> Option<u64> {
        match self {
            Plan::Put { size } | Plan::Parts { size, .. } => Some(*size),
            Plan::Growing { .. } => None,
        }
    }

    /// The most bytes that part `number` (from 1) may hold.
    pub fn part_limit(&self, number: u32) -> u64 {
        match self {
            Plan::Put { size } => *size,
            Plan::Parts { part_size, .. } => *part_size,
            Plan::Growing {
                part_size,
                max_part_size,
            } => {
                let doublings = number.saturating_sub(1) / PARTS_PER_SIZE;
                let grown =
                    part_size.saturating_mul(1u64.checked_shl(doublings).unwrap_or(u64::MAX));
                grown.min(*max_part_size)
            }
        }
    }

    /// The fewest bytes that part `number` (from 1) may hold where memory is short and the source is read in order: behind
    /// `offset` bytes the parts that are left must still do for all that may follow.
    pub fn part_least(&self, number: u32, offset: u64, host: &HostLimits) -> u64 {
        let limit = self.part_limit(number);
        let left = u64::from(max_parts(host).saturating_sub(number));
        let needed = match self {
            Plan::Put { .. } => 0,
            Plan::Parts { size, part_size } => size
                .saturating_sub(offset)
                .saturating_sub(left.saturating_mul(*part_size)),
            Plan::Growing { .. } => offset / GROWTH,
        };
        needed.max(MIN_PART_SIZE).min(limit)
    }

    /// Offset and length of part `number` (from 1) where every part before it is full. Of a known length it is what
    /// [`Plan::part`] says; of an unknown one the part may end earlier, and then it is the last.
    pub fn span(&self, number: u32) -> Option<(u64, u64)> {
        let Plan::Growing { .. } = self else {
            return self.part(number);
        };
        let before = number.checked_sub(1)?;
        if u64::from(number) > MAX_PARTS {
            return None;
        }
        let (mut offset, mut left, mut first) = (0u64, before, 1u32);
        while left > 0 {
            let parts = left.min(PARTS_PER_SIZE);
            let bytes = self.part_limit(first).saturating_mul(parts.into());
            offset = offset.saturating_add(bytes);
            left = left.saturating_sub(parts);
            first = first.saturating_add(parts);
        }
        Some((offset, self.part_limit(number)))
    }

    /// Offset and length of part `number` (from 1), where the length is known and there is such a part.
    pub fn part(&self, number: u32) -> Option<(u64, u64)> {
        let size = self.size()?;
        let limit = self.part_limit(number);
        let offset = limit.checked_mul(u64::from(number.checked_sub(1)?))?;
        let rest = size.checked_sub(offset)?;
        (rest > 0).then_some((offset, rest.min(limit)))
    }
}

/// What has to be moved: how long, and whether each part passes through a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Length in bytes, if it is known.
    pub size: Option<u64>,
    /// Parts wait in a buffer: the source has no ranges, or the host cannot stream an exact length.
    pub buffered: bool,
}

/// Whether so many bytes may be uploaded at all.
///
/// # Errors
/// `TooLarge`.
pub fn check_allowed(bytes: u64, options: &Options) -> Result<(), Error> {
    match options.max_bytes {
        Some(most) if bytes > most => {
            let message = format!("the source has {bytes} bytes or more; `maxBytes` allows {most}");
            Err(Error::new(Code::TooLarge, message))
        }
        _ => Ok(()),
    }
}

/// What a first part holds, as long as the size of the source is unknown.
pub(super) fn first_part(options: &Options, host: &HostLimits) -> u64 {
    let wanted = options.part_size.unwrap_or(DEFAULT_PART_SIZE);
    match host.buffers_parts {
        true => wanted.min(buffered_part_size(host)),
        false => wanted,
    }
}

fn buffered_part_size(host: &HostLimits) -> u64 {
    host.buffer_bytes.clamp(MIN_PART_SIZE, MAX_PART_SIZE)
}

/// What can be carried, where that is less than OSS takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanLimits {
    /// The largest part, in bytes: 102,400 to 5 GiB.
    pub max_part_size: u64,
    /// The most parts: 1 to 10,000.
    pub max_parts: u32,
}

impl Default for PlanLimits {
    fn default() -> Self {
        PlanLimits {
            max_part_size: MAX_PART_SIZE,
            max_parts: 10_000,
        }
    }
}

/// Plans an object of `size` bytes, or of a size that is not known, in parts of `part_size` (16 MiB where it is not said), or
/// larger where 10,000 of these would not do. What fits into one part is a PutObject.
///
/// ```
/// use vodlift::upload::plan::{Plan, PlanLimits, plan_parts};
///
/// let plan = plan_parts(Some(40 << 20), None, PlanLimits::default())?;
/// assert_eq!(plan, Plan::Parts { size: 40 << 20, part_size: 16 << 20 });
/// assert_eq!(plan.count(), Some(3));
/// assert_eq!(plan.part(3), Some((32 << 20, 8 << 20)));
///
/// let unknown = plan_parts(None, Some(1 << 20), PlanLimits::default())?;
/// assert_eq!(unknown.count(), None);
/// assert_eq!(unknown.span(101), Some((100 << 20, 2 << 20)));
/// # Ok::<(), vodlift::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` (`partSize`, `maxPartSize`, `maxParts`), `EmptySource`, `TooLarge` (beyond OSS, 48.8 TiB, or beyond the
/// limits).
pub fn plan_parts(
    size: Option<u64>,
    part_size: Option<u64>,
    limits: PlanLimits,
) -> Result<Plan, Error> {
    let part_size = check_part_size("partSize", part_size.unwrap_or(DEFAULT_PART_SIZE))?;
    let max_part_size = check_part_size("maxPartSize", limits.max_part_size)?;
    let max_parts = u64::from(limits.max_parts);
    if !(1..=MAX_PARTS).contains(&max_parts) {
        let rule = format!("must be 1 to {MAX_PARTS}, got {max_parts}");
        return Err(Error::invalid("maxParts", rule));
    }
    let Some(size) = size else {
        return Ok(Plan::Growing {
            part_size: part_size.min(max_part_size),
            max_part_size,
        });
    };
    if size == 0 {
        return Err(empty_source());
    }
    if size > MAX_OBJECT_SIZE {
        return Err(Error::new(
            Code::TooLarge,
            format!("the source has {size} bytes; OSS takes at most {MAX_OBJECT_SIZE}"),
        ));
    }
    let needed = size.div_ceil(max_parts);
    let part_size = if needed > part_size {
        needed
            .div_ceil(STEP)
            .saturating_mul(STEP)
            .min(MAX_PART_SIZE)
    } else {
        part_size.min(max_part_size)
    };
    if part_size > max_part_size || size.div_ceil(part_size) > max_parts {
        return Err(Error::new(
            Code::TooLarge,
            format!(
                "{size} bytes need parts of {needed} bytes, but this host carries {max_part_size} a part and {max_parts} parts"
            ),
        ));
    }
    Ok(if size <= part_size {
        Plan::Put { size }
    } else {
        Plan::Parts { size, part_size }
    })
}

/// Plans an object for a host.
///
/// # Errors
/// `InvalidArgument` (`partSize`), `EmptySource`, `TooLarge` (beyond OSS, or beyond what the host can buffer).
pub fn plan(shape: Shape, options: &Options, host: &HostLimits) -> Result<Plan, Error> {
    if let Some(size) = options.part_size {
        check_part_size("partSize", size)?;
    }
    check_allowed(shape.size.unwrap_or(0), options)?;
    let max_part_size = match shape.buffered {
        true => buffered_part_size(host),
        false => MAX_PART_SIZE,
    };
    let limits = PlanLimits {
        max_part_size,
        max_parts: max_parts(host),
    };
    plan_parts(shape.size, options.part_size, limits)
}

/// Parts in flight at once when the next one holds `part_size` bytes.
pub fn concurrency(options: &Options, host: &HostLimits, part_size: u64, buffered: bool) -> u32 {
    let wanted = options
        .concurrency
        .unwrap_or(host.concurrency)
        .min(host.max_concurrency);
    let room = if buffered {
        host.buffer_bytes.checked_div(part_size).unwrap_or(u64::MAX)
    } else {
        u64::MAX
    };
    wanted.min(u32::try_from(room).unwrap_or(u32::MAX)).max(1)
}

/// The refusal of a source without a byte.
pub fn empty_source() -> Error {
    Error::new(
        Code::EmptySource,
        "the source is empty (0 bytes), and VOD media must hold at least 1 byte",
    )
}

fn check_part_size(field: &str, size: u64) -> Result<u64, Error> {
    match (MIN_PART_SIZE..=MAX_PART_SIZE).contains(&size) {
        true => Ok(size),
        false => Err(Error::invalid(
            field,
            format!(
                "must be {MIN_PART_SIZE} to {MAX_PART_SIZE} bytes (100 KB to 5 GB), got {size}"
            ),
        )),
    }
}

/// A ranged part costs two requests, a GET and a PUT; one in ten may be tried again.
fn max_parts(host: &HostLimits) -> u32 {
    let most = PlanLimits::default().max_parts;
    let Some(requests) = host.subrequests else {
        return most;
    };
    let for_parts = requests.saturating_sub(OTHER_REQUESTS);
    (for_parts.saturating_mul(10) / 22).clamp(1, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> HostLimits {
        HostLimits {
            concurrency: 4,
            max_concurrency: 16,
            buffer_bytes: 256 << 20,
            buffers_parts: false,
            subrequests: None,
            origin: None,
        }
    }

    fn ranged(size: u64) -> Result<Plan, Error> {
        plan(
            Shape {
                size: Some(size),
                buffered: false,
            },
            &Options::default(),
            &node(),
        )
    }

    #[test]
    fn one_part_or_less_is_one_put_object() {
        assert_eq!(ranged(1), Ok(Plan::Put { size: 1 }));
        assert_eq!(
            ranged(DEFAULT_PART_SIZE),
            Ok(Plan::Put {
                size: DEFAULT_PART_SIZE
            })
        );
    }

    #[test]
    fn one_byte_more_than_a_part_is_two_parts() {
        let plan = ranged(DEFAULT_PART_SIZE + 1).unwrap();
        assert_eq!(plan.count(), Some(2));
        assert_eq!(plan.part(2), Some((DEFAULT_PART_SIZE, 1)));
        assert_eq!(plan.part(3), None);
    }

    #[test]
    fn the_largest_object_takes_ten_thousand_parts_of_five_gib() {
        let plan = ranged(MAX_OBJECT_SIZE).unwrap();
        assert_eq!(
            plan,
            Plan::Parts {
                size: MAX_OBJECT_SIZE,
                part_size: MAX_PART_SIZE
            }
        );
        assert_eq!(plan.count(), Some(10_000));
        assert_eq!(
            ranged(MAX_OBJECT_SIZE + 1).unwrap_err().code,
            Code::TooLarge
        );
    }

    #[test]
    fn an_unknown_length_still_fits_48_8_tb() {
        let options = Options::default();
        let plan = plan(
            Shape {
                size: None,
                buffered: false,
            },
            &options,
            &node(),
        )
        .unwrap();
        let all: u64 = (1..=10_000).map(|n| plan.part_limit(n)).sum();
        assert!(all >= 48_800_000_000_000, "only {all} bytes fit");
        assert_eq!(plan.part_limit(100), DEFAULT_PART_SIZE);
        assert_eq!(plan.part_limit(101), 2 * DEFAULT_PART_SIZE);
        assert_eq!(plan.part_limit(10_000), MAX_PART_SIZE);
    }

    #[test]
    fn spans_of_an_unknown_length_follow_one_another() {
        let plan = plan_parts(None, Some(MIN_PART_SIZE), PlanLimits::default()).unwrap();
        let mut end = 0;
        for number in 1..=10_000 {
            let (offset, length) = plan.span(number).unwrap();
            assert_eq!((offset, length), (end, plan.part_limit(number)), "{number}");
            end = offset + length;
        }
        assert_eq!((plan.span(0), plan.span(10_001)), (None, None));
        let known = ranged(DEFAULT_PART_SIZE + 1).unwrap();
        assert_eq!(known.span(2), known.part(2));
        assert_eq!(known.span(3), None);
    }

    #[test]
    fn limits_of_ones_own_are_kept_to_and_have_limits() {
        let with = |max_part_size, max_parts| {
            let limits = PlanLimits {
                max_part_size,
                max_parts,
            };
            plan_parts(Some(100 << 20), None, limits)
        };
        let parts = |part_size| {
            Ok(Plan::Parts {
                size: 100 << 20,
                part_size,
            })
        };
        assert_eq!(with(MIN_PART_SIZE, 10_000), parts(MIN_PART_SIZE));
        assert_eq!(with(MAX_PART_SIZE, 3), parts(34 << 20));
        assert_eq!(with(MAX_PART_SIZE, 1), Ok(Plan::Put { size: 100 << 20 }));
        assert_eq!(with(MIN_PART_SIZE, 2).unwrap_err().code, Code::TooLarge);
        for (wrong, field) in [
            (with(MIN_PART_SIZE - 1, 1), "maxPartSize"),
            (with(MAX_PART_SIZE + 1, 1), "maxPartSize"),
            (with(MAX_PART_SIZE, 0), "maxParts"),
            (with(MAX_PART_SIZE, 10_001), "maxParts"),
        ] {
            let message = wrong.unwrap_err().message;
            assert!(
                message.starts_with(&format!("`{field}` must be")),
                "{message}"
            );
        }
    }

    #[test]
    fn buffered_parts_never_outgrow_the_host() {
        let plan = plan(
            Shape {
                size: None,
                buffered: true,
            },
            &Options::default(),
            &node(),
        )
        .unwrap();
        assert_eq!(plan.part_limit(10_000), 256 << 20);
        assert_eq!(
            concurrency(&Options::default(), &node(), 256 << 20, true),
            1
        );
        assert_eq!(concurrency(&Options::default(), &node(), 16 << 20, true), 4);
    }

    #[test]
    fn few_subrequests_make_large_parts() {
        let host = HostLimits {
            subrequests: Some(50),
            ..node()
        };
        let plan = plan(
            Shape {
                size: Some(10 << 30),
                buffered: false,
            },
            &Options::default(),
            &host,
        )
        .unwrap();
        assert!(plan.count().unwrap() <= 17, "{plan:?}");
    }

    #[test]
    fn a_part_size_outside_the_limits_is_refused_by_name() {
        for size in [0, MIN_PART_SIZE - 1, MAX_PART_SIZE + 1] {
            let options = Options {
                part_size: Some(size),
                ..Options::default()
            };
            let error = plan(
                Shape {
                    size: Some(1),
                    buffered: false,
                },
                &options,
                &node(),
            )
            .unwrap_err();
            assert_eq!(error.code, Code::InvalidArgument);
            assert!(
                error
                    .message
                    .starts_with("`partSize` must be 102400 to 5368709120 bytes"),
                "{}",
                error.message
            );
        }
    }

    #[test]
    fn an_empty_source_is_refused() {
        assert_eq!(ranged(0).unwrap_err().code, Code::EmptySource);
    }
}
