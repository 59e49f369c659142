//! Bad luck: scripted for a story, or drawn from a seed.

use std::collections::BTreeMap;

use vodlift::upload::FailureKind;

/// What a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    Open,
    Read,
    CreateUploadVideo,
    RefreshUploadVideo,
    GetMezzanineInfo,
    DeleteMultipartUpload,
    DeleteVideo,
    Initiate,
    PutObject,
    UploadPart,
    ListParts,
    Complete,
    Abort,
    Head,
}

impl Op {
    /// A call of the VOD API.
    pub fn is_of_vod(self) -> bool {
        matches!(
            self,
            Op::CreateUploadVideo
                | Op::RefreshUploadVideo
                | Op::GetMezzanineInfo
                | Op::DeleteMultipartUpload
                | Op::DeleteVideo
        )
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks before anything is stored.
    ResetBefore,
    /// The connection breaks after it took effect.
    ResetAfter,
    /// It took effect, and the answer has lost its body on the way.
    EmptyAnswer,
    /// The service answers with this status and code.
    Refuse(u16, &'static str),
    /// The source's connection breaks within its body.
    SourceBreaks,
    /// The source answers a range with this status.
    SourceRefuses(u16),
    /// The service takes the request and says nothing more.
    Stalls,
    /// This machine has no free file handle.
    NoHandle,
    /// The answer, of the source where it is opened, else of the service, is no HTTP.
    Malformed,
    /// The name leads to an address that is never contacted.
    Refused,
    /// As `Refuse`, and says after how many seconds to come again.
    Busy(u16, &'static str, u32),
    /// The connection breaks, and what was asked for takes effect so many ms later.
    LandsLate(u64),
    /// It takes effect, and the reply comes after so many ms.
    Slow(u64),
    /// Other bytes arrive than were sent.
    Corrupts,
    /// The host fails so.
    Host(FailureKind),
}

/// Decides what goes wrong. The same seed gives the same run.
pub struct Luck {
    state: u64,
    /// Faults in a thousand requests.
    pub per_mille: u64,
    /// Every fault there is, not only the usual ones.
    pub wild: bool,
    /// Parts are hashed: bytes that change on their way are noticed.
    pub hashed: bool,
    /// What every request of a kind meets for a while.
    pub outage: Option<(Op, Fault)>,
    /// Faults that came by chance.
    pub seen_faults: u64,
    /// Faults of a story: the n-th request (from 1) of a kind.
    script: BTreeMap<(Op, u32), Fault>,
    /// Faults of every request of a kind.
    always: BTreeMap<Op, Fault>,
    pub seen: BTreeMap<Op, u32>,
}

impl Luck {
    pub fn new(seed: u64) -> Self {
        Luck {
            state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            per_mille: 0,
            wild: false,
            hashed: false,
            outage: None,
            seen_faults: 0,
            script: BTreeMap::new(),
            always: BTreeMap::new(),
            seen: BTreeMap::new(),
        }
    }

    pub fn script(&mut self, op: Op, nth: u32, fault: Fault) {
        self.script.insert((op, nth), fault);
    }

    pub fn always(&mut self, op: Op, fault: Fault) {
        self.always.insert(op, fault);
    }

    pub fn count(&self, op: Op) -> u32 {
        self.seen.get(&op).copied().unwrap_or(0)
    }

    pub fn next(&mut self) -> u64 {
        // xorshift64*: enough for luck.
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub fn entropy(&mut self) -> [u8; 32] {
        std::array::from_fn(|_| self.next() as u8)
    }

    pub fn fault(&mut self, op: Op, _part: Option<u32>) -> Option<Fault> {
        let nth = self.seen.entry(op).or_insert(0);
        *nth += 1;
        let nth = *nth;
        if let Some(fault) = self.script.get(&(op, nth)).or(self.always.get(&op)) {
            return Some(*fault);
        }
        if let Some((_, fault)) = self.outage.filter(|(out, _)| *out == op) {
            self.seen_faults += 1;
            return Some(fault);
        }
        if self.per_mille == 0 || self.below(1000) >= self.per_mille {
            return None;
        }
        self.seen_faults += 1;
        if self.wild && self.below(2) == 0 {
            return Some(self.wild_fault(op));
        }
        let kinds: &[Fault] = match op {
            Op::Open => &[Fault::ResetBefore, Fault::Refuse(503, ""), Fault::NoHandle],
            Op::Read => &[Fault::SourceBreaks],
            Op::CreateUploadVideo
            | Op::RefreshUploadVideo
            | Op::GetMezzanineInfo
            | Op::DeleteMultipartUpload
            | Op::DeleteVideo => &[
                Fault::ResetBefore,
                Fault::ResetAfter,
                Fault::Refuse(400, "Throttling.User"),
                Fault::Refuse(503, "ServiceUnavailable"),
                Fault::NoHandle,
            ],
            Op::UploadPart | Op::PutObject => &[
                Fault::ResetBefore,
                Fault::ResetAfter,
                Fault::SourceBreaks,
                Fault::SourceRefuses(503),
                Fault::Refuse(500, "InternalError"),
                Fault::Refuse(403, "SecurityTokenExpired"),
                Fault::Refuse(400, "RequestTimeout"),
                Fault::NoHandle,
            ],
            Op::Complete => &[
                Fault::ResetBefore,
                Fault::ResetAfter,
                Fault::EmptyAnswer,
                Fault::Refuse(500, "InternalError"),
                Fault::NoHandle,
            ],
            _ => &[
                Fault::ResetBefore,
                Fault::ResetAfter,
                Fault::Refuse(500, "InternalError"),
                Fault::NoHandle,
            ],
        };
        let pick = self.below(kinds.len() as u64) as usize;
        Some(kinds[pick])
    }

    fn wild_fault(&mut self, op: Op) -> Fault {
        let wait = [1, 3, 30, 120][self.below(4) as usize];
        let later = 1 + self.below(400_000);
        let pick = self.below(9);
        // What ends an upload at once is rare.
        if self.below(8) == 0 {
            return Fault::Host(self.host_failure(op));
        }
        match (op, pick) {
            (Op::Open, 0..=2) => Fault::Busy(429, "", wait),
            (Op::Open, 3..=4) => Fault::Busy(503, "", wait),
            (Op::Open, 5) => Fault::Host(FailureKind::SourceTimeout),
            (Op::Open, _) => Fault::Host(FailureKind::SourceNetwork),
            (Op::Read, _) => [
                Fault::SourceBreaks,
                Fault::Host(FailureKind::SourceTimeout),
                Fault::Host(FailureKind::SourceNetwork),
            ][pick as usize % 3],
            (Op::UploadPart | Op::PutObject, 0 | 1) if self.hashed => Fault::Corrupts,
            (Op::UploadPart | Op::PutObject, 0 | 1) => Fault::Refuse(400, "RequestTimeout"),
            (Op::UploadPart | Op::PutObject, 2) => Fault::SourceRefuses(429),
            (Op::UploadPart | Op::PutObject, 3) => Fault::SourceRefuses(500),
            (_, 0..=1) => Fault::Busy(503, "ServiceUnavailable", wait),
            (_, 2) => Fault::Busy(429, "Throttling.User", wait),
            (_, 3) => Fault::EmptyAnswer,
            (_, 4) => Fault::Stalls,
            (_, 5 | 6) => Fault::Slow(later),
            _ => Fault::LandsLate(later),
        }
    }

    fn host_failure(&mut self, op: Op) -> FailureKind {
        use FailureKind::*;
        let source = [
            SourceMalformed,
            SourceUntrusted,
            SourceChanged,
            SourceMissing,
            SourceRead,
            AddressRefused,
            Unguarded,
            PathRefused,
            Internal,
            NoHandle,
            ProxyRefused,
        ];
        let service = [
            Malformed,
            Untrusted,
            ServiceRefused,
            Internal,
            NoHandle,
            Timeout,
            ProxyRefused,
        ];
        let is_source = matches!(op, Op::Open | Op::Read)
            || (matches!(op, Op::UploadPart | Op::PutObject) && self.below(2) == 0);
        match is_source {
            true => source[self.below(11) as usize],
            false => service[self.below(7) as usize],
        }
    }
}
