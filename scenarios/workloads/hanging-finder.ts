/**
 * Somebody who finds transactions that hang, and aborts them, as `kafka-transactions.sh find-hanging` and `abort` do: open in a partition for
 * longer than any may be, and no coordinator knows of them. Nobody reads past them meanwhile.
 *
 * params: `topics` (comma separated), `everyMs`, `openForMs` (longer than the longest transaction and what its end may take).
 */
import type { Admin } from '../../core/client/admin/admin.ts';
import type { OpenTransaction } from '../../core/client/admin/transactions.ts';
import { millis, topicNames, workload } from './params.ts';

const PARAMS = { topics: topicNames, everyMs: millis, openForMs: millis };

export const hangingFinder = workload(PARAMS, async (context) => {
  const topics = String(context.params['topics']).split(',');
  const everyMs = Number(context.params['everyMs'] ?? 3_000);
  const openForMs = Number(context.params['openForMs'] ?? 10_000);
  const partitions = context.plan.topics
    .filter(({ name }) => topics.includes(name))
    .flatMap(({ name: topic, partitions: count }) => Array.from({ length: count }, (_, partition) => ({ topic, partition })));
  const admin = context.admin();
  while (context.running()) {
    await context.sleep(everyMs);
    for (const partition of partitions) {
      const where = `${partition.topic}-${partition.partition}`;
      const before = context.env.clock.wallMs() - openForMs;
      const hanging = await admin.run('findHanging', where, (client) => findHanging(client, partition, before));
      for (const open of hanging ?? []) {
        const which = `${where} ${open.producerId} ${open.producerEpoch}`;
        await admin.run('abortTransaction', which, (client) => client.abortTransaction(open));
      }
    }
  }
  await admin.close();
});

/** The transactions that are open in a partition since before this time, and that no coordinator will end. */
async function findHanging(
  client: Admin,
  partition: { readonly topic: string; readonly partition: number },
  beforeMs: number,
): Promise<OpenTransaction[]> {
  const [described] = await client.describeProducers([partition]);
  const open = (described?.producers ?? []).filter(
    ({ currentTxnStartOffset, lastTimestamp }) => currentTxnStartOffset >= 0 && lastTimestamp < beforeMs,
  );
  if (open.length === 0) return [];
  const listed = await client.listTransactions({ producerIds: open.map(({ producerId }) => producerId) });
  const ids = new Map(listed.map(({ producerId, transactionalId }) => [producerId, transactionalId]));
  const hanging: OpenTransaction[] = [];
  for (const { producerId, producerEpoch, coordinatorEpoch } of open) {
    const transactionalId = ids.get(producerId);
    const [known] = transactionalId === undefined ? [] : await client.describeTransactions([transactionalId]);
    const isKnown = known?.partitions.some((each) => each.topic === partition.topic && each.partition === partition.partition);
    if (isKnown !== true)
      hanging.push({ ...partition, producerId, producerEpoch, coordinatorEpoch: Math.max(0, coordinatorEpoch) });
  }
  return hanging;
}
