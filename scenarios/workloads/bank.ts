/**
 * A bank: accounts are keys, and a transfer is a transaction that takes from one and gives to others, each in the partition of its account.
 * Whoever reads committed records past the end of each transaction finds that nothing was made and nothing was lost.
 *
 * params: `topics` (the accounts, one topic), `accounts`, `perSecond`, `legs` (of a transfer, at most; at least two), `abortOneIn` (0: never).
 */
import { z } from 'zod';
import { count, topicNames, workload } from './params.ts';
import { TransactionalProducer } from './transactional-producer.ts';

const PARAMS = {
  topics: topicNames,
  accounts: count,
  perSecond: z.custom<number>((value) => typeof value === 'number' && value > 0, 'a number above 0').optional(),
  legs: count,
  abortOneIn: count,
};

/** What a record says: so much more or less in an account, as one of the legs of a transfer. */
export interface Leg {
  readonly transfer: string;
  readonly account: number;
  readonly amount: number;
  /** How many records the transfer has. */
  readonly legs: number;
}

/** What a value says; null: it is no leg of a transfer. */
export function legOf(value: string): Leg | null {
  const found = / leg of (\S+): (-?\d+) in account (\d+), of (\d+)$/.exec(value);
  if (found === null) return null;
  const [, transfer, amount, account, legs] = found as unknown as [string, string, string, string, string];
  return { transfer, account: Number(account), amount: Number(amount), legs: Number(legs) };
}

const LARGEST = 100;

export const bank = workload(PARAMS, async (context) => {
  const topic = String(context.params['topics']);
  const partitions = context.plan.topics.find(({ name }) => name === topic)?.partitions ?? 1;
  const accounts = Math.max(2, Number(context.params['accounts'] ?? 10));
  const intervalMs = Math.max(1, Math.floor(1_000 / Number(context.params['perSecond'] ?? 3)));
  const most = Math.max(2, Number(context.params['legs'] ?? 4));
  const abortOneIn = Number(context.params['abortOneIn'] ?? 8);
  const producer = new TransactionalProducer(context, context.writing);
  while (context.writing()) {
    await producer.run(async (open) => {
      const transfer = context.uniqueValue();
      const legs = context.random.between(2, most, 'legs');
      const sends = [];
      let given = 0;
      for (let index = 1; index <= legs; index++) {
        const account = context.random.below(accounts, 'account');
        const amount = index === legs ? -given : context.random.between(-LARGEST, LARGEST, 'amount');
        given += amount;
        const value = `${context.uniqueValue()} leg of ${transfer}: ${amount} in account ${account}, of ${legs}`;
        sends.push(open.send({ topic, partition: account % partitions, key: `account-${account}`, value }));
        if (context.random.chance(1, 3, 'waits')) await sends.at(-1);
      }
      if (abortOneIn > 0 && context.random.chance(1, abortOneIn, 'aborts')) return false;
      return (await Promise.all(sends)).every(({ ok }) => ok);
    });
    await context.sleep(context.random.between(Math.floor(intervalMs / 2), intervalMs + Math.floor(intervalMs / 2), 'pause'));
  }
  await producer.close();
});
