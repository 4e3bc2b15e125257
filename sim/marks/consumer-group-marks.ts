/** Rare states of groups by the consumer protocol (KIP-848): what a member has when the group goes on, and what the next coordinator finds. */
import type { TraceEventOf } from '../../core/trace.ts';
import type { Mark, Watch } from './mark.ts';

type Changed = TraceEventOf<'consumer-group-changed'>;

/** A change of a group that is so, beside what was told of the group before. */
function change(holds: (now: Changed, before: Changed) => boolean): Watch {
  return (run, _, reached) => {
    const last = new Map<string, Changed>();
    run.on('consumer-group-changed', (event) => {
      const before = last.get(event.group);
      if (before !== undefined && holds(event, before)) reached();
      last.set(event.group, event);
    });
  };
}

/** A coordinator has loaded a group that another had left so. */
function found(state: string): Watch {
  return change((now) => now.logOffset < 0 && now.state === state);
}

/** A member is put out that has yet to give something up. */
const removedInRevocation: Watch = (run, _, reached) => {
  const revoking = new Map<string, ReadonlySet<string>>();
  run.on('consumer-group-changed', ({ group, members }) => {
    revoking.set(group, new Set(members.filter(isRevoking).map(({ member }) => member)));
  });
  run.on('group-member-removed', ({ group, member, reason }) => {
    if (reason !== 'left' && revoking.get(group)?.has(member) === true) reached();
  });
};

function isRevoking({ pendingRevocation }: Changed['members'][number]): boolean {
  return pendingRevocation.length > 0;
}

export const CONSUMER_GROUP_MARKS = {
  'consumer-group/assigned-while-a-member-revokes': {
    why: 'there was another target assignment before a member had given up what the last one took: it must come within that round trip',
    isDirected: true,
    watch: change((now, before) => now.assignmentEpoch > before.assignmentEpoch && now.members.some(isRevoking)),
  },
  'consumer-group/two-members-revoke': {
    why: 'two members had partitions to give up at once: one assignment must take from both, and both be slow',
    isDirected: true,
    watch: change((now) => now.members.filter(isRevoking).length > 1),
  },
  'consumer-group/member-five-epochs-behind': {
    why: 'a member was five epochs behind the assignment of its group: it must hesitate, or be cut off, while others come and go',
    isDirected: true,
    watch: change((now) => now.members.some(({ epoch }) => epoch > 0 && now.assignmentEpoch - epoch >= 5)),
  },
  'consumer-group/removed-while-it-revokes': {
    why: 'a member was put out before it had given up what it was to: its session or its time to do so must end just then',
    isDirected: true,
    watch: removedInRevocation,
  },
  'consumer-group/next-coordinator-found-a-reconciliation': {
    why: 'a coordinator took over a group whose members were still on their way to the last assignment',
    isDirected: true,
    watch: found('Reconciling'),
  },
  'consumer-group/next-coordinator-found-no-assignment': {
    why: 'a coordinator took over a group whose last epoch had no assignment yet: leadership must move within that interval',
    isDirected: true,
    watch: found('Assigning'),
  },
  'consumer-group/entered-again': {
    why: 'a member came to a group that all others had left',
    isDirected: true,
    watch: change((now, before) => now.members.length > 0 && before.members.length === 0),
  },
  'consumer-group/instance-replaced': {
    why: 'another process took the place of a static member: it must come back within its session, as another member',
    isDirected: true,
    watch: change((now, before) =>
      now.members.some(({ member, instanceId }) =>
        before.members.some((other) => instanceId !== null && other.instanceId === instanceId && other.member !== member),
      ),
    ),
  },
  'consumer-group/stable-with-an-idle-member': {
    why: 'a group came to rest in which a member has nothing: there must be more members than partitions',
    isDirected: true,
    watch: change(({ state, members }) => state === 'Stable' && members.some(({ assigned }) => assigned.length === 0)),
  },
} as const satisfies Readonly<Record<string, Mark>>;
