//! What this upload may do to its media.

/// Whether the media of a checkpoint still waits for its file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Standing {
    /// VOD was not asked.
    #[default]
    Unknown,
    /// It does.
    Unfinished,
    /// It has one, or had one.
    Arrived,
}

/// Whose the media is, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rights {
    /// The media is one that an upload of ours got from VOD: this one, the one whose checkpoint proves it, or the one whose
    /// upload id OSS knows, which cannot be guessed.
    pub(super) own: bool,
    /// What VOD has said of the media that a checkpoint names.
    pub(super) standing: Standing,
    /// The media in use was there before.
    pub(super) adopted: bool,
    /// When the first Create with the reference id was sent, by the host's clock in Unix ms, while no reply was heard.
    pub(super) create_sent: Option<u64>,
    /// A Create was sent and its reply lost: the media that has the reference id may be the one it made.
    pub(super) create_in_doubt: bool,
    /// Of a media that is replaced: the size of what it held, if VOD told it.
    pub(super) replaced_bytes: Option<u64>,
    /// What was stored proved not to be what was sent, in the run before or just now.
    pub(super) spoiled: bool,
    /// Parts may lie under an upload id that was never noted.
    pub(super) orphans: bool,
}

impl Default for Rights {
    fn default() -> Self {
        Rights {
            own: true,
            standing: Standing::Unknown,
            adopted: false,
            create_sent: None,
            create_in_doubt: false,
            replaced_bytes: None,
            spoiled: false,
            orphans: false,
        }
    }
}

impl Rights {
    /// By its id alone, something of this media may be removed.
    pub(super) fn may_remove(&self) -> bool {
        match self.standing {
            Standing::Unknown => true,
            Standing::Unfinished => self.own,
            Standing::Arrived => false,
        }
    }
}
