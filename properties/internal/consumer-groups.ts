/**
 * GR11, of groups by the consumer protocol (KIP-848), as they are in the log: what the target assignment gives out, who has what, and what it
 * means that a group is stable; and that a coordinator finds the target assignment that was made. GR8 in the form of that protocol: an instance
 * id is one member's, and another process that takes its place alone is nothing for the others to hear of.
 */
import type { TraceEventOf } from '../../core/trace.ts';
import type { Checker, Occurrence, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type CommittedMetadata, committedOf } from './committed.ts';
import { type ClusterGhost, ghostOf } from './ghost.ts';
import type { PartitionGhost } from './replica-ghost.ts';

type Changed = TraceEventOf<'consumer-group-changed'>;

const OFFSETS_TOPIC = '__consumer_offsets';

/** A group as it was last told of, by its place in the log. */
interface Known {
  readonly logOffset: number;
  readonly event: Changed;
}

class ConsumerGroups {
  readonly #context: CheckContext;
  readonly #ghost: ClusterGhost;
  readonly #metadata: CommittedMetadata;
  /** By group. */
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
    const { group, logOffset, assignmentEpoch } = event;
    const known = this.#known.get(group);
    // The last change that a group goes through leaves nothing of it.
    const isNew = event.members.length === 0 && assignmentEpoch <= 1;
    if (known !== undefined && !isNew) {
      this.#checkEpochs(event, known.event, at, partition);
      if (logOffset < 0) this.#checkLoaded(event, known.event, at, partition);
      this.#checkReplaced(event, known.event, at, partition);
    }
    this.#checkAssignments(event, at, partition);
    this.#checkInstances(event, at, partition);
    this.#known.set(group, { logOffset: Math.max(logOffset, known?.logOffset ?? -1), event });
  }

  #checkEpochs(event: Changed, before: Changed, at: Occurrence, partition: PartitionGhost | null): void {
    const { group, epoch, assignmentEpoch } = event;
    if (epoch >= before.epoch && assignmentEpoch >= before.assignmentEpoch) return;
    const message = `group ${group} is in epoch ${epoch} with an assignment of epoch ${assignmentEpoch}, after ${before.epoch} and ${before.assignmentEpoch}`;
    this.#report('GR11', event, at, partition, message);
  }

  /** Of one epoch there is one target assignment: what was made of it before must be found. A member that came since has its own. */
  #checkLoaded(event: Changed, before: Changed, at: Occurrence, partition: PartitionGhost | null): void {
    if (event.assignmentEpoch !== before.assignmentEpoch) return;
    const made = new Map(before.members.map(({ member, target }) => [member, target.join(' ')]));
    for (const { member, target } of event.members) {
      const was = made.get(member);
      if (was === undefined || was === target.join(' ')) continue;
      const message = `member ${member} of group ${event.group} is to have [${target.join(' ')}] of epoch ${event.assignmentEpoch}, for which [${was}] was made`;
      this.#report('GR11', event, at, partition, message);
    }
  }

  /** A static member that comes back within its session, to the same topics, changes nothing (KIP-345). */
  #checkReplaced(event: Changed, before: Changed, at: Occurrence, partition: PartitionGhost | null): void {
    const sorted = ({ members }: Changed): string =>
      members
        .map(({ instanceId, subscription }) => `${instanceId} ${subscription}`)
        .sort()
        .join();
    const replaced = event.members.filter(({ member, instanceId }) =>
      before.members.some((other) => instanceId !== null && other.instanceId === instanceId && other.member !== member),
    );
    const hasOnlyReplaced = event.members.every(
      ({ member, instanceId }) => instanceId !== null || before.members.some((other) => other.member === member),
    );
    if (replaced.length === 0 || !hasOnlyReplaced || sorted(event) !== sorted(before)) return;
    // One change at a time: topics that changed, or an assignor that another member asks for, come with a change of their own.
    if (event.logOffset < 0 || event.metadataHash !== before.metadataHash) return;
    this.#context.evaluated('GR8');
    if (event.epoch === before.epoch) return;
    const message = `static member ${replaced.map(({ instanceId }) => instanceId).join()} of group ${event.group} came back, and the group went to epoch ${event.epoch}`;
    this.#report('GR8', event, at, partition, message);
  }

  #checkInstances(event: Changed, at: Occurrence, partition: PartitionGhost | null): void {
    const holders = new Map<string, string>();
    for (const { member, instanceId } of event.members) {
      if (instanceId === null) continue;
      this.#context.evaluated('GR8');
      const other = holders.get(instanceId);
      if (other !== undefined)
        this.#report(
          'GR8',
          event,
          at,
          partition,
          `both ${other} and ${member} of group ${event.group} are instance ${instanceId}`,
        );
      holders.set(instanceId, member);
    }
  }

  #checkAssignments(event: Changed, at: Occurrence, partition: PartitionGhost | null): void {
    const { group, epoch, assignmentEpoch, state, members } = event;
    if (members.length > 1) this.#context.evaluated('GR11');
    const targets = new Map<string, string>();
    const owners = new Map<string, string>();
    for (const { member, epoch: memberEpoch, assigned, pendingRevocation, target } of members) {
      const say = (what: string): void =>
        this.#report('GR11', event, at, partition, `member ${member} of group ${group} ${what}`);
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

  #report(
    property: 'GR8' | 'GR11',
    { group, epoch, logOffset }: Changed,
    at: Occurrence,
    partition: PartitionGhost | null,
    message: string,
  ): void {
    const where = logOffset < 0 ? 'as its coordinator loaded it' : `at log offset ${logOffset}`;
    const facts = { nodeId: at.nodeId, group, generation: epoch };
    if (partition !== null && this.#ghost.exceeded(partition) !== null) return;
    this.#context.violated(property, `${message} (${where})`, facts);
  }
}

export const consumerGroups = {
  properties: [
    {
      id: 'GR11',
      title:
        'by the consumer protocol epochs never decrease, no two members have or are to have one partition, in a stable group all have what they are to have, and the next coordinator finds what the last one decided',
    },
  ],
  create: (context): Checker => {
    new ConsumerGroups(context);
    return {};
  },
} as const satisfies PropertyDefinition;
