"""The VOD API through the official API clients: aliyun-python-sdk-vod (RPC) and alibabacloud-vod20170321 (ACS3)."""

import base64
import hashlib
import json
import time
import urllib.parse

import oss2
import requests
from alibabacloud_tea_openapi.models import Config
from alibabacloud_vod20170321 import models
from alibabacloud_vod20170321.client import Client
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.profile import region_provider
from aliyunsdkvod.request.v20170321 import (
    CancelUrlUploadJobsRequest, CreateUploadAttachedMediaRequest, CreateUploadImageRequest, CreateUploadVideoRequest,
    DeleteMultipartUploadRequest, DeleteVideoRequest, GetMezzanineInfoRequest, GetUploadDetailsRequest,
    GetURLUploadInfosRequest, GetVideoInfoRequest, GetVideoInfosRequest, RefreshUploadVideoRequest, SearchMediaRequest,
    UploadMediaByURLRequest,
)

from harness import EMULATOR, ENDPOINT, HOST, KEY_ID, KEY_SECRET, REGION, check, equal, finish, raises, sample, stored, Web

for product in ("vod", "Vod"):
    region_provider.modify_point(product, REGION, HOST)


def decoded(text):
    return json.loads(base64.b64decode(text))


# --- RPC, SignatureVersion 1.0 ---


def rpc_call(request, key_id=KEY_ID, secret=KEY_SECRET, method=None):
    request.set_accept_format("JSON")
    if method:
        request.set_method(method)
    return json.loads(AcsClient(key_id, secret, REGION).do_action_with_exception(request))


def rpc_create(**options):
    request = CreateUploadVideoRequest.CreateUploadVideoRequest()
    request.set_Title(options.pop("title", "A title with spaces, ünïcode & signs: ~*'()!+%"))
    request.set_FileName("film.mp4")
    request.set_UserData('{"Extend":{"a":"b c"}}')
    return rpc_call(request, **options)


def rpc_flow():
    for method in ("GET", "POST"):
        created = rpc_create(method=method)
        address, auth = decoded(created["UploadAddress"]), decoded(created["UploadAuth"])
        equal(address["Endpoint"], ENDPOINT)
        equal(3000 <= int(auth["Expiration"]) <= 3600, True, "the remaining life of a credential that others have, too")
        bucket = oss2.Bucket(oss2.StsAuth(auth["AccessKeyId"], auth["AccessKeySecret"], auth["SecurityToken"]), address["Endpoint"], address["Bucket"])
        data = sample(5000)
        bucket.put_object(address["FileName"], data)
        equal(stored(address["FileName"]), data)
        error = raises(oss2.exceptions.AccessDenied, lambda: bucket.get_object(address["FileName"]))
        equal(error.status, 403)
        request = GetMezzanineInfoRequest.GetMezzanineInfoRequest()
        request.set_VideoId(created["VideoId"])
        info = rpc_call(request)["Mezzanine"]
        equal((info["Status"], info["Size"]), ("Normal", len(data)))
        equal(requests.get(info["FileURL"]).content, data, "the URL GetMezzanineInfo gives")


def rpc_refresh():
    created = rpc_create()
    request = RefreshUploadVideoRequest.RefreshUploadVideoRequest()
    request.set_VideoId(created["VideoId"])
    refreshed = rpc_call(request)
    equal(refreshed["UploadAddress"], created["UploadAddress"])
    tokens = [decoded(reply["UploadAuth"])["SecurityToken"] for reply in (refreshed, created)]
    equal(tokens[0], tokens[1], "the token, while most of its life is left")


def rpc_refusals():
    error = raises(ServerException, lambda: rpc_create(secret="wrong"))
    # The SDK compares our string to sign with its own, and says so in its own code only when they are the same.
    equal((error.get_http_status(), error.get_error_code()), (400, "InvalidAccessKeySecret"))
    error = raises(ServerException, lambda: rpc_create(key_id="nobody"))
    equal((error.get_http_status(), error.get_error_code()), (404, "InvalidAccessKeyId.NotFound"))
    error = raises(ServerException, lambda: rpc_create(title="x" * 129))
    equal((error.get_http_status(), error.get_error_code()), (400, "LengthExceededMax"))
    request = RefreshUploadVideoRequest.RefreshUploadVideoRequest()
    request.set_VideoId("0" * 32)
    error = raises(ServerException, lambda: rpc_call(request))
    equal((error.get_http_status(), error.get_error_code()), (404, "InvalidVideo.NotFound"))


def bucket_of(created):
    address, auth = decoded(created["UploadAddress"]), decoded(created["UploadAuth"])
    keys = oss2.StsAuth(auth["AccessKeyId"], auth["AccessKeySecret"], auth["SecurityToken"])
    return oss2.Bucket(keys, address["Endpoint"], address["Bucket"]), address["FileName"]


def rpc_other_kinds():
    request = CreateUploadImageRequest.CreateUploadImageRequest()
    request.set_ImageType("default")
    request.set_ImageExt("webp")
    request.set_Title("Bild ü")
    created = rpc_call(request)
    bucket, key = bucket_of(created)
    bucket.put_object(key, b"webp")
    equal(requests.get(created["ImageURL"]).content, b"webp")
    request = CreateUploadAttachedMediaRequest.CreateUploadAttachedMediaRequest()
    request.set_BusinessType("material")
    request.set_MediaExt("zip")
    request.set_CateIds("1,2")
    created = rpc_call(request)
    bucket, key = bucket_of(created)
    bucket.put_object(key, b"zip")
    equal(requests.get(created["MediaURL"]).content, b"zip")
    request.set_CateIds("a,b")
    error = raises(ServerException, lambda: rpc_call(request))
    equal(error.get_error_code(), "InvalidParameter.CateIds")


def rpc_management():
    created = rpc_create(title="To be managed")
    video_id = created["VideoId"]
    bucket, key = bucket_of(created)
    upload_id = bucket.init_multipart_upload(key).upload_id
    bucket.upload_part(key, upload_id, 1, sample(200_000))
    request = GetUploadDetailsRequest.GetUploadDetailsRequest()
    request.set_MediaIds(video_id)
    equal(rpc_call(request)["UploadDetails"][0]["UploadSize"], 200_000)
    request = DeleteMultipartUploadRequest.DeleteMultipartUploadRequest()
    request.set_MediaId(video_id)
    request.set_MediaType("video")
    rpc_call(request)
    raises(oss2.exceptions.NoSuchUpload, lambda: bucket.list_parts(key, upload_id))
    bucket.put_object(key, b"film")
    request = GetVideoInfoRequest.GetVideoInfoRequest()
    request.set_VideoId(video_id)
    video = rpc_call(request)["Video"]
    equal((video["Title"], video["Size"], video["Status"]), ("To be managed", 4, "Normal"))
    request = GetVideoInfosRequest.GetVideoInfosRequest()
    request.set_VideoIds(f"{video_id},nobody")
    infos = rpc_call(request)
    equal((infos["VideoList"][0]["VideoId"], infos["NonExistVideoIds"]), (video_id, ["nobody"]))
    request = SearchMediaRequest.SearchMediaRequest()
    request.set_Match("Title = 'to be managed' and Status = 'Normal'")
    found = rpc_call(request)
    equal((found["Total"], found["MediaList"][0]["MediaId"]), (1, video_id))
    request = DeleteVideoRequest.DeleteVideoRequest()
    request.set_VideoIds(video_id)
    rpc_call(request)
    error = raises(ServerException, lambda: rpc_call(request))
    equal((error.get_http_status(), error.get_error_code()), (404, "InvalidVideo.NotFound"))


def rpc_pull():
    data = sample(300_000, seed=4)
    app = Web({"/dir/film.mp4": data})
    url = f"{app.url}/dir/film.mp4?a=1,2"
    request = UploadMediaByURLRequest.UploadMediaByURLRequest()
    request.set_UploadURLs(urllib.parse.quote(url, safe=""))
    request.set_UploadMetadatas(json.dumps([{"SourceURL": url, "Title": "Pulled"}]))
    request.set_UserData(json.dumps({"MessageCallback": {"CallbackURL": f"{app.url}/vod"}, "Extend": {"a": 1}}))
    job = rpc_call(request)["UploadJobs"][0]
    equal(job["SourceURL"], url)
    request = GetURLUploadInfosRequest.GetURLUploadInfosRequest()
    request.set_JobIds(job["JobId"])
    for _ in range(100):
        row = rpc_call(request)["URLUploadInfoList"][0]
        if row["Status"] == "SUCCESS":
            break
        time.sleep(0.05)
    equal((row["Status"], row["FileSize"], row["UploadURL"]), ("SUCCESS", "300000", url))
    equal(stored(f"sv/{row['MediaId']}/{row['MediaId']}.mp4"), data)
    events = [json.loads(body) for _, body in app.posts]
    # When TranscodeComplete comes, which is after FileUploadComplete, says nothing about the pull.
    types = sorted(event["EventType"] for event in events if event["EventType"] != "TranscodeComplete")
    equal(types, ["FileUploadComplete", "UploadByURLComplete"])
    equal({event["Extend"] for event in events}, {'{"a":1}'})
    request = CancelUrlUploadJobsRequest.CancelUrlUploadJobsRequest()
    request.set_JobIds(f"{job['JobId']},nobody")
    reply = rpc_call(request)
    equal((reply["CanceledJobs"], reply["NonExists"]), ([], ["nobody"]), "a job that is done is not canceled")


def signed_events():
    app = Web()
    if not EMULATOR.get("callbackKey"):
        raise AssertionError("the emulator has no callback key")
    user_data = json.dumps({"MessageCallback": {"CallbackURL": f"{app.url}/signed"}})
    created = acs3_client().create_upload_image(models.CreateUploadImageRequest(image_type="cover", user_data=user_data)).body
    bucket, key = bucket_of({"UploadAddress": created.upload_address, "UploadAuth": created.upload_auth})
    bucket.put_object(key, b"png")
    for _ in range(100):
        if app.posts:
            break
        time.sleep(0.05)
    headers, body = app.posts[0]
    # As the service's own samples verify it.
    content = "|".join([f"{app.url}/signed", headers["X-VOD-TIMESTAMP"], EMULATOR["callbackKey"]])
    equal(headers["X-VOD-SIGNATURE"], hashlib.md5(content.encode()).hexdigest())
    equal(json.loads(body)["EventType"], "ImageUploadComplete")


# --- ACS3-HMAC-SHA256 ---


def acs3_client(key_id=KEY_ID, secret=KEY_SECRET, token=None):
    return Client(Config(access_key_id=key_id, access_key_secret=secret, security_token=token, endpoint=HOST, protocol="http", region_id=REGION))


def acs3_flow():
    client = acs3_client()
    created = client.create_upload_video(models.CreateUploadVideoRequest(title="Ünïcode ~*'()!+% 映画", file_name="a/b c.mp4", file_size=123)).body
    address, auth = decoded(created.upload_address), decoded(created.upload_auth)
    bucket = oss2.Bucket(
        oss2.ProviderAuthV4(oss2.credentials.StaticCredentialsProvider(auth["AccessKeyId"], auth["AccessKeySecret"], auth["SecurityToken"])),
        address["Endpoint"], address["Bucket"], region=auth["Region"],
    )
    bucket.put_object(address["FileName"], b"acs3")
    refreshed = client.refresh_upload_video(models.RefreshUploadVideoRequest(video_id=created.video_id)).body
    equal(refreshed.upload_address, created.upload_address)
    info = client.get_mezzanine_info(models.GetMezzanineInfoRequest(video_id=created.video_id)).body.mezzanine
    equal((info.status, info.size), ("Normal", 4))


def acs3_other_actions():
    client = acs3_client()
    created = client.create_upload_attached_media(
        models.CreateUploadAttachedMediaRequest(business_type="subtitle", media_ext="vtt", title="Untertitel ü")
    ).body
    bucket, key = bucket_of({"UploadAddress": created.upload_address, "UploadAuth": created.upload_auth})
    bucket.put_object(key, b"vtt")
    equal(requests.get(created.media_url).content, b"vtt")
    created = client.create_upload_video(models.CreateUploadVideoRequest(title="Über alles", file_name="a.mp4")).body
    bucket, key = bucket_of({"UploadAddress": created.upload_address, "UploadAuth": created.upload_auth})
    bucket.put_object(key, b"12345")
    video = client.get_video_info(models.GetVideoInfoRequest(video_id=created.video_id)).body.video
    equal((video.title, video.size, video.status), ("Über alles", 5, "Normal"))
    found = client.search_media(models.SearchMediaRequest(match="Title in ('Über')", fields="Size", page_size=1)).body
    equal((found.total, found.media_list[0].video.size), (1, 5))
    details = client.get_upload_details(models.GetUploadDetailsRequest(media_ids=created.video_id)).body
    equal((details.upload_details[0].upload_ratio, details.upload_details[0].upload_status), (1, "UPLOAD_SUCCESS"))
    infos = client.get_video_infos(models.GetVideoInfosRequest(video_ids=f"{created.video_id},nobody")).body
    equal(infos.non_exist_video_ids, ["nobody"])
    error = raises(Exception, lambda: client.delete_multipart_upload(
        models.DeleteMultipartUploadRequest(media_id=created.video_id, media_type="video")
    ))
    equal("InvalidMultipartUpload.NotFound" in str(error), True, str(error))
    client.delete_video(models.DeleteVideoRequest(video_ids=created.video_id))
    error = raises(Exception, lambda: client.get_video_info(models.GetVideoInfoRequest(video_id=created.video_id)))
    equal("InvalidVideo.NotFound" in str(error), True, str(error))


def acs3_pull():
    client = acs3_client()
    web = Web({"/a.mp3": b"song"})
    urls = [f"{web.url}/a.mp3", f"{web.url}/missing.mp3"]
    request = models.UploadMediaByURLRequest(
        upload_urls=",".join(urllib.parse.quote(url, safe="") for url in urls), session_id="acs3-pull"
    )
    jobs = client.upload_media_by_url(request).body.upload_jobs
    for _ in range(100):
        ids = ",".join(job.job_id for job in jobs)
        rows = client.get_urlupload_infos(models.GetURLUploadInfosRequest(job_ids=ids)).body.urlupload_info_list
        if all(row.status in ("SUCCESS", "DOWNLOAD_FAIL") for row in rows):
            break
        time.sleep(0.05)
    equal([row.status for row in rows], ["SUCCESS", "DOWNLOAD_FAIL"])
    equal(stored(f"sv/{rows[0].media_id}/{rows[0].media_id}.mp3"), b"song")
    error = raises(Exception, lambda: client.upload_media_by_url(request))
    equal("InvalidParameter.SessionId" in str(error), True, str(error))
    canceled = client.cancel_url_upload_jobs(models.CancelUrlUploadJobsRequest(job_ids="nobody")).body
    equal(canceled.non_exists, ["nobody"])


def acs3_token():
    temporary = EMULATOR["temporaryCredential"]
    client = acs3_client(temporary["accessKeyId"], temporary["accessKeySecret"], temporary["securityToken"])
    created = client.create_upload_video(models.CreateUploadVideoRequest(title="x", file_name="a.mp3")).body
    equal(created.video_id != "", True)


def acs3_refusals():
    request = models.CreateUploadVideoRequest(title="x", file_name="a.mp4")
    error = raises(Exception, lambda: acs3_client(secret="wrong").create_upload_video(request))
    equal("SignatureDoesNotMatch" in str(error), True, str(error))
    error = raises(Exception, lambda: acs3_client(key_id="nobody").create_upload_video(request))
    equal("InvalidAccessKeyId.NotFound" in str(error), True, str(error))
    request = models.CreateUploadVideoRequest(title="x", file_name="no-extension")
    error = raises(Exception, lambda: acs3_client().create_upload_video(request))
    equal("InvalidFileName.Extension" in str(error), True, str(error))


check("aliyun-python-sdk-vod creates, uploads and asks, by GET and POST", rpc_flow)
check("aliyun-python-sdk-vod refreshes a credential", rpc_refresh)
check("aliyun-python-sdk-vod creates images and attached media", rpc_other_kinds)
check("aliyun-python-sdk-vod looks up, searches, aborts and deletes", rpc_management)
check("aliyun-python-sdk-vod has a URL pulled, and its application is told", rpc_pull)
check("an application verifies the signature of an event", signed_events)
check("aliyun-python-sdk-vod sees the service's refusals", rpc_refusals)
check("alibabacloud-vod20170321 creates, uploads (OSS V4 with token), refreshes and asks", acs3_flow)
check("alibabacloud-vod20170321 creates, looks up, searches and deletes", acs3_other_actions)
check("alibabacloud-vod20170321 has URLs pulled", acs3_pull)
check("alibabacloud-vod20170321 signs with a temporary credential", acs3_token)
check("alibabacloud-vod20170321 sees the service's refusals", acs3_refusals)
finish()
