/** What the scenarios of transactions have in common. */
import { oneOf } from './scenario.ts';
import { groupReader } from './workloads/group-reader.ts';

/** Brokers whose coordinators of groups and transactions have few partitions, load in steps, and give up open transactions soon. */
export const TRANSACTIONAL_BROKERS = {
  'min.insync.replicas': 2,
  'broker.session.timeout.ms': 3_000,
  'broker.heartbeat.interval.ms': 500,
  'transaction.state.log.num.partitions': oneOf(1, 2, 4),
  'transaction.state.log.load.buffer.size': oneOf(undefined, 100, 2_000),
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': oneOf(500, 2_000),
  'offsets.topic.num.partitions': oneOf(1, 2),
  'offsets.load.buffer.size': oneOf(undefined, 100, 2_000),
  'group.initial.rebalance.delay.ms': 0,
  'group.min.session.timeout.ms': 1_000,
};

/** What every producer of transactions has: an id of its own, and time-outs that end within a run. */
export const TRANSACTIONAL_PRODUCER = {
  'transactional.id': '{process}',
  'transaction.timeout.ms': oneOf(3_000, 6_000, 20_000),
  'max.block.ms': oneOf(5_000, 60_000),
  'request.timeout.ms': oneOf(2_000, 5_000),
  'delivery.timeout.ms': oneOf(8_000, 30_000),
  'linger.ms': oneOf(0, 5),
  'retry.backoff.ms': oneOf(20, 100),
};

/** A consumer that sees committed records alone, in a group that soon misses a member. */
export const COMMITTED_READER = {
  'isolation.level': 'read_committed',
  'auto.offset.reset': 'earliest',
  'session.timeout.ms': oneOf(3_000, 6_000),
  'heartbeat.interval.ms': oneOf(500, 1_000),
};

/** One member of a group that reads these topics (comma separated), and commits as it goes. */
export function committedGroupReader(topics: string) {
  const properties = { ...COMMITTED_READER, 'group.id': 'readers' };
  return { name: 'reader', count: 1, run: groupReader, properties, params: { topics, commit: 'sync' } };
}
