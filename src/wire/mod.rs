//! What both services have in common, and neither owns: the key that signs, endpoints, how a refusal is read, how a request
//! fails, and when it may be sent again.

pub(crate) mod credentials;
mod denial;
pub(crate) mod element;
pub(crate) mod endpoint;
pub(crate) mod entropy;
pub(crate) mod failure;
pub(crate) mod refusal;
pub mod refused;
pub mod retry;

pub use credentials::Credentials;
pub(crate) use entropy::Entropy;
pub use failure::FailureKind;
