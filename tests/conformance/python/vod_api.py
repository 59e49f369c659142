"""The VOD API through the official API clients: aliyun-python-sdk-vod (RPC) and alibabacloud-vod20170321 (ACS3)."""

import base64
import json

import oss2
import requests
from alibabacloud_tea_openapi.models import Config
from alibabacloud_vod20170321 import models
from alibabacloud_vod20170321.client import Client
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.profile import region_provider
from aliyunsdkvod.request.v20170321 import CreateUploadVideoRequest, GetMezzanineInfoRequest, RefreshUploadVideoRequest

from harness import EMULATOR, ENDPOINT, HOST, KEY_ID, KEY_SECRET, REGION, check, equal, finish, raises, sample, stored

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
        equal(auth["Expiration"], "3000")
        bucket = oss2.Bucket(oss2.StsAuth(auth["AccessKeyId"], auth["AccessKeySecret"], auth["SecurityToken"]), address["Endpoint"], address["Bucket"])
        data = sample(5000)
        bucket.put_object(address["FileName"], data)
        equal(stored(address["FileName"]), data)
        error = raises(oss2.exceptions.AccessDenied, lambda: bucket.put_object("another/key", data))
        equal(error.status, 403)
        raises(oss2.exceptions.OssError, lambda: bucket.get_object(address["FileName"]))
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
    equal(decoded(refreshed["UploadAuth"])["SecurityToken"] != decoded(created["UploadAuth"])["SecurityToken"], True)


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
check("aliyun-python-sdk-vod sees the service's refusals", rpc_refusals)
check("alibabacloud-vod20170321 creates, uploads (OSS V4 with token), refreshes and asks", acs3_flow)
check("alibabacloud-vod20170321 signs with a temporary credential", acs3_token)
check("alibabacloud-vod20170321 sees the service's refusals", acs3_refusals)
finish()
