/** Two transcripts of the same script, field by field. */
import type { Step } from './conversation.ts';
import { identityOf, isFields, type Plain } from './normalise.ts';

export interface Difference {
  /** `script: step: path.to.field` */
  readonly where: string;
  readonly kafka: string;
  readonly trial: string;
}

const ABSENT = '(absent)';

export function compare(script: string, kafka: readonly Step[], trial: readonly Step[]): Difference[] {
  const found: Difference[] = [];
  const ours = new Map(trial.map(({ name, answer }) => [name, answer]));
  for (const { name, answer } of kafka) {
    const other = ours.get(name);
    ours.delete(name);
    walk(`${script}: ${name}:`, answer, other, found);
  }
  for (const [name, answer] of ours) walk(`${script}: ${name}:`, undefined, answer, found);
  return found;
}

function walk(where: string, kafka: Plain | undefined, trial: Plain | undefined, found: Difference[]): void {
  if (Array.isArray(kafka) && Array.isArray(trial)) {
    const [left, right] = [keyed(kafka), keyed(trial)];
    for (const key of new Set([...left.keys(), ...right.keys()])) walk(`${where}[${key}]`, left.get(key), right.get(key), found);
    return;
  }
  if (kafka !== undefined && trial !== undefined && isFields(kafka) && isFields(trial)) {
    for (const field of new Set([...Object.keys(kafka), ...Object.keys(trial)])) {
      walk(`${where}${where.endsWith(':') ? ' ' : '.'}${field}`, kafka[field], trial[field], found);
    }
    return;
  }
  const [left, right] = [shown(kafka), shown(trial)];
  if (left !== right) found.push({ where, kafka: left, trial: right });
}

/** Entries by what names them, or by their place. */
function keyed(list: readonly Plain[]): Map<string, Plain> {
  const identity = identityOf(list);
  const entries = new Map<string, Plain>();
  for (const [index, item] of list.entries()) {
    const name = identity === null ? String(index) : String((item as Record<string, string | number>)[identity]);
    let unique = name;
    for (let count = 2; entries.has(unique); count++) unique = `${name}#${count}`;
    entries.set(unique, item);
  }
  return entries;
}

function shown(value: Plain | undefined): string {
  if (value === undefined) return ABSENT;
  const json = JSON.stringify(value);
  return json.length > 300 ? `${json.slice(0, 300)}...` : json;
}
