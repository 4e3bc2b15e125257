/** Addresses of clients, as ACLs name them and as an Envelope carries them. */
import { DecodeError } from '../protocol/codec.ts';

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/**
 * The form in which an ACL must name an address, which is Java's: an IPv6 address without `::`, and an IPv4 address that is
 * mapped into IPv6 as what it is. A name that is no address (in the simulation) stays as it is.
 */
export function hostAddress(host: string): string {
  return host.includes(':') ? formatAddress(encodeAddress(host)) : host;
}

/**
 * The bytes of an address, as Java has them: 4 or 16. A host of the simulation has no address: its name in UTF-8 after a zero
 * byte stands for it (and one more at the end where the length would be that of an address).
 */
export function encodeAddress(host: string): Uint8Array {
  const address = ipv4(host) ?? (host.includes(':') ? ipv6(host) : null);
  if (address !== null) return address;
  const name = new TextEncoder().encode(host);
  const length = name.length + 1;
  const bytes = new Uint8Array(length === 4 || length === 16 ? length + 1 : length);
  bytes.set(name, 1);
  return bytes;
}

/** The opposite. Throws DecodeError. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length === 16) {
    if (isMappedIpv4(bytes)) return bytes.subarray(12).join('.');
    const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number));
    return groups.map((group) => group.toString(16)).join(':');
  }
  if (bytes[0] !== 0) throw new DecodeError(`an address of ${bytes.length} bytes`);
  const end = bytes.length > 1 && bytes[bytes.length - 1] === 0 ? bytes.length - 1 : bytes.length;
  return new TextDecoder().decode(bytes.subarray(1, end));
}

function isMappedIpv4(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}

function ipv4(text: string): Uint8Array | null {
  const match = IPV4.exec(text);
  if (match === null) return null;
  const parts = match.slice(1).map(Number);
  return parts.every((part) => part <= 255) ? Uint8Array.from(parts) : null;
}

function ipv6(text: string): Uint8Array | null {
  const [address = ''] = text.split('%');
  const [head = '', tail] = address.split('::');
  const first = groupsOf(head);
  const last = tail === undefined ? [] : groupsOf(tail);
  if (first === null || last === null) return null;
  const missing = 8 - first.length - last.length;
  if (tail === undefined ? missing !== 0 : missing < 0) return null;
  const bytes = new Uint8Array(16);
  [...first, ...new Array<number>(missing).fill(0), ...last].forEach((group, i) => {
    bytes[2 * i] = group >> 8;
    bytes[2 * i + 1] = group & 0xff;
  });
  return bytes;
}

/** Two-byte groups; the last may be an IPv4 address, which is two of them. */
function groupsOf(text: string): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  for (const part of text.split(':')) {
    const embedded = ipv4(part);
    if (embedded !== null) {
      const [a = 0, b = 0, c = 0, d = 0] = embedded;
      groups.push((a << 8) | b, (c << 8) | d);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return null;
  }
  return groups;
}
