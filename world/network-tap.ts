/** Somebody who listens on the network of a world, and changes nothing of what passes. */

/** One end of a connection. The peer of an end is the sender of what comes in, once the connection is open. */
export interface TappedEnd {
  readonly incarnation: { readonly number: number; readonly process: { readonly name: string } };
  /** Of the side that accepted: a port of the side that connected, from 49,152 on. */
  readonly remotePort: number;
  readonly incoming: { readonly sender: TappedEnd };
  readonly outgoing: { readonly link: { readonly to: string } };
}

/** Bytes are never written to; who keeps them keeps what passed. */
export interface NetworkTap {
  /** A process handed bytes to its end of a connection. They may never arrive. */
  sent(from: TappedEnd, bytes: Uint8Array): void;
  /** A process reads bytes at its end: the next ones of what the other end was handed, in pieces of any size. */
  read(by: TappedEnd, bytes: Uint8Array): void;
}
