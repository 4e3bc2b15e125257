import test from 'ava';
import { SoleTopics } from './sole-topics.ts';
import { Story } from './testing/story.ts';

/** Since which step the new topic is alone, after the old one's logs were on three brokers and these things happened. */
function since(...happen: readonly ((story: Story) => void)[]): boolean {
  const story = new Story([]);
  const topics = new SoleTopics(story.context);
  story.madeAgain();
  for (const each of happen) each(story);
  return topics.since('orders-0') !== null;
}

const stops =
  (...brokers: readonly number[]) =>
  (story: Story) =>
    void story.hearsOfDeletion(...brokers);
const follows = (broker: number, topicId: string) => (story: Story) =>
  story.context.emit(broker, {
    type: 'became-follower',
    partition: 'orders-0',
    topicId,
    leaderEpoch: 0,
    leader: 1,
    logEndOffset: 0,
    highWatermark: 0,
  });
const loads = (broker: number, topicId: string) => (story: Story) => {
  const log = { partition: 'orders-0', topicId, logStartOffset: 0, logEndOffset: 0, recoveryPoint: 0 } as const;
  story.context.emit(broker, { ...log, type: 'log-loaded', clean: false, batches: [], epochs: [] });
};

test('a topic is alone when every broker has stopped the one before, or has the new one in its place', (t) => {
  t.false(since());
  t.false(since(stops(1, 2)));
  t.true(since(stops(1, 2, 3)));
  t.true(since(stops(1, 2), follows(3, 'B')));
});

test('a broker that comes back with the old log may serve it until it is told better', (t) => {
  t.false(since(loads(3, 'A'), stops(1, 2)));
  t.false(since(stops(1, 2), follows(3, 'A')));
  t.true(since(stops(1, 2), loads(3, 'B'), follows(3, 'B')));
});
