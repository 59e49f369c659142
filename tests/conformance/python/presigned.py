"""Signs with oss2 what stands on standard input: a list of requests, for which it writes URLs, or headers."""

import json
import sys
import time

import oss2
from oss2.http import Request


def auth_of(request):
    keys = request["credentials"]
    provider = oss2.credentials.StaticCredentialsProvider(
        keys["accessKeyId"], keys["accessKeySecret"], keys.get("securityToken")
    )
    return oss2.ProviderAuth(provider) if request["signature"] == "v1" else oss2.ProviderAuthV4(provider)


def bucket_of(request):
    return oss2.Bucket(
        auth_of(request), request["endpoint"], request["bucket"], is_cname=request["cname"], region=request["region"]
    )


def presign(request):
    extra = {"additional_headers": request["additionalHeaders"]} if request["signature"] == "v4" else {}
    return bucket_of(request).sign_url(
        request["method"],
        request["key"],
        request["expiresIn"],
        headers=oss2.CaseInsensitiveDict(request["headers"]),
        params=dict(request["query"]),
        slash_safe=True,
        **extra,
    )


def sign(request):
    bucket = bucket_of(request)
    signed = Request(
        request["method"],
        bucket._make_url(bucket.bucket_name, request["key"]),
        headers=oss2.CaseInsensitiveDict(request["headers"]),
        params=dict(request["query"]),
        region=bucket.region,
        product=bucket.product,
    )
    if request["signature"] == "v1":
        signed.headers["x-oss-date"] = oss2.utils.http_date(int(time.time()))
        auth_of(request)._sign_request(signed, bucket.bucket_name, request["key"])
    else:
        auth_of(request)._sign_request(signed, bucket.bucket_name, request["key"], request["additionalHeaders"])
    return {name.lower(): value for name, value in signed.headers.items()}


requests = json.load(sys.stdin)
json.dump([{"presign": presign, "sign": sign}[sys.argv[1]](request) for request in requests], sys.stdout)
