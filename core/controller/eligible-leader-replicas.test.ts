/** What becomes of eligible leader replicas (KIP-966) as brokers come and go: as Apache Kafka 4.4.0 decides it. */
import test from 'ava';
import { ELR_FEATURE } from '../metadata/eligible-leader-replicas.ts';
import { type MetadataImage, partitionOf, ResourceType } from '../metadata/image.ts';
import { partitionToRecord, type PartitionRegistration } from '../metadata/partition-registration.ts';
import { type MetadataRecord, metadataRecord } from '../metadata/records.ts';
import { imageFromRecords } from '../metadata/snapshot.ts';
import { LeaderEpoch, Offset, PartitionEpoch } from '../protocol/numbers.ts';
import { Changes } from './changes.ts';
import { alterConfigs, incrementalAlterConfigs } from './configs.ts';
import { electUncleanLeaders } from './elections.ts';
import {
  fenceBroker,
  takeDirectoriesOffline,
  takeInNewIncarnation,
  unfenceBroker,
  unregisterBroker,
} from './partition-updates.ts';
import { TestQuorum } from './testing/quorum.ts';
import { testUuid } from './testing/requests.ts';

const { config } = new TestQuorum();
const MAY_ALL = { alterTopic: () => true, alterGroup: () => true, alterCluster: () => true };
const directory = (broker: number): string => testUuid(2, broker);

/** Brokers 1 to 3, of which some are fenced, and `orders` with a minimum of 2: its partition 0 is on all of them. */
class Situation {
  image: MetadataImage;

  constructor(partition: Partial<PartitionRegistration> = {}, options: { fenced?: readonly number[]; elr?: number } = {}) {
    const records: MetadataRecord[] = [
      metadataRecord('FeatureLevelRecord', { name: 'metadata.version', featureLevel: 25 }),
      metadataRecord('FeatureLevelRecord', { name: ELR_FEATURE, featureLevel: options.elr ?? 1 }),
    ];
    for (const brokerId of [1, 2, 3]) {
      records.push(
        metadataRecord('RegisterBrokerRecord', {
          brokerId,
          isMigratingZkBroker: false,
          incarnationId: testUuid(1, brokerId),
          brokerEpoch: brokerId,
          endPoints: [],
          features: [],
          rack: null,
          fenced: options.fenced?.includes(brokerId) === true,
          inControlledShutdown: false,
          logDirs: [directory(brokerId)],
          cordonedLogDirs: null,
        }),
      );
    }
    const topics = [
      ['orders', 8],
      ['events', 9],
    ] as const;
    for (const [name, id] of topics) {
      const topicId = testUuid(id, 0);
      const registration = {
        replicas: [1, 2, 3],
        directories: [1, 2, 3].map(directory),
        isr: [1, 2, 3],
        removingReplicas: [],
        addingReplicas: [],
        elr: [],
        lastKnownElr: [],
        leader: 1,
        leaderRecoveryState: 0,
        leaderEpoch: LeaderEpoch(5),
        partitionEpoch: PartitionEpoch(9),
        ...partition,
      } as const;
      records.push(metadataRecord('TopicRecord', { name, topicId }));
      records.push(metadataRecord('PartitionRecord', partitionToRecord(topicId, 0, registration)));
      const minimum = { resourceType: ResourceType.TOPIC, resourceName: name, name: 'min.insync.replicas', value: '2' };
      records.push(metadataRecord('ConfigRecord', minimum));
    }
    this.image = imageFromRecords(records, { offset: Offset(99), epoch: LeaderEpoch(1), lastContainedTimestamp: 0 });
  }

  act(decide: (changes: Changes) => unknown): this {
    const changes = new Changes(this.image, Offset(100));
    decide(changes);
    this.image = changes.image;
    return this;
  }

  fence(id: number): this {
    return this.act((changes) => fenceBroker(changes, config, this.broker(id)));
  }

  unfence(id: number): this {
    return this.act((changes) => unfenceBroker(changes, config, this.broker(id)));
  }

  /** A new incarnation, which begins fenced; `proof`: that the one before it ended in order. */
  comeAnew(id: number, { proof }: { proof: boolean }): this {
    return this.act((changes) => takeInNewIncarnation(changes, config, id, proof));
  }

  broker(id: number) {
    const broker = this.image.brokers.get(id);
    if (broker === undefined) throw new Error(`no broker ${id}`);
    return broker;
  }

  /** Of a topic's partition 0: leader, ISR, who is eligible, who led last. */
  partition(topic = 'orders') {
    const partition = partitionOf(this.image, topic, 0);
    if (partition === undefined) throw new Error('no such partition');
    const { leader, isr, elr, lastKnownElr, leaderRecoveryState, partitionEpoch } = partition;
    return { leader, isr, elr, lastKnownElr, leaderRecoveryState, partitionEpoch };
  }
}

test('one after the other loses its session: who leaves while the ISR is below its minimum is eligible', (t) => {
  const it = new Situation();
  t.like(it.fence(1).partition(), { leader: 2, isr: [2, 3], elr: [] });
  t.like(it.fence(2).partition(), { leader: 3, isr: [3], elr: [2] });
  t.like(it.fence(3).partition(), { leader: -1, isr: [], elr: [2, 3], lastKnownElr: [3] });
  t.like(it.unfence(1).partition(), { leader: -1 }, 'it was not there when the last records were committed');
  t.like(it.unfence(2).partition(), { leader: 2, isr: [2], elr: [3], lastKnownElr: [], leaderRecoveryState: 0 });
});

test('the same without eligible leader replicas: the last member of the ISR stays, and is waited for', (t) => {
  const it = new Situation({}, { elr: 0 });
  t.like(it.fence(1).fence(2).fence(3).partition(), { leader: -1, isr: [3], elr: [], lastKnownElr: [] });
  t.like(it.comeAnew(3, { proof: false }).unfence(1).unfence(2).partition(), { leader: -1, isr: [3] });
  t.like(it.unfence(3).partition(), { leader: 3, isr: [3], leaderRecoveryState: 0 });
});

test('a new incarnation stays eligible only with proof that the one before it ended in order', (t) => {
  const state = { isr: [], elr: [2, 3], leader: -1, lastKnownElr: [3] };
  const all = { fenced: [1, 2, 3] };
  t.like(new Situation(state, all).comeAnew(2, { proof: true }).partition(), { elr: [2, 3], partitionEpoch: 9 });
  t.like(new Situation(state, all).comeAnew(2, { proof: false }).partition(), { elr: [3], partitionEpoch: 10 });
});

test('a leader that comes anew without proof is neither in sync nor eligible, and somebody eligible leads at once', (t) => {
  const state = { isr: [1], elr: [2], leader: 1 };
  t.like(new Situation(state).comeAnew(1, { proof: false }).partition(), { leader: 2, isr: [2], elr: [] });
  t.like(new Situation(state).comeAnew(1, { proof: true }).partition(), { leader: 2, isr: [2], elr: [1] });
});

test('when all have come anew without proof the last leader leads, uncleanly, though unclean elections are off', (t) => {
  const it = new Situation({ isr: [3], elr: [2], leader: 3 }, { fenced: [1, 2] });
  it.fence(3).comeAnew(2, { proof: false }).comeAnew(3, { proof: false });
  t.like(it.partition(), { leader: -1, isr: [], elr: [], lastKnownElr: [3] });
  t.like(it.unfence(1).unfence(2).partition(), { leader: -1 }, 'others wait for it');
  t.like(it.unfence(3).partition(), { leader: 3, isr: [3], leaderRecoveryState: 1, lastKnownElr: [] });
});

test('a broker that is unregistered stays eligible, and so does a replica whose directory fails', (t) => {
  const state = { isr: [1, 2], elr: [3], leader: 1 } as const;
  const it = new Situation({ ...state, isr: [1], elr: [2, 3] });
  t.like(it.act((changes) => unregisterBroker(changes, config, it.broker(3))).partition(), { elr: [2, 3] });
  t.like(it.act((changes) => unregisterBroker(changes, config, it.broker(1))).partition(), { leader: 2, isr: [2], elr: [1, 3] });
  const other = new Situation({ isr: [1], elr: [2], leader: 1 }, { fenced: [2] });
  other.act((changes) => takeDirectoriesOffline(changes, config, other.broker(1), [directory(1)]));
  t.like(other.partition(), { leader: -1, isr: [], elr: [1, 2], lastKnownElr: [1] });
});

test('another min.insync.replicas clears who is eligible, of the topic or of all', (t) => {
  const state = { isr: [1], elr: [2], leader: 1 };
  const change = (resourceType: number, resourceName: string, name: string, value: string | null, elr = 1) => {
    const op = { name, configOperation: value === null ? 1 : 0, value };
    const request = { resources: [{ resourceType, resourceName, configs: [op] }], validateOnly: false };
    const it = new Situation(state, { elr }).act((changes) => incrementalAlterConfigs(changes, config, request, MAY_ALL));
    return [it.partition('orders').elr, it.partition('events').elr];
  };
  t.deepEqual(change(ResourceType.TOPIC, 'orders', 'min.insync.replicas', '3'), [[], [2]]);
  t.deepEqual(change(ResourceType.TOPIC, 'orders', 'min.insync.replicas', null), [[], [2]]);
  t.deepEqual(change(ResourceType.TOPIC, 'orders', 'min.insync.replicas', '2'), [[2], [2]], 'it is the same');
  t.deepEqual(change(ResourceType.TOPIC, 'orders', 'retention.ms', '5'), [[2], [2]]);
  t.deepEqual(change(ResourceType.BROKER, '', 'min.insync.replicas', '3'), [[], []]);
  t.deepEqual(
    change(ResourceType.TOPIC, 'orders', 'min.insync.replicas', '3', 0),
    [[2], [2]],
    'no such record without the feature',
  );
  const resource = { resourceType: ResourceType.TOPIC, resourceName: 'events', configs: [] };
  const older = new Situation(state);
  older.act((changes) => alterConfigs(changes, config, { resources: [resource], validateOnly: false }, MAY_ALL));
  t.deepEqual(
    [older.partition('orders').elr, older.partition('events').elr],
    [[2], []],
    'the older call takes the override away',
  );
  t.is(older.partition('events').partitionEpoch, PartitionEpoch(10));
});

test('a partition without a leader whose minimum is changed is led by nobody any more, but for an unclean election', (t) => {
  const it = new Situation({ isr: [], elr: [2, 3], leader: -1, lastKnownElr: [3] }, { fenced: [1, 2, 3] });
  const op = { name: 'min.insync.replicas', configOperation: 0, value: '1' };
  const resources = [{ resourceType: ResourceType.TOPIC, resourceName: 'orders', configs: [op] }];
  it.act((changes) => incrementalAlterConfigs(changes, config, { resources, validateOnly: false }, MAY_ALL));
  t.like(it.unfence(1).unfence(2).unfence(3).partition(), { leader: -1, isr: [], elr: [], lastKnownElr: [] });
  t.like(it.partition('events'), { leader: 2, isr: [2], elr: [3] });
  const enable = { name: 'unclean.leader.election.enable', configOperation: 0, value: 'true' };
  const enabled = [{ resourceType: ResourceType.TOPIC, resourceName: 'orders', configs: [enable] }];
  it.act((changes) => incrementalAlterConfigs(changes, config, { resources: enabled, validateOnly: false }, MAY_ALL));
  t.like(it.act((changes) => electUncleanLeaders(changes, config)).partition(), { leader: 1, isr: [1], leaderRecoveryState: 1 });
});
