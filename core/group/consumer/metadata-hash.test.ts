import test from 'ava';
import { uuidFromBytes } from '../../protocol/uuid.ts';
import { metadataHash, topicHash } from './metadata-hash.ts';
import type { GroupTopic, TopicsView } from './topics-view.ts';

const ONE = uuidFromBytes(Uint8Array.from({ length: 16 }, (_, index) => index * 0x11));
const OTHER = uuidFromBytes(Uint8Array.from({ length: 16 }, (_, index) => ((index + 8) % 16) * 0x11));

const withHash = (topic: Omit<GroupTopic, 'hash'>): GroupTopic => ({ ...topic, hash: () => topicHash(topic) });
const orders = withHash({
  id: ONE,
  name: 'orders',
  partitions: 2,
  racks: (partition) => (partition === 0 ? ['a', 'b'] : ['b', 'b']),
});
const counts = withHash({ id: OTHER, name: 'zählungen', partitions: 40, racks: () => [] });

function view(...all: readonly GroupTopic[]): TopicsView {
  return {
    version: 1,
    byName: (name) => all.find((topic) => topic.name === name),
    byId: (id) => all.find((topic) => topic.id === id),
    names: () => all.map(({ name }) => name),
  };
}

// The numbers are those of hash4j 0.22.0, given what Kafka's Utils.computeTopicHash and computeGroupHash give it.
test("the hash of a group's topics is Kafka's", (t) => {
  t.is(orders.hash(), 3992140593523198878n);
  t.is(counts.hash(), -4247372160907130930n);
  t.is(metadataHash(['zählungen', 'orders'], view(orders, counts)), -8529726744982115556n);
});

test('topics that do not exist do not count, and none at all is 0', (t) => {
  t.is(
    metadataHash(['orders', 'missing', 'zählungen'], view(orders, counts)),
    metadataHash(['orders', 'zählungen'], view(orders, counts)),
  );
  t.is(metadataHash(['missing'], view(orders)), 0n);
});

test('a rack that moves to another partition makes another hash', (t) => {
  const moved = withHash({ ...orders, racks: (partition) => (partition === 1 ? ['a', 'b'] : ['b', 'b']) });
  t.not(moved.hash(), orders.hash());
});
