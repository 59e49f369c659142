/** Finished objects: plain files under `DIR/<bucket>/`, their metadata beside them in the state folder. */
import { createHash } from "node:crypto";
import { lstat, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { openNew, openToRead, openToWrite } from "../../plain-files.ts";
import { Crc64, combineCrc64 } from "../crc64.ts";
import { copyRange, hasCode, isMissing, readJson, readRange, writeJson } from "./files.ts";
import type { Folder } from "./folder.ts";
import { type Digest, receive, Writer } from "./receive.ts";

/** Headers of the upload that come back on GET and HEAD: content-type, cache-control, x-oss-meta-… */
export type StoredHeaders = Record<string, string>;

export type ObjectMetadata = {
  bucket: string;
  key: string;
  size: number;
  /** With its quotes, as on the wire. */
  etag: string;
  /** Unsigned decimal. */
  crc64: string;
  type: "Normal" | "Multipart" | "Appendable";
  /** Unix ms. */
  modified: number;
  headers: StoredHeaders;
  /** The file's own time: tells whether someone changed it behind our back. */
  fileTime: number;
};

/** An object that is not a file in its bucket yet. */
export type Unpublished = Omit<ObjectMetadata, "fileTime">;

/** The name cannot exist as a file because a part of its path is taken by another object. */
export class PathTaken extends Error {}

/** Something else than AppendObject made this object. */
export class NotAppendable extends Error {}

/** The object does not end where the bytes were to go. */
export class WrongPosition extends Error {
  readonly size: number;

  constructor(size: number) {
    super(`the object has ${size} bytes`);
    this.size = size;
  }
}

export type Appending = Pick<ObjectMetadata, "bucket" | "key" | "headers" | "modified"> & {
  position: number;
};

export class Objects {
  readonly #folder: Folder;
  #publishing: Promise<void> = Promise.resolve();

  constructor(folder: Folder) {
    this.#folder = folder;
  }

  /** Streams a body to disk without publishing it; call `publish` or `discard` with the result. */
  async receive(chunks: AsyncIterable<Buffer>): Promise<{ path: string; digest: Digest }> {
    const path = this.#folder.incoming();
    const file = await openNew(path);
    try {
      return { path, digest: await receive(chunks, new Writer(file, 0)) };
    } catch (error) {
      await this.discard(path);
      throw error;
    } finally {
      await file.close();
    }
  }

  async discard(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  /**
   * Makes the finished file at `path` the object; readers see the old object or the new one, whole. One at a time, so
   * that of two at once file and metadata are the same one's.
   */
  async publish(path: string, object: Unpublished): Promise<void> {
    const turn = this.#publishing.then(() => this.#publish(path, object));
    this.#publishing = turn.catch(() => {});
    return turn;
  }

  /**
   * Adds the file at `path` to the end of an appendable object, or begins one. The longer file is made beside the old
   * one, so that readers never see one that is half appended.
   */
  async append(path: string, digest: Digest, what: Appending): Promise<Unpublished> {
    const turn = this.#publishing.then(() => this.#append(path, digest, what));
    this.#publishing = turn.then(
      () => {},
      () => {},
    );
    return turn;
  }

  async #append(path: string, digest: Digest, what: Appending): Promise<Unpublished> {
    const { bucket, key, position } = what;
    const old = await this.find(bucket, key);
    if (old && old.type !== "Appendable") throw new NotAppendable();
    const size = old?.size ?? 0;
    if (position !== size) throw new WrongPosition(size);
    const sum = createHash("md5")
      .update(old?.etag ?? "")
      .update(digest.md5)
      .digest("hex");
    const crc64 = combineCrc64(BigInt(old?.crc64 ?? 0), digest.crc64, digest.size);
    const grown: Unpublished = {
      bucket,
      key,
      size: size + digest.size,
      // Opaque: it is not the MD5 of the object.
      etag: `"${sum.toUpperCase()}"`,
      crc64: crc64.toString(),
      type: "Appendable",
      modified: what.modified,
      headers: old?.headers ?? what.headers,
    };
    const file = this.#folder.incoming();
    try {
      if (old) await appendFile(file, this.path(old), 0, size);
      await appendFile(file, path, size, digest.size);
      await this.#publish(file, grown);
    } catch (error) {
      await this.discard(file);
      throw error;
    }
    return grown;
  }

  async #publish(path: string, object: Unpublished): Promise<void> {
    const target = this.#folder.object(object.bucket, object.key);
    try {
      if (!(await this.#folder.makeWayTo(target))) throw new PathTaken(object.key);
      await rename(path, target);
    } catch (error) {
      if (["EEXIST", "ENOTDIR", "EISDIR", "ENOTEMPTY"].some((code) => hasCode(error, code))) {
        throw new PathTaken(object.key);
      }
      throw error;
    }
    const { mtimeMs } = await lstat(target);
    const metadata: ObjectMetadata = { ...object, fileTime: mtimeMs };
    await writeJson(this.#folder.metadata(object.bucket, object.key), metadata);
  }

  path(object: { bucket: string; key: string }): string {
    return this.#folder.object(object.bucket, object.key);
  }

  async find(bucket: string, key: string): Promise<ObjectMetadata | undefined> {
    const path = this.#folder.object(bucket, key);
    const file = await lstat(path).catch((error: unknown) => {
      if (isMissing(error) || hasCode(error, "ELOOP")) return undefined;
      throw error;
    });
    // Behind a link is no object, whether it is the file or a folder on the way.
    if (!file?.isFile() || !(await this.#folder.leadsTo(path))) return undefined;
    const metadata = await readJson<ObjectMetadata>(this.#folder.metadata(bucket, key));
    if (metadata && metadata.size === file.size && metadata.fileTime === file.mtimeMs) {
      return metadata;
    }
    return this.#adopt(bucket, key, path, file);
  }

  /** A file someone put into the bucket's folder is an object too: its checksums are computed when it is first asked for. */
  async #adopt(bucket: string, key: string, path: string, file: { size: number; mtimeMs: number }) {
    const fileTime = file.mtimeMs;
    const md5 = createHash("md5");
    const crc = new Crc64();
    let size = 0;
    for await (const chunk of readRange(path, { start: 0, end: file.size })) {
      md5.update(chunk);
      crc.update(chunk);
      size += chunk.length;
    }
    const metadata: ObjectMetadata = {
      bucket,
      key,
      size,
      etag: `"${md5.digest("hex").toUpperCase()}"`,
      crc64: crc.digest().toString(),
      type: "Normal",
      modified: Math.floor(fileTime),
      headers: {},
      fileTime,
    };
    await writeJson(this.#folder.metadata(bucket, key), metadata);
    return metadata;
  }

  async delete(bucket: string, key: string): Promise<void> {
    const path = this.#folder.object(bucket, key);
    if (!(await this.find(bucket, key))) return;
    await rm(path, { force: true });
    await rm(this.#folder.metadata(bucket, key), { force: true });
    await this.#pruneEmptyFolders(dirname(path), this.#folder.bucket(bucket));
  }

  /** Folders are no objects in OSS: one that holds nothing any more must not block a later key of its name. */
  async #pruneEmptyFolders(from: string, bucketFolder: string): Promise<void> {
    let folder = from;
    while (folder.startsWith(bucketFolder) && folder !== bucketFolder) {
      try {
        await rmdir(folder);
      } catch {
        return;
      }
      folder = dirname(folder);
    }
  }

  /** All keys of a bucket in byte order. Reads the folder tree: meant for tests and listings, not for millions. */
  async keys(bucket: string): Promise<string[]> {
    const root = this.#folder.bucket(bucket);
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(
      (error: unknown) => {
        if (isMissing(error)) return [];
        throw error;
      },
    );
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length + 1))
      .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }
}

/** Copies all of `from` to the end, at `size`, of `path`, which it creates if need be. */
async function appendFile(path: string, from: string, size: number, length: number): Promise<void> {
  const source = await openToRead(from);
  try {
    const target = await openToWrite(path);
    try {
      await copyRange(source, 0, target, size, length);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}
