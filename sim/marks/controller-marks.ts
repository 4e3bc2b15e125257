/** Rare states of the active controller: leaders and in-sync sets that it can't or may not choose, brokers that it loses and finds. */
import { ErrorCode } from '../../core/protocol/errors.ts';
import { diesAfter, follows, type Mark, repeated, type Watch, when, whenError } from './mark.ts';

/** All brokers that were ever unfenced are fenced. */
const everybodyFenced: Watch = (run, _, reached) => {
  const unfenced = new Map<number, boolean>();
  let newest = -1;
  run.on('metadata-applied', ({ offset, brokers }) => {
    if (brokers.length === 0 || offset <= newest) return;
    newest = offset;
    const wasAny = [...unfenced.values()].includes(true);
    for (const { brokerId, fenced } of brokers) unfenced.set(brokerId, !fenced);
    if (wasAny && ![...unfenced.values()].includes(true)) reached();
  });
};

/** The same incarnation registers again. */
const registeredAgain: Watch = (run, _, reached) => {
  const known = new Map<number, string>();
  run.on('broker-registration-accepted', ({ brokerId, incarnationId }) => {
    if (known.get(brokerId) === incarnationId) reached();
    known.set(brokerId, incarnationId);
  });
};

function refusedIsr(error: number): Watch {
  return whenError('alter-partition-answered', error);
}

export const CONTROLLER_MARKS = {
  'controller/renounced': {
    why: 'an active controller gave up its role alive: the quorum must lose its leader without losing the process',
    watch: when('controller-renounced'),
  },
  'controller/two-activations-in-two-seconds': {
    why: 'two controllers became active within two seconds: the first must fall before it has done much',
    watch: repeated({ type: 'controller-activated', key: () => '' }, 2, 2_000),
  },
  'controller/died-after-activation': {
    why: 'an active controller ended within 200 ms of its activation: with the first decisions of its epoch on their way',
    watch: diesAfter('controller-activated', () => true, 200),
  },
  'controller/session-expired-after-activation': {
    why: 'a new controller fenced a broker within four seconds: the broker must have fallen silent around the election',
    watch: follows({ type: 'controller-activated' }, { type: 'broker-session-expired' }, 4_000),
  },
  'controller/fenced-a-live-broker': {
    why: "a broker's session was over while its process ran: its heartbeats must be lost or late for the whole session",
    watch: when('broker-session-expired', ({ brokerId }, _at, now) => {
      const name = now.cluster.nameOf(brokerId);
      return name !== null && !now.down.has(name) && !now.paused.has(name);
    }),
  },
  'controller/three-sessions-expired-at-once': {
    why: 'three brokers were fenced within a second: they must fall silent together',
    watch: repeated({ type: 'broker-session-expired' }, 3, 1_000),
  },
  'controller/all-brokers-fenced': {
    why: 'no broker of the cluster was unfenced any more: all of them must be silent for a session at the same time',
    watch: everybodyFenced,
  },
  'controller/registration-of-the-same-incarnation': {
    why: 'a broker registered twice in one life: the answer to the first must get lost',
    watch: registeredAgain,
  },
  'controller/registration-over-a-session': {
    why: 'a registration was refused since the id had a session (DUPLICATE_BROKER_REGISTRATION): the broker must be back before its session is over',
    watch: when(
      'request-rejected',
      ({ api, error }) => api === 'BrokerRegistration' && error === ErrorCode.DUPLICATE_BROKER_REGISTRATION,
    ),
  },
  'controller/heartbeat-to-a-former-controller': {
    why: 'a heartbeat came to a controller that was not active any more: the broker must not have heard of the next',
    watch: when('request-rejected', ({ api, error }) => api === 'BrokerHeartbeat' && error === ErrorCode.NOT_CONTROLLER),
  },
  'controller/isr-change-to-a-former-controller': {
    why: 'a change of an in-sync set came to a controller that was not active any more: an election must fall between decision and request',
    watch: when('request-rejected', ({ api, error }) => api === 'AlterPartition' && error === ErrorCode.NOT_CONTROLLER),
  },
  'controller/producer-ids-asked-of-a-former-controller': {
    why: 'a block of producer ids was asked of a controller that was not active any more: blocks are seldom asked for, and elections seldom',
    isSeldom: true,
    watch: when('request-rejected', ({ api, error }) => api === 'AllocateProducerIds' && error === ErrorCode.NOT_CONTROLLER),
  },
  'controller/topic-asked-of-a-former-controller': {
    why: 'a topic was created, deleted or enlarged through a controller that was not active any more: operators act seldom, and elections are seldom',
    watch: when(
      'request-rejected',
      ({ api, error }) =>
        ['CreateTopics', 'DeleteTopics', 'CreatePartitions'].includes(api) && error === ErrorCode.NOT_CONTROLLER,
    ),
  },
  'controller/controller-registered-with-a-follower': {
    why: 'a controller registered itself (KIP-919) with one that was not active any more: both must be starting or changing',
    watch: when('request-rejected', ({ api, error }) => api === 'ControllerRegistration' && error === ErrorCode.NOT_CONTROLLER),
  },
  'controller/isr-change-of-an-older-leader': {
    why: 'a change of an in-sync set was refused as FENCED_LEADER_EPOCH: its leader must have been replaced meanwhile',
    watch: refusedIsr(ErrorCode.FENCED_LEADER_EPOCH),
  },
  'controller/isr-change-of-an-older-state': {
    why: 'a change of an in-sync set was refused as INVALID_UPDATE_VERSION: another change must be committed of which the leader has not heard',
    watch: refusedIsr(ErrorCode.INVALID_UPDATE_VERSION),
  },
  'controller/isr-change-with-an-ineligible-replica': {
    why: 'a change of an in-sync set was refused as INELIGIBLE_REPLICA (KIP-841): who is to join must be fenced or leaving by then',
    isSeldom: true,
    watch: refusedIsr(ErrorCode.INELIGIBLE_REPLICA),
  },
  'controller/partition-without-leader': {
    why: 'a partition had no leader: nobody of its in-sync set must be left unfenced',
    watch: when('metadata-applied', ({ partitions }) => partitions.some(({ leader }) => leader === -1)),
  },
  'controller/eligible-replicas': {
    why: 'a partition had eligible leader replicas (KIP-966): its in-sync set must fall below min.insync.replicas',
    watch: when('metadata-applied', ({ partitions }) => partitions.some(({ elr }) => elr.length > 0)),
  },
  'controller/last-known-leader': {
    why: 'a partition kept the last leader that it had, of replicas that may all have lost records: the last one must come back unclean',
    watch: when('metadata-applied', ({ partitions }) => partitions.some(({ lastKnownElr }) => lastKnownElr.length > 0)),
  },
  'controller/leader-chosen-from-eligible-replicas': {
    why: 'a partition was led by a replica that was eligible and not in sync (KIP-966): the whole in-sync set must be gone first',
    watch: (run, _, reached) => {
      const eligible = new Map<string, readonly number[]>();
      run.on('metadata-applied', ({ role, partitions }) => {
        if (role !== 'controller') return;
        for (const { partition, leader, elr } of partitions) {
          if ((eligible.get(partition) ?? []).includes(leader)) reached();
          eligible.set(partition, elr);
        }
      });
    },
  },
  'controller/shutdown-granted': {
    why: 'a broker was let go in order: nodes are killed more often than they are stopped',
    watch: when('controlled-shutdown-granted'),
  },
  'controller/broker-died-while-leaving': {
    why: 'a broker ended while it waited to be let go: the fault must fall into its shutdown',
    watch: diesAfter('broker-state-changed', ({ to }) => to === 'PENDING_CONTROLLED_SHUTDOWN', 2_000),
  },
  'controller/preferred-leader-restored': {
    why: 'the controller gave a partition back to its preferred leader by itself: the check must come while leadership is out of balance',
    watch: when('controller-write-completed', ({ operation }) => operation === 'preferred-leader-election'),
  },
  'controller/feature-raised': {
    why: "a cluster's feature was raised while it ran: an operator does it once in a run, if at all",
    watch: when('controller-write-completed', ({ operation }) => operation === 'UpdateFeatures'),
  },
  'controller/feature-refused': {
    why: 'a feature could not be raised: a node of an older release must be registered',
    watch: when('request-rejected', ({ api, error }) => api === 'UpdateFeatures' && error !== ErrorCode.NOT_CONTROLLER),
  },
} as const satisfies Readonly<Record<string, Mark>>;
