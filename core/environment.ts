/**
 * The ports to the world. Core reaches time, chance, network and disk through these and nothing else, so that the same
 * code runs in the simulation (`sim/`) and on a real machine (`server/`).
 *
 * Everything here is callback style: core reacts to an event, changes its state, sends, sets timers, and returns. A
 * callback is never called from inside the call that registered it.
 */
import type { TraceEvent } from './trace.ts';

/** Milliseconds, integers. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. May be skewed and may jump, forward and back. For record timestamps and retention only. */
  wallMs(): number;
  /** Monotonic clock, milliseconds since an arbitrary start. May drift, never goes back. For every timeout and interval. */
  monotonicMs(): number;
}

export interface Timer {
  /** After cancel the callback is never called. Cancelling a fired or cancelled timer does nothing. */
  cancel(): void;
}

export interface Timers {
  /** Calls `callback` once, `delayMs` (integer ≥ 0) of monotonic time from now, in an event of its own. */
  after(delayMs: number, callback: () => void): Timer;
}

/**
 * Why a connection ended: closed in order by the peer, reset, never accepted, no answer to the connect, closed by this side, or
 * TLS was not agreed on.
 */
export type CloseReason = 'closed' | 'reset' | 'refused' | 'timed-out' | 'local' | 'untrusted';

export interface ConnectionHandlers {
  /** The connect succeeded (outgoing connections only). Bytes sent before are buffered and delivered after it. */
  onOpen?(): void;
  /** Bytes arrived, in order; chunks may be split and joined at any place. The receiver must not write to them. */
  onData(chunk: Uint8Array): void;
  /** The peer has sent its last byte, and still reads. Where it is absent, the connection is closed instead. */
  onPeerEnd?(): void;
  /** The connection is over; called exactly once, unless this side called close(). `detail`: of `untrusted`, in words. */
  onClose(reason: CloseReason, detail?: string): void;
  /** `bufferedBytes` fell to zero after `send` had returned false. */
  onDrain?(): void;
}

export interface Connection {
  readonly remoteHost: string;
  readonly remotePort: number;
  /** Distinguished name (RFC 2253) of the certificate that the peer showed; absent if it showed none that is trusted. */
  readonly peerSubject?: string;
  /** Queues bytes. False: the send buffer is over its limit; stop until onDrain. The bytes are never written to afterwards. */
  send(bytes: Uint8Array): boolean;
  /** Orderly close: what was sent is still delivered; no handler of this side is called any more. */
  close(): void;
  /** Bytes queued here that the network has not taken yet. */
  readonly bufferedBytes: number;
  /** Stops (true) or resumes reading from the peer, whose bytes wait in the network meanwhile. Absent where senders are bounded anyway. */
  hold?(on: boolean): void;
}

export interface Listener {
  close(): void;
}

/** A PEM text, or the path of a file that holds it. */
export type PemSource = { readonly pem: string } | { readonly location: string };

/** How a side of TLS proves who it is, and whom it trusts. */
export interface TlsIdentity {
  /** Certificate chain, own certificate first, and its private key; null for a client that shows none. */
  readonly keystore: { readonly chain: PemSource; readonly key: PemSource; readonly keyPassword: string | null } | null;
  /** Certificates of the authorities that are trusted; null: those that the platform trusts. */
  readonly truststore: PemSource | null;
  /** `TLSv1.2`, `TLSv1.3`. */
  readonly protocols: readonly string[];
}

export interface TlsClientSettings extends TlsIdentity {
  /** Must the certificate be of the host that was dialled? */
  readonly verifyHost: boolean;
}

export interface TlsServerSettings extends TlsIdentity {
  /** Is a client asked for a certificate, and refused without? */
  readonly clientAuth: 'none' | 'requested' | 'required';
}

export interface Network {
  /** With `tls`, the connection opens when TLS is agreed on; without that it ends as `untrusted`. */
  connect(host: string, port: number, handlers: ConnectionHandlers, tls?: TlsClientSettings): Connection;
  /**
   * `accept` is called for each incoming connection and returns its handlers; with `tls`, when TLS is agreed on. Throws if the
   * port is taken or the TLS settings are of no use.
   */
  listen(port: number, accept: (connection: Connection) => ConnectionHandlers, tls?: TlsServerSettings): Listener;
}

/** What the disk can say no with; Unix names. */
export type DiskErrorCode = 'EIO' | 'ENOSPC' | 'ENOENT' | 'EEXIST' | 'ENOTDIR';

export class DiskError extends Error {
  override readonly name = 'DiskError';
  readonly code: DiskErrorCode;
  readonly path: string;
  constructor(code: DiskErrorCode, path: string, operation: string) {
    super(`${code}: ${operation} ${path}`);
    this.code = code;
    this.path = path;
  }
}

export type SyncCallback = (error: DiskError | null) => void;

/**
 * An open file. Reads, appends and truncations act on the page cache and are visible at once; nothing is durable before a
 * sync that was begun after it calls back without error. All but `sync` throw DiskError.
 */
export interface DiskFile {
  readonly path: string;
  readonly size: number;
  /** Appends at the end. The bytes are kept by reference and never written to. */
  append(bytes: Uint8Array): void;
  /** Bytes [position, position + length), cut at the end of the file. The result must not be written to. */
  read(position: number, length: number): Uint8Array;
  truncate(size: number): void;
  /** Makes what the file holds now durable, then calls back. An error means that what was not yet durable may be lost for good. */
  sync(done: SyncCallback): void;
  close(): void;
}

/** A machine's disk: Unix semantics, paths separated by '/'. All but the syncs throw DiskError. */
export interface Disk {
  /** Opens a file for reading and appending; with `create` an absent file is created, else ENOENT. */
  open(path: string, options?: { readonly create?: boolean }): DiskFile;
  exists(path: string): boolean;
  /** Names (not paths) in a directory, sorted; ENOENT if it is absent. */
  list(directory: string): string[];
  /** Creates a directory and its parents; no error if it is there. */
  makeDirectory(directory: string): void;
  /** Atomically replaces `to`; durable only after the directory is synced. Works for files and directories. */
  rename(from: string, to: string): void;
  /** Removes a file, or a directory with all it holds; no error if it is absent. */
  remove(path: string): void;
  /** Makes creations, renames and removals in a directory durable, then calls back. */
  syncDirectory(directory: string, done: SyncCallback): void;
}

/**
 * Chance. Every draw says what is being decided (`label`), so that a run's decisions can be recorded, forced and shrunk.
 * Streams are derived by name: one stream's draws never shift another's.
 */
export interface Random {
  /** An independent stream, e.g. `raft/election`. The same name gives the same stream object. */
  stream(name: string): RandomStream;
  /**
   * May core take a legal but rare path here (FoundationDB's BUGGIFY)? In the real world always false. In a simulation a
   * quarter of the sites is active in a seed, and an active site says yes in a quarter of its visits.
   */
  sometimes(site: string): boolean;
}

export interface RandomStream {
  /** Uniform integer in [0, bound). */
  below(bound: number, label: string): number;
  /** Uniform integer in [min, max], both included. */
  between(min: number, max: number, label: string): number;
  /** True in `numerator` of `denominator` cases. */
  chance(numerator: number, denominator: number, label: string): boolean;
  /** An element of a non-empty list. */
  pick<T>(items: readonly T[], label: string): T;
}

export interface Tracer {
  emit(event: TraceEvent): void;
}

export type HashAlgorithm = 'sha256' | 'sha512';

/** Cryptography, for SASL. */
export interface Crypto {
  hash(algorithm: HashAlgorithm, data: Uint8Array): Uint8Array;
  hmac(algorithm: HashAlgorithm, key: Uint8Array, data: Uint8Array): Uint8Array;
  /** PBKDF2 with HMAC (RFC 5802's Hi); as many bytes as the hash has. */
  pbkdf2(algorithm: HashAlgorithm, password: Uint8Array, salt: Uint8Array, iterations: number): Uint8Array;
  /** Unpredictable bytes; nothing of a simulation's `Random`. */
  randomBytes(count: number): Uint8Array;
  /** Are they equal? Takes as long wherever they differ. */
  timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean;
}

/** One way to compress the records of a batch. */
export interface CompressionCodec {
  compress(bytes: Uint8Array): Uint8Array;
  /** DecodeError if the bytes are malformed or stand for more than `maxBytes`. */
  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array;
}

/**
 * Compression of record batches. `pureCompression` (core/protocol/compression.ts) is the same on every engine and is what a
 * simulation has; a real machine has faster codecs, whose bytes differ from build to build.
 */
export interface Compression {
  readonly gzip: CompressionCodec;
  readonly snappy: CompressionCodec;
  readonly lz4: CompressionCodec;
  readonly zstd: CompressionCodec;
}

/** What a client (an application's process) has. */
export interface ClientEnvironment {
  /** Unique name of this process, e.g. `b1`, `c3`, `producer-2`. */
  readonly nodeName: string;
  /** Name other processes reach this one's listeners by. */
  readonly host: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly network: Network;
  readonly random: Random;
  readonly tracer: Tracer;
  readonly compression: Compression;
  /** Absent in a world where nobody authenticates: SASL is then refused. */
  readonly crypto?: Crypto;
  /**
   * Told of an error that a request's handler threw, and that is no InvariantViolation; the request is then answered with
   * UNKNOWN_SERVER_ERROR, as in Kafka. A world without it (the simulation) wants to see such an error end the process.
   */
  readonly onRequestError?: (api: string, error: unknown) => void;
}

/** What a node of the cluster has. */
export interface Environment extends ClientEnvironment {
  readonly disk: Disk;
  /** The process ends itself, as Kafka does when it can't go on (all log directories failed, a fatal fault). No callback comes after it. */
  halt(reason: string): void;
}

/** A state that must not exist. Ends the run of a simulation as a failure of its seed; stops the node in the real world. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

/** Throws InvariantViolation with `message()` unless the condition holds. The message is built only on failure. */
export function invariant(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new InvariantViolation(message());
}
