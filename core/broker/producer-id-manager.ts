/** Producer ids of this broker, from blocks that the active controller allocates (KIP-730); the next block is asked for early. */
import type { Environment } from '../environment.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { BrokerEpoch, BrokerId } from '../protocol/numbers.ts';
import type { NodeToControllerChannel } from './node-to-controller-channel.ts';

/** The next block is asked for when this share of the present one is used. */
const PREFETCH_SHARE = 0.9;
const RETRY_BACKOFF_MS = 50;

interface Block {
  readonly first: number;
  readonly size: number;
}

export class ProducerIdManager {
  readonly #env: Environment;
  readonly #brokerId: BrokerId;
  readonly #brokerEpoch: () => BrokerEpoch;
  readonly #channel: NodeToControllerChannel;
  #block: Block = { first: 0, size: 0 };
  #used = 0;
  #nextBlock: Block | null = null;
  #asking = false;
  #notBeforeMs = 0;

  constructor(env: Environment, brokerId: BrokerId, brokerEpoch: () => BrokerEpoch, channel: NodeToControllerChannel) {
    this.#env = env;
    this.#brokerId = brokerId;
    this.#brokerEpoch = brokerEpoch;
    this.#channel = channel;
  }

  /** A producer id that no one ever had, or null while no block is at hand (COORDINATOR_LOAD_IN_PROGRESS: the client asks again). */
  next(): number | null {
    if (this.#nextBlock !== null && this.#env.random.sometimes('broker/skipped-producer-ids')) this.#used = this.#block.size;
    if (this.#used === this.#block.size) {
      if (this.#nextBlock === null) {
        this.#askForBlock();
        return null;
      }
      this.#block = this.#nextBlock;
      this.#nextBlock = null;
      this.#used = 0;
    }
    const id = this.#block.first + this.#used;
    this.#used++;
    const isDue = this.#used >= this.#block.size * PREFETCH_SHARE;
    if (this.#nextBlock === null && (isDue || this.#env.random.sometimes('broker/early-producer-id-block'))) this.#askForBlock();
    return id;
  }

  #askForBlock(): void {
    if (this.#asking || this.#env.clock.monotonicMs() < this.#notBeforeMs) return;
    this.#asking = true;
    this.#channel.send('AllocateProducerIds', { brokerId: this.#brokerId, brokerEpoch: this.#brokerEpoch() }, (result) => {
      this.#asking = false;
      if (result.ok && result.response.errorCode === ErrorCode.NONE) {
        this.#nextBlock = { first: result.response.producerIdStart, size: result.response.producerIdLen };
      } else {
        this.#notBeforeMs = this.#env.clock.monotonicMs() + RETRY_BACKOFF_MS;
      }
    });
  }
}
