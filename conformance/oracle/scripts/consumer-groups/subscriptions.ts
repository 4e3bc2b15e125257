/** Subscriptions that change, by names and by regular expressions, and topics that do. */
import type { Conversation } from '../../conversation.ts';
import { createTopic, describe, joining, Member, pause, untilAssignable, untilSeen } from './member.ts';

export async function subscriptions(talk: Conversation): Promise<void> {
  const one = await createTopic(talk, 'changing-1', 2);
  const other = await createTopic(talk, 'changing-2', 2);
  const member = new Member(talk, 'changing', 'c');
  await member.beat('joins', 0, joining(['changing-1']));
  await member.owns('has it', 2, one, 0, 1);
  await untilAssignable();
  await member.beat('the same again', 2, { subscribedTopicNames: ['changing-1'] });
  await member.beat('one more', 2, { subscribedTopicNames: ['changing-2', 'changing-1', 'changing-2'] });
  await describe(talk, 'one more', 'changing');
  await member.beat('has both', 3, {
    topicPartitions: [
      { topicId: one, partitions: [0, 1] },
      { topicId: other, partitions: [0, 1] },
    ],
  });
  await untilAssignable();
  await member.beat('the other only', 3, { subscribedTopicNames: ['changing-2'] });
  await describe(talk, 'the other only', 'changing');
  await member.owns('gave it up', 3, other, 0, 1);
  await describe(talk, 'gave it up', 'changing');
  await talk.quietly('CreatePartitions', 2, { topics: [{ name: 'changing-2', count: 4, assignments: null }], timeoutMs: 10_000 });
  await pause(1_500);
  await member.owns('after a topic grew', 4, other, 0, 1);
  await member.owns('has more', 5, other, 0, 1, 2, 3);
  await talk.quietly('DeleteTopics', 5, { topicNames: ['changing-2'], timeoutMs: 10_000 });
  await pause(1_500);
  await member.owns('after a topic went', 5, other, 0, 1, 2, 3);
  await describe(talk, 'after a topic went', 'changing');
  await member.beat('gave up what is gone', 5, { topicPartitions: [] });
  await describe(talk, 'gave up what is gone', 'changing');
  await untilAssignable();
  await member.beat('nothing', 6, { subscribedTopicNames: [] });
  await member.beat('leaves', -1);
}

export async function regexes(talk: Conversation): Promise<void> {
  await createTopic(talk, 'matched-1', 2);
  await createTopic(talk, 'mat', 1);
  const [one, two] = ['x1', 'x2'].map((id) => new Member(talk, 'matching', id)) as [Member, Member];
  const by = (subscribedTopicRegex: string) => joining([], { subscribedTopicNames: null, subscribedTopicRegex });
  for (const [step, regex] of Object.entries({
    'a parenthesis too many': 'a)',
    'no end of a set': '[a-',
    'a look ahead': 'a(?=b)',
    'a reference back': '(a)\\1',
    'nothing to repeat': '*a',
  }))
    await new Member(talk, 'matching-wrong', 'w').beat(step, 0, by(regex));
  await one.beat('joins', 0, by('matched-.*'));
  await pause(1_500);
  await one.beat('once it is looked up', 2);
  await describe(talk, 'looked up', 'matching');
  await untilAssignable();
  await two.beat('joins with the same', 0, by('matched-.*'));
  await describe(talk, 'two with the same', 'matching');
  await one.beat('another', 3, { subscribedTopicRegex: 'm.t' });
  await describe(talk, 'another', 'matching');
  await pause(11_000);
  await one.beat('is looked up', 3);
  await pause(1_500);
  await one.beat('is told', 3);
  await describe(talk, 'both looked up', 'matching');
  await one.beat('names and an expression', 4, { subscribedTopicNames: ['asked'], subscribedTopicRegex: 'matched-.*' });
  await describe(talk, 'names and an expression', 'matching');
  await one.beat('no expression', 4, { subscribedTopicRegex: '' });
  await describe(talk, 'no expression', 'matching');
  await talk.quietly('CreateTopics', 5, {
    topics: [{ name: 'matched-2', numPartitions: 2, replicationFactor: 1 }],
    timeoutMs: 10_000,
  });
  await talk.topicId('matched-2');
  await untilSeen();
  await pause(11_000);
  await two.beat('a new topic is there', 3);
  await pause(1_500);
  await two.beat('a new topic is found', 3);
  await describe(talk, 'a new topic', 'matching');
  for (const member of [one, two]) await member.beat('leaves', -1);
}
