/** All marks on rare states that events tell of, by name. */
import type { CheckContext } from '../observe.ts';
import { CLEANER_MARKS } from './cleaner-marks.ts';
import { CLIENT_MARKS } from './client-marks.ts';
import { CONSUMER_GROUP_MARKS } from './consumer-group-marks.ts';
import { CONTROLLER_MARKS } from './controller-marks.ts';
import { FETCH_MARKS } from './fetch-marks.ts';
import { GROUP_MARKS } from './group-marks.ts';
import { LOG_MARKS } from './log-marks.ts';
import type { Mark } from './mark.ts';
import { METADATA_MARKS } from './metadata-marks.ts';
import { OFFSET_MARKS } from './offset-marks.ts';
import { QUORUM_MARKS } from './quorum-marks.ts';
import { REPLICATION_MARKS } from './replication-marks.ts';
import type { Situation } from './situation.ts';
import { TRANSACTION_MARKS } from './transaction-marks.ts';
import { WORLD_MARKS } from './world-marks.ts';

export const EVENT_MARKS: ReadonlyMap<string, Mark> = new Map<string, Mark>(
  Object.entries({
    ...QUORUM_MARKS,
    ...CONTROLLER_MARKS,
    ...METADATA_MARKS,
    ...REPLICATION_MARKS,
    ...LOG_MARKS,
    ...CLEANER_MARKS,
    ...FETCH_MARKS,
    ...GROUP_MARKS,
    ...CONSUMER_GROUP_MARKS,
    ...OFFSET_MARKS,
    ...TRANSACTION_MARKS,
    ...CLIENT_MARKS,
    ...WORLD_MARKS,
  }),
);

/** Marks every rare state that the run comes to. */
export function watchMarks(run: Pick<CheckContext, 'on' | 'onWorld' | 'onFault' | 'mark'>, situation: Situation): void {
  for (const [name, { watch }] of EVENT_MARKS) watch(run, situation, () => run.mark(name));
}
