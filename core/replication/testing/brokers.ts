/** Ids of the three brokers of the replication tests. */
export const BROKERS = [0, 1, 2] as const;
