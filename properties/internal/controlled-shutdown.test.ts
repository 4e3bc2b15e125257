import test from 'ava';
import { PARTITION, ScriptedCluster, TOPIC_ID } from '../testing/cluster.ts';
import { metadataApplied, registered } from '../testing/registration.ts';
import { controlledShutdown } from './controlled-shutdown.ts';

const broker = (brokerId: number, change = {}) => ({
  brokerId,
  brokerEpoch: 1,
  incarnationId: `i${brokerId}`,
  fenced: false,
  inControlledShutdown: false,
  ...change,
});

/** Broker 1 is about to go, and broker 2 leads what it led; the brokers named here have applied that. */
function leaving(...knowing: readonly number[]): ScriptedCluster {
  const c = new ScriptedCluster([controlledShutdown]);
  c.boot();
  c.commit({ leader: 2, leaderEpoch: 1, isr: [2, 3] }, [broker(1, { inControlledShutdown: true })]);
  for (const id of knowing) knows(c, id);
  return c;
}

function knows(c: ScriptedCluster, id: number): void {
  const partition = registered('orders', 0, { topicId: TOPIC_ID, leader: 2, leaderEpoch: 1, partitionEpoch: 1, isr: [2, 3] });
  c.context.emit(id, metadataApplied(c.metadataOffset, { role: 'broker', partitions: [partition] }));
}

function granted(c: ScriptedCluster): string[] {
  const decidedOn = c.metadataOffset;
  c.context.emit(1001, { type: 'controlled-shutdown-granted', brokerId: 1, brokerEpoch: 1, decidedOn, decidedAt: decidedOn });
  return c.violated;
}

test('C20: a broker goes when all others know who leads in its place, and not before', (t) => {
  t.deepEqual(granted(leaving(2, 3)), []);
  const early = leaving(2);
  t.deepEqual(granted(early), ['C20']);
  t.like(early.context.factsOf('C20'), { nodeId: 1001, brokerId: 1, otherNodeId: 3, partition: PARTITION });
  t.is(early.context.evaluations['C20'], 1);
});

test('C20: nobody waits for who is fenced, goes as well, or began anew since', (t) => {
  for (const change of [{ fenced: true }, { inControlledShutdown: true }]) {
    const c = leaving(2);
    c.applied(1001, { brokers: [broker(3, change)] });
    t.deepEqual(granted(c), []);
  }
  const anew = leaving(2);
  anew.context.pass(10);
  anew.context.world(3, { type: 'crashed', reason: 'a test' });
  anew.context.world(3, { type: 'started', incarnation: 2 });
  anew.context.emit(3, metadataApplied(2, { role: 'broker', partitions: [registered('orders', 0, { topicId: TOPIC_ID })] }));
  t.deepEqual(granted(anew), []);
});

test('C20: a new active controller does not know how far a shutdown has come', (t) => {
  const c = leaving(2);
  c.context.emit(1002, { type: 'controller-activated', epoch: 2, claimOffset: 3 });
  t.deepEqual(granted(c), []);
});
