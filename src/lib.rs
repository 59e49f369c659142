//! vodlift's core: it signs, decodes, plans and supervises uploads into ApsaraVideo VOD.
//!
//! It is fully deterministic and does no IO: no clock, no randomness, no network, no promise. Time and entropy are
//! arguments; requests go out and replies come in as data. Same events, same effects, always.
//!
//! Read in this order: [`upload`] (the contract between core and host, and the machine behind it), [`vod`] and [`oss`]
//! (one wire concept per file; what they share is in `wire`), [`source`] (what may be fetched, and whether what came is what was asked for), [`playlist`]
//! (the URIs of an HLS playlist). With the feature `web`, and only for wasm32, `web` runs uploads on `fetch`: clock, randomness
//! and promises live there.

// Tests may be as blunt as they like; what ships may not.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod clock;
pub mod encode;
pub mod error;
mod few;
pub mod http;
mod idn;
mod json;
pub mod limits;
#[cfg(not(target_arch = "wasm32"))]
pub mod options;
pub mod oss;
pub mod playlist;
pub mod secret;
pub mod source;
mod text;
pub mod time;
pub mod upload;
pub mod vod;
pub mod wire;
// One door at a time: every `#[wasm_bindgen]` export of a dependency ends up in a Rust user's own wasm, under its own name.
#[cfg(all(target_arch = "wasm32", not(feature = "web")))]
mod wasm;
#[cfg(all(target_arch = "wasm32", not(feature = "web")))]
mod wasm_oss;
#[cfg(all(target_arch = "wasm32", feature = "web"))]
pub mod web;

pub use error::{Code, Error, ErrorClass};
