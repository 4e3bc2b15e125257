import fc from 'fast-check';
import test from 'ava';
import type { Partitions } from '../partitions.ts';
import type { AssignedMember, Assignor } from './assignor.ts';
import { rangeAssignor } from './range.ts';
import { uniformAssignor } from './uniform.ts';

const SIZES: Readonly<Record<string, number>> = { a: 4, b: 4, c: 3, d: 7 };

function member(
  memberId: string,
  topics: string,
  target: Partitions = new Map(),
  instanceId: string | null = null,
): AssignedMember {
  return { memberId, instanceId, subscribedTopicIds: new Set(topics), target };
}

function assign(assignor: Assignor, members: readonly AssignedMember[]): ReadonlyMap<string, Partitions> {
  return assignor.assign(members, (topicId) => SIZES[topicId] as number);
}

/** `{ m1: 'a0 a1', m2: 'a2' }` */
function told(assignment: ReadonlyMap<string, Partitions>): Record<string, string> {
  const names = (of: Partitions) => [...of].flatMap(([topic, partitions]) => [...partitions].map((p) => `${topic}${p}`));
  return Object.fromEntries([...assignment].map(([id, of]) => [id, names(of).sort().join(' ')]));
}

test('range: topics of one size are shared out alike, the first members have one more, static ones come first', (t) => {
  const members = [member('m2', 'ab'), member('m1', 'ab'), member('m9', 'ab', new Map(), 'i')];
  t.deepEqual(told(assign(rangeAssignor, members)), { m9: 'a0 a1 b0 b1', m1: 'a2 b2', m2: 'a3 b3' });
});

test('range: a topic is shared by those who subscribe to it', (t) => {
  t.deepEqual(told(assign(rangeAssignor, [member('m1', 'ac'), member('m2', 'c')])), { m1: 'a0 a1 a2 a3 c0 c1', m2: 'c2' });
});

test('uniform: who is there keeps what it has, but for what a new member needs', (t) => {
  const first = assign(uniformAssignor, [member('m1', 'a')]);
  t.deepEqual(told(first), { m1: 'a0 a1 a2 a3' });
  const second = assign(uniformAssignor, [member('m1', 'a', first.get('m1')), member('m2', 'a')]);
  t.deepEqual(told(second), { m1: 'a0 a1', m2: 'a2 a3' });
  const third = assign(uniformAssignor, [
    member('m1', 'a', second.get('m1')),
    member('m2', 'a', second.get('m2')),
    member('m3', 'a'),
  ]);
  t.deepEqual(told(third), { m1: 'a0 a1', m2: 'a2', m3: 'a3' });
});

const subscriptions = fc.array(fc.subarray(['a', 'b', 'c', 'd']), { minLength: 1, maxLength: 6 });

for (const assignor of [rangeAssignor, uniformAssignor]) {
  test(`${assignor.name}: every partition that somebody subscribes to has one owner, who subscribes to it (GR11)`, (t) => {
    fc.assert(
      fc.property(subscriptions, subscriptions, (before, after) => {
        const old = assign(
          assignor,
          before.map((topics, index) => member(`m${index}`, topics.join(''))),
        );
        const members = after.map((topics, index) => member(`m${index}`, topics.join(''), old.get(`m${index}`)));
        const assignment = assign(assignor, members);
        const owned = Object.values(told(assignment)).flatMap((names) => (names === '' ? [] : names.split(' ')));
        const wanted = [...new Set(after.flat())].flatMap((topic) =>
          Array.from({ length: SIZES[topic] as number }, (_, partition) => `${topic}${partition}`),
        );
        t.deepEqual([...owned].sort(), wanted.sort());
        for (const { memberId, subscribedTopicIds } of members)
          for (const topic of assignment.get(memberId)?.keys() ?? []) t.true(subscribedTopicIds.has(topic));
      }),
      { seed: 1, numRuns: 200 },
    );
  });
}

test('uniform: nobody has two more than another who subscribes to the same, and what is balanced stays', (t) => {
  fc.assert(
    fc.property(subscriptions, (all) => {
      const members = all.map((topics, index) => member(`m${index}`, topics.join('')));
      const assignment = assign(uniformAssignor, members);
      const sizeOf = (id: string) => [...(assignment.get(id)?.values() ?? [])].reduce((sum, { size }) => sum + size, 0);
      for (const one of members)
        for (const other of members)
          if ([...one.subscribedTopicIds].join() === [...other.subscribedTopicIds].join())
            t.true(Math.abs(sizeOf(one.memberId) - sizeOf(other.memberId)) <= 1);
      const again = assign(
        uniformAssignor,
        members.map((each) => ({ ...each, target: assignment.get(each.memberId) ?? new Map() })),
      );
      t.deepEqual(told(again), told(assignment));
    }),
    { seed: 1, numRuns: 200 },
  );
});
