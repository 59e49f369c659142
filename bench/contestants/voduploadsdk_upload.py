"""The official upload SDK, as its documentation uses it."""

import json
import logging
import os
import resource
import sys
import time

import voduploadsdk
import voduploadsdk.AliyunVodUploader as module
from aliyunsdkcore.profile import region_provider

SERVICE = json.loads(os.environ["VODLIFT_EMULATOR"])
FROM, SOURCE = sys.argv[1:3]

for product in ("vod", "Vod"):
    region_provider.modify_point(product, "cn-shanghai", SERVICE["endpoint"].split("://")[1])
logging.disable(logging.INFO)
# Its telemetry posts to the real service, unasked.
module.requests.post = lambda *arguments, **options: None
# It downloads into a folder beside itself that it forgets to create.
os.makedirs(os.path.join(os.path.dirname(os.path.dirname(voduploadsdk.__file__)), "dlfiles"), exist_ok=True)


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_kib():
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("VmHWM")).split()[1])


uploader = module.AliyunVodUploader(SERVICE["accessKeyId"], SERVICE["accessKeySecret"])
request = module.UploadVideoRequest(SOURCE, "Film")
began, cpu_before = time.monotonic(), cpu()
if FROM == "url":
    video_id = uploader.uploadWebVideo(request)
    key = f"sv/{video_id}/{video_id}.mp4"
else:
    key = uploader.uploadLocalVideo(request)["UploadAddress"]["FileName"]
wall_ms = (time.monotonic() - began) * 1000
print(json.dumps({"objectKey": key, "wallMs": wall_ms, "cpuMs": (cpu() - cpu_before) * 1000, "peakKib": peak_kib()}))
