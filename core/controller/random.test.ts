/** The controller under random requests, silences, late and stale messages, and fail-overs, against properties C2 to C9, C13 and C14. */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { MetadataDelta } from '../metadata/delta.ts';
import { EMPTY_IMAGE, type MetadataImage, type PartitionRegistration, type TopicImage } from '../metadata/image.ts';
import type { MetadataRecord } from '../metadata/records.ts';
import { decodeMetadataRecord } from '../protocol/codec.ts';
import { Offset } from '../protocol/numbers.ts';
import { TestQuorum } from './testing/quorum.ts';
import { creation, heartbeat, isrChange, registration } from './testing/requests.ts';

const BROKERS = 4;
const CONTROLLERS = 3;

interface BrokerModel {
  incarnation: number;
  epoch: number;
}

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

function checkPartition(image: MetadataImage, name: string, partition: PartitionRegistration): void {
  const { isr, leader, replicas } = partition;
  check(isr.length > 0, `C5 ${name}: the ISR is empty`);
  check(leader === -1 || isr.includes(leader), `C5 ${name}: leader ${leader} is not in ISR ${isr.join()}`);
  check(isr.every((id) => replicas.includes(id)) && new Set(isr).size === isr.length, `C5 ${name}: ISR ${isr.join()}`);
  for (const id of isr) {
    const broker = image.brokers.get(id);
    const isActive = broker !== undefined && !broker.fenced && !broker.inControlledShutdown;
    check(isActive || (isr.length === 1 && leader === -1), `C3 ${name}: broker ${id} in ISR ${isr.join()}, leader ${leader}`);
  }
}

function checkChange(name: string, before: PartitionRegistration, after: PartitionRegistration): void {
  check(after.partitionEpoch > before.partitionEpoch, `C6 ${name}: a change without a partition epoch`);
  check(after.leaderEpoch >= before.leaderEpoch, `C6 ${name}: the leader epoch fell`);
  if (after.leader === before.leader) return;
  check(after.leaderEpoch > before.leaderEpoch, `C6 ${name}: a new leader without a leader epoch`);
  check(
    after.leader === -1 || before.isr.includes(after.leader),
    `C7 ${name}: ${after.leader} was not in ISR ${before.isr.join()}`,
  );
}

/** Folds the committed log batch by batch and checks every step. */
function checkLog(quorum: TestQuorum): MetadataImage {
  let image = EMPTY_IMAGE;
  const topicIds = new Set<string>();
  for (const batch of quorum.committedBatches) {
    const before = image;
    const delta = new MetadataDelta(before);
    for (const bytes of batch.records) delta.replay(decodeMetadataRecord(bytes) as MetadataRecord);
    image = delta.apply({ offset: batch.lastOffset, epoch: batch.epoch, lastContainedTimestamp: batch.appendTimestamp });
    for (const topic of delta.changedTopics.values()) {
      if (topic.before === null) check(!topicIds.has(topic.id), `C14 topic id ${topic.id} again`);
      topicIds.add(topic.id);
      for (const [index, after] of topic.changedPartitions) {
        const previous = topic.before?.partitions.get(index);
        if (previous !== undefined) checkChange(`${topic.name}-${index}`, previous, after);
      }
    }
    for (const topic of image.topicsById.values()) {
      for (const [index, partition] of topic.partitions) checkPartition(image, `${topic.name}-${index}`, partition);
    }
    for (const [id, broker] of delta.changedBrokers) {
      const previous = before.brokers.get(id);
      if (broker === null || broker.incarnationId === previous?.incarnationId) continue;
      check(Offset(broker.epoch) === batch.baseOffset, `C2 broker ${id}: epoch ${broker.epoch} at offset ${batch.baseOffset}`);
      check(previous === undefined || broker.epoch > previous.epoch, `C2 broker ${id}: epoch fell`);
      for (const topic of image.topicsById.values()) {
        for (const partition of topic.partitions.values()) {
          const isOut = !partition.isr.includes(id) || (partition.isr.length === 1 && partition.leader === -1);
          check(isOut, `C4 broker ${id} is in an ISR of ${topic.name}`);
        }
      }
    }
    check(image.nextProducerId >= before.nextProducerId, 'C13 the next producer id fell');
  }
  return image;
}

function run(seed: number): TestQuorum {
  const quorum = new TestQuorum({ controllers: CONTROLLERS, seed });
  const chance = quorum.world.stream('test');
  const pick = (bound: number): number => chance.below(bound, '');
  const brokers: BrokerModel[] = Array.from({ length: BROKERS + 1 }, () => ({ incarnation: 0, epoch: -1 }));
  const lateRequests: (() => void)[] = [];
  quorum.elect(0);

  const anyPartition = (): { id: string; index: number; partition: PartitionRegistration } | null => {
    const topics = [...quorum.active.image.topicsById.values()];
    if (topics.length === 0) return null;
    const topic = topics[pick(topics.length)] as TopicImage;
    const index = pick(topic.partitions.size);
    return { id: topic.id, index, partition: topic.partitions.get(index) as PartitionRegistration };
  };
  const beat = (id: number, more: Parameters<typeof heartbeat>[3] = {}): void => {
    quorum.ask('BrokerHeartbeat', heartbeat(id, (brokers[id] as BrokerModel).epoch, quorum.highWatermark - 1, more));
  };
  const register = (id: number): void => {
    const broker = brokers[id] as BrokerModel;
    if (pick(3) === 0) broker.incarnation++;
    // Sessions may have ended just now, before the timer that fences.
    if (pick(4) === 0) quorum.passUnnoticed(9_001);
    const answer = quorum.ask('BrokerRegistration', registration(id, broker.incarnation));
    quorum.commit();
    if (answer.body?.errorCode === 0) broker.epoch = answer.body.brokerEpoch;
  };
  const alter = (): void => {
    const target = anyPartition();
    if (target === null || target.partition.leader < 0) return;
    const { id, index, partition } = target;
    const { leader } = partition;
    const wanted = partition.replicas.filter((replica) => replica === leader || pick(2) === 0);
    const stale = (): number => (pick(6) === 0 ? pick(3) - 1 : 0);
    const leaderEpoch = partition.leaderEpoch + stale();
    const partitionEpoch = partition.partitionEpoch + stale();
    const isr = wanted.map((replica) => [replica, (brokers[replica] as BrokerModel).epoch - (pick(8) === 0 ? 1 : 0)] as const);
    const request = isrChange(leader, (brokers[leader] as BrokerModel).epoch, id, { leaderEpoch, partitionEpoch, isr, index });
    const send = (): void => {
      quorum.commit();
      const at = quorum.active.image.topicsById.get(id)?.partitions.get(index);
      const answer = quorum.ask('AlterPartition', request);
      quorum.commit();
      if (answer.body === null || answer.body.errorCode !== 0) return;
      if (answer.body.topics[0]?.partitions[0]?.errorCode !== 0 || at === undefined) return;
      check(
        at.leader === leader && at.leaderEpoch === leaderEpoch && at.partitionEpoch === partitionEpoch,
        'C8 a stale change was applied',
      );
      for (const [replica, epoch] of isr)
        check(quorum.active.image.brokers.get(replica)?.epoch === epoch, 'C8 an old incarnation was let in');
    };
    if (pick(3) === 0) lateRequests.push(send);
    else {
      quorum.commit();
      const now = quorum.active.image.topicsById.get(id)?.partitions.get(index);
      if (now === partition) send();
    }
  };

  for (let step = 0; step < 150; step++) {
    const id = 1 + pick(BROKERS);
    switch (pick(14)) {
      case 0:
        register(id);
        break;
      case 1:
      case 2:
      case 3:
        beat(id);
        break;
      case 4:
        beat(id, { wantFence: true });
        break;
      case 5:
        beat(id, { wantShutDown: true });
        break;
      case 6:
        quorum.world.run(1_000 * (1 + pick(6)));
        break;
      case 7:
        quorum.ask('CreateTopics', creation(`t${pick(4)}`, 1 + pick(3), 1 + pick(3)));
        break;
      case 8:
        if (pick(4) === 0) quorum.ask('DeleteTopics', { topics: [], topicNames: [`t${pick(4)}`], timeoutMs: 1 });
        break;
      case 9:
      case 10:
        alter();
        break;
      case 11:
        quorum.ask('AllocateProducerIds', { brokerId: id, brokerEpoch: (brokers[id] as BrokerModel).epoch });
        break;
      case 12:
        lateRequests.shift()?.();
        break;
      default:
        if (pick(4) === 0) quorum.elect(pick(CONTROLLERS), pick(2) === 0);
    }
    if (pick(3) !== 0) quorum.commit();
  }
  quorum.commit();
  return quorum;
}

function checkRun(t: ExecutionContext, seed: number): void {
  const quorum = run(seed);
  const folded = checkLog(quorum);
  for (const controller of quorum.controllers) t.deepEqual(controller.image.topicsById, folded.topicsById);
  for (const controller of quorum.controllers) t.deepEqual(controller.image.brokers, folded.brokers);
  const blocks = quorum.world.events('producer-ids-allocated').map(({ firstId }) => firstId);
  t.is(new Set(blocks).size, blocks.length);
}

test('random runs keep the controller properties', (t) => {
  fc.assert(
    fc.property(fc.nat(1_000_000), (seed) => checkRun(t, seed)),
    { numRuns: 100, includeErrorInReport: true },
  );
  t.pass();
});

test('the same seed gives the same events', (t) => {
  t.deepEqual(run(7).world.trace, run(7).world.trace);
});
