"""voduploadsdk, the official VOD upload SDK: its own flow from CreateUploadVideo to the finished object."""

import logging
import os
import tempfile

import voduploadsdk
import voduploadsdk.AliyunVodUploader as module
from aliyunsdkcore.profile import region_provider

from harness import DIR, HOST, KEY_ID, KEY_SECRET, check, equal, finish, raises, sample, sha256, stored, temporary_file

for product in ("vod", "Vod"):
    region_provider.modify_point(product, "cn-shanghai", HOST)

logging.disable(logging.INFO)
# Its telemetry posts to the real service, unasked; a test must not.
module.requests.post = lambda *arguments, **options: None
# It downloads into a folder beside itself that it forgets to create.
os.makedirs(os.path.join(os.path.dirname(os.path.dirname(voduploadsdk.__file__)), "dlfiles"), exist_ok=True)


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


def wrong_secret():
    uploader = module.AliyunVodUploader(KEY_ID, "wrong")
    path = temporary_file(b"x" * 100, ".mp4")
    error = raises(Exception, lambda: uploader.uploadLocalVideo(module.UploadVideoRequest(path, "x")))
    os.remove(path)
    equal("AccessKeySecret" in str(error) or "Signature" in str(error), True, str(error))


check("voduploadsdk uploads a small video with one put", put)
check("voduploadsdk uploads a video in parts", multipart)
check("voduploadsdk uploads a playlist and its segments with one credential", playlist)
check("voduploadsdk is refused with a wrong secret", wrong_secret)
finish()
