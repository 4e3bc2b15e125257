/** The end of a group without members, of either kind. */
import type { RecordInput } from '../protocol/records.ts';
import { encodeConsumerGroupRecord } from './consumer/consumer-records.ts';
import { Draft } from './consumer/draft.ts';
import type { AnyGroup } from './groups.ts';
import { groupTombstone } from './records.ts';

interface GroupRemoval {
  readonly records: readonly RecordInput[];
  /** They are in the log. */
  readonly settle: () => void;
  /** They are not. */
  readonly revert: () => void;
}

/** The tombstones of a group. A consumer group counts as gone from now on, a classic one when they are in the log. */
export function groupRemoval(group: AnyGroup, wallMs: number): GroupRemoval {
  if (group.kind === 'classic')
    return { records: [groupTombstone(group.id, wallMs)], settle: () => undefined, revert: () => undefined };
  const draft = new Draft(group.state);
  draft.remove();
  const change = group.change(draft.records);
  const records = draft.records.map((record) => encodeConsumerGroupRecord(group.id, record, wallMs));
  return { records, settle: () => group.settle(change), revert: () => group.revert(change) };
}
