/**
 * A consumer application in a group that is being moved to another group protocol, and back: it polls, processes, commits, and is restarted now and then
 * with the other protocol. Where its coordinator will not have it as what it is, it starts again as the same.
 *
 * params: `topics` (comma separated), `stayMs` (as what it is, at least; 0: for good), `settlesWith` ('classic' | 'consumer': as what it is when
 * the writing ends), `sessionMs` and `strategy` (its session and its assignors by the classic protocol).
 */
import { word } from '../../core/config/strict.ts';
import type { RecordingConsumer } from '../../sim/workload/recording-consumer.ts';
import { millis, topicNames, workload } from './params.ts';

const PARAMS = {
  topics: topicNames,
  stayMs: millis,
  settlesWith: word('classic', 'consumer').optional(),
  sessionMs: millis,
  strategy: word('range,sticky', 'sticky,range').optional(),
};

type GroupProtocol = 'classic' | 'consumer';

const POLL_MS = 200;
const RESTART_MS = 1_000;

export const migratingReader = workload(PARAMS, async (context) => {
  const topics = String(context.params['topics']).split(',');
  const stayMs = Number(context.params['stayMs'] ?? 0);
  const settlesWith: GroupProtocol = context.params['settlesWith'] === 'classic' ? 'classic' : 'consumer';
  const classic = {
    'session.timeout.ms': Number(context.params['sessionMs'] ?? 6_000),
    'heartbeat.interval.ms': 500,
    'partition.assignment.strategy': String(context.params['strategy'] ?? 'range,sticky'),
  };
  let protocol: GroupProtocol = 'classic';
  const open = (): RecordingConsumer => {
    const opened = context.consumer({
      'enable.auto.commit': false,
      'group.protocol': protocol,
      ...(protocol === 'classic' ? classic : {}),
    });
    opened.subscribe(topics);
    return opened;
  };
  const untilMs = (): number => context.nowMs() + stayMs + context.random.between(0, stayMs, 'stay');
  let consumer = open();
  let changeAtMs = untilMs();
  const restart = async (): Promise<void> => {
    await consumer.close();
    await context.sleep(context.random.between(0, RESTART_MS, 'restart'));
    consumer = open();
    changeAtMs = untilMs();
  };
  while (context.running()) {
    const records = await consumer.poll(POLL_MS);
    consumer.processed(records);
    if (records.length > 0) await consumer.commitSync();
    const isSettling = !context.writing();
    if (consumer.pollError !== null && consumer.assignment.length === 0) await restart();
    else if (isSettling ? protocol !== settlesWith : stayMs > 0 && context.nowMs() >= changeAtMs) {
      protocol = protocol === 'classic' ? 'consumer' : 'classic';
      await restart();
    }
  }
  await consumer.close();
});
