/**
 * How a producer sends what it has taken: N12 (KIP-91), by the clock of the client, which makes the decision; and N13, without which what is sent again
 * comes behind what was sent after it (KAFKA-3197, `Sender.guaranteeMessageOrder`).
 */
import { type Micros, micros } from '../../ports/time.ts';
import type { Checker, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { HeldUp } from './held-up.ts';

/** A producer looks when the first of its batches is due; this is for what it is busy with. */
const SLACK_MS = 500;

function watch(context: CheckContext): void {
  context.on('producer-batch-sent', ({ partition, attempt, besides, maxInFlight }, { node }) => {
    if (maxInFlight !== 1) return;
    if (attempt > 1) context.evaluated('N13');
    if (besides === 0) return;
    const message = `${node} sent a batch for ${partition}, attempt ${attempt}, while ${besides} more of the partition were on their way, with max.in.flight.requests.per.connection of 1`;
    context.violated('N13', message, { client: node, partition });
  });
  const heldUp = new HeldUp(context);
  context.on('producer-batch-completed', ({ partition, ageMs, deliveryTimeoutMs, attempts, records }, { node, timeUs }) => {
    if (ageMs >= deliveryTimeoutMs) context.evaluated('N12');
    if (ageMs <= deliveryTimeoutMs + SLACK_MS) return;
    const dueUs: Micros = timeUs - micros(ageMs - deliveryTimeoutMs);
    if (heldUp.freeSince(node) > dueUs) return;
    const message = `${node} told what became of a batch of ${records} for ${partition}, sent ${attempts} times, after ${ageMs} ms; delivery.timeout.ms is ${deliveryTimeoutMs}`;
    context.violated('N12', message, { client: node, partition });
  });
}

export const deliveries = {
  properties: [
    { id: 'N12', title: 'what becomes of a record that a producer has taken is told within delivery.timeout.ms' },
    {
      id: 'N13',
      title: 'with max.in.flight.requests.per.connection of 1 no batch of a partition goes while another is on its way',
    },
  ],
  create: (context): Checker => {
    watch(context);
    return {};
  },
} as const satisfies PropertyDefinition;
