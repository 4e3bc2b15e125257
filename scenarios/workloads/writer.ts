/**
 * A producer application: unique values to its topics at a steady rate, several in flight, and it goes on whatever happens.
 *
 * params: `topics` (comma separated), `perSecond`, `burst` (how many it sends at a time, 1 if left out, and rests for as long as they take at
 * that rate), `pipelined` (do not wait for each send), `explicit` (chooses partitions itself), `partitions` (of
 * the topics, with `explicit`), and those of its records (record-maker.ts).
 */
import { z } from 'zod';
import { whole } from '../../core/config/strict.ts';
import { count, flag, topicNames, workload } from './params.ts';
import { RECORD_PARAMS, recordMaker } from './record-maker.ts';

const PARAMS = {
  topics: topicNames,
  perSecond: z.custom<number>((value) => typeof value === 'number' && value > 0, 'a number above 0').optional(),
  burst: whole(1, 1_000).optional(),
  ...RECORD_PARAMS,
  pipelined: flag,
  explicit: flag,
  partitions: count,
};

const REST_MS = 1_000;

export const writer = workload(PARAMS, async (context) => {
  const topics = String(context.params['topics']).split(',');
  const burst = Number(context.params['burst'] ?? 1);
  const intervalMs = Math.max(1, Math.floor((burst * 1000) / Number(context.params['perSecond'] ?? 5)));
  const record = recordMaker(context);
  const partitions = Number(context.params['partitions'] ?? 1);
  const producer = context.producer();
  const pending = new Set<Promise<unknown>>();
  while (context.writing()) {
    for (let nth = 0; nth < burst; nth++) {
      const topic = context.random.pick(topics, 'topic');
      const send = producer.send({
        ...record(topic),
        ...(context.params['explicit'] === true ? { partition: context.random.below(partitions, 'partition') } : {}),
      });
      if (context.params['pipelined'] === false) {
        await send;
      } else {
        pending.add(send);
        void send.finally(() => pending.delete(send));
        if (pending.size >= 1_000) await send;
      }
    }
    await context.sleep(context.random.between(Math.floor(intervalMs / 2), intervalMs + Math.floor(intervalMs / 2), 'pause'));
  }
  await producer.flush();
  await Promise.all(pending);
  // It stays, so that what it knows of its partitions is put to the test once more when the cluster has settled (L14).
  while (context.running()) await context.sleep(REST_MS);
  await producer.close();
});
