import test from 'ava';
import type { TraceEvent } from '../../core/trace.ts';
import type { CheckContext, Occurrence } from '../observe.ts';
import { LastRefused } from './last-refused.ts';

function scripted(): { refused: LastRefused; emit: (event: TraceEvent, timeUs: number) => void } {
  const handlers = new Map<string, (event: never, at: Occurrence) => void>();
  const refused = new LastRefused({ on: ((type, handler) => void handlers.set(type, handler)) as CheckContext['on'] });
  const emit = (event: TraceEvent, timeUs: number): void =>
    handlers.get(event.type)?.(event as never, { node: 'b1', nodeId: 1, incarnation: 1, timeUs, step: 0 });
  return { refused, emit };
}

test('tells the newest refusal of those asked for, and how often it came', (t) => {
  const { refused, emit } = scripted();
  const claim = { partition: 'orders-0', replica: 2, requestEpoch: 3, fetchOffset: 17, lastFetchedEpoch: 3, leaderEpoch: 4 };
  t.is(refused.about(['orders-0']), '');
  emit({ type: 'fetch-rejected', ...claim, error: 74, times: 1 }, 1_000_000);
  emit({ type: 'fetch-diverged', ...claim, epochEnd: { epoch: 2, endOffset: 12 }, times: 301 }, 2_500_000);
  emit(
    { type: 'produce-failed', partition: 'orders-1', acks: -1, error: 19, afterAppend: false, lastOffset: -1, times: 1 },
    3_000_000,
  );
  t.is(
    refused.about(['orders-0']),
    '; last refused: b1 answered the fetch of orders-0 by replica 2 from 17 in leader epoch 3 with word that the logs part: ' +
      'epoch 2 ends at 12, the fetch has epoch 3 there, at 2.500000 s, the 301th time in a row',
  );
  t.is(
    refused.about(['orders-0', 'Produce']),
    '; last refused: b1 answered a write to orders-1 (acks=all) with NOT_ENOUGH_REPLICAS (19), at 3.000000 s',
  );
});
