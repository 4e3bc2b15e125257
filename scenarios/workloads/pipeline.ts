/**
 * An instance of an application that makes one record of each that it reads, exactly once, in a group with others: some of them are slower than their
 * session allows, and go on as if nothing had happened.
 *
 * params: `topics` (what it reads, comma separated), `to` (the topic that it writes), `pollMs`, `abortOneIn` (0: never), `stallOneIn` (0: never; else
 * one of so many transactions waits for `stallMs` before it sends its offsets).
 */
import { count, millis, topicNames, workload } from './params.ts';
import { consumeTransformProduce } from './consume-transform-produce.ts';

/** Fewer after one that was not committed in time: consumeTransformProduce halves it. */
const AT_ONCE_WHILE_SETTLING = 50;

const PARAMS = { topics: topicNames, to: topicNames, pollMs: millis, abortOneIn: count, stallOneIn: count, stallMs: millis };

export const pipeline = workload(PARAMS, async (context) => {
  const to = String(context.params['to']);
  const abortOneIn = Number(context.params['abortOneIn'] ?? 10);
  const stallOneIn = Number(context.params['stallOneIn'] ?? 0);
  const stallMs = Number(context.params['stallMs'] ?? 8_000);
  const oneIn = (n: number, what: string): boolean => n > 0 && context.writing() && context.random.chance(1, n, what);
  await consumeTransformProduce(context, {
    topics: String(context.params['topics']).split(','),
    pollMs: Number(context.params['pollMs'] ?? 200),
    // What has piled up is worked off when nobody writes any more, too.
    goesOn: context.running,
    // Record by record it could take a quarter of an hour, which no fault disturbs any more.
    atOnce: () => (context.settling() ? AT_ONCE_WHILE_SETTLING : 1),
    transform: ({ key }) => [{ topic: to, key, value: context.uniqueValue() }],
    beforeOffsets: async () => {
      if (oneIn(stallOneIn, 'stalls')) await context.sleep(stallMs);
    },
    aborts: () => oneIn(abortOneIn, 'aborts'),
  });
});
