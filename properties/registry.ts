/** All properties of Trial, and their list for people. */
import { type PropertyDefinition, propertyDefinitions } from '../sim/observe.ts';
import { RUN_PROPERTIES } from '../sim/run.ts';
import { atomicity } from './history/atomicity.ts';
import { calm } from './history/calm.ts';
import { committedReads } from './history/committed-reads.ts';
import { commits } from './history/commits.ts';
import { committedOffsets } from './history/committed-offsets.ts';
import { completion } from './history/completion.ts';
import { cooperative } from './history/cooperative.ts';
import { cycles } from './history/cycles.ts';
import { delivery } from './history/delivery.ts';
import { endOffsets } from './history/end-offsets.ts';
import { exactlyOnce } from './history/exactly-once.ts';
import { ownership } from './history/ownership.ts';
import { pollOrder } from './history/poll-order.ts';
import { positions } from './history/positions.ts';
import { realtime } from './history/realtime.ts';
import { records } from './history/records.ts';
import { sendOrder } from './history/send-order.ts';
import { tornReads } from './history/torn-reads.ts';
import { INTERNAL_PROPERTIES } from './internal.ts';
import { compaction } from './internal/compaction.ts';
import { consumerGroups } from './internal/consumer-groups.ts';

/** What clients saw, judged without looking into the servers (but for the state in which they come to rest). */
const HISTORY_PROPERTIES = propertyDefinitions(
  records,
  pollOrder,
  sendOrder,
  realtime,
  positions,
  commits,
  committedOffsets,
  completion,
  endOffsets,
  ownership,
  delivery,
  committedReads,
  tornReads,
  cycles,
  atomicity,
  exactlyOnce,
  calm,
);

/** Of what `standard` never does: the scenarios that are there for it bring them as checks. */
export const DIRECTED_PROPERTIES = propertyDefinitions(compaction, consumerGroups, cooperative);

export const ALL_PROPERTIES: readonly PropertyDefinition[] = [...HISTORY_PROPERTIES, ...INTERNAL_PROPERTIES];

/** Id of a property of Trial, for `properties` of a scenario. */
export type PropertyId =
  | (typeof RUN_PROPERTIES)[number]['id']
  | (typeof HISTORY_PROPERTIES | typeof INTERNAL_PROPERTIES | typeof DIRECTED_PROPERTIES)[number]['properties'][number]['id'];

/** Every property's line by its id, those of the run itself first: what `trial list properties` prints. */
export const PROPERTY_TITLES: ReadonlyMap<string, string> = titlesById([
  ...RUN_PROPERTIES,
  ...[...ALL_PROPERTIES, ...DIRECTED_PROPERTIES].flatMap((definition) => definition.properties),
]);

/** By id. Throws if two properties have the same: what is counted under it would be the sum of two things. */
export function titlesById(properties: PropertyDefinition['properties']): ReadonlyMap<string, string> {
  const titles = new Map<string, string>();
  for (const { id, title } of properties) {
    const other = titles.get(id);
    if (other !== undefined) throw new Error(`"${id}" is the id of two properties: "${other}" and "${title}"`);
    titles.set(id, title);
  }
  return titles;
}
