"""oss2, the first-generation OSS SDK for Python, with V1 and V4 signatures."""

import base64
import json
import logging
import os

import oss2
import requests
from oss2.models import PartInfo

from harness import (
    BUCKET, ENDPOINT, KEY_ID, KEY_SECRET, REGION, check, equal, finish, raises, sample, sha256, stored, temporary_file, Web,
)

MIB = 1024 * 1024


def bucket_of(version, secret=KEY_SECRET, key_id=KEY_ID, region=REGION):
    if version == "V4":
        return oss2.Bucket(oss2.AuthV4(key_id, secret), ENDPOINT, BUCKET, region=region)
    return oss2.Bucket(oss2.Auth(key_id, secret), ENDPOINT, BUCKET)


def checks(version):
    bucket = bucket_of(version)
    prefix = f"oss2/{version}"

    def put_and_get():
        data = sample(300_000)
        result = bucket.put_object(f"{prefix}/put.bin", data, headers={"x-oss-meta-kind": "sample", "Content-Type": "video/mp4"})
        answer = bucket.get_object(f"{prefix}/put.bin")
        equal(sha256(answer.read()), sha256(data), "content")
        equal(answer.headers["Content-Type"], "video/mp4")
        equal(answer.headers["x-oss-meta-kind"], "sample")
        equal(answer.etag, result.etag)
        equal(answer.client_crc, answer.server_crc, "CRC-64")
        equal(sha256(stored(f"{prefix}/put.bin")), sha256(data), "the plain file")

    def awkward_names():
        for name in ["a b.txt", "plus+percent%25&=?#.txt", "日本語/ü~é.mp4", "quote'(1)!*.txt"]:
            key = f"{prefix}/{name}"
            bucket.put_object(key, name.encode())
            equal(bucket.get_object(key).read(), name.encode(), key)
            equal(stored(key), name.encode(), key)

    def range_and_head():
        data = sample(100_000, seed=2)
        bucket.put_object(f"{prefix}/range.bin", data)
        equal(bucket.get_object(f"{prefix}/range.bin", byte_range=(10, 99_000)).read(), data[10:99_001])
        equal(bucket.get_object(f"{prefix}/range.bin", byte_range=(None, 7)).read(), data[-7:])
        head = bucket.head_object(f"{prefix}/range.bin")
        equal(head.content_length, len(data))
        equal(head.object_type, "Normal")
        equal(bucket.get_object_meta(f"{prefix}/range.bin").content_length, len(data))

    def chunked_put():
        pieces = [sample(70_000, seed=3), sample(1, seed=4), sample(200_000, seed=5)]
        bucket.put_object(f"{prefix}/chunked.bin", (piece for piece in pieces))
        equal(stored(f"{prefix}/chunked.bin"), b"".join(pieces))

    def multipart():
        key = f"{prefix}/multi part.bin"
        parts = [sample(MIB, seed=6), sample(MIB, seed=7), sample(12_345, seed=8)]
        upload_id = bucket.init_multipart_upload(key, headers={"Content-Type": "video/mp4"}).upload_id
        done = []
        for number in (2, 3, 1):
            result = bucket.upload_part(key, upload_id, number, parts[number - 1])
            done.append(PartInfo(number, result.etag))
        listed = list(oss2.PartIterator(bucket, key, upload_id, max_parts=1))
        equal([part.part_number for part in listed], [1, 2, 3])
        equal([part.size for part in listed], [MIB, MIB, 12_345])
        equal(bucket.list_parts(key, upload_id, max_parts=2).is_truncated, True)
        uploads = [upload.upload_id for upload in oss2.MultipartUploadIterator(bucket, prefix=f"{prefix}/")]
        equal(upload_id in uploads, True, "listed among the uploads")
        result = bucket.complete_multipart_upload(key, upload_id, sorted(done, key=lambda part: part.part_number))
        equal(sha256(bucket.get_object(key).read()), sha256(b"".join(parts)), "content")
        head = bucket.head_object(key)
        equal(head.object_type, "Multipart")
        equal(head.content_type, "video/mp4")
        equal(int(head.headers["x-oss-hash-crc64ecma"]), result.crc, "CRC-64 of the whole object")

    def resumable():
        data = sample(5 * MIB + 17, seed=9)
        path = temporary_file(data, ".bin")
        try:
            store = oss2.ResumableStore(root=os.path.dirname(path))
            oss2.resumable_upload(bucket, f"{prefix}/resumable.bin", path, store=store, multipart_threshold=MIB, part_size=MIB, num_threads=3)
        finally:
            os.remove(path)
        equal(sha256(stored(f"{prefix}/resumable.bin")), sha256(data))
        oss2.resumable_download(bucket, f"{prefix}/resumable.bin", path, multiget_threshold=MIB, part_size=MIB, num_threads=2)
        with open(path, "rb") as file:
            equal(sha256(file.read()), sha256(data), "downloaded again in ranges")
        os.remove(path)

    def interrupted():
        data = sample(4 * MIB + 5, seed=10)
        path = temporary_file(data, ".bin")
        key = f"{prefix}/interrupted.bin"
        told = []

        def interrupt(sent, total):
            if sent >= 2 * MIB:
                raise KeyboardInterrupt

        def upload(progress):
            store = oss2.ResumableStore(root=os.path.dirname(path))
            oss2.resumable_upload(
                bucket, key, path, store=store, multipart_threshold=MIB, part_size=MIB, num_threads=1, progress_callback=progress
            )

        # It prints what ends it.
        logging.disable()
        raises(KeyboardInterrupt, lambda: upload(interrupt))
        logging.disable(logging.NOTSET)
        upload(lambda sent, total: told.append(sent))
        os.remove(path)
        equal(told[0] >= 2 * MIB, True, "what was sent before counts")
        equal(sha256(stored(key)), sha256(data))

    def abort():
        key = f"{prefix}/aborted.bin"
        upload_id = bucket.init_multipart_upload(key).upload_id
        bucket.upload_part(key, upload_id, 1, sample(MIB))
        bucket.abort_multipart_upload(key, upload_id)
        error = raises(oss2.exceptions.NoSuchUpload, lambda: bucket.list_parts(key, upload_id))
        equal(error.status, 404)
        equal(bucket.object_exists(key), False)

    def presigned():
        key = f"{prefix}/presigned name.bin"
        data = sample(10_000, seed=10)
        headers = {"Content-Type": "video/mp4", "x-oss-meta-from": "url"}
        url = bucket.sign_url("PUT", key, 60, headers=headers, slash_safe=True)
        equal(requests.put(url, data=data, headers=headers).status_code, 200)
        answer = requests.get(bucket.sign_url("GET", key, 60, params={"response-content-type": "text/plain"}))
        equal(answer.content, data)
        equal(answer.headers["Content-Type"], "text/plain")
        other = requests.put(bucket.sign_url("PUT", key, 60), data=data, headers={"Content-Type": "text/html"})
        equal(other.status_code, 403, "a Content-Type that was not signed")

    def expired_url():
        url = bucket.sign_url("GET", f"{prefix}/put.bin", -5) if version == "V1" else bucket.sign_url("GET", f"{prefix}/put.bin", 1)
        import time
        time.sleep(2.1)
        answer = requests.get(url)
        equal(answer.status_code, 403)
        equal("AccessDenied" in answer.text, True, answer.text)

    def wrong_secret():
        error = raises(oss2.exceptions.SignatureDoesNotMatch, lambda: bucket_of(version, secret="wrong").put_object("x", b"x"))
        equal(error.status, 403)
        equal("StringToSign" in error.details, True)
        error = raises(oss2.exceptions.OssError, lambda: bucket_of(version, secret="wrong").head_object(f"{prefix}/put.bin"))
        equal((error.status, error.code), (403, "SignatureDoesNotMatch"))

    def unknown_key():
        error = raises(oss2.exceptions.ServerError, lambda: bucket_of(version, key_id="nobody").put_object("x", b"x"))
        equal((error.status, error.code), (403, "InvalidAccessKeyId"))

    def missing_object():
        equal(bucket.object_exists(f"{prefix}/nothing"), False)
        error = raises(oss2.exceptions.NoSuchKey, lambda: bucket.get_object(f"{prefix}/nothing"))
        equal(error.status, 404)
        bucket.put_object(f"{prefix}/gone", b"x")
        bucket.delete_object(f"{prefix}/gone")
        equal(bucket.object_exists(f"{prefix}/gone"), False)

    def refusals():
        bucket.put_object(f"{prefix}/taken", b"first")
        error = raises(
            oss2.exceptions.ServerError,
            lambda: bucket.put_object(f"{prefix}/taken", b"second", headers={"x-oss-forbid-overwrite": "true"}),
        )
        equal((error.status, error.code), (409, "FileAlreadyExists"))
        error = raises(
            oss2.exceptions.ServerError,
            lambda: bucket.put_object(f"{prefix}/md5", b"body", headers={"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}),
        )
        equal((error.status, error.code), (400, "InvalidDigest"))
        equal(bucket.object_exists(f"{prefix}/md5"), False)
        upload_id = bucket.init_multipart_upload(f"{prefix}/small").upload_id
        parts = [PartInfo(n, bucket.upload_part(f"{prefix}/small", upload_id, n, b"tiny").etag) for n in (1, 2)]
        error = raises(oss2.exceptions.ServerError, lambda: bucket.complete_multipart_upload(f"{prefix}/small", upload_id, parts))
        equal((error.status, error.code), (400, "EntityTooSmall"))
        parts[0].etag = '"00000000000000000000000000000000"'
        error = raises(oss2.exceptions.ServerError, lambda: bucket.complete_multipart_upload(f"{prefix}/small", upload_id, parts))
        equal((error.status, error.code), (400, "InvalidPart"))
        bucket.abort_multipart_upload(f"{prefix}/small", upload_id)

    def append():
        key = f"{prefix}/appended.bin"
        pieces = [sample(1000, seed=11), sample(77, seed=12)]
        first = bucket.append_object(key, 0, pieces[0], init_crc=0)
        equal(first.next_position, 1000)
        second = bucket.append_object(key, first.next_position, pieces[1], init_crc=first.crc)
        equal(second.next_position, 1077)
        equal(stored(key), b"".join(pieces))
        error = raises(oss2.exceptions.PositionNotEqualToLength, lambda: bucket.append_object(key, 5, b"x"))
        equal((error.status, error.next_position), (409, 1077))
        bucket.put_object(f"{prefix}/normal", b"x")
        raises(oss2.exceptions.ObjectNotAppendable, lambda: bucket.append_object(f"{prefix}/normal", 1, b"x"))

    def part_copy():
        data = sample(2 * MIB + 9, seed=13)
        source, key = f"{prefix}/source ü+%.bin", f"{prefix}/copied.bin"
        bucket.put_object(source, data)
        upload_id = bucket.init_multipart_upload(key).upload_id
        ranges = [(0, MIB - 1), (MIB, len(data) - 1)]
        parts = [
            PartInfo(number, bucket.upload_part_copy(BUCKET, source, byte_range, key, upload_id, number).etag)
            for number, byte_range in enumerate(ranges, 1)
        ]
        bucket.complete_multipart_upload(key, upload_id, parts)
        equal(sha256(stored(key)), sha256(data))

    def callback():
        def encoded(value):
            return base64.b64encode(json.dumps(value).encode()).decode()

        app = Web()
        body = "o=${object}&s=${size}&mine=${x:mine}"
        headers = {
            "x-oss-callback": encoded({"callbackUrl": f"{app.url}/done", "callbackBody": body}),
            "x-oss-callback-var": encoded({"x:mine": "a b"}),
        }
        result = bucket.put_object(f"{prefix}/called back", b"12345", headers=headers)
        equal(result.resp.read(), b'{"Status":"OK"}')
        equal(app.posts[0][1].decode(), f"o={prefix.replace('/', '%2F')}%2Fcalled%20back&s=5&mine=a%20b")
        key = f"{prefix}/multi called back"
        upload_id = bucket.init_multipart_upload(key).upload_id
        part = PartInfo(1, bucket.upload_part(key, upload_id, 1, b"part").etag)
        result = bucket.complete_multipart_upload(key, upload_id, [part], headers=headers)
        equal(result.resp.read(), b'{"Status":"OK"}')
        app.answer = (500, b"")
        # oss2 takes every 2xx for success: that a callback failed shows only in status and body.
        result = bucket.put_object(f"{prefix}/not called back", b"12345", headers=headers)
        equal(result.status, 203)
        equal(b"CallbackFailed" in result.resp.read(), True)
        equal(stored(f"{prefix}/not called back"), b"12345")
        error = raises(
            oss2.exceptions.ServerError, lambda: bucket.put_object("x", b"x", headers={"x-oss-callback": "e30="})
        )
        equal((error.status, error.code), (400, "InvalidArgument"))

    def traffic_limit():
        bucket.put_object(f"{prefix}/limited", b"x", headers={"x-oss-traffic-limit": str(100 * 1024 * 8)})
        error = raises(
            oss2.exceptions.ServerError, lambda: bucket.put_object("x", b"x", headers={"x-oss-traffic-limit": "1"})
        )
        equal((error.status, error.code), (400, "InvalidArgument"))

    def listing():
        for name in ("l/1", "l/2", "l/sub/3"):
            bucket.put_object(f"{prefix}/{name}", b"x")
        found = list(oss2.ObjectIterator(bucket, prefix=f"{prefix}/l/", delimiter="/", max_keys=1))
        equal([entry.key for entry in found], [f"{prefix}/l/1", f"{prefix}/l/2", f"{prefix}/l/sub/"])
        found = list(oss2.ObjectIteratorV2(bucket, prefix=f"{prefix}/l/", max_keys=2))
        equal([entry.key for entry in found], [f"{prefix}/l/1", f"{prefix}/l/2", f"{prefix}/l/sub/3"])

    for name, body in {
        "puts and gets an object": put_and_get,
        "takes awkward names": awkward_names,
        "reads ranges and heads": range_and_head,
        "puts a body of unknown length": chunked_put,
        "uploads parts out of order, lists and completes them": multipart,
        "uploads resumably in parallel": resumable,
        "goes on with an upload that was interrupted": interrupted,
        "aborts a multipart upload": abort,
        "uses presigned URLs": presigned,
        "is refused with an expired URL": expired_url,
        "is refused with a wrong secret": wrong_secret,
        "is refused with an unknown key": unknown_key,
        "sees missing and deleted objects": missing_object,
        "gets OSS's own refusals": refusals,
        "appends to an object": append,
        "copies parts of another object": part_copy,
        "is called back, and hears when that failed": callback,
        "asks for a traffic limit": traffic_limit,
        "lists objects": listing,
    }.items():
        check(f"oss2 {version} {name}", body)


def wrong_region():
    error = raises(oss2.exceptions.ServerError, lambda: bucket_of("V4", region="cn-beijing").put_object("x", b"x"))
    equal((error.status, error.code), (400, "InvalidArgument"))


checks("V1")
checks("V4")
check("oss2 V4 is refused with another region", wrong_region)
finish()
