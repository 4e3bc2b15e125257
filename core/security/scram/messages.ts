/** The four messages of SCRAM (RFC 5802, section 7), with Kafka's limits: no channel binding, extensions are ignored. */
import { utf8ToString } from '../../protocol/strings.ts';
import { fromBase64 } from '../base64.ts';
import { SaslError } from '../sasl-server.ts';

const VALUE_SAFE = '[\\x01-\\x2b\\x2d-\\x3c\\x3e-\\x7f]+';
const VALUE = '[\\x01-\\x2b\\x2d-\\x7f]+';
const PRINTABLE = '[\\x21-\\x2b\\x2d-\\x7e]+';
const SASL_NAME = '(?:[\\x01-\\x2b\\x2d-\\x3c\\x3e-\\x7f]|=2C|=3D)+';
const BASE64 = '(?:[a-zA-Z0-9/+]{4})*(?:[a-zA-Z0-9/+]{3}=|[a-zA-Z0-9/+]{2}==)?';
const RESERVED = `(?:m=${VALUE},)?`;
const EXTENSIONS = `(?:,[A-Za-z]+=${VALUE})*`;

const CLIENT_FIRST = new RegExp(
  `^n,(?:a=(?<authzid>${SASL_NAME}))?,(?<bare>${RESERVED}n=(?<saslname>${SASL_NAME}),r=(?<nonce>${PRINTABLE})(?<extensions>${EXTENSIONS}))$`,
);
const SERVER_FIRST = new RegExp(
  `^${RESERVED}r=(?<nonce>${PRINTABLE}),s=(?<salt>${BASE64}),i=(?<iterations>[0-9]+)${EXTENSIONS}$`,
);
const CLIENT_FINAL = new RegExp(
  `^(?<withoutProof>c=(?<channel>${BASE64}),r=(?<nonce>${PRINTABLE})${EXTENSIONS}),p=(?<proof>${BASE64})$`,
);
const SERVER_FINAL = new RegExp(`^(?:e=(?<error>${VALUE_SAFE})|v=(?<signature>${BASE64})${EXTENSIONS})$`);

function parse(pattern: RegExp, what: string, token: Uint8Array): Record<string, string | undefined> {
  const groups = pattern.exec(utf8ToString(token))?.groups;
  if (groups === undefined) throw new SaslError(`Invalid SCRAM ${what} message format`, false);
  return groups;
}

export interface ClientFirstMessage {
  readonly saslName: string;
  /** Empty if the client names none. */
  readonly authorizationId: string;
  readonly nonce: string;
  /** Does the client say that its name is a delegation token's? */
  readonly isToken: boolean;
  readonly bare: string;
}

export function parseClientFirst(token: Uint8Array): ClientFirstMessage {
  const { authzid, bare, saslname, nonce, extensions } = parse(CLIENT_FIRST, 'client first', token);
  return {
    saslName: saslname as string,
    authorizationId: authzid ?? '',
    nonce: nonce as string,
    isToken: /,tokenauth=true(,|$)/i.test(extensions as string),
    bare: bare as string,
  };
}

export interface ServerFirstMessage {
  readonly nonce: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
}

export function parseServerFirst(token: Uint8Array): ServerFirstMessage {
  const { nonce, salt, iterations } = parse(SERVER_FIRST, 'server first', token);
  const count = Number(iterations);
  if (count <= 0 || count > 0x7fffffff) {
    throw new SaslError('Invalid SCRAM server first message format: invalid iterations', false);
  }
  return { nonce: nonce as string, salt: fromBase64(salt as string), iterations: count };
}

export interface ClientFinalMessage {
  readonly nonce: string;
  readonly proof: Uint8Array;
  readonly withoutProof: string;
}

export function parseClientFinal(token: Uint8Array): ClientFinalMessage {
  const { nonce, proof, withoutProof } = parse(CLIENT_FINAL, 'client final', token);
  return { nonce: nonce as string, proof: fromBase64(proof as string), withoutProof: withoutProof as string };
}

export type ServerFinalMessage = { readonly error: string } | { readonly signature: Uint8Array };

export function parseServerFinal(token: Uint8Array): ServerFinalMessage {
  const { error, signature } = parse(SERVER_FINAL, 'server final', token);
  return error === undefined ? { signature: fromBase64(signature as string) } : { error };
}

/** A user name as messages hold it. */
export function saslName(username: string): string {
  return username.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

/** The opposite of `saslName`; the pattern of the message has refused every other use of `=`. */
export function usernameOf(name: string): string {
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=');
}
