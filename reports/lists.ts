/** What `trial list` and `trial protocol` print. */
import {
  ADMIN_CONFIG,
  BROKER_CONFIG,
  type ConfigTable,
  CONSUMER_CONFIG,
  PRODUCER_CONFIG,
  TOPIC_CONFIG,
} from '../core/config/index.ts';
import { RARE_PATHS } from '../core/rare-paths.ts';
import { apiTable } from '../core/protocol/api-table.ts';
import { EVENT_TYPES } from '../campaign/event-types.ts';
import { MARKS } from '../campaign/marks.ts';
import { UsageError } from '../campaign/usage.ts';
import { PROPERTY_TITLES } from '../properties/registry.ts';
import { SCENARIOS } from '../scenarios/registry.ts';
import type { FaultDefinition } from '../sim/faults/definition.ts';
import { FAULTS } from '../sim/faults/registry.ts';

type Row = readonly [name: string, about: string];

const LISTS: Readonly<Record<string, () => readonly Row[]>> = {
  scenarios: () => Array.from(SCENARIOS.values(), ({ name, about }) => [name, about] as const),
  faults: () => [...FAULTS.values()].flatMap(faultRows),
  properties: () => [...PROPERTY_TITLES],
  marks: () => Array.from(MARKS, ([name, { why }]) => [name, why] as const),
  'rare-paths': () => Object.entries(RARE_PATHS),
  events: () => [...EVENT_TYPES],
  configs: () => [
    ...configRows('broker', BROKER_CONFIG),
    ...configRows('topic', TOPIC_CONFIG),
    ...configRows('producer', PRODUCER_CONFIG),
    ...configRows('consumer', CONSUMER_CONFIG),
    ...configRows('admin', ADMIN_CONFIG),
  ],
};

export const LIST_NAMES: readonly string[] = Object.keys(LISTS);

/** A name and a sentence a line. Throws UsageError if there is no such list. */
export function listText(what: string): string {
  const list = Object.hasOwn(LISTS, what) ? LISTS[what] : undefined;
  if (list === undefined) throw new UsageError(`there is no list of "${what}": give one of ${LIST_NAMES.join(', ')}`);
  const rows = list();
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, about]) => `${name.padEnd(width)}  ${about}`).join('\n');
}

/** The kind, and a line for each parameter that a plan may give it. */
function faultRows({ kind, about, params, stake }: FaultDefinition): Row[] {
  const rows = Object.entries(params).map(
    ([name, range]): Row => ['', `  ${name} (${range.min} to ${range.max}, default ${range.default}): ${range.about}`],
  );
  return [[kind, stake === 'beyond' ? `${about} (beyond the durability budget only)` : about], ...rows];
}

function configRows(owner: string, table: ConfigTable): Row[] {
  return Object.entries(table.keys).map(([name, key]) => {
    const byDefault = typeof key.default === 'symbol' ? 'required' : `default ${show(key.default)}`;
    return [`${owner} ${name}`, `${key.type}, ${byDefault}: ${key.doc}`];
  });
}

function show(value: unknown): string {
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'empty' : value.join(',');
  return value === '' ? 'empty' : typeof value === 'string' ? value : JSON.stringify(value);
}

/** The table of APIs and stored messages: their keys, names and versions; as JSON with their whole schemas. */
export function protocolText(json: boolean): string {
  const table = apiTable();
  if (json) return JSON.stringify(table);
  const rows = table.map((entry): [string, string, string] =>
    'data' in entry
      ? ['', entry.name, entry.data.validVersions]
      : [String(entry.apiKey), entry.name, entry.request.validVersions],
  );
  const width = Math.max(...rows.map(([, name]) => name.length));
  const lines = rows.map(([key, name, range]) => `${key.padStart(3)}  ${name.padEnd(width)}  ${range}`);
  return [`key  ${'name'.padEnd(width)}  versions`, ...lines].join('\n');
}
