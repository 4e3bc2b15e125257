/** What a consumer's membership in its group is to the rest of the consumer, whichever protocol it goes by. */
import type { KafkaError } from '../errors.ts';

/** Who a member is at one time: in the classic protocol a generation, in the consumer protocol a member epoch. */
export interface Generation {
  readonly generationId: number;
  readonly memberId: string;
  readonly protocol: string | null;
}

export const NO_GENERATION: Generation = { generationId: -1, memberId: '', protocol: null };

export interface Membership {
  readonly generation: Generation;
  readonly isStable: boolean;
  /** It is on its way into the next generation of a classic group: what is committed until it is there would be refused. */
  readonly isRebalancing: boolean;
  /** May what was consumed in this generation still be committed as of it? */
  covers(sender: Generation): boolean;
  takeError(): KafkaError | null;
  requestRejoin(): void;
  /** The application polled: it has max.poll.interval.ms until the next. */
  polled(): void;
  /** Takes the next step of a rebalance, if one is due. Called while the application polls. Returns ms to wait, 0: nothing due. */
  advance(): number;
  /** The application leaves, or unsubscribes: it does not finish the turn under way. */
  abandonTurn(): void;
  /** The membership is over by the coordinator's word, if it was said in the current generation. */
  fenced(sent: Generation, error: number): boolean;
  /** Leaves the group. `done` is called when the coordinator answered or cannot be reached. */
  leave(reason: string, done: () => void): void;
  close(): void;
}
