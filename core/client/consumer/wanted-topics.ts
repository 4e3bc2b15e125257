/** Which topics the client's metadata are to hold: those it reads, and as the leader of a group those of all its members. */
import type { ClusterMetadata } from '../metadata.ts';
import type { SubscriptionState } from './subscription-state.ts';

export class WantedTopics {
  readonly #metadata: ClusterMetadata;
  readonly #subscriptions: SubscriptionState;
  /** As the leader of the group: the topics of all members. They count from the next `update` on. */
  ofGroup: readonly string[] = [];

  constructor(metadata: ClusterMetadata, subscriptions: SubscriptionState) {
    this.#metadata = metadata;
    this.#subscriptions = subscriptions;
  }

  /** To be called after every change of the subscription, the assignment or the group's topics. */
  update(): void {
    const { kind } = this.#subscriptions.subscription;
    const isPattern = kind === 'pattern' || kind === 'coordinator-pattern';
    this.#metadata.setWanted(new Set([...this.#subscriptions.topics, ...this.ofGroup]), isPattern);
  }
}
