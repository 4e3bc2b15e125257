/** All properties of Trial, and their list for people. */
import type { PropertyDefinition } from '../sim/observe.ts';
import { RUN_PROPERTIES } from '../sim/run.ts';
import { calm } from './history/calm.ts';
import { commits } from './history/commits.ts';
import { committedOffsets } from './history/committed-offsets.ts';
import { completion } from './history/completion.ts';
import { delivery } from './history/delivery.ts';
import { endOffsets } from './history/end-offsets.ts';
import { ownership } from './history/ownership.ts';
import { pollOrder } from './history/poll-order.ts';
import { positions } from './history/positions.ts';
import { realtime } from './history/realtime.ts';
import { records } from './history/records.ts';
import { sendOrder } from './history/send-order.ts';
import { INTERNAL_PROPERTIES } from './internal.ts';

/** What clients saw, judged without looking into the servers (but for the state in which they come to rest). */
export const HISTORY_PROPERTIES: readonly PropertyDefinition[] = [
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
  calm,
];

export const ALL_PROPERTIES: readonly PropertyDefinition[] = [...HISTORY_PROPERTIES, ...INTERNAL_PROPERTIES];

/** Every property with its line, for `trial list properties`: those of the run itself first. */
export function propertyList(): readonly { readonly id: string; readonly title: string }[] {
  return [...RUN_PROPERTIES, ...ALL_PROPERTIES.flatMap((definition) => definition.properties)];
}
