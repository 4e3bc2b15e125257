/** How partitions go from one member to another, what each is told, and when. */
import type { Conversation } from '../../conversation.ts';
import { createTopic, describe, joining, Member, pause, untilAssignable } from './member.ts';

export async function reconciliation(talk: Conversation): Promise<void> {
  const topicId = await createTopic(talk, 'shared-out', 4);
  const [one, two, three] = ['m1', 'm2', 'm3'].map((id) => new Member(talk, 'shared', id)) as [Member, Member, Member];
  await one.beat('joins', 0, joining(['shared-out']));
  await one.owns('has all', 2, topicId, 0, 1, 2, 3);
  await describe(talk, 'one member', 'shared');
  await untilAssignable();
  await two.beat('joins', 0, joining(['shared-out']));
  await describe(talk, 'nothing is given up yet', 'shared');
  await two.beat('waits', 3);
  await one.owns('still has all', 2, topicId, 0, 1, 2, 3);
  await one.beat('says nothing', 2);
  await describe(talk, 'asked to give up', 'shared');
  await two.beat('waits still', 3);
  await one.owns('has given up', 2, topicId, 0, 1);
  await describe(talk, 'given up', 'shared');
  await one.owns('in the new epoch', 3, topicId, 0, 1);
  await one.owns('in the epoch before, with what it has', 2, topicId, 0, 1);
  await one.owns('in the epoch before, with more', 2, topicId, 0, 1, 2);
  await one.beat('in the epoch before, with nothing said', 2);
  await two.beat('gets them', 3);
  await two.owns('has them', 3, topicId, 2, 3);
  await describe(talk, 'two members', 'shared');
  await untilAssignable();
  await two.beat('leaves', -1);
  await one.owns('gets the rest', 3, topicId, 0, 1);
  await one.owns('has the rest', 4, topicId, 0, 1, 2, 3);
  // Two who come within a second of the last assignment: it is made a second later.
  await two.beat('joins at once', 0, joining(['shared-out']));
  await three.beat('joins at once', 0, joining(['shared-out']));
  await describe(talk, 'not assigned yet', 'shared');
  await untilAssignable();
  await three.beat('a second later', 4);
  await two.beat('a second later', 4);
  await one.owns('a second later', 4, topicId, 0, 1, 2, 3);
  await describe(talk, 'assigned', 'shared');
  for (const member of [three, two, one]) await member.beat('leaves at last', -1);
}

/** Who does not give up in time is put out; who gives up what it never had has given up. */
export async function timeouts(talk: Conversation): Promise<void> {
  const topicId = await createTopic(talk, 'in-time', 2);
  const [slow, next] = ['slow', 'next'].map((id) => new Member(talk, 'in-time', id)) as [Member, Member];
  await slow.beat('joins', 0, joining(['in-time'], { rebalanceTimeoutMs: 700 }));
  await slow.owns('has all', 2, topicId, 0, 1);
  await untilAssignable();
  await next.beat('joins', 0, joining(['in-time']));
  await slow.owns('is told', 2, topicId, 0, 1);
  await pause(1_500);
  await slow.owns('is put out', 2, topicId, 0, 1);
  await next.beat('has a turn', 3);
  await untilAssignable();
  await next.beat('gets all', 3);
  await describe(talk, 'put out', 'in-time');
  await next.beat('leaves', -1);
}

/** By range, and by whichever most ask for. */
export async function assignors(talk: Conversation): Promise<void> {
  const first = await createTopic(talk, 'ranged-1', 3);
  await createTopic(talk, 'ranged-2', 3);
  const members = ['r1', 'r2', 'r3'].map((id) => new Member(talk, 'ranged', id)) as [Member, Member, Member];
  const both = ['ranged-1', 'ranged-2'];
  await members[0].beat('joins, by range', 0, joining(both, { serverAssignor: 'range' }));
  await describe(talk, 'by range', 'ranged');
  await untilAssignable();
  await members[1].beat('joins, by range', 0, joining(both, { serverAssignor: 'range' }));
  await members[0].owns('gives up', 2, first);
  await members[1].beat('gets', 3);
  await describe(talk, 'two by range', 'ranged');
  await untilAssignable();
  await members[2].beat('joins, by whichever', 0, joining(['ranged-1'], { rackId: 'r' }));
  await describe(talk, 'three by range', 'ranged');
  await untilAssignable();
  await members[0].beat('wants another', 3, { serverAssignor: 'uniform' });
  await members[1].beat('wants another', 3, { serverAssignor: 'uniform' });
  await describe(talk, 'by uniform', 'ranged');
  for (const member of members) await member.beat('leaves', -1);
}
