import test from 'ava';
import type { TraceEventOf } from '../../core/trace.ts';
import { FakeContext } from '../testing/fake-context.ts';
import { consumerGroups } from './consumer-groups.ts';

type Changed = TraceEventOf<'consumer-group-changed'>;
type Member = Changed['members'][number];

function member(
  name: string,
  epoch: number,
  assigned: string,
  target = assigned,
  pendingRevocation = '',
  instanceId: string | null = null,
): Member {
  const list = (text: string) => (text === '' ? [] : text.split(' '));
  const who = { member: name, instanceId, subscription: 't //' };
  return { ...who, epoch, assigned: list(assigned), target: list(target), pendingRevocation: list(pendingRevocation) };
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
      metadataHash: '7',
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

test('GR11: the target assignment of an epoch is the one that was made, also for the next coordinator', (t) => {
  const made = [member('a', 3, 't-0'), member('b', 3, 't-1')];
  const lost = [member('a', 3, 't-0'), member('b', 3, '', '')];
  t.deepEqual(told({ members: made }, { logOffset: -1, members: made }), []);
  t.deepEqual(told({ members: made }, { logOffset: -1, members: lost }), ['GR11']);
  // Of a later epoch nobody knows what was made of it.
  t.deepEqual(
    told({ members: [member('a', 3, 't-0')] }, { logOffset: -1, epoch: 4, assignmentEpoch: 4, members: [member('a', 4, '')] }),
    [],
  );
});

const instance = (name: string, id: string, epoch = 3) => member(name, epoch, 't-0', 't-0', '', id);

test('GR8: of one instance id there is one member', (t) => {
  t.deepEqual(told({ members: [instance('a', 'i'), member('b', 3, 't-1', 't-1', '', 'j')] }), []);
  t.deepEqual(told({ members: [instance('a', 'i'), member('b', 3, 't-1', 't-1', '', 'i')] }), ['GR8']);
});

test('GR8: a static member that comes back to the same topics leaves the epoch as it is', (t) => {
  const away = { state: 'Reconciling', members: [instance('a', 'i', -2)] };
  t.deepEqual(told(away, { members: [instance('b', 'i')] }), []);
  const raised = { state: 'Assigning', epoch: 4 };
  t.deepEqual(told(away, { ...raised, members: [instance('b', 'i')] }), ['GR8']);
  t.deepEqual(told(away, { ...raised, metadataHash: '8', members: [instance('b', 'i')] }), []);
  t.deepEqual(told(away, { ...raised, members: [{ ...instance('b', 'i'), subscription: 'u //' }] }), []);
  t.deepEqual(told(away, { ...raised, members: [instance('b', 'i'), member('c', 3, '')] }), []);
});
