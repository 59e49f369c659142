//! What the source turned out to be: whether it may become this media, what that is called, and how it is cut.

use super::Object;
use super::reader::FirstPart;
use crate::error::{Code, Error};
use crate::source::kind;
use crate::upload::job::{Job, Media};
use crate::upload::machine::context::Context;
use crate::upload::machine::turn::Turn;
use crate::upload::naming::{self, Hints};
use crate::upload::plan;
use crate::vod::formats;

use super::Placement;

impl Object {
    /// Size and names are known as far as they will be: plan, then ask VOD for a place. A stream is read first, so that an
    /// empty or dead one leaves no empty media behind, unless it has answered a range exactly: that one is alive.
    ///
    /// # Errors
    /// What it is may not become this media.
    pub(super) fn known(&mut self, cx: &mut Context, is_alive: bool) -> Result<Turn, Error> {
        if cx.has_marked_place() {
            return self.compare(cx, is_alive);
        }
        if self.reader.size == Some(0) {
            return Err(plan::empty_source());
        }
        // What the caller has opened has told its type without a probe.
        let reader = &self.reader;
        let (told, name) = (reader.content_type.as_deref(), reader.name.as_deref());
        self.check_page(cx, told, name, &reader.head)?;
        self.check_lookalike(&cx.job)?;
        self.name(cx)?;
        self.make_plan(&cx.job)?;
        cx.save();
        let cut = self.plan()?.part(1).map(|(_, length)| length);
        match self.reader.first_part {
            FirstPart::Kept { length, .. } if Some(length) == cut => {}
            _ => self.reader.drop_first_part(&mut cx.tasks),
        }
        if self.is_stream() {
            self.read_ahead(cx, Placement::None)?;
            if !is_alive {
                return Ok(Turn::Stay);
            }
        }
        Ok(Turn::Create)
    }

    /// Gives the media the names that the source has for it. A media that exists has its names.
    fn name(&self, cx: &mut Context) -> Result<(), Error> {
        let has_names = cx.job.options.replace.is_some() || cx.is_by_ticket();
        let reader = &self.reader;
        let hints = Hints {
            name: reader.name.as_deref(),
            url: match reader.url.as_str() {
                "" => reader.came_from.as_deref(),
                url => Some(url),
            },
            content_type: reader.content_type.as_deref(),
        };
        match naming::complete(&mut cx.job.media, &hints) {
            _ if has_names => Ok(()),
            named => {
                named?;
                cx.job.media.validate()
            }
        }
    }

    /// Pages are no media; only attached media may be documents.
    pub(super) fn check_page(
        &self,
        cx: &Context,
        told: Option<&str>,
        name: Option<&str>,
        head: &str,
    ) -> Result<(), Error> {
        let page = kind::page_by(told, head).filter(|_| !cx.job.options.any_content_type);
        let Some(page) = page.filter(|_| !self.may_be_a_document(&cx.job, told, name)) else {
            return Ok(());
        };
        Err(match self.reader.url.is_empty() {
            true => {
                let message = format!("the source is {page}, and was to become media");
                Error::new(Code::SourceIsPage, message)
            }
            false => kind::page_instead(page),
        })
    }

    /// By the first of its names that VOD can know it by, else by its type.
    fn may_be_a_document(&self, job: &Job, told: Option<&str>, name: Option<&str>) -> bool {
        const DOCUMENTS: &str = "ttml xml json dfxp";
        let Media::AttachedMedia(media) = &job.media else {
            return false;
        };
        let is_in = |formats: &str, one: &str| formats.split(' ').any(|format| format == one);
        let formats = formats::attached(media.business_type);
        let names = [media.file_name.as_deref(), name, Some(&self.reader.url)];
        let given = media.media_ext.as_ref().map(|ext| ext.to_ascii_lowercase());
        let mut extensions = given
            .into_iter()
            .chain(names.into_iter().flatten().filter_map(kind::extension));
        let wanted = extensions.find(|one| is_in(formats, one) || is_in(DOCUMENTS, one));
        match wanted {
            Some(wanted) => is_in(DOCUMENTS, &wanted),
            None => told.is_some_and(|told| naming::format_among(told, "ttml").is_some()),
        }
    }

    /// A playlist or an image is no video, unless the caller said so.
    fn check_lookalike(&self, job: &Job) -> Result<(), Error> {
        let Media::Video(video) = &job.media else {
            return Ok(());
        };
        if job.options.any_content_type || job.options.kind_is_said {
            return Ok(());
        }
        let reader = &self.reader;
        let given = Some(video.file_name.as_str()).filter(|name| !name.is_empty());
        let own = [reader.name.as_deref(), Some(reader.url.as_str())];
        let names: Vec<&str> = match given {
            Some(given) => vec![given],
            None => own.into_iter().flatten().collect(),
        };
        let told = reader.content_type.as_deref();
        kind::lookalike(told, &names, &reader.head).map_or(Ok(()), Err)
    }
}
