/** A certificate of one's own, for a cluster that was given none: X.509 v3, ECDSA on P-256. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import { der, oid, readDer, Tag } from './der.ts';

export interface Certificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS#8. */
  readonly key: string;
}

export interface CertificateOptions {
  /** Parts of the subject in the order of the certificate, the most general first, e.g. `[['O', 'Acme'], ['CN', 'alice']]`. */
  readonly subject: readonly (readonly [keyword: 'CN' | 'O' | 'OU' | 'C' | 'DC' | 'emailAddress', value: string])[];
  /** Host names and addresses that it is good for. */
  readonly hosts?: readonly string[];
  /** Who signs; by default itself. */
  readonly issuer?: Certificate;
  readonly validDays?: number;
}

const OIDS = {
  CN: '2.5.4.3',
  C: '2.5.4.6',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  DC: '0.9.2342.19200300.100.1.25',
  emailAddress: '1.2.840.113549.1.9.1',
} as const;
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const SUBJECT_ALT_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const TRUE = Uint8Array.of(0x01, 0x01, 0xff);
const DAY_MS = 86_400_000;
/** Below the longest that common clients accept. */
const DEFAULT_DAYS = 365;

export function createCertificate(options: CertificateOptions): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { issuer, subject, hosts = [], validDays = DEFAULT_DAYS } = options;
  const algorithm = der(Tag.SEQUENCE, oid(ECDSA_WITH_SHA256));
  const subjectName = der(
    Tag.SEQUENCE,
    ...subject.map(([keyword, value]) => {
      const tag = keyword === 'emailAddress' || keyword === 'DC' ? Tag.IA5_STRING : Tag.UTF8_STRING;
      return der(Tag.SET, der(Tag.SEQUENCE, oid(OIDS[keyword]), der(tag, Buffer.from(value))));
    }),
  );
  const now = Date.now();
  const toBeSigned = der(
    Tag.SEQUENCE,
    der(0xa0, der(Tag.INTEGER, Uint8Array.of(2))),
    der(Tag.INTEGER, Uint8Array.of(1), randomBytes(15)),
    algorithm,
    issuer === undefined ? subjectName : rawSubject(issuer.certificate),
    der(Tag.SEQUENCE, utcTime(now - DAY_MS), utcTime(now + validDays * DAY_MS)),
    subjectName,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(Tag.SEQUENCE, ...extensions(issuer === undefined, hosts))),
  );
  const signer = issuer === undefined ? privateKey : createPrivateKey(issuer.key);
  const signature = sign('sha256', toBeSigned, signer);
  const certificate = der(Tag.SEQUENCE, toBeSigned, algorithm, der(Tag.BIT_STRING, Uint8Array.of(0), signature));
  return { certificate: pem('CERTIFICATE', certificate), key: exported(privateKey) };
}

/** Is it still valid, of this key, and good for these hosts? */
export function isUsable({ certificate, key }: Certificate, hosts: readonly string[]): boolean {
  try {
    const parsed = new X509Certificate(certificate);
    const own = createPublicKey(key).export({ type: 'spki', format: 'der' });
    const isOwn = parsed.publicKey.export({ type: 'spki', format: 'der' }).equals(own);
    const isForHosts = hosts.every((host) => (isIP(host) === 0 ? parsed.checkHost(host) : parsed.checkIP(host)) !== undefined);
    return isOwn && isForHosts && Date.parse(parsed.validTo) > Date.now() + DAY_MS;
  } catch {
    return false;
  }
}

function exported(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function rawSubject(certificate: string): Uint8Array {
  const [whole] = readDer(new X509Certificate(certificate).raw);
  const [toBeSigned] = readDer(whole?.content ?? new Uint8Array(0));
  return readDer(toBeSigned?.content ?? new Uint8Array(0))[5]?.whole ?? new Uint8Array(0);
}

function extensions(isAuthority: boolean, hosts: readonly string[]): Uint8Array[] {
  const found: Uint8Array[] = [];
  if (isAuthority) {
    const constraints = der(Tag.OCTET_STRING, der(Tag.SEQUENCE, TRUE));
    found.push(der(Tag.SEQUENCE, oid(BASIC_CONSTRAINTS), TRUE, constraints));
  }
  if (hosts.length > 0) {
    const names = hosts.map((host) => (isIP(host) === 0 ? der(0x82, Buffer.from(host)) : der(0x87, addressBytes(host))));
    found.push(der(Tag.SEQUENCE, oid(SUBJECT_ALT_NAME), der(Tag.OCTET_STRING, der(Tag.SEQUENCE, ...names))));
  }
  return found;
}

function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split('.').map(Number));
  const [head, tail] = address.split('::') as [string, string | undefined];
  const words = (part: string): number[] => (part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16)));
  const after = tail === undefined ? [] : words(tail);
  const before = words(head);
  const all = [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after];
  return Uint8Array.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}

/** YYMMDDHHMMSSZ */
function utcTime(ms: number): Uint8Array {
  const digits = new Date(ms).toISOString().replace(/\D/g, '');
  return der(Tag.UTC_TIME, Buffer.from(`${digits.slice(2, 14)}Z`));
}

function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
