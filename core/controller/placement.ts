/**
 * Places replicas like Kafka's StripedReplicaPlacer: replicas of a partition are spread over racks, leaders and followers
 * over brokers, and no partition's first replica is on a fenced broker.
 */
import type { RandomStream } from '../../ports/random.ts';
import { hasUncordonedDirectory } from '../metadata/cluster-registration.ts';
import type { MetadataImage } from '../metadata/image.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { ApiError } from './api-error.ts';

/** Brokers handed out in turn; each round starts one further on. */
class Ring {
  readonly #brokers: number[];
  readonly #chance: RandomStream;
  #taken = 0;
  #start: number;
  #round = 0;

  constructor(brokers: readonly number[], chance: RandomStream) {
    this.#brokers = [...brokers].sort((a, b) => a - b);
    this.#chance = chance;
    this.#start = brokers.length === 0 ? 0 : chance.below(brokers.length, 'first-broker');
  }

  get size(): number {
    return this.#brokers.length;
  }

  shuffle(): void {
    shuffle(this.#brokers, this.#chance);
  }

  /** The next broker of this round; null when the round has used them all. */
  next(round: number): number | null {
    if (this.#brokers.length === 0) return null;
    if (this.#round !== round) {
      this.#round = round;
      this.#taken = 0;
      this.#start = (this.#start + 1) % this.#brokers.length;
    }
    if (this.#taken >= this.#brokers.length) return null;
    const broker = this.#brokers[(this.#taken + this.#start) % this.#brokers.length] as number;
    this.#taken++;
    return broker;
  }
}

interface Rack {
  readonly unfenced: Ring;
  readonly fenced: Ring;
}

function shuffle<T>(items: T[], chance: RandomStream): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = chance.below(i + 1, 'shuffle');
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
}

/**
 * Replica lists for `partitions` new partitions of `replicas` replicas each. Brokers in controlled shutdown get none, nor those whose
 * log directories are all cordoned.
 * INVALID_REPLICATION_FACTOR when there are too few brokers, or none unfenced.
 */
export function placeReplicas(image: MetadataImage, partitions: number, replicas: number, chance: RandomStream): number[][] {
  const usable = [...image.brokers.values()].filter((broker) => !broker.inControlledShutdown && hasUncordonedDirectory(broker));
  const unfencedCount = usable.filter((broker) => !broker.fenced).length;
  if (unfencedCount === 0)
    throw new ApiError(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      'All brokers are fenced, or have all their log directories cordoned.',
    );
  if (replicas > usable.length) {
    throw new ApiError(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      `A replication factor of ${replicas} cannot be reached with ${usable.length} registered broker(s).`,
    );
  }
  // A broker without a rack stands in a rack of its own name, '', which sorts first as in Kafka.
  const names = [...new Set(usable.map((broker) => broker.rack ?? ''))].sort();
  const racks = new Map<string, Rack>();
  for (const name of names) {
    const brokers = usable.filter((broker) => (broker.rack ?? '') === name);
    racks.set(name, {
      fenced: new Ring(
        brokers.filter((broker) => broker.fenced).map((broker) => broker.id),
        chance,
      ),
      unfenced: new Ring(
        brokers.filter((broker) => !broker.fenced).map((broker) => broker.id),
        chance,
      ),
    });
  }
  let round = 0;
  let offset = chance.below(names.length, 'first-rack');
  const placements: number[][] = [];
  for (let i = 0; i < partitions; i++) {
    if (round === unfencedCount && unfencedCount > 1) {
      shuffle(names, chance);
      for (const rack of racks.values()) {
        rack.fenced.shuffle();
        rack.unfenced.shuffle();
      }
      round = 0;
    }
    if (offset === names.length) offset = 0;
    placements.push(placeOne(racks, names, offset, round, replicas));
    round++;
    offset++;
  }
  return placements;
}

function placeOne(
  racks: ReadonlyMap<string, Rack>,
  names: readonly string[],
  offset: number,
  round: number,
  replicas: number,
): number[] {
  const rackAt = (index: number): Rack => racks.get(names[index] as string) as Rack;
  const brokers: number[] = [];
  let firstRack = offset;
  for (;;) {
    const leader = rackAt(firstRack).unfenced.next(round);
    if (leader !== null) {
      brokers.push(leader);
      break;
    }
    firstRack = (firstRack + 1) % names.length;
  }
  let rackIndex = offset;
  while (brokers.length < replicas) {
    if (rackIndex === firstRack) {
      // The leader's rack has its turn; it is passed over once.
      firstRack = -1;
    } else {
      const rack = rackAt(rackIndex);
      const broker = rack.unfenced.next(round) ?? rack.fenced.next(round);
      if (broker !== null) brokers.push(broker);
    }
    rackIndex = (rackIndex + 1) % names.length;
  }
  return brokers;
}
