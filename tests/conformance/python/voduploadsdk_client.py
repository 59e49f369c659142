"""voduploadsdk, the official VOD upload SDK: its own flow from CreateUploadVideo to the finished object."""

import logging
import os
import tempfile

import requests
import voduploadsdk
import voduploadsdk.AliyunVodUploader as module
from aliyunsdkcore.profile import region_provider
from voduploadsdk.UploadAttachedMediaRequest import UploadAttachedMediaRequest
from voduploadsdk.UploadImageRequest import UploadImageRequest

from harness import BUCKET, ENDPOINT, HOST, KEY_ID, KEY_SECRET, check, equal, finish, raises, sample, sha256, stored, temporary_file, Web

for product in ("vod", "Vod"):
    region_provider.modify_point(product, "cn-shanghai", HOST)

logging.disable(logging.INFO)
# Its telemetry posts to the real service, unasked; a test must not.
module.requests.post = lambda *arguments, **options: None
# It downloads into a folder beside itself that it forgets to create.
os.makedirs(os.path.join(os.path.dirname(os.path.dirname(voduploadsdk.__file__)), "dlfiles"), exist_ok=True)


# Its reader of a web playlist is from Python 2: it takes the bytes that Python 3 gives for text. Given text, it works.
_iter_lines = requests.Response.iter_lines
requests.Response.iter_lines = lambda self, **options: (line.decode() for line in _iter_lines(self, **options))


def upload(data, suffix, title):
    path = temporary_file(data, suffix)
    try:
        uploader = module.AliyunVodUploader(KEY_ID, KEY_SECRET)
        request = module.UploadVideoRequest(path, title)
        request.setTags("one,two")
        return uploader.uploadLocalVideo(request)
    finally:
        os.remove(path)


def put():
    data = sample(1_000_003)
    info = upload(data, ".mp4", "A small film")
    equal(sha256(stored(info["UploadAddress"]["FileName"])), sha256(data))


def multipart():
    data = sample(25 * 1024 * 1024 + 5)
    info = upload(data, ".MOV", "Ein größerer Film, 大きな映画")
    equal(sha256(stored(info["UploadAddress"]["FileName"])), sha256(data))


def playlist():
    with tempfile.TemporaryDirectory() as folder:
        segments = {f"segment {n}.ts": sample(200_000, seed=n) for n in (1, 2)}
        for name, data in segments.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        path = os.path.join(folder, "list.m3u8")
        with open(path, "w") as file:
            file.write("#EXTM3U\n" + "".join(f"#EXTINF:2,\n{name}\n" for name in segments) + "#EXT-X-ENDLIST\n")
        uploader = module.AliyunVodUploader(KEY_ID, KEY_SECRET)
        video_id = uploader.uploadLocalM3u8(module.UploadVideoRequest(path, "A playlist"))
        for name, data in segments.items():
            equal(sha256(stored(f"sv/{video_id}/{name}")), sha256(data), name)
        equal(stored(f"sv/{video_id}/{video_id}.m3u8").startswith(b"#EXTM3U"), True)


def web_video():
    data = sample(11 * 1024 * 1024 + 7, seed=3)
    web = Web({"/dir/film.mp4": data})
    uploader = module.AliyunVodUploader(KEY_ID, KEY_SECRET)
    video_id = uploader.uploadWebVideo(module.UploadVideoRequest(f"{web.url}/dir/film.mp4", "A film of the web"))
    equal(sha256(stored(f"sv/{video_id}/{video_id}.mp4")), sha256(data))


def web_playlist():
    segments = {f"{n}.ts": sample(150_000, seed=n) for n in (4, 5)}
    text = "#EXTM3U\n" + "".join(f"#EXTINF:2,\n{name}\n" for name in segments) + "#EXT-X-ENDLIST\n"
    web = Web({"/hls/list.m3u8": text.encode(), **{f"/hls/{name}": data for name, data in segments.items()}})
    uploader = module.AliyunVodUploader(KEY_ID, KEY_SECRET)
    video_id = uploader.uploadWebM3u8(module.UploadVideoRequest(f"{web.url}/hls/list.m3u8", "A playlist of the web"))
    for name, data in segments.items():
        equal(sha256(stored(f"sv/{video_id}/{name}")), sha256(data), name)
    equal(stored(f"sv/{video_id}/{video_id}.m3u8").decode(), text)


def image():
    data = sample(50_000, seed=6)
    path = temporary_file(data, ".jpg")
    request = UploadImageRequest(path, "An image")
    request.setImageType("cover")
    request.setTags("one,two")
    image_id, url = module.AliyunVodUploader(KEY_ID, KEY_SECRET).uploadImage(request)
    os.remove(path)
    equal(stored(f"image/cover/{image_id.upper()}-6-2.jpg"), data)
    equal(requests.get(url).content, data, "the image behind its URL")


def web_image():
    data = sample(20_000, seed=7)
    web = Web({"/a/picture.png": data})
    request = UploadImageRequest(f"{web.url}/a/picture.png", "An image of the web")
    image_id, url = module.AliyunVodUploader(KEY_ID, KEY_SECRET).uploadImage(request, False)
    equal(requests.get(url).content, data)
    equal(len(image_id), 32)


def attached(local):
    data = sample(30_000, seed=8)
    path = temporary_file(data, ".srt") if local else f"{Web({'/de.srt': data}).url}/de.srt"
    request = UploadAttachedMediaRequest(path, "subtitle", "Subtitles")
    result = module.AliyunVodUploader(KEY_ID, KEY_SECRET).uploadAttachedMedia(request, local)
    if local:
        os.remove(path)
    equal(result["FileURL"], f"{ENDPOINT}/{BUCKET}/subtitle/{result['MediaId'].upper()}.srt")
    equal(requests.get(result["MediaURL"]).content, data)


def attached_category():
    path = temporary_file(b"x", ".png")
    request = UploadAttachedMediaRequest(path, "watermark")
    request.setCateId(7)
    error = raises(Exception, lambda: module.AliyunVodUploader(KEY_ID, KEY_SECRET).uploadAttachedMedia(request))
    os.remove(path)
    equal("set_CateId" in str(error), True, str(error))


def wrong_secret():
    uploader = module.AliyunVodUploader(KEY_ID, "wrong")
    path = temporary_file(b"x" * 100, ".mp4")
    error = raises(Exception, lambda: uploader.uploadLocalVideo(module.UploadVideoRequest(path, "x")))
    os.remove(path)
    equal("AccessKeySecret" in str(error) or "Signature" in str(error), True, str(error))


check("voduploadsdk uploads a small video with one put", put)
check("voduploadsdk uploads a video in parts", multipart)
check("voduploadsdk uploads a playlist and its segments with one credential", playlist)
check("voduploadsdk uploads a video of the web", web_video)
check("voduploadsdk uploads a playlist of the web", web_playlist)
check("voduploadsdk uploads an image", image)
check("voduploadsdk uploads an image of the web", web_image)
check("voduploadsdk uploads attached media", lambda: attached(True))
check("voduploadsdk uploads attached media of the web", lambda: attached(False))
check("voduploadsdk cannot give attached media a category: its API client has no CateId", attached_category)
check("voduploadsdk is refused with a wrong secret", wrong_secret)
finish()
