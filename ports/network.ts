/** Connections of bytes between processes, with TLS where that is asked for. */

/**
 * Why a connection ended: closed in order by the peer, reset, never accepted, no answer to the connect, closed by this side, or
 * TLS was not agreed on.
 */
export type CloseReason = 'closed' | 'reset' | 'refused' | 'timed-out' | 'local' | 'untrusted';

/** What a process does when something happens to its connection. */
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

/** One side of a connection. */
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

/** A port that accepts connections until it is closed. */
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

/** How a process reaches others, and is reached. */
export interface Network {
  /** With `tls`, the connection opens when TLS is agreed on; without that it ends as `untrusted`. */
  connect(host: string, port: number, handlers: ConnectionHandlers, tls?: TlsClientSettings): Connection;
  /**
   * `accept` is called for each incoming connection and returns its handlers; with `tls`, when TLS is agreed on. Throws if the
   * port is taken or the TLS settings are of no use.
   */
  listen(port: number, accept: (connection: Connection) => ConnectionHandlers, tls?: TlsServerSettings): Listener;
}
