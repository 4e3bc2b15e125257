/** The differences that docs/conformance.md lists, so that the page and the check cannot part. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Difference } from './compare.ts';

const PAGE = fileURLToPath(new URL('../../docs/conformance.md', import.meta.url));
const HEAD = '| where | Kafka | Trial | why |';

export interface Listed {
  /** Patterns in which `*` stands for anything. */
  readonly where: string;
  readonly kafka: string;
  readonly trial: string;
  readonly why: string;
}

/** Reads the tables of the page. */
export function listedDifferences(page = readFileSync(PAGE, 'utf8')): Listed[] {
  const listed: Listed[] = [];
  let inTable = false;
  for (const line of page.split('\n')) {
    if (line === HEAD) inTable = true;
    else if (!line.startsWith('|')) inTable = false;
    else if (inTable && !line.startsWith('|-')) {
      const [where = '', kafka = '', trial = '', why = ''] = line
        .slice(1)
        .split(' | ')
        .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1'));
      listed.push({ where, kafka, trial, why: why.replace(/ \|$/, '') });
    }
  }
  return listed;
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const last = parts.pop() as string;
  if (parts.length === 0) return pattern === text;
  let position = 0;
  for (const [index, part] of parts.entries()) {
    const at = index === 0 ? (text.startsWith(part) ? 0 : -1) : text.indexOf(part, position);
    if (at < 0) return false;
    position = at + part.length;
  }
  return text.length - last.length >= position && text.endsWith(last);
}

export interface Judgement {
  readonly unlisted: readonly Difference[];
  readonly occurred: number;
  /** Listed, but both servers agree now. */
  readonly gone: readonly Listed[];
}

/** Sorts the differences found into those that the page lists and others. */
export function judge(found: readonly Difference[], listed: readonly Listed[]): Judgement {
  const used = new Set<Listed>();
  const unlisted = found.filter((difference) => {
    const entry = listed.find(
      ({ where, kafka, trial }) =>
        matches(where, difference.where) && matches(kafka, difference.kafka) && matches(trial, difference.trial),
    );
    if (entry !== undefined) used.add(entry);
    return entry === undefined;
  });
  return { unlisted, occurred: found.length - unlisted.length, gone: listed.filter((entry) => !used.has(entry)) };
}
