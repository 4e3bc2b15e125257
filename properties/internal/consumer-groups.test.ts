import test from 'ava';
import type { TraceEventOf } from '../../core/trace.ts';
import { FakeContext } from '../testing/fake-context.ts';
import { consumerGroups } from './consumer-groups.ts';

type Changed = TraceEventOf<'consumer-group-changed'>;
type Member = Changed['members'][number];

function member(name: string, epoch: number, assigned: string, target = assigned, pendingRevocation = ''): Member {
  const list = (text: string) => (text === '' ? [] : text.split(' '));
  return { member: name, epoch, assigned: list(assigned), target: list(target), pendingRevocation: list(pendingRevocation) };
}

function told(...events: readonly (Partial<Changed> & Pick<Changed, 'members'>)[]): string[] {
  const context = new FakeContext();
  context.check(consumerGroups);
  events.forEach((event, logOffset) =>
    context.emit(1, {
      type: 'consumer-group-changed',
      group: 'g',
      offsetsPartition: 0,
      logOffset,
      state: 'Stable',
      epoch: 3,
      assignmentEpoch: 3,
      ...event,
    }),
  );
  return context.violatedProperties;
}

test('GR11: a group that comes to rest, and one that is on its way', (t) => {
  const away = [member('a', 2, 't-0', 't-0', 't-1'), member('b', 3, '', 't-1')];
  t.deepEqual(
    told(
      { state: 'Reconciling', members: away },
      { members: [member('a', 3, 't-0'), member('b', 3, 't-1')] },
      { logOffset: -1, members: [member('a', 3, 't-0'), member('b', 3, 't-1')] },
    ),
    [],
  );
});

test('GR11: nobody has what another has or has not given up, and of one target nothing is two members’', (t) => {
  t.deepEqual(told({ state: 'Reconciling', members: [member('a', 2, 't-0', 't-0', 't-1'), member('b', 3, 't-1')] }), ['GR11']);
  t.deepEqual(told({ state: 'Reconciling', members: [member('a', 2, '', 't-0'), member('b', 3, '', 't-0')] }), ['GR11']);
});

test('GR11: in a stable group all have what they are to have, also after a load', (t) => {
  t.deepEqual(told({ members: [member('a', 3, 't-0', '')] }), ['GR11']);
  t.deepEqual(told({ logOffset: -1, members: [member('a', 3, 't-0', '')] }), ['GR11']);
  t.deepEqual(told({ members: [member('a', 2, 't-0')] }), ['GR11']);
});

test('GR11: epochs of groups do not go back, nor are members ahead of them; a group that begins anew begins low', (t) => {
  t.deepEqual(told({ members: [] }, { epoch: 2, assignmentEpoch: 2, members: [member('a', 2, 't-0')] }), ['GR11']);
  t.deepEqual(told({ state: 'Assigning', members: [member('a', 4, 't-0')] }), ['GR11']);
  t.deepEqual(told({ members: [] }, { state: 'Empty', epoch: 1, assignmentEpoch: 1, members: [] }), []);
});
