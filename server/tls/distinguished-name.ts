/** The subject of a certificate as Java's X500Principal writes it (RFC 2253), since that is what Kafka's principals are made of. */
import { type DerValue, readDer, readOid, Tag } from './der.ts';

const KEYWORDS: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.25': 'DC',
  '0.9.2342.19200300.100.1.1': 'UID',
};

/** `CN=alice,O=Acme,C=US`: the last part of the name comes first. `certificate` is DER. */
export function subjectOf(certificate: Uint8Array): string {
  const [whole] = readDer(certificate);
  const [toBeSigned] = readDer((whole as DerValue).content);
  const fields = readDer((toBeSigned as DerValue).content);
  // The version is the only field with a tag of its own before serial number, algorithm, issuer, validity, subject.
  const subject = fields[fields[0]?.tag === 0xa0 ? 5 : 4] as DerValue;
  const names = readDer(subject.content).map((set) => readDer(set.content).map(formatAttribute).join('+'));
  return names.toReversed().join(',');
}

function formatAttribute({ content }: DerValue): string {
  const [type, value] = readDer(content) as [DerValue, DerValue];
  const id = readOid(type.content);
  const keyword = KEYWORDS[id];
  const text = keyword === undefined ? null : decodeText(value);
  return text === null ? `${keyword ?? id}=#${Buffer.from(value.whole).toString('hex')}` : `${keyword}=${escape(text)}`;
}

/** Null: the value is no text. */
function decodeText({ tag, content }: DerValue): string | null {
  const bytes = Buffer.from(content);
  switch (tag) {
    case Tag.UTF8_STRING:
      return bytes.toString('utf8');
    case Tag.PRINTABLE_STRING:
    case Tag.IA5_STRING:
    case Tag.T61_STRING:
      return bytes.toString('latin1');
    case Tag.BMP_STRING:
      return bytes.swap16().toString('utf16le');
    default:
      return null;
  }
}

function escape(text: string): string {
  return text.replace(/[,=+<>#;"\\]|^[ \r]+|[ \r]+$/g, (found) => found.replace(/[^]/g, '\\$&')).replaceAll('\0', '\\00');
}
