/** Rare states of classic groups and their coordinators: rebalances that are disturbed, members that come back, coordinators that move. */
import { ErrorCode } from '../../core/protocol/errors.ts';
import { diesAfter, follows, type Mark, repeated, type Watch, when, whenError } from './mark.ts';

function refused(api: string, error: number): Watch {
  return whenError('group-request-rejected', error, (request) => request.api === api);
}

function removed(reason: string): Watch {
  return when('group-member-removed', (member) => member.reason === reason);
}

const groupOf = ({ group }: { readonly group: string }): string => group;

/** Another coordinator goes on with a group that the last one left in the midst of a rebalance. */
const movedInRebalance: Watch = (run, _, reached) => {
  const last = new Map<string, { readonly node: string; readonly state: string }>();
  run.on('group-transition', ({ group, to }, { node }) => {
    const before = last.get(group);
    if (before !== undefined && before.node !== node && before.state.endsWith('Rebalance')) reached();
    last.set(group, { node, state: to });
  });
};

/** A coordinator tells of a group of which another has told after it had. */
const coordinatorReturned: Watch = (run, _, reached) => {
  const nodes = new Map<string, string[]>();
  run.on('group-transition', ({ group }, { node }) => {
    const of = nodes.get(group) ?? [];
    nodes.set(group, of);
    if (of.at(-1) === node) return;
    if (of.includes(node)) reached();
    of.push(node);
  });
};

export const GROUP_MARKS = {
  'group/rebalance-within-a-rebalance': {
    why: 'a group that waited for its assignment began anew: somebody must come or go in this round trip',
    watch: when('group-transition', ({ from, to }) => from === 'CompletingRebalance' && to === 'PreparingRebalance'),
  },
  'group/unloaded-while-joining': {
    why: 'a coordinator gave up a group whose members were joining: its leadership must move during a rebalance',
    watch: when('group-transition', ({ from, to }) => from === 'PreparingRebalance' && to === 'Dead'),
  },
  'group/unloaded-while-waiting-for-the-assignment': {
    why: 'a coordinator gave up a group whose leader was computing the assignment: a round trip in which leadership moves',
    isSeldom: true,
    watch: when('group-transition', ({ from, to }) => from === 'CompletingRebalance' && to === 'Dead'),
  },
  'group/unloaded-while-stable': {
    why: 'a coordinator gave up a group at work: it must live on while it loses the partition',
    watch: when('group-transition', ({ from, to }) => from === 'Stable' && to === 'Dead'),
  },
  'group/next-coordinator-found-a-rebalance': {
    why: 'a coordinator took over a group whose rebalance the last one had not finished',
    watch: movedInRebalance,
  },
  'group/coordinator-came-back': {
    why: 'a group came back to a coordinator that it had left: two moves, of one partition',
    watch: coordinatorReturned,
  },
  'group/coordinator-died-while-loading': {
    why: 'a coordinator ended within 100 ms of beginning to load: what it had read of its partition is gone',
    isSeldom: true,
    watch: diesAfter('coordinator-loading', () => true, 100),
  },
  'group/member-removed-silent': {
    why: "a member's session was over: its heartbeats must be late or lost for session.timeout.ms",
    watch: removed('session-expired'),
  },
  'group/member-removed-for-not-joining': {
    why: 'a member did not join in time and was removed: it must be alive enough to heartbeat, and too slow to join',
    watch: removed('rebalance-timeout'),
  },
  'group/member-fenced': {
    why: 'a static member was replaced by its next life (KIP-345): group.instance.id must be drawn, and the member restart within its session',
    watch: removed('fenced'),
  },
  'group/three-members-removed-at-once': {
    why: 'a group lost three members within a second: their sessions must end together',
    watch: repeated({ type: 'group-member-removed', if: ({ reason }) => reason === 'session-expired', key: groupOf }, 3, 1_000),
  },
  'group/three-rebalances-at-once': {
    why: 'a group rebalanced three times within two seconds: members must come and go as fast as they join',
    watch: repeated({ type: 'group-transition', if: ({ to }) => to === 'PreparingRebalance', key: groupOf }, 3, 2_000),
  },
  'group/tenth-generation': {
    why: 'a group came to its tenth generation: its members must rebalance every few seconds',
    watch: when('group-assignment', ({ generation }) => generation >= 10),
  },
  'group/member-without-partitions': {
    why: 'a member was assigned nothing: there must be more members than partitions',
    watch: when('group-assignment', ({ assignments }) => assignments.some(({ partitions }) => partitions.length === 0)),
  },
  'group/assignment-kept': {
    why: 'a static leader came back and the assignment of its earlier life stayed (KIP-814)',
    watch: when('consumer-kept-assignment'),
  },
  'group/join-met-a-loading-coordinator': {
    why: 'a member wanted to join while its coordinator was loading: loads are short',
    watch: refused('JoinGroup', ErrorCode.COORDINATOR_LOAD_IN_PROGRESS),
  },
  'group/join-at-a-former-coordinator': {
    why: 'a member wanted to join at a broker that coordinated the group no more: it must not have asked anew',
    watch: refused('JoinGroup', ErrorCode.NOT_COORDINATOR),
  },
  'group/join-with-an-unavailable-coordinator': {
    why: "a join could not be recorded (COORDINATOR_NOT_AVAILABLE): the offsets topic's in-sync set must be too small",
    watch: refused('JoinGroup', ErrorCode.COORDINATOR_NOT_AVAILABLE),
  },
  'group/join-of-a-forgotten-member': {
    why: 'a member that the group had given up wanted to join: it must not have heard of it',
    watch: refused('JoinGroup', ErrorCode.UNKNOWN_MEMBER_ID),
  },
  'group/join-of-a-fenced-instance': {
    why: 'the earlier life of a static member wanted to join: both lives must be asking',
    watch: refused('JoinGroup', ErrorCode.FENCED_INSTANCE_ID),
  },
  'group/sync-with-an-unavailable-coordinator': {
    why: "an assignment could not be recorded (COORDINATOR_NOT_AVAILABLE): the offsets topic's in-sync set must be too small just then",
    watch: refused('SyncGroup', ErrorCode.COORDINATOR_NOT_AVAILABLE),
  },
  'group/sync-at-a-former-coordinator': {
    why: 'a coordinator was gone between join and sync: leadership must move in that round trip',
    watch: refused('SyncGroup', ErrorCode.NOT_COORDINATOR),
  },
  'group/sync-of-an-older-generation': {
    why: 'a member asked for the assignment of a generation that was over: the next must be made in this round trip',
    isSeldom: true,
    watch: refused('SyncGroup', ErrorCode.ILLEGAL_GENERATION),
  },
  'group/leave-refused': {
    why: 'a member could not even leave: it leaves once, and its coordinator must be gone or know nothing of it',
    watch: when('group-request-rejected', ({ api }) => api === 'LeaveGroup'),
  },
  'group/heartbeat-of-an-older-generation': {
    why: 'a heartbeat named a generation that was over: it must be late by a whole rebalance',
    watch: whenError('group-heartbeat-received', ErrorCode.ILLEGAL_GENERATION),
  },
  'group/heartbeat-of-a-removed-member': {
    why: 'a member that the group had given up went on: it must be alive and cut off for its session',
    watch: whenError('group-heartbeat-received', ErrorCode.UNKNOWN_MEMBER_ID),
  },
  'group/heartbeat-of-a-fenced-instance': {
    why: 'the earlier life of a static member was still at work: it must overlap with the next',
    watch: whenError('group-heartbeat-received', ErrorCode.FENCED_INSTANCE_ID),
  },
  'group/heartbeat-to-a-former-coordinator': {
    why: 'a heartbeat came to a broker that coordinated the group no more',
    watch: whenError('group-heartbeat-received', ErrorCode.NOT_COORDINATOR),
  },
  'group/deleted': {
    why: 'a group was deleted for good: it must be empty, and its last offset gone',
    watch: when('group-deleted'),
  },
  'group/deletion-found-on-load': {
    why: 'a coordinator read the tombstone of a group: one must be deleted, and its coordinator move before that is compacted',
    watch: when('coordinator-loaded', ({ deletedGroups }) => deletedGroups.length > 0),
  },
  'group/rebalance-after-a-move': {
    why: 'a group rebalanced within a second of its coordinator being loaded: somebody must come or go just then',
    watch: follows(
      { type: 'coordinator-loaded', if: ({ groups }) => groups > 0 },
      { type: 'group-transition', if: ({ from, to }) => from === 'Stable' && to === 'PreparingRebalance' },
      1_000,
    ),
  },
} as const satisfies Readonly<Record<string, Mark>>;
