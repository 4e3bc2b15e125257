/**
 * Places in core at which the simulation now and then takes a path that Kafka allows and that is rare in practice
 * (FoundationDB's BUGGIFY), by name, with a line each. `env.random.sometimes` asks whether to take it; a served cluster never does.
 */
export const RARE_PATHS = {
  'coordinator/slow-load': 'a coordinator that loads waits for its disk between two buffers',
  'replication/early-fetch-answer': 'a fetch that waits is answered before there is enough',
  'replication/late-isr-expansion': 'a follower that has caught up is not proposed for the ISR at this fetch',
  'replication/short-read': 'a fetch gets one batch of a partition instead of all that would fit',
  'replication/slow-fetcher': 'a replica fetcher pauses before its next request',
} as const;

export type RarePath = keyof typeof RARE_PATHS;
