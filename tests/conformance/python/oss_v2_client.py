"""alibabacloud-oss-v2, the second-generation OSS SDK for Python, with V1 and V4 signatures."""

import base64
import io
import json
import os

import alibabacloud_oss_v2 as oss
import requests

from harness import BUCKET, EMULATOR, ENDPOINT, KEY_ID, KEY_SECRET, REGION, check, equal, finish, raises, sample, sha256, stored, temporary_file, Web

MIB = 1024 * 1024


def client_of(version, secret=KEY_SECRET, region=REGION, credentials=None):
    config = oss.config.load_default()
    config.credentials_provider = credentials or oss.credentials.StaticCredentialsProvider(KEY_ID, secret)
    config.region = region
    config.endpoint = ENDPOINT
    config.signature_version = version
    config.use_path_style = True
    return oss.Client(config)


def checks(version):
    client = client_of(version)
    prefix = f"oss-v2/{version}"

    def put_and_get():
        data = sample(300_000)
        client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=f"{prefix}/a b+%.bin", body=data, content_type="video/mp4"))
        with client.get_object(oss.GetObjectRequest(bucket=BUCKET, key=f"{prefix}/a b+%.bin")).body as body:
            equal(sha256(body.content), sha256(data))
        head = client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key=f"{prefix}/a b+%.bin"))
        equal((head.content_length, head.content_type), (len(data), "video/mp4"))

    def uploader():
        data = sample(7 * MIB + 3, seed=2)
        client.uploader(part_size=MIB, parallel_num=3).upload_from(
            oss.PutObjectRequest(bucket=BUCKET, key=f"{prefix}/up.bin"), io.BytesIO(data)
        )
        equal(sha256(stored(f"{prefix}/up.bin")), sha256(data))

    def resumed():
        data = sample(4 * MIB + 9, seed=6)
        path = temporary_file(data, ".bin")
        key = f"{prefix}/resumed.bin"
        told = []

        def interrupt(_, sent, total):
            if sent >= 2 * MIB:
                raise RuntimeError("interrupted")

        def upload(progress):
            options = {"part_size": MIB, "parallel_num": 1, "enable_checkpoint": True, "checkpoint_dir": os.path.dirname(path)}
            request = oss.PutObjectRequest(bucket=BUCKET, key=key, progress_fn=progress)
            client.uploader(**options, leave_parts_on_error=True).upload_file(request, path)

        raises(Exception, lambda: upload(interrupt))
        upload(lambda _, sent, total: told.append(sent))
        os.remove(path)
        equal(told[0] > MIB, True, "what was sent before counts")
        equal(sha256(stored(key)), sha256(data))

    def abort():
        key = f"{prefix}/aborted.bin"
        upload_id = client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=BUCKET, key=key)).upload_id
        client.upload_part(oss.UploadPartRequest(bucket=BUCKET, key=key, upload_id=upload_id, part_number=1, body=sample(100)))
        uploads = client.list_multipart_uploads(oss.ListMultipartUploadsRequest(bucket=BUCKET, prefix=key)).uploads
        equal([upload.upload_id for upload in uploads], [upload_id])
        client.abort_multipart_upload(oss.AbortMultipartUploadRequest(bucket=BUCKET, key=key, upload_id=upload_id))
        error = raises(oss.exceptions.OperationError, lambda: client.list_parts(
            oss.ListPartsRequest(bucket=BUCKET, key=key, upload_id=upload_id)))
        equal("NoSuchUpload" in str(error), True, str(error))

    def listing():
        for name in ("1", "2", "sub/3"):
            client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=f"{prefix}/l/{name}", body=b"x"))
        pages = client.list_objects_v2_paginator(limit=1).iter_page(
            oss.ListObjectsV2Request(bucket=BUCKET, prefix=f"{prefix}/l/", delimiter="/")
        )
        found = [(page.contents or [], page.common_prefixes or []) for page in pages]
        equal([entry.key for contents, _ in found for entry in contents], [f"{prefix}/l/1", f"{prefix}/l/2"])
        equal([entry.prefix for _, prefixes in found for entry in prefixes], [f"{prefix}/l/sub/"])

    def complete_all():
        key = f"{prefix}/all.bin"
        upload_id = client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=BUCKET, key=key)).upload_id
        parts = [sample(200_000, seed=3), sample(100, seed=4)]
        for number, data in enumerate(parts, 1):
            client.upload_part(oss.UploadPartRequest(bucket=BUCKET, key=key, upload_id=upload_id, part_number=number, body=data))
        listed = client.list_parts(oss.ListPartsRequest(bucket=BUCKET, key=key, upload_id=upload_id))
        equal([part.size for part in listed.parts], [200_000, 100])
        client.complete_multipart_upload(
            oss.CompleteMultipartUploadRequest(bucket=BUCKET, key=key, upload_id=upload_id, complete_all="yes")
        )
        equal(stored(key), b"".join(parts))

    def presigned():
        url = client.presign(oss.PutObjectRequest(bucket=BUCKET, key=f"{prefix}/url.bin", content_type="text/plain"))
        equal(requests.put(url.url, data=b"by url", headers=url.signed_headers or {"Content-Type": "text/plain"}).status_code, 200)
        url = client.presign(oss.GetObjectRequest(bucket=BUCKET, key=f"{prefix}/url.bin"))
        equal(requests.get(url.url).content, b"by url")

    def append():
        key = f"{prefix}/appended.bin"
        first = client.append_object(oss.AppendObjectRequest(bucket=BUCKET, key=key, position=0, body=b"first "))
        equal(first.next_position, 6)
        client.append_object(oss.AppendObjectRequest(bucket=BUCKET, key=key, position=6, body=b"second"))
        equal(stored(key), b"first second")
        error = raises(oss.exceptions.OperationError, lambda: client.append_object(
            oss.AppendObjectRequest(bucket=BUCKET, key=key, position=1, body=b"x")))
        equal("PositionNotEqualToLength" in str(error), True, str(error))

    def part_copy():
        data = sample(400_000, seed=5)
        source, key = f"{prefix}/source ü+.bin", f"{prefix}/copied.bin"
        client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=source, body=data))
        upload_id = client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=BUCKET, key=key)).upload_id
        parts = []
        for number, source_range in enumerate(["bytes=0-199999", "bytes=200000-399999"], 1):
            copied = client.upload_part_copy(oss.UploadPartCopyRequest(
                bucket=BUCKET, key=key, upload_id=upload_id, part_number=number,
                source_bucket=BUCKET, source_key=source, source_range=source_range,
            ))
            parts.append(oss.UploadPart(part_number=number, etag=copied.etag))
        client.complete_multipart_upload(oss.CompleteMultipartUploadRequest(
            bucket=BUCKET, key=key, upload_id=upload_id,
            complete_multipart_upload=oss.CompleteMultipartUpload(parts=parts),
        ))
        equal(sha256(stored(key)), sha256(data))

    def callback():
        app = Web()
        config = {
            "callbackUrl": app.url,
            "callbackBody": '{"object":${object},"size":${size}}',
            "callbackBodyType": "application/json",
        }

        def put(key):
            encoded = base64.b64encode(json.dumps(config).encode()).decode()
            return client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=key, body=b"12345", callback=encoded))

        equal(json.loads(put(f"{prefix}/called").callback_result), {"Status": "OK"})
        equal(json.loads(app.posts[0][1]), {"object": f"{prefix}/called", "size": 5})
        app.answer = (500, b"")
        result = put(f"{prefix}/not called")
        # It takes 203 for success as well, and hands the error out as the callback's result.
        equal((result.status_code, "CallbackFailed" in result.callback_result), (203, True))
        equal(stored(f"{prefix}/not called"), b"12345")

    def wrong_secret():
        error = raises(oss.exceptions.OperationError, lambda: client_of(version, secret="wrong").put_object(
            oss.PutObjectRequest(bucket=BUCKET, key="x", body=b"x")))
        equal("SignatureDoesNotMatch" in str(error), True, str(error))

    for name, body in {
        "puts, gets and heads": put_and_get,
        "uploads in parallel parts": uploader,
        "goes on with an upload that was interrupted": resumed,
        "lists and aborts multipart uploads": abort,
        "lists objects": listing,
        "completes with every part there is": complete_all,
        "uses presigned URLs": presigned,
        "appends to an object": append,
        "copies parts of another object": part_copy,
        "is called back, and hears when that failed": callback,
        "is refused with a wrong secret": wrong_secret,
    }.items():
        check(f"alibabacloud-oss-v2 {version} {name}", body)


def token():
    temporary = EMULATOR["temporaryCredential"]
    provider = oss.credentials.StaticCredentialsProvider(
        temporary["accessKeyId"], temporary["accessKeySecret"], temporary["securityToken"]
    )
    client = client_of("v4", credentials=provider)
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="oss-v2/token", body=b"token"))
    url = client.presign(oss.GetObjectRequest(bucket=BUCKET, key="oss-v2/token"))
    equal(requests.get(url.url).content, b"token")


checks("v1")
checks("v4")
check("alibabacloud-oss-v2 v4 signs with a temporary credential, also in URLs", token)
finish()
