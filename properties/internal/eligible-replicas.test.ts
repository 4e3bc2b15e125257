import test from 'ava';
import { ELR_FEATURE } from '../../core/metadata/eligible-leader-replicas.ts';
import type { BrokerRegistrationSummary, PartitionRegistrationSummary } from '../../core/trace/metadata-events.ts';
import { ScriptedCluster } from '../testing/cluster.ts';
import { eligibleReplicas } from './eligible-replicas.ts';

type Change = Partial<PartitionRegistrationSummary>;

/** Partition orders-0 on brokers 1 to 3, with a minimum of 2; each change in one step. What it violates. */
function after(...steps: (Change | [Change, BrokerRegistrationSummary])[]): readonly string[] {
  const c = new ScriptedCluster([eligibleReplicas]);
  c.boot();
  c.applied(1001, { features: [{ name: ELR_FEATURE, level: 1 }] });
  for (const step of steps) {
    const [change, broker] = Array.isArray(step) ? step : [step];
    c.commit(change, broker === undefined ? [] : [broker]);
  }
  return c.violated;
}

const anew = (brokerId: number): BrokerRegistrationSummary => ({
  brokerId,
  brokerEpoch: 9,
  incarnationId: `second-${brokerId}`,
  fenced: true,
  inControlledShutdown: false,
});

/** Broker 1 leads; 3 left while the ISR was at its minimum, then 2 left. */
const ALONE: Change[] = [
  { isr: [1, 2], elr: [] },
  { isr: [1], elr: [2] },
];
const LEADERLESS: Change[] = [...ALONE, { leader: -1, leaderEpoch: 1, isr: [], elr: [1, 2], lastKnownElr: [1] }];

test('who leaves an ISR below its minimum is eligible, and who led last is known while nobody leads', (t) => {
  t.deepEqual(after(...LEADERLESS, { leader: 2, leaderEpoch: 2, isr: [2], elr: [1], lastKnownElr: [] }), []);
  t.deepEqual(after(...ALONE, { isr: [1, 3], elr: [] }), [], 'with the minimum reached nobody is');
});

test('C18: one that is forgotten, or was neither in sync nor eligible, or is eligible while the ISR has its minimum', (t) => {
  t.deepEqual(after({ isr: [1, 2], elr: [] }, { isr: [1], elr: [] }), ['C18']);
  t.deepEqual(after(...ALONE, { isr: [1], elr: [] }), ['C18']);
  t.deepEqual(after({ isr: [1, 2], elr: [] }, { isr: [1], elr: [2, 3] }), ['C18']);
  t.deepEqual(after({ isr: [1, 2], elr: [3] }), ['C18']);
});

test('C18: a new incarnation is struck out, and an unclean election leaves nobody eligible', (t) => {
  t.deepEqual(after(...ALONE, [{ isr: [1], elr: [] }, anew(2)]), []);
  t.deepEqual(after(...ALONE, [{ isr: [1], elr: [] }, anew(3)]), ['C18'], 'it is another that came anew');
  const unclean = { leader: 3, leaderEpoch: 2, isr: [3], elr: [], lastKnownElr: [], recovering: true };
  t.deepEqual(after(...LEADERLESS, unclean), []);
});

test('C18, C19: another min.insync.replicas clears everything', (t) => {
  const clear = (name: string) => {
    const c = new ScriptedCluster([eligibleReplicas]);
    c.boot();
    c.applied(1001, { features: [{ name: ELR_FEATURE, level: 1 }] });
    for (const step of LEADERLESS) c.commit(step);
    c.commit({ elr: [], lastKnownElr: [] }, [], [{ resource: 'topic:orders', name, value: '1' }]);
    return c.violated;
  };
  t.deepEqual(clear('min.insync.replicas'), []);
  t.deepEqual(clear('retention.ms'), ['C18', 'C19']);
});

test('C19: the last leader is another, is forgotten, or is known though somebody leads', (t) => {
  t.deepEqual(after(...ALONE, { leader: -1, leaderEpoch: 1, isr: [], elr: [1, 2], lastKnownElr: [2] }), ['C19']);
  t.deepEqual(after(...ALONE, { leader: -1, leaderEpoch: 1, isr: [], elr: [1, 2], lastKnownElr: [] }), ['C19']);
  t.deepEqual(after(...LEADERLESS, [{ elr: [1], lastKnownElr: [2] }, anew(2)]), ['C19']);
  t.deepEqual(after(...LEADERLESS, { leader: 2, leaderEpoch: 2, isr: [2], elr: [1] }), ['C19']);
});

test('without the feature nothing is said', (t) => {
  const c = new ScriptedCluster([eligibleReplicas]);
  c.boot();
  c.commit({ isr: [1], leader: -1, leaderEpoch: 1 });
  t.deepEqual([c.violated, c.context.evaluations], [[], {}]);
});
