//! The source: what may be fetched, and whether what came is what was asked for.
//!
//! Read in this order: [`guard`] (which URL, address and redirect may be fetched), [`hosts`] (a caller's own lists of hosts),
//! [`probe`] (what the first reply tells), [`range`] (whether a reply is exactly the range that was asked for), `kind` (what it looks like) and `sniff` (what its first bytes prove), `disposition` (a file name from a header), `cookies` (those set by redirects),
//! [`access`] (what other hosts are asked with), `address` (which IP addresses are public).

pub mod access;
mod address;
pub(crate) mod cookies;
pub(crate) mod disposition;
pub mod guard;
pub mod hosts;
pub(crate) mod kind;
pub mod probe;
pub mod range;
pub mod reply;
pub(crate) mod sniff;
