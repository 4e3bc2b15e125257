/** What Kafka promises of transactions, for checks of scenarios that ask for more than one record at a time. */
import { deposedCoordinatorsOf } from '../../properties/deposed-coordinators.ts';
import { deposedLeadersOf } from '../../properties/deposed-leaders.ts';
import type { CheckContext as JudgedContext } from '../../properties/judge.ts';
import { lateEndsOf } from '../../properties/late-ends.ts';
import type { CheckContext } from '../../sim/observe.ts';

/**
 * Made when a check begins; says in the end whether exactly once was promised for what is read from and written to a topic. It is not, and the
 * property is excused, where acknowledged records of it, of offsets or of decisions may be lost, where a leader or a coordinator that
 * did not know that it was deposed sent a reader back, and where a late request ended the next transaction (transaction.version 0 and 1).
 */
export function exactlyOncePromised(property: string, topic: string, context: CheckContext): () => boolean {
  const judged = context as unknown as JudgedContext;
  const id = property as never;
  const leaders = deposedLeadersOf(judged);
  const coordinators = deposedCoordinatorsOf(judged);
  const lateEnds = lateEndsOf(judged);
  return () => {
    for (const { topic: of, partition, exceeded } of context.durability.partitions) {
      const isConcerned = of === topic || of === '__transaction_state' || of === '__consumer_offsets';
      if (isConcerned && exceeded !== null) {
        context.excuse(property, `${partition} is left out: ${exceeded}`);
        return false;
      }
      if (of === topic && (leaders.excuses(id, partition) || coordinators.excusesAll(id, partition))) return false;
    }
    return !lateEnds.excusesAll(id);
  };
}
