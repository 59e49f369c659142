//! How often each step of an upload is tried. One limit for the whole job fills up again on progress.

/// Tries of one part.
pub const PART_TRIES: u32 = 8;
/// Failures in a row, over all parts, without one part accepted.
pub const JOB_FAILURES: u32 = 48;
/// Upload credentials fetched in a row without one accepted request.
pub const REFRESHES_IN_A_ROW: u32 = 3;
/// Times VOD may give the same upload credential in a row after OSS has refused it. The pauses between them grow to
/// 20 s, so a new one may take about a minute to come.
pub const SAME_CREDENTIAL_TRIES: u32 = 8;
/// Times an upload may start over, because the server or the source lost it.
pub const RESTARTS: u32 = 2;
