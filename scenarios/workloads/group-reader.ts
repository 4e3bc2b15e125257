/**
 * A consumer application in a group: polls, processes, commits, until the run is over.
 *
 * params: `topics` (comma separated), `commit` ('sync' | 'async' | 'auto' | 'per-record'), `pollMs`, `workMs` (processing time of a
 * poll), `leaveEveryMs` (0: never; else it closes its consumer now and then and opens a new one), `hesitateEvery` (0: never; else
 * every n-th poll, if it gave records, is followed by a pause longer than max.poll.interval.ms); `static` (its process name is its
 * group.instance.id); `rejoinEveryMs` (0: never; else it enforces a rebalance now and then: a new generation with the same members);
 * `lateCommits` (what it committed in a generation it commits once more when the generation is over, which must be refused; by the consumer
 * protocol what it has given up since, as what it has kept may be committed in an older epoch).
 */
import type { GroupMetadata } from '../../core/client/consumer/consumer.ts';
import type { PartitionOffset } from '../../sim/history.ts';
import type { RecordingConsumer } from '../../sim/workload/recording-consumer.ts';
import { word } from '../../core/config/strict.ts';
import { count, flag, millis, topicNames, workload } from './params.ts';

const PARAMS = {
  topics: topicNames,
  commit: word('sync', 'async', 'auto', 'per-record').optional(),
  pollMs: millis,
  workMs: millis,
  leaveEveryMs: millis,
  rejoinEveryMs: millis,
  hesitateEvery: count,
  hesitateMs: millis,
  static: flag,
  lateCommits: flag,
};

/** More would pile up at a coordinator that syncs each, in front of the heartbeats of the same connection. */
const MOST_COMMITS_UNDER_WAY = 5;

const HESITATION_STEP_MS = 1_000;
/** Before it tries again to take a place that another process of its instance id still has. */
const UNRELEASED_MS = 1_000;

export const groupReader = workload(PARAMS, async (context) => {
  const topics = String(context.params['topics']).split(',');
  const commit = String(context.params['commit'] ?? 'sync');
  const pollMs = Number(context.params['pollMs'] ?? 200);
  const workMs = Number(context.params['workMs'] ?? 0);
  const leaveEveryMs = Number(context.params['leaveEveryMs'] ?? 0);
  const rejoinEveryMs = Number(context.params['rejoinEveryMs'] ?? 0);
  const hesitateEvery = Number(context.params['hesitateEvery'] ?? 0);
  const late = context.params['lateCommits'] === true ? context.lateCommitter() : null;
  /** The generation it was in at the last poll, and what it had processed then. */
  let last: { readonly as: GroupMetadata; readonly offsets: Map<string, PartitionOffset> } | null = null;
  const open = (): RecordingConsumer => {
    const opened = context.consumer({
      'enable.auto.commit': commit === 'auto',
      ...(context.params['static'] === true ? { 'group.instance.id': context.name } : {}),
    });
    opened.subscribe(topics);
    return opened;
  };
  /** For longer than max.poll.interval.ms, it may be; a slowness like the others, which ends with the writing. */
  const hesitate = async (): Promise<void> => {
    const untilMs = context.nowMs() + Number(context.params['hesitateMs'] ?? 10_000);
    while (context.writing() && context.nowMs() < untilMs)
      await context.sleep(Math.min(HESITATION_STEP_MS, untilMs - context.nowMs()));
  };
  let consumer = open();
  const isOver = ({ topic, partition }: PartitionOffset): boolean =>
    consumer.session.properties['group.protocol'] !== 'consumer' ||
    !consumer.assignment.some((kept) => kept.topic === topic && kept.partition === partition);
  let leaveAtMs = context.nowMs() + leaveEveryMs;
  let rejoinAtMs = context.nowMs() + rejoinEveryMs;
  let polls = 0;
  let uncommitted = false;
  while (context.running()) {
    const records = await consumer.poll(pollMs);
    polls++;
    // A static member of the consumer protocol is refused for good as long as its former self counts as alive.
    if (consumer.pollError === 'UNRELEASED_INSTANCE_ID') {
      await consumer.close();
      await context.sleep(UNRELEASED_MS);
      consumer = open();
      continue;
    }
    // Slowness ends with the chaos: what has piled up must be read within the bound in which a cluster settles.
    if (workMs > 0 && records.length > 0 && context.writing()) await context.sleep(context.random.between(0, workMs, 'work'));
    consumer.processed(records);
    const as = consumer.assignedAs;
    if (late !== null && as !== null) {
      if (last === null || last.as.generationId !== as.generationId || last.as.memberId !== as.memberId) {
        // Certainly over: the coordinator itself gave this member a newer generation.
        if (last !== null && last.as.memberId === as.memberId && last.as.generationId < as.generationId)
          void late.commit(last.as, [...last.offsets.values()].filter(isOver));
        last = { as, offsets: new Map() };
      }
      for (const { topic, partition, offset } of records)
        last.offsets.set(`${topic}-${partition}`, { topic, partition, offset: offset + 1 });
    }
    uncommitted ||= records.length > 0;
    if (!context.writing()) {
      // Catching up: a commit now and then, not one a record, so that the backlog is gone within the bound.
      if (uncommitted && commit !== 'auto' && (records.length === 0 || polls % 20 === 0))
        uncommitted = !(await consumer.commitSync());
    } else if (records.length > 0) {
      uncommitted = false;
      if (commit === 'sync') await consumer.commitSync();
      if (commit === 'async' && consumer.commitsUnderWay < MOST_COMMITS_UNDER_WAY) consumer.commitAsync();
      if (commit === 'per-record') {
        const last = records[records.length - 1];
        if (last !== undefined)
          await consumer.commitSync([{ topic: last.topic, partition: last.partition, offset: last.offset + 1 }]);
      }
    }
    if (hesitateEvery > 0 && records.length > 0 && polls % hesitateEvery === 0) await hesitate();
    if (rejoinEveryMs > 0 && context.nowMs() >= rejoinAtMs && context.writing()) {
      consumer.enforceRebalance();
      rejoinAtMs = context.nowMs() + rejoinEveryMs;
    }
    if (leaveEveryMs > 0 && context.nowMs() >= leaveAtMs && context.writing()) {
      await consumer.close();
      await context.sleep(context.random.between(0, 2_000, 'away'));
      consumer = open();
      leaveAtMs = context.nowMs() + leaveEveryMs;
    }
  }
  late?.close();
  await consumer.close();
});
