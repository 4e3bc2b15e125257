/**
 * In what share of standard runs a property may be left out, because Kafka does not promise it there: an excuse that covers more
 * leaves the harness blind where it seems to look. Bounds lie above what 9,536 standard seeds showed (in brackets), by chance's share.
 */
interface ExcuseBound {
  readonly share: number;
  readonly reason: string;
}

const BOUNDS: ReadonlyMap<string, ExcuseBound> = new Map([
  ['Q1', { share: 0.999, reason: 'few standard plans are calm from beginning to end (98.5 %)' }],
  ['J16', { share: 0.75, reason: 'most writers are drawn without idempotence or without acks=all (69 %)' }],
  ['J14', { share: 0.75, reason: 'most writers are drawn without idempotence or without acks=all (66 %)' }],
  ['J4', { share: 0.45, reason: 'topics that come and go are not there to be read at the end (38 %)' }],
  ['GR5', { share: 0.42, reason: 'commits of groups that commit automatically are not in the history (34 %)' }],
  ['J1', { share: 0.12, reason: 'topics that come and go take their records with them (10.1 %)' }],
  ['J17', { share: 0.12, reason: 'topics that come and go take their records with them (9.8 %)' }],
  ['J18', { share: 0.05, reason: 'topics that come and go take their records with them (3.8 %)' }],
  ['L5', { share: 0.08, reason: 'replicas apply retention each to its own segments (4.5 %)' }],
  ['I1', { share: 0.09, reason: 'brokers forget producers that were silent for long (7.2 %)' }],
  ['J2', { share: 0.09, reason: 'brokers forget producers that were silent for long (7.0 %)' }],
]);

const OTHERS: ExcuseBound = { share: 0.03, reason: 'faults rarely leave the durability budget (2.2 % at most)' };

export function excuseBoundOf(property: string): ExcuseBound {
  return BOUNDS.get(property) ?? OTHERS;
}

/** What excuses of many runs have in common: their sentences without names and numbers. */
export function kindOfExcuse(reason: string): string {
  const [first = reason] = reason.split(/; |, and then /);
  return first.replace(/[\w.-]*-\d+/g, '...').replace(/\d+/g, '...');
}
