/**
 * A consumer without a group: assigns itself every partition of its topics, reads from the beginning, asks for end offsets now
 * and then, and now and then starts over. With `client.rack` it reads from followers (KIP-392).
 *
 * params: `topics` (comma separated), `partitions` (of topics that are not the plan's; by default 1), `pollMs`, `restartEveryMs` (0: never), `restMs` (0: never; else it
 * rests up to that long after every tenth poll or so, and what it would have read may be removed meanwhile).
 */
import { count, millis, topicNames, workload } from './params.ts';

const PARAMS = { topics: topicNames, partitions: count, pollMs: millis, restartEveryMs: millis, restMs: millis };

export const scanner = workload(PARAMS, async (context) => {
  const topics = String(context.params['topics']).split(',');
  const pollMs = Number(context.params['pollMs'] ?? 300);
  const restartEveryMs = Number(context.params['restartEveryMs'] ?? 0);
  const others = Number(context.params['partitions'] ?? 1);
  const partitions = topics.flatMap((topic) =>
    Array.from({ length: context.plan.topics.find((t) => t.name === topic)?.partitions ?? others }, (_, partition) => ({
      topic,
      partition,
    })),
  );
  const restMs = Number(context.params['restMs'] ?? 0);
  const open = () => {
    const consumer = context.consumer({ 'enable.auto.commit': false, 'auto.offset.reset': 'earliest' });
    consumer.assign(partitions);
    return consumer;
  };
  let consumer = open();
  let restartAtMs = context.nowMs() + restartEveryMs;
  while (context.running()) {
    consumer.processed(await consumer.poll(pollMs));
    if (context.random.chance(1, 20, 'ask-end')) {
      const partition = context.random.pick(partitions, 'whose-end');
      await consumer.endOffset(partition.topic, partition.partition);
    }
    if (restMs > 0 && context.writing() && context.random.chance(1, 10, 'rest'))
      await context.sleep(context.random.between(0, restMs, 'rest-for'));
    if (restartEveryMs > 0 && context.nowMs() >= restartAtMs && context.writing()) {
      await consumer.close();
      consumer = open();
      restartAtMs = context.nowMs() + restartEveryMs;
    }
  }
  await consumer.close();
});
