/** Properties as Java's tools take them: from files, and as key=value on the command line. */
import { readFileSync } from 'node:fs';
import { UsageError } from './errors.ts';

export type StringProperties = Record<string, string>;

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

/** Reads a properties file. Throws UsageError if it cannot be read. */
export function readProperties(path: string): StringProperties {
  return parseProperties(readText(path));
}

/** The text of a file that the user named. Throws UsageError if it cannot be read. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Java's format: `key=value`, `key: value` or `key value`, comments with # or !, \ at the end of a line that goes on. */
export function parseProperties(text: string): StringProperties {
  const properties: StringProperties = {};
  for (const line of logicalLines(text)) {
    const [, rawKey = '', rawValue = ''] = /^((?:\\.|[^\\=:\s])*)\s*[=:]?\s*(.*)$/su.exec(line) ?? [];
    properties[unescape(rawKey)] = unescape(rawValue);
  }
  return properties;
}

function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let open: string | null = null;
  for (const natural of text.split(/\r\n|\n|\r/)) {
    const line = natural.replace(/^[ \t\f]+/, '');
    if (open === null && (line === '' || line.startsWith('#') || line.startsWith('!'))) continue;
    const whole: string = (open ?? '') + line;
    const goesOn = (/\\*$/.exec(whole)?.[0].length ?? 0) % 2 === 1;
    open = goesOn ? whole.slice(0, -1) : null;
    if (open === null) lines.push(whole);
  }
  if (open !== null) lines.push(open);
  return lines;
}

function unescape(text: string): string {
  return text.replaceAll(/\\(u[0-9a-fA-F]{4}|.)/gsu, (_, escaped: string) =>
    escaped.length === 5 ? String.fromCharCode(Number.parseInt(escaped.slice(1), 16)) : (ESCAPES[escaped] ?? escaped),
  );
}

/** `key=value` each; the value may hold more equals signs, and a key without one has the empty value. */
export function parseKeyValues(option: string, given: readonly string[]): StringProperties {
  const properties: StringProperties = {};
  for (const text of given) {
    const at = text.indexOf('=');
    const key = at < 0 ? text : text.slice(0, at);
    if (key.trim() === '') throw new UsageError(`${option} ${text} has no key; it must be KEY=VALUE`);
    properties[key.trim()] = at < 0 ? '' : text.slice(at + 1);
  }
  return properties;
}

/** Is this property set to true? As Kafka's tools read it: anything else means no. */
export function isTrue(value: string | undefined): boolean {
  return value?.trim().toLowerCase() === 'true';
}
