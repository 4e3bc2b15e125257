/** Static members: who goes for a while, who comes in their place, and who is told that another has it. */
import type { Conversation } from '../../conversation.ts';
import { createTopic, describe, joining, Member, untilAssignable } from './member.ts';

export async function staticMembers(talk: Conversation): Promise<void> {
  const topicId = await createTopic(talk, 'kept', 2);
  const as = (instanceId: string) => joining(['kept'], { instanceId });
  const [one, again, other] = ['s1', 's1-again', 's2'].map((id) => new Member(talk, 'static-kept', id)) as [
    Member,
    Member,
    Member,
  ];
  await one.beat('joins', 0, as('i'));
  await one.beat('has both', 2, { instanceId: 'i', topicPartitions: [{ topicId, partitions: [0, 1] }] });
  await one.commit('commits', 2, topicId, [0]);
  await again.beat('comes too early', 0, as('i'));
  await again.beat('speaks for it', 2, { instanceId: 'i' });
  await again.beat('leaves for it', -1, { instanceId: 'i' });
  await again.beat('leaves for it for a while', -2, { instanceId: 'i' });
  await one.beat('under no instance', 2);
  await one.beat('joins once more', 0, as('i'));
  await one.beat('goes for a while', -2, { instanceId: 'i' });
  await describe(talk, 'away', 'static-kept');
  await one.commit('commits while it is away', 2, topicId, [0]);
  await one.commit('commits while it is away, as it left', -2, topicId, [0]);
  await one.beat('beats while it is away', 2, { instanceId: 'i' });
  await untilAssignable();
  await other.beat('another joins', 0, as('j'));
  await describe(talk, 'one away, one new', 'static-kept');
  await again.beat('takes the place', 0, as('i'));
  await describe(talk, 'replaced', 'static-kept');
  await one.beat('is fenced', 2, { instanceId: 'i' });
  await one.commit('is fenced, and commits', 2, topicId, [0]);
  await again.beat('gives up', 3, { instanceId: 'i', topicPartitions: [] });
  await other.beat('gets', 3, { instanceId: 'j' });
  await describe(talk, 'shared by two', 'static-kept');
  await again.beat('wants something else', 3, { instanceId: 'i', subscribedTopicNames: ['kept', 'asked'] });
  await again.beat('goes for good', -1, { instanceId: 'i' });
  await untilAssignable();
  await other.beat('goes on', 3, { instanceId: 'j' });
  await describe(talk, 'one left', 'static-kept');
  await other.beat('goes', -1, { instanceId: 'j' });
}
