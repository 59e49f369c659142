//! The checkpoint: what each state leaves for a later run.

use super::Upload;
use super::content::Content;
use crate::upload::checkpoint::{Checkpoint, InOrder, PlaceMark, SourceMark, VERSION};

impl Upload {
    /// Where it stands; with `idle_runs`, where it ends.
    pub(super) fn mark(&self, idle_runs: Option<u32>) -> Checkpoint {
        let cx = &self.cx;
        // Before the source and the place are seen again, what the checkpoint says of them is all there is to say.
        let before = cx.before.as_ref();
        let unseen = before.filter(|_| !self.content.is_seen());
        let upload_id = self.noted_upload_id().map(str::to_owned);
        let same = cx.unbroken().filter(|before| before.upload_id == upload_id);
        let (plan, playlist) = match &self.content {
            Content::Object(object) => (object.planned().cloned(), None),
            Content::Playlist(playlist) => (None, playlist.mark(cx)),
        };
        let source = match &self.content {
            Content::Object(object) => object.source_mark(&cx.job),
            Content::Playlist(_) => SourceMark::place_of(&cx.job.source),
        };
        let mut checkpoint = Checkpoint {
            version: VERSION,
            media: cx.job.media.clone(),
            region: cx.job.vod.region.clone(),
            source: unseen.map_or(source, |before| before.source.clone()),
            object_headers: cx.job.options.object_headers.clone(),
            show_watermark: cx.job.options.show_watermark,
            adopt: cx.job.options.adopt,
            replace: cx.job.options.replace.clone(),
            replaced_bytes: cx.rights.replaced_bytes,
            spoiled: cx.rights.spoiled,
            adopted: cx.rights.adopted,
            create_sent: cx.rights.create_sent,
            callback_removed: cx.job.options.callback.is_some(),
            plan: plan.or_else(|| before?.plan.clone()),
            place: self.place_mark(),
            upload_id,
            playlist: playlist.or_else(|| before?.playlist.clone()),
            idle_runs: idle_runs.unwrap_or_else(|| before.map_or(0, |before| before.idle_runs)),
            parts_accepted: {
                let accepted = self.content.accepted();
                accepted.max(same.map_or(0, |before| before.parts_accepted))
            },
            in_order: self.in_order(same),
            bytes_accepted: {
                let bytes = self.content.bytes();
                bytes.max(unseen.map_or(0, |before| before.bytes_accepted))
            },
        };
        if cx.rights.own && !cx.is_by_ticket() {
            checkpoint.prove(&cx.caller.account().credentials.access_key_secret);
        }
        checkpoint
    }

    /// The multipart upload: as long as there is no place, what the checkpoint says of it holds.
    fn noted_upload_id(&self) -> Option<&str> {
        if self.state.is_before_place() {
            return self.cx.before.as_ref()?.upload_id.as_deref();
        }
        Some(self.state.upload_id()?.as_str())
    }

    fn place_mark(&self) -> Option<PlaceMark> {
        let before = self.cx.before.as_ref();
        let named = before.and_then(|before| before.place.clone());
        let Some(grant) = self.state.grant() else {
            return named;
        };
        Some(PlaceMark {
            media_id: self.cx.media_id.clone(),
            bucket: grant.place.target.bucket.clone(),
            object_key: grant.place.target.key.clone(),
            proof: named.and_then(|named| named.proof),
        })
    }

    /// What this run knows to follow each other; as long as it has nothing of its own, what the run before did.
    fn in_order(&self, same: Option<&Checkpoint>) -> Option<InOrder> {
        match (same.filter(|_| self.content.accepted() == 0), &self.content) {
            (Some(before), _) => before.in_order.clone(),
            (None, Content::Object(object)) => {
                self.noted_upload_id()?;
                object.in_order()
            }
            (None, Content::Playlist(_)) => None,
        }
    }
}
