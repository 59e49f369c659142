// Where bytes come from, when they do not come from a URL.

import type { ByteReader } from "../hosts/host.ts";

/** Bytes that can be read again, at any offset. */
export interface Slices {
  /** Length in bytes. */
  readonly size: number;
  /** When they last changed, in ms since the epoch. */
  readonly modified?: number;
  /** A file name, or the whole path where a resume can find it again. */
  readonly name?: string;
  /** Media type, if it is told. */
  readonly contentType?: string;
  /** What differs when the bytes differ. */
  readonly version?: string;
  /** Reads `length` bytes from `offset` on. Fails with a `HostFailure` if they are no longer what they were. */
  slice(offset: number, length: number): ByteReader;
  /** Lets go of what is open. */
  close(): Promise<void>;
}

/** Bytes that pass by once. */
export interface Once {
  /** Length in bytes, if it is known. */
  readonly size?: number;
  /** A file name. */
  readonly name?: string;
  /** Begins to read. */
  open(): ByteReader;
  /** Lets go of it, begun or not. */
  close(): void;
}

/** The files around a local playlist. */
export interface Folder {
  /** Opens the file at a relative path. Fails with `path_refused` for one that lies elsewhere in truth. */
  open(path: string): Promise<Slices>;
}

/** A local source, ready to be read. */
export type LocalSource =
  | { readonly type: "slices"; readonly slices: Slices }
  | { readonly type: "stream"; readonly once: Once }
  | { readonly type: "folder"; readonly folder: Folder };
