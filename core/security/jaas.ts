/**
 * `sasl.jaas.config`: `<login module> <control flag> (<option>=<value>)* ;` in the grammar of Java's StreamTokenizer, as Kafka
 * reads it. No message of an error holds a value: it may be a password.
 */
import { ConfigError } from '../config/definition.ts';
import type { SaslMechanism } from './sasl-server.ts';

export interface JaasEntry {
  readonly loginModule: string;
  readonly options: ReadonlyMap<string, string>;
}

const PLAIN_MODULE = 'org.apache.kafka.common.security.plain.PlainLoginModule';
const SCRAM_MODULE = 'org.apache.kafka.common.security.scram.ScramLoginModule';

const LOGIN_MODULE: Readonly<Record<SaslMechanism, string>> = {
  PLAIN: PLAIN_MODULE,
  'SCRAM-SHA-256': SCRAM_MODULE,
  'SCRAM-SHA-512': SCRAM_MODULE,
};

const CONTROL_FLAGS: ReadonlySet<string> = new Set(['REQUIRED', 'REQUISITE', 'SUFFICIENT', 'OPTIONAL']);

type Token = { readonly kind: 'word' | 'quoted' | 'symbol'; readonly text: string };

// White space, comments, a word, a quoted text, or any other character.
const TOKEN =
  /\s+|\/\/[^\n\r]*|\/\*[\s\S]*?\*\/|(?<word>[A-Za-z_$\u00a0-\uffff][\w$.\-\u00a0-\uffff]*)|"(?<double>(?:\\.|[^"\\\n\r])*)"|'(?<single>(?:\\.|[^'\\\n\r])*)'|(?<symbol>.)/gsu;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (const { groups = {} } of text.matchAll(TOKEN)) {
    const { word, double, single, symbol } = groups;
    if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else if (double !== undefined) tokens.push({ kind: 'quoted', text: unescape(double) });
    else if (single !== undefined) tokens.push({ kind: 'quoted', text: unescape(single) });
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol });
  }
  return tokens;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\u0007', b: '\b', f: '\f', v: '\u000b' };

function unescape(text: string): string {
  return text.replace(/\\([0-3][0-7]{0,2}|[0-7]{1,2}|[\s\S])/g, (_, code: string) =>
    /^[0-7]/.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : (ESCAPES[code] ?? code),
  );
}

/** Reads the entry; `name` is the property's, for errors. Throws ConfigError. */
export function parseJaas(name: string, text: string): JaasEntry {
  const fail = (what: string): never => {
    throw new ConfigError(`${name} ${what}: it must be <login module> required name="value" ... ;`);
  };
  const tokens = tokenize(text);
  const [module, flag] = tokens;
  if (module === undefined) return fail('names no login module');
  if (module.kind !== 'word') return fail('does not begin with a login module');
  if (flag === undefined || flag.kind === 'symbol' || !CONTROL_FLAGS.has(flag.text.toUpperCase())) {
    return fail('has no control flag after the login module');
  }
  const options = new Map<string, string>();
  let at = 2;
  for (; tokens[at] !== undefined && !isSymbol(tokens[at], ';'); at += 3) {
    const key = tokens[at] as Token;
    if (key.kind === 'symbol')
      return fail(
        options.size === 0 ? 'is not in order after the control flag' : 'has an option without a name (values are best quoted)',
      );
    const value = tokens[at + 2];
    if (!isSymbol(tokens[at + 1], '=') || value === undefined || value.kind === 'symbol') {
      // What is not followed by = may be a value that lost its name.
      const which = key.kind === 'word' && isSymbol(tokens[at + 1], '=') ? key.text : 'an option';
      return fail(`has no value for ${which} (values are best quoted)`);
    }
    options.set(key.text, value.text);
  }
  if (tokens[at] === undefined) return fail('does not end with a semicolon');
  if (tokens.length > at + 1) return fail('has more than one login module');
  return { loginModule: module.text, options };
}

function isSymbol(token: Token | undefined, text: string): boolean {
  return token?.kind === 'symbol' && token.text === text;
}

/** As parseJaas, and the login module must be the mechanism's. */
export function parseJaasFor(mechanism: SaslMechanism, name: string, text: string): JaasEntry {
  const entry = parseJaas(name, text);
  const expected = LOGIN_MODULE[mechanism];
  if (entry.loginModule !== expected) {
    throw new ConfigError(`${name} names the login module ${entry.loginModule}, but ${mechanism} needs ${expected}.`);
  }
  return entry;
}

/** A client's name and password. Throws ConfigError if one is missing. */
export function clientCredentials(
  mechanism: SaslMechanism,
  name: string,
  text: string,
): { readonly username: string; readonly password: string } {
  const { options } = parseJaasFor(mechanism, name, text);
  const username = options.get('username');
  const password = options.get('password');
  if (username === undefined || password === undefined) throw new ConfigError(`${name} must give username and password.`);
  return { username, password };
}

/** The passwords of the users that a PLAIN listener knows: `user_NAME="password"`. */
export function plainUsers(entry: JaasEntry): ReadonlyMap<string, string> {
  const users = new Map<string, string>();
  for (const [key, value] of entry.options) if (key.startsWith('user_')) users.set(key.slice('user_'.length), value);
  return users;
}

/** A JAAS entry for these options. */
export function formatJaas(mechanism: SaslMechanism, options: Readonly<Record<string, string>>): string {
  const quoted = Object.entries(options).map(([name, value]) => ` "${escape(name)}"="${escape(value)}"`);
  return `${LOGIN_MODULE[mechanism]} required${quoted.join('')};`;
}

function escape(text: string): string {
  // The form with three octal digits, which no digit that follows can lengthen.
  return text.replace(/[\\"\n\r]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
