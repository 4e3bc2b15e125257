import test from 'ava';
import fc from 'fast-check';
import { DecodeError } from '../../protocol/codec.ts';
import { keyOf } from '../metadata.ts';
import type { TopicPartition } from '../../protocol/partition.ts';
import { type Assignor, decodeAssignment, decodeSubscription, type MemberSubscription } from './assignor.ts';
import { cooperativeStickyAssignor } from './cooperative-sticky.ts';
import { rangeAssignor } from './range.ts';
import { roundRobinAssignor } from './roundrobin.ts';
import { decodeStickyUserData, encodeStickyUserData, stickyAssignor } from './sticky.ts';

function member(topics: readonly string[], owned: readonly TopicPartition[] = [], generation = -1): MemberSubscription {
  const userData = encodeStickyUserData(owned, generation);
  return { instanceId: null, topics, ownedPartitions: [], generationId: generation, userData };
}

function assign(assignor: Assignor, counts: Record<string, number>, members: Record<string, MemberSubscription>) {
  const assignment = assignor.assign(new Map(Object.entries(counts)), new Map(Object.entries(members)));
  return Object.fromEntries([...assignment].map(([id, partitions]) => [id, partitions.map(keyOf).sort()]));
}

test('range gives the first members one more, per topic', (t) => {
  const both = member(['a', 'b']);
  t.deepEqual(assign(rangeAssignor, { a: 3, b: 3 }, { m1: both, m2: both }), {
    m1: ['a-0', 'a-1', 'b-0', 'b-1'],
    m2: ['a-2', 'b-2'],
  });
});

test('round robin deals over all topics', (t) => {
  const both = member(['a', 'b']);
  t.deepEqual(assign(roundRobinAssignor, { a: 3, b: 3 }, { m1: both, m2: both }), {
    m1: ['a-0', 'a-2', 'b-1'],
    m2: ['a-1', 'b-0', 'b-2'],
  });
});

test('sticky keeps what members had, and the newer generation wins', (t) => {
  const owned = [0, 1].map((partition) => ({ topic: 'a', partition }));
  t.deepEqual(assign(stickyAssignor, { a: 4 }, { m1: member(['a'], owned, 3), m2: member(['a'], owned, 2) }), {
    m1: ['a-0', 'a-1'],
    m2: ['a-2', 'a-3'],
  });
});

test('sticky user data survive encoding', (t) => {
  const partitions = [
    { topic: 'a', partition: 1 },
    { topic: 'b', partition: 7 },
  ];
  t.deepEqual(decodeStickyUserData(encodeStickyUserData(partitions, 5) as Uint8Array), { partitions, generation: 5 });
});

function cooperative(topics: readonly string[], owned: readonly TopicPartition[], generationId: number): MemberSubscription {
  return { instanceId: null, topics, ownedPartitions: owned, generationId, userData: null };
}

test('cooperative-sticky: what moves goes to nobody until its owner has given it up', (t) => {
  const owned = [0, 1, 2].map((partition) => ({ topic: 'a', partition }));
  const counts = { a: 3 };
  const first = { m1: cooperative(['a'], owned, 4), m2: cooperative(['a'], [], -1) };
  const kept = assign(cooperativeStickyAssignor, counts, first);
  t.deepEqual([kept['m1']?.length, kept['m2']], [2, []]);
  const left = owned.filter((partition) => kept['m1']?.includes(keyOf(partition)));
  const second = { m1: cooperative(['a'], left, 5), m2: cooperative(['a'], [], 5) };
  const moved = owned.map(keyOf).filter((key) => kept['m1']?.includes(key) !== true);
  t.deepEqual(assign(cooperativeStickyAssignor, counts, second), { m1: left.map(keyOf), m2: moved });
});

test('cooperative-sticky: who claims a partition of an older generation does not have it, of two claims of one generation none counts', (t) => {
  const owned = [{ topic: 'a', partition: 0 }];
  const older = { m1: cooperative(['a'], owned, 3), m2: cooperative(['a'], owned, 4) };
  t.deepEqual(assign(cooperativeStickyAssignor, { a: 1 }, older), { m1: [], m2: ['a-0'] });
  const both = { m1: cooperative(['a'], owned, 4), m2: cooperative(['a'], owned, 4) };
  t.deepEqual(assign(cooperativeStickyAssignor, { a: 1 }, both), { m1: [], m2: [] });
});

test('cooperative-sticky: the generation is in the user data of subscriptions of an older version', (t) => {
  const owned = [{ topic: 'a', partition: 0 }];
  const told = (generation: number) => ({
    ...cooperative(['a'], owned, -1),
    userData: cooperativeStickyAssignor.userData([], generation),
  });
  t.deepEqual(assign(cooperativeStickyAssignor, { a: 1 }, { m1: told(7), m2: told(6) }), { m1: ['a-0'], m2: [] });
});

test('cooperative-sticky: a group comes to rest, evenly, and nobody is given what another has', (t) => {
  const changes = fc.array(fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), changes, (count, groupsInTurn) => {
      const counts = new Map([['a', count]]);
      let held = new Map<string, TopicPartition[]>();
      let generation = 0;
      for (const ids of groupsInTurn) {
        held = new Map([...new Set(ids)].map((id) => [`m${id}`, held.get(`m${id}`) ?? []]));
        // What is revoked makes the next generation.
        for (let rounds = 0, isAtRest = false; !isAtRest; rounds++) {
          generation++;
          const members = new Map([...held].map(([id, owned]) => [id, cooperative(['a'], owned, generation)]));
          const assigned = cooperativeStickyAssignor.assign(counts, members);
          for (const [id, partitions] of assigned)
            for (const [other, owned] of held)
              if (other !== id && partitions.some((each) => owned.map(keyOf).includes(keyOf(each)))) return false;
          isAtRest = [...held].every(([id, owned]) =>
            owned.every((each) => assigned.get(id)?.map(keyOf).includes(keyOf(each)) === true),
          );
          held = assigned;
          if (rounds > 2) return false;
        }
        const sizes = [...held.values()].map((each) => each.length);
        if (sizes.reduce((sum, size) => sum + size, 0) !== count || Math.max(...sizes) - Math.min(...sizes) > 1) return false;
      }
      return true;
    }),
  );
  t.pass();
});

const groups = fc.record({
  counts: fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 4 }),
  members: fc.array(fc.array(fc.nat({ max: 3 }), { minLength: 1 }), { minLength: 1, maxLength: 5 }),
});

for (const assignor of [rangeAssignor, roundRobinAssignor, stickyAssignor, cooperativeStickyAssignor]) {
  test(`${assignor.name}: each partition with a subscriber goes to exactly one`, (t) => {
    fc.assert(
      fc.property(groups, ({ counts, members }) => {
        const partitionCounts = new Map(counts.map((count, index) => [`t${index}`, count]));
        const subscriptions = new Map(
          members.map((topics, index) => [`m${index}`, member([...new Set(topics)].map((n) => `t${n}`))]),
        );
        const assignment = assignor.assign(partitionCounts, subscriptions);
        const given = [...assignment].flatMap(([id, partitions]) =>
          partitions.filter(({ topic }) => subscriptions.get(id)?.topics.includes(topic)).map(keyOf),
        );
        let expected = 0;
        for (const [topic, count] of partitionCounts)
          if ([...subscriptions.values()].some((each) => each.topics.includes(topic))) expected += count;
        return given.length === expected && new Set(given).size === expected;
      }),
    );
    t.pass();
  });
}

test('sticky: members with equal subscriptions differ by at most one, and a second round moves nothing', (t) => {
  fc.assert(
    fc.property(fc.nat({ max: 12 }), fc.integer({ min: 1, max: 5 }), (count, size) => {
      const counts = new Map([['a', count]]);
      const ids = Array.from({ length: size }, (_, index) => `m${index}`);
      const first = stickyAssignor.assign(counts, new Map(ids.map((id) => [id, member(['a'])])));
      const sizes = [...first.values()].map((each) => each.length);
      const again = stickyAssignor.assign(counts, new Map(ids.map((id) => [id, member(['a'], first.get(id) ?? [], 1)])));
      const same = ids.every((id) => String(again.get(id)?.map(keyOf).sort()) === String(first.get(id)?.map(keyOf).sort()));
      return Math.max(...sizes) - Math.min(...sizes) <= 1 && same;
    }),
  );
  t.pass();
});

test("another client's bytes that are too short for a version are malformed, no bytes are no partitions", (t) => {
  t.deepEqual(decodeAssignment(new Uint8Array(0)), []);
  t.throws(() => decodeAssignment(Uint8Array.of(0)), { instanceOf: DecodeError });
  t.throws(() => decodeSubscription(Uint8Array.of(0), null), { instanceOf: DecodeError });
});
