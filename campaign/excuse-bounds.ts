/**
 * In what share of standard runs a property may be left out, because Kafka does not promise it there: an excuse that covers more
 * leaves the harness blind where it seems to look. Bounds lie above what 815 runs of 412 standard seeds showed (in brackets), by chance's share.
 */
interface ExcuseBound {
  readonly share: number;
  readonly reason: string;
}

const BOUNDS: ReadonlyMap<string, ExcuseBound> = new Map([
  ['Q1', { share: 0.999, reason: 'few standard plans are calm from beginning to end (99.4 %)' }],
  ['J16', { share: 0.75, reason: 'most writers are drawn without idempotence or without acks=all (66 %)' }],
  ['J14', { share: 0.75, reason: 'most writers are drawn without idempotence or without acks=all (63 %)' }],
  ['J4', { share: 0.45, reason: 'topics that come and go are not there to be read at the end (35 %)' }],
  ['GR5', { share: 0.42, reason: 'commits of groups that commit automatically are not in the history (33 %)' }],
  ['J1', { share: 0.1, reason: 'topics that come and go take their records with them (6.5 %)' }],
  ['J17', { share: 0.1, reason: 'topics that come and go take their records with them (6 %)' }],
  ['L5', { share: 0.08, reason: 'replicas apply retention each to its own segments (5 %)' }],
  ['I1', { share: 0.07, reason: 'brokers forget producers that were silent for long (4.3 %)' }],
  ['J2', { share: 0.07, reason: 'brokers forget producers that were silent for long (4.3 %)' }],
]);

const OTHERS: ExcuseBound = { share: 0.03, reason: 'faults rarely leave the durability budget (1.7 % at most)' };

export function excuseBoundOf(property: string): ExcuseBound {
  return BOUNDS.get(property) ?? OTHERS;
}

/** What excuses of many runs have in common: their sentences without names and numbers. */
export function kindOfExcuse(reason: string): string {
  const [first = reason] = reason.split(/; |, and then /);
  return first.replace(/[\w.-]*-\d+/g, '...').replace(/\d+/g, '...');
}
