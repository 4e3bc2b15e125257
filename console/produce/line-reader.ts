/** Makes records of lines, as the reader of kafka-console-producer.sh does: headers, then the key, then the value. */
import { UsageError } from '../errors.ts';
import { isTrue } from '../properties.ts';

const DEFAULTS = {
  'parse.key': 'false',
  'key.separator': '\t',
  'parse.headers': 'false',
  'headers.delimiter': '\t',
  'headers.separator': ',',
  'headers.key.separator': ':',
  'ignore.error': 'false',
  'null.marker': '',
} as const;

type ReaderProperty = keyof typeof DEFAULTS;

export interface LineRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[];
}

const encoder = new TextEncoder();

export class LineReader {
  readonly #properties: Readonly<Record<ReaderProperty, string>>;
  readonly #parsesKey: boolean;
  readonly #parsesHeaders: boolean;
  readonly #ignoresErrors: boolean;
  readonly #nullMarker: string | null;
  #lineNumber = 0;

  /** Throws UsageError for properties that there are not, and for separators that could not be told apart. */
  constructor(given: Readonly<Record<string, string>>) {
    for (const name of Object.keys(given))
      if (!(name in DEFAULTS))
        throw new UsageError(`--reader-property ${name} must be one of ${Object.keys(DEFAULTS).join(', ')}`);
    const properties: Record<ReaderProperty, string> = { ...DEFAULTS, ...given };
    this.#properties = properties;
    this.#parsesKey = isTrue(properties['parse.key']);
    this.#parsesHeaders = isTrue(properties['parse.headers']);
    this.#ignoresErrors = isTrue(properties['ignore.error']);
    this.#nullMarker = given['null.marker'] ?? null;
    this.#mustDiffer('headers.delimiter', 'headers.separator');
    this.#mustDiffer('headers.delimiter', 'headers.key.separator');
    this.#mustDiffer('headers.separator', 'headers.key.separator');
    for (const name of ['key.separator', 'headers.separator', 'headers.delimiter', 'headers.key.separator'] as const) {
      if (properties[name] === '') throw new UsageError(`--reader-property ${name} must not be empty`);
      if (this.#nullMarker !== null) this.#mustDiffer('null.marker', name);
    }
  }

  /** The next line. Throws UsageError, with its number, for a line that lacks what was promised. */
  record(line: string): LineRecord {
    this.#lineNumber++;
    const headers = this.#part(this.#parsesHeaders, line, 0, 'headers.delimiter');
    const afterHeaders = headers === null ? 0 : headers.length + this.#properties['headers.delimiter'].length;
    const key = this.#part(this.#parsesKey, line, afterHeaders, 'key.separator');
    const afterKey = key === null ? afterHeaders : afterHeaders + key.length + this.#properties['key.separator'].length;
    return {
      key: key === null ? null : this.#bytes(key),
      value: this.#bytes(line.slice(afterKey)),
      headers: headers === null || headers === this.#nullMarker ? [] : this.#headers(headers),
    };
  }

  #part(isAsked: boolean, line: string, from: number, separator: ReaderProperty): string | null {
    if (!isAsked) return null;
    const at = line.indexOf(this.#properties[separator], from);
    if (at >= 0) return line.slice(from, at);
    if (this.#ignoresErrors) return null;
    throw new UsageError(
      `line ${this.#lineNumber} has no ${separator} ${JSON.stringify(this.#properties[separator])}: ${JSON.stringify(line)}`,
    );
  }

  #headers(text: string): LineRecord['headers'] {
    const separator = this.#properties['headers.key.separator'];
    const pairs = text.split(this.#properties['headers.separator']);
    while (pairs.length > 1 && pairs.at(-1) === '') pairs.pop();
    return pairs.map((pair) => {
      const at = pair.indexOf(separator);
      if (at < 0) {
        if (this.#ignoresErrors) return { key: pair, value: null };
        throw new UsageError(
          `line ${this.#lineNumber} has the header ${JSON.stringify(pair)} without ${JSON.stringify(separator)}`,
        );
      }
      const key = pair.slice(0, at);
      if (key === this.#nullMarker)
        throw new UsageError(`line ${this.#lineNumber} has the null.marker as the key of a header, which can't be null`);
      return { key, value: this.#bytes(pair.slice(at + separator.length)) };
    });
  }

  #bytes(text: string): Uint8Array | null {
    return text === this.#nullMarker ? null : encoder.encode(text);
  }

  #mustDiffer(one: ReaderProperty, other: ReaderProperty): void {
    if (this.#properties[one] === this.#properties[other])
      throw new UsageError(
        `--reader-property ${one} and ${other} must differ, but both are ${JSON.stringify(this.#properties[one])}`,
      );
  }
}
