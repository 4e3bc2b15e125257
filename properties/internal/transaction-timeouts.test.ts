import test from 'ava';
import { FakeContext } from '../testing/fake-context.ts';
import { ScriptedCoordinator } from '../testing/coordinator.ts';
import { transactionTimeouts } from './transaction-timeouts.ts';

/** The script's transactions time out after a second, and by default the coordinator looks every ten. */
const LATE_MS = 13_000;

function opened(): { readonly context: FakeContext; readonly coordinator: ScriptedCoordinator } {
  const context = new FakeContext();
  context.check(transactionTimeouts);
  return { context, coordinator: new ScriptedCoordinator(context).inits().adds('orders-0') };
}

test('T15: a transaction that is ended long after its time-out should have been aborted (KIP-98)', (t) => {
  const { context, coordinator } = opened();
  context.pass(LATE_MS);
  coordinator.decides(true);
  t.deepEqual(context.violatedProperties, ['T15']);
});

test('T15: in time, or as soon as the coordinator looks', (t) => {
  for (const ms of [500, 11_000]) {
    const { context, coordinator } = opened();
    context.pass(ms);
    coordinator.decides(true);
    t.deepEqual(context.violations, []);
    t.is(context.evaluations['T15'] ?? 0, ms > 1_000 ? 1 : 0);
  }
});

test('T15: a coordinator that has noticed may take its time, as may one that was paused, and another that never saw it begin', (t) => {
  const noticed = opened();
  const event = { transactionalId: 't', producerId: 7, producerEpoch: 0, openMs: 1_001, timeoutMs: 1_000 };
  noticed.context.emit(1, { type: 'transaction-timed-out', ...event });
  const paused = opened();
  paused.context.world(1, { type: 'paused' });
  const moved = opened();
  moved.coordinator.movesTo(2);
  for (const { context, coordinator } of [noticed, paused, moved]) {
    context.pass(LATE_MS);
    coordinator.decides(false);
    t.deepEqual(context.violations, []);
  }
});
