/**
 * GR11, of groups by the consumer protocol (KIP-848), as they are in the log: what the target assignment gives out, who has what, and what it
 * means that a group is stable. An epoch that is lower than before is a fault of GR1.
 */
import type { TraceEventOf } from '../../core/trace.ts';
import type { Checker, Occurrence, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type CommittedMetadata, committedOf } from './committed.ts';
import { type ClusterGhost, ghostOf } from './ghost.ts';
import type { PartitionGhost } from './replica-ghost.ts';

type Changed = TraceEventOf<'consumer-group-changed'>;

const OFFSETS_TOPIC = '__consumer_offsets';

interface Known {
  readonly logOffset: number;
  readonly epoch: number;
  readonly assignmentEpoch: number;
}

class ConsumerGroups {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  readonly #metadata: CommittedMetadata;
  /** By group, what was last told of it, by its place in the log. */
  readonly #known = new Map<string, Known>();

  constructor(context: CheckContext) {
    this.#context = context;
    this.#ghost = ghostOf(context);
    this.#metadata = committedOf(context);
    context.on('consumer-group-changed', (event, at) => this.#onChanged(event, at));
    context.on('group-deleted', ({ group, logOffset }) => {
      const known = this.#known.get(group);
      if (known !== undefined && known.logOffset <= logOffset) this.#known.delete(group);
    });
  }

  #onChanged(event: Changed, at: Occurrence): void {
    const partition = this.#partitionOf(event);
    // Who was deposed and does not know may load, or tell of, what has been overtaken.
    if (partition !== null && partition.committed?.leader !== at.nodeId) return;
    this.#checkEpochs(event, at, partition);
    this.#checkAssignments(event, at, partition);
  }

  #checkEpochs(event: Changed, at: Occurrence, partition: PartitionGhost | null): void {
    const { group, logOffset, epoch, assignmentEpoch } = event;
    const known = this.#known.get(group);
    // The last change that a group goes through leaves nothing of it.
    const isNew = event.members.length === 0 && assignmentEpoch <= 1;
    if (known !== undefined && !isNew && (epoch < known.epoch || assignmentEpoch < known.assignmentEpoch))
      this.#report(
        event,
        at,
        partition,
        `group ${group} is in epoch ${epoch} with an assignment of epoch ${assignmentEpoch}, after ${known.epoch} and ${known.assignmentEpoch}`,
      );
    this.#known.set(group, { logOffset: Math.max(logOffset, known?.logOffset ?? -1), epoch, assignmentEpoch });
  }

  #checkAssignments(event: Changed, at: Occurrence, partition: PartitionGhost | null): void {
    const { group, epoch, assignmentEpoch, state, members } = event;
    if (members.length > 1) this.#context.evaluated('GR11');
    const targets = new Map<string, string>();
    const owners = new Map<string, string>();
    for (const { member, epoch: memberEpoch, assigned, pendingRevocation, target } of members) {
      const say = (what: string): void => this.#report(event, at, partition, `member ${member} of group ${group} ${what}`);
      if (memberEpoch > epoch) say(`is in epoch ${memberEpoch}, and the group in ${epoch}`);
      for (const key of target) {
        const other = targets.get(key);
        if (other !== undefined) say(`is to have ${key}, as ${other} is`);
        targets.set(key, member);
      }
      for (const key of [...assigned, ...pendingRevocation]) {
        const other = owners.get(key);
        if (other !== undefined) say(`has ${key}, which ${other === member ? 'it has twice' : `${other} has`}`);
        owners.set(key, member);
      }
      if (state !== 'Stable') continue;
      if (memberEpoch !== assignmentEpoch || assignmentEpoch !== epoch)
        say(`is in epoch ${memberEpoch}, while the group is stable in ${epoch}`);
      else if (assigned.join() !== target.join())
        say(`has [${assigned.join(' ')}] and is to have [${target.join(' ')}], while the group is stable`);
    }
  }

  #partitionOf({ offsetsPartition }: Changed): PartitionGhost | null {
    const topicId = this.#metadata.topicIds.get(OFFSETS_TOPIC);
    return topicId === undefined ? null : this.#ghost.partition(`${OFFSETS_TOPIC}-${offsetsPartition}`, topicId);
  }

  #report({ group, epoch, logOffset }: Changed, at: Occurrence, partition: PartitionGhost | null, message: string): void {
    const where = logOffset < 0 ? 'as its coordinator loaded it' : `at log offset ${logOffset}`;
    const facts = { nodeId: at.nodeId, group, generation: epoch };
    if (partition !== null && this.#ghost.exceeded(partition) !== null) return;
    this.#context.violated('GR11', `${message} (${where})`, facts);
  }
}

export const consumerGroups = {
  properties: [
    {
      id: 'GR11',
      title:
        'by the consumer protocol epochs never decrease, no two members have or are to have one partition, and in a stable group all have what they are to have',
    },
  ],
  create: (context): Checker => {
    new ConsumerGroups(context);
    return {};
  },
} as const satisfies PropertyDefinition;
