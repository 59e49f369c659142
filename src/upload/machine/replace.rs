//! New bytes for a video that exists: RefreshUploadVideo gives a credential for the key it has, and what is stored there
//! takes the place of its source. VOD then transcodes it once more.
//!
//! Nothing of what exists is ever removed: where this fails, only its own multipart upload is aborted.

use super::call::VodCall;
use super::context::Context;
use super::grant::Grant;
use super::trouble::{Trouble, VodTrouble};
use super::turn::Turn;
use crate::error::{Code, Error};
use crate::http::{Reply, header};
use crate::upload::job::{Job, Media, Source};
use crate::upload::naming;
use crate::vod::api::{self, CreateUploadVideo};

/// States in which a source file is not overwritten. In all others it is whole, has failed or is not there so far.
const OUT_OF_REACH: &[&str] = &["Deleted", "Blocked"];
/// States in which there is no file.
const WITHOUT_FILE: &[&str] = &["Uploading", "UploadFail"];

/// What follows from a replacement.
pub(super) const NOTICE: &str = "VOD transcodes the replaced media and takes its snapshots once more; until then it plays as before";

/// # Errors
/// `InvalidArgument`: what cannot be replaced, or not with this.
pub(super) fn check(job: &Job) -> Result<(), Error> {
    let Some(replace) = &job.options.replace else {
        return Ok(());
    };
    let refuse = |rule: &str| Err(Error::invalid("replace", rule));
    if !matches!(job.media, Media::Video(_)) {
        return refuse(
            "is for video and audio: VOD gives images and attached media no second upload credential",
        );
    }
    if matches!(job.source, Source::Playlist(_)) {
        return refuse("is for media of one file, and a playlist has many");
    }
    if !job.options.adopt.is_never() {
        return refuse(
            "does not go with `adopt`: that finds a media again which this upload made, this overwrites one",
        );
    }
    let forbid = header(&job.options.object_headers, "x-oss-forbid-overwrite");
    if forbid.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return refuse(
            "does not go with the header x-oss-forbid-overwrite: it overwrites an object",
        );
    }
    replace.validate("replace")
}

/// RefreshUploadVideo takes nothing but the id: all else stays as it was given when the media was made.
///
/// # Errors
/// `InvalidArgument` naming the first field that cannot be changed.
pub(super) fn check_metadata(job: &Job) -> Result<(), Error> {
    let (Some(_), Media::Video(video)) = (&job.options.replace, &job.media) else {
        return Ok(());
    };
    match given(video) {
        Some("referenceId") => Err(Error::invalid(
            "referenceId",
            "cannot be given to a media that exists; to name that media by its reference id, pass it as `replace.referenceId`",
        )),
        Some(field) => Err(Error::invalid(
            field,
            "cannot be changed with `replace`, which gives a media new bytes and nothing else: call UpdateVideoInfo for it",
        )),
        None => Ok(()),
    }
}

/// The first field that was given beside the file's name and size.
fn given(video: &CreateUploadVideo) -> Option<&'static str> {
    let CreateUploadVideo {
        title,
        file_name: _,
        file_size: _,
        description,
        cover_url,
        cate_id,
        tags,
        template_group_id,
        workflow_id,
        storage_location,
        user_data,
        app_id,
        reference_id,
        enable_first_frame_cover,
        generate_thumbnail,
    } = video;
    let fields = [
        ("title", !title.is_empty()),
        ("description", description.is_some()),
        ("coverUrl", cover_url.is_some()),
        ("cateId", cate_id.is_some()),
        ("tags", !tags.is_empty()),
        ("templateGroupId", template_group_id.is_some()),
        ("workflowId", workflow_id.is_some()),
        ("storageLocation", storage_location.is_some()),
        ("userData", user_data.is_some()),
        ("appId", app_id.is_some()),
        ("referenceId", reference_id.is_some()),
        ("enableFirstFrameCover", enable_first_frame_cover.is_some()),
        ("generateThumbnail", generate_thumbnail.is_some()),
    ];
    fields
        .into_iter()
        .find_map(|(name, is_given)| is_given.then_some(name))
}

/// VOD gives the place of the media that is to be replaced.
pub(super) fn on_claimed(cx: &mut Context, reply: &Reply) -> Result<Grant, VodTrouble> {
    let ticket = match api::parse_refresh_upload_video(reply, cx.server_now()) {
        Err(mut refused) if refused.error.code == Code::MediaNotFound => {
            refused.error.message +=
                " (only video and audio can be replaced, not images or attached media)";
            return Err(refused.into());
        }
        ticket => ticket?,
    };
    cx.got_through(VodCall::Claim);
    let replace = cx.job.options.replace.as_ref();
    let wanted = replace.and_then(|replace| replace.media_id.as_deref());
    if wanted.is_some_and(|wanted| wanted != ticket.media_id) {
        let message = "VOD gives an upload address for another media than the one asked for";
        return Err(Trouble::Fatal(Error::new(Code::ReplyInvalid, message)));
    }
    let grant = Grant::take(cx, ticket)?;
    fit_the_key(cx, &grant)?;
    cx.ask(VodCall::Inspect);
    Ok(grant)
}

/// The object keeps its key, and VOD and players tell the format by its extension: bytes of another format do not go
/// there.
fn fit_the_key(cx: &mut Context, grant: &Grant) -> Result<(), Error> {
    let key = &grant.place.target.key;
    let (media_id, name) = (&cx.media_id, key.rsplit('/').next());
    let Media::Video(video) = &mut cx.job.media else {
        return Ok(());
    };
    let (there, ours) = (naming::extension(key), naming::extension(&video.file_name));
    match (there, ours) {
        (Some(there), Some(ours)) if !there.eq_ignore_ascii_case(ours) => {
            let rule = format!(
                "must end in .{there} to replace {media_id}: its object keeps that key, and {ours} bytes under it would be taken for {there}; give a name that ends in .{there} if that is what they are"
            );
            Err(Error::invalid("fileName", rule))
        }
        (Some(_), None) => {
            video.file_name = name.unwrap_or_default().to_owned();
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What that media holds.
pub(super) fn on_inspected(
    cx: &mut Context,
    grant: &mut Option<Box<Grant>>,
    reply: &Reply,
) -> Result<Turn, VodTrouble> {
    let info = match api::parse_get_mezzanine_info(reply) {
        Ok(info) => {
            cx.must_be_told_of(info.media_id.as_deref())?;
            Some(info)
        }
        // There is no file so far.
        Err(refused) if refused.error.code == Code::MediaNotFound => None,
        Err(refused) => return Err(refused.into()),
    };
    cx.got_through(VodCall::Inspect);
    let status = info.as_ref().map_or("Uploading", |info| &info.status);
    if OUT_OF_REACH.contains(&status) {
        let message = format!("the source file of {} is {status}", cx.media_id);
        return Err(Trouble::Fatal(Error::new(Code::NotReplaceable, message)));
    }
    cx.rights.replaced_bytes = match info {
        Some(info) if !WITHOUT_FILE.contains(&info.status.as_str()) => info.size,
        _ => Some(0),
    };
    cx.rights.adopted = true;
    // A resume overwrites the same media.
    cx.save();
    Ok(match grant.take() {
        Some(grant) => Turn::Placed(grant),
        None => Turn::Stay,
    })
}
