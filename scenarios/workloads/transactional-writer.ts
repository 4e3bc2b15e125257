/**
 * A producer application that writes in transactions: some records each, over all its topics, most of them committed, the others aborted,
 * and now and then one that it leaves open for a while.
 *
 * params: `topics` (comma separated), `perSecond` (transactions), `records` (of a transaction, at most), `abortOneIn` (0: never), `pipelined` (waits for no
 * send before the next), `stallOneIn` (0: never; else one of so many transactions stays open for `stallMs` before it is ended), `restOneIn` (0: never; else
 * after one of so many transactions its producer is closed, and the next one rests for `restMs` before it begins its first), and those of its
 * records (record-maker.ts).
 */
import { z } from 'zod';
import { count, flag, millis, topicNames, workload } from './params.ts';
import { RECORD_PARAMS, recordMaker } from './record-maker.ts';
import { TransactionalProducer } from './transactional-producer.ts';

const PARAMS = {
  topics: topicNames,
  perSecond: z.custom<number>((value) => typeof value === 'number' && value > 0, 'a number above 0').optional(),
  records: count,
  abortOneIn: count,
  ...RECORD_PARAMS,
  stallOneIn: count,
  stallMs: millis,
  restOneIn: count,
  restMs: millis,
  pipelined: flag,
};

const STEP_MS = 500;

export const transactionalWriter = workload(PARAMS, async (context) => {
  const topics = String(context.params['topics']).split(',');
  const intervalMs = Math.max(1, Math.floor(1_000 / Number(context.params['perSecond'] ?? 2)));
  const most = Math.max(1, Number(context.params['records'] ?? 4));
  const abortOneIn = Number(context.params['abortOneIn'] ?? 5);
  const record = recordMaker(context);
  const stallOneIn = Number(context.params['stallOneIn'] ?? 0);
  const stallMs = Number(context.params['stallMs'] ?? 10_000);
  const restOneIn = Number(context.params['restOneIn'] ?? 0);
  const restMs = Number(context.params['restMs'] ?? 5_000);
  const producer = new TransactionalProducer(context, context.writing);
  const oneIn = (n: number, what: string): boolean => n > 0 && context.random.chance(1, n, what);
  const whileWriting = async (ms: number): Promise<void> => {
    const untilMs = context.nowMs() + ms;
    while (context.writing() && context.nowMs() < untilMs) await context.sleep(Math.min(STEP_MS, untilMs - context.nowMs()));
  };
  while (context.writing()) {
    await producer.run(async (open) => {
      const records = context.random.between(1, most, 'records');
      const sends = [];
      for (let index = 0; index < records; index++) {
        const send = open.send(record(context.random.pick(topics, 'topic')));
        sends.push(send);
        if (context.params['pipelined'] !== true) await send;
      }
      if (oneIn(stallOneIn, 'stalls')) await whileWriting(stallMs);
      if (oneIn(abortOneIn, 'aborts')) return false;
      // The commit itself waits for what is under way, and is refused if anything of it was.
      return context.params['pipelined'] === true || (await Promise.all(sends)).every(({ ok }) => ok);
    });
    if (oneIn(restOneIn, 'rests')) {
      await producer.close();
      await producer.initialize();
      await whileWriting(restMs);
    }
    await context.sleep(context.random.between(Math.floor(intervalMs / 2), intervalMs + Math.floor(intervalMs / 2), 'pause'));
  }
  await producer.close();
});
