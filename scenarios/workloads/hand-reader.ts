/**
 * A consumer application that assigns itself partitions by hand and has a group for its offsets only: it begins where the group has
 * committed, commits what it processed, and asks now and then what is committed, also while the coordinator loads or moves.
 * The group must be its own: who subscribes to topics in it would have it refused.
 *
 * params: `topics` (comma separated), `partitions` (of topics that are not the plan's; by default 1), `pollMs`, `commit` ('sync' |
 * 'async'), `askEveryMs` (committed offsets), `restartEveryMs` (0: never; else it closes its consumer and opens another).
 */
import { word } from '../../core/config/strict.ts';
import { count, millis, topicNames, workload } from './params.ts';

const PARAMS = {
  topics: topicNames,
  partitions: count,
  pollMs: millis,
  commit: word('sync', 'async').optional(),
  askEveryMs: millis,
  restartEveryMs: millis,
};

/** As of a reader in a group: more would pile up at a slow coordinator. */
const MOST_COMMITS_UNDER_WAY = 5;

export const handReader = workload(PARAMS, async (context) => {
  const others = Number(context.params['partitions'] ?? 1);
  const pollMs = Number(context.params['pollMs'] ?? 200);
  const isSync = context.params['commit'] !== 'async';
  const askEveryMs = Number(context.params['askEveryMs'] ?? 1_000);
  const restartEveryMs = Number(context.params['restartEveryMs'] ?? 0);
  const partitions = String(context.params['topics'])
    .split(',')
    .flatMap((topic) => {
      const size = context.plan.topics.find(({ name }) => name === topic)?.partitions ?? others;
      return Array.from({ length: size }, (_, partition) => ({ topic, partition }));
    });
  const open = () => {
    const opened = context.consumer({ 'enable.auto.commit': false });
    opened.assign(partitions);
    return opened;
  };
  let consumer = open();
  let askAtMs = context.nowMs() + askEveryMs;
  let restartAtMs = context.nowMs() + restartEveryMs;
  while (context.running()) {
    const records = await consumer.poll(pollMs);
    consumer.processed(records);
    if (records.length > 0) {
      if (isSync) await consumer.commitSync();
      else if (consumer.commitsUnderWay < MOST_COMMITS_UNDER_WAY) consumer.commitAsync();
    }
    if (context.nowMs() >= askAtMs && context.writing()) {
      await consumer.committed(partitions);
      askAtMs = context.nowMs() + askEveryMs;
    }
    if (restartEveryMs > 0 && context.nowMs() >= restartAtMs && context.writing()) {
      await consumer.close();
      consumer = open();
      restartAtMs = context.nowMs() + restartEveryMs;
    }
  }
  await consumer.close();
});
