/**
 * Somebody who has the preferred replicas of a topic lead again, as soon as they can: what moved because of a fault moves back at once.
 *
 * params: `moves` (a topic, which the plan need not have), `everyMs`.
 */
import { millis, topicNames, workload } from './params.ts';

const PARAMS = { moves: topicNames, everyMs: millis };

export const leaderMover = workload(PARAMS, async (context) => {
  const topic = String(context.params['moves']);
  const everyMs = Number(context.params['everyMs'] ?? 2_000);
  const admin = context.admin();
  while (context.running()) {
    await context.sleep(context.random.between(Math.floor(everyMs / 2), everyMs, 'pause'));
    if (!context.writing()) continue;
    const found = await admin.run('describeTopics', topic, (client) => client.describeTopics([topic]));
    const partitions = (found ?? []).flatMap((each) => each.partitions.map(({ partition }) => ({ topic, partition })));
    if (partitions.length > 0) await admin.run('electLeaders', topic, (client) => client.electLeaders('preferred', partitions));
  }
  await admin.close();
});
