import test from 'ava';
import { type BrokerRegistration, EMPTY_IMAGE, type MetadataImage } from '../metadata/image.ts';
import { BrokerEpoch } from '../protocol/numbers.ts';
import { placeReplicas } from './placement.ts';
import { TestWorld } from '../testing/test-world.ts';

const world = new TestWorld();

function cluster(brokers: readonly (Partial<BrokerRegistration> & { id: number })[]): MetadataImage {
  const list = brokers.map((broker): [number, BrokerRegistration] => [
    broker.id,
    {
      epoch: BrokerEpoch(1),
      incarnationId: '',
      endpoints: new Map(),
      features: new Map(),
      rack: null,
      fenced: false,
      inControlledShutdown: false,
      directories: [],
      cordonedDirectories: null,
      ...broker,
    },
  ]);
  return { ...EMPTY_IMAGE, brokers: new Map(list) };
}

test('a broker gets none as long as all its log directories are cordoned (KIP-1066)', (t) => {
  const chance = world.stream('cordoned');
  const brokers = (cordoned: readonly string[] | null) =>
    cluster([{ id: 1 }, { id: 2, directories: ['a', 'b'], cordonedDirectories: cordoned }]);
  t.deepEqual(placeReplicas(brokers(['a', 'b']), 3, 1, chance), [[1], [1], [1]]);
  t.throws(() => placeReplicas(brokers(['a', 'b']), 1, 2, chance), { message: /cannot be reached with 1/ });
  for (const some of [null, [], ['a']]) t.is(placeReplicas(brokers(some), 1, 2, chance)[0]?.length, 2);
});

test('replicas of a partition are on different brokers, and leaders are spread', (t) => {
  const image = cluster([1, 2, 3, 4].map((id) => ({ id })));
  const placements = placeReplicas(image, 8, 3, world.stream('a'));
  const leaders = new Map<number, number>();
  for (const replicas of placements) {
    t.is(new Set(replicas).size, 3);
    leaders.set(replicas[0] as number, (leaders.get(replicas[0] as number) ?? 0) + 1);
  }
  t.deepEqual([...leaders.values()], [2, 2, 2, 2]);
});

test('with as many racks as replicas every rack has one', (t) => {
  const image = cluster([1, 2, 3, 4, 5, 6].map((id) => ({ id, rack: `r${id % 3}` })));
  for (const replicas of placeReplicas(image, 20, 3, world.stream('b'))) t.is(new Set(replicas.map((id) => id % 3)).size, 3);
});

test('a fenced broker is never first, and taken only when the rest is used up', (t) => {
  const image = cluster([{ id: 1 }, { id: 2 }, { id: 3, fenced: true }]);
  for (const replicas of placeReplicas(image, 10, 2, world.stream('c'))) t.false(replicas.includes(3));
  for (const replicas of placeReplicas(image, 10, 3, world.stream('d'))) t.is(replicas[2], 3);
});

test('brokers on their way out get nothing, and too few brokers are an error', (t) => {
  const image = cluster([{ id: 1 }, { id: 2, inControlledShutdown: true }]);
  t.deepEqual(placeReplicas(image, 2, 1, world.stream('e')), [[1], [1]]);
  t.throws(() => placeReplicas(image, 1, 2, world.stream('f')), { name: 'ApiError' });
  t.throws(() => placeReplicas(cluster([{ id: 1, fenced: true }]), 1, 1, world.stream('g')), { name: 'ApiError' });
});
