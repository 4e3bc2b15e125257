/**
 * Producers that a broker has forgotten because they were silent for producer.id.expiration.ms. Where that is shorter than a
 * producer's delivery.timeout.ms, a batch may be sent again after it is forgotten, and Kafka appends it a second time, in any order:
 * the documentation of producer.id.expiration.ms (TransactionLogConfig, 4.3.1) says so. What idempotence promises ends there, for
 * that producer and partition.
 */
import type { PropertyId } from './registry.ts';
import type { CheckContext } from './judge.ts';
import { ghostOf } from './internal/ghost.ts';

export class ExpiredProducers {
  readonly #context: CheckContext;
  /** Client processes by producer id. */
  readonly #clients = new Map<number, string>();
  /** `partition/producer id` and `partition/client`, each also after the topic id (none where the log did not know it). */
  readonly #forgotten = new Set<string>();

  constructor(context: CheckContext) {
    this.#context = context;
    context.on('producer-id-acquired', ({ producerId }, at) => this.#clients.set(producerId, at.node));
    const ghost = ghostOf(context);
    context.on('producers-expired', ({ partition, producerIds }, at) => {
      // A log that is being loaded now has lain there before: a new one knows no producers.
      const topicId = ghost.topicIdOn(at.nodeId, partition);
      for (const producerId of producerIds) {
        for (const producer of [producerId, this.#clients.get(producerId)]) {
          if (producer === undefined) continue;
          this.#forgotten.add(`${partition}/${producer}`).add(`${topicId}/${partition}/${producer}`);
        }
      }
    });
  }

  /**
   * Is the property off for this producer (its id, or its client process) in this partition? Then it is listed with its reason. Without a
   * topic id: in that of any topic of the name.
   */
  excuses(property: PropertyId, partition: string, producer: number | string, topicId: string | null = null): boolean {
    const key = `${partition}/${producer}`;
    const keys = topicId === null ? [key] : [`${topicId}/${key}`, `/${key}`];
    if (!keys.some((each) => this.#forgotten.has(each))) return false;
    this.#context.excuse(property, `producer ${producer} of ${partition} was silent for producer.id.expiration.ms and forgotten`);
    return true;
  }
}

const ofRuns = new WeakMap<CheckContext, ExpiredProducers>();

/** Those of the run. */
export function expiredProducersOf(context: CheckContext): ExpiredProducers {
  let expired = ofRuns.get(context);
  if (expired === undefined) {
    expired = new ExpiredProducers(context);
    ofRuns.set(context, expired);
  }
  return expired;
}
