/**
 * What can make a client's history go wrong: another leader, a truncated log, a batch that is sent again. A check between two things
 * that no such thing came between could not have failed, and is no evaluation. Times are steps; 0: never.
 */
import type { CheckContext } from '../judge.ts';

export class Upheavals {
  /** By partition. */
  readonly #moved = new Map<string, number>();
  /** By client process, and by partition. */
  readonly #resent = new Map<string, Map<string, number>>();

  constructor(context: CheckContext) {
    const moved = ({ partition }: { readonly partition: string }, { step }: { readonly step: number }): void => {
      this.#moved.set(partition, step);
    };
    context.on('became-leader', moved);
    context.on('log-truncated', moved);
    context.on('producer-batch-sent', ({ partition, attempt }, { node, step }) => {
      if (attempt === 1) return;
      const ofClient = this.#resent.get(node) ?? new Map<string, number>();
      this.#resent.set(node, ofClient);
      ofClient.set(partition, step);
    });
  }

  /** When the partition last got a leader, or a log of it was truncated. */
  lastMove(partition: string): number {
    return this.#moved.get(partition) ?? 0;
  }

  /** When this client last sent a batch for the partition again. */
  lastResend(client: string, partition: string): number {
    return this.#resent.get(client)?.get(partition) ?? 0;
  }
}

const ofRuns = new WeakMap<CheckContext, Upheavals>();

/** Those of the run. */
export function upheavalsOf(context: CheckContext): Upheavals {
  let upheavals = ofRuns.get(context);
  if (upheavals === undefined) {
    upheavals = new Upheavals(context);
    ofRuns.set(context, upheavals);
  }
  return upheavals;
}
