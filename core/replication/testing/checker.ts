/** What must hold in a TestCluster at every moment (R1, R2, R4, R5, R6, R8, R9, R13 of the properties), from the trace and the logs. */
import type { TraceEvent } from '../../trace.ts';
import type { Log } from '../../log/log.ts';
import { batchesOf } from './broker-logs.ts';
import type { PartitionView } from '../ports.ts';
import { BROKERS } from './brokers.ts';
import type { TestCluster } from './test-cluster.ts';

/** `epoch:crc` by offset, null where the record was deleted; every batch of these tests has one record. */
type Content = readonly (string | null)[];

export class Checker {
  readonly #cluster: TestCluster;
  /** The committed records by offset: `epoch:crc`. Entered when a leader's high watermark first passes them. */
  readonly #ledger: string[] = [];
  /** Last high watermark seen per leader epoch and broker. */
  readonly #leaderHighWatermarks = new Map<string, number>();
  readonly #leaders = new Map<number, number>();
  readonly counts = { acked: 0, truncated: 0, elections: 0, resolved: 0, expanded: 0, fetched: 0 };

  /** What there was at the last check. */
  #checked: { readonly events: number; readonly committed: PartitionView | null } = { events: 0, committed: null };

  constructor(cluster: TestCluster) {
    this.#cluster = cluster;
  }

  get committedCount(): number {
    return this.#ledger.length;
  }

  onEvent(broker: number, event: TraceEvent): void {
    switch (event.type) {
      case 'high-watermark-advanced':
        this.#onHighWatermark(broker, event.role, event.leaderEpoch, event.from, event.to);
        return;
      case 'produce-acked':
        if (event.acks === -1) {
          this.counts.acked++;
          if (event.highWatermark <= event.lastOffset) fail(`acked ${event.lastOffset} above the high watermark`);
          if (event.lastOffset >= this.#ledger.length) fail(`acked ${event.lastOffset}, which is not committed`);
        }
        return;
      case 'produce-appended':
        if (event.acks === -1 && event.isrSize < event.minIsr) fail('R13: appended under min.insync.replicas');
        return;
      case 'became-leader': {
        this.counts.elections++;
        const other = this.#leaders.get(event.leaderEpoch) ?? broker;
        if (other !== broker) fail(`R10: epoch ${event.leaderEpoch} has leaders ${other} and ${broker}`);
        this.#leaders.set(event.leaderEpoch, broker);
        return;
      }
      case 'isr-change-resolved':
        if (event.outcome === 'committed') this.counts.resolved++;
        return;
      case 'isr-change-proposed':
        if (event.kind === 'expand') this.counts.expanded++;
        return;
      case 'log-truncated':
        this.counts.truncated++;
        return;
      case 'fetch-applied':
        this.counts.fetched++;
        return;
      default:
    }
  }

  onCrash(broker: number): void {
    for (const key of this.#leaderHighWatermarks.keys()) if (key.endsWith(`@${broker}`)) this.#leaderHighWatermarks.delete(key);
  }

  #onHighWatermark(broker: number, role: 'leader' | 'follower', epoch: number, from: number, to: number): void {
    const log = this.#cluster.logOf(broker) as Log;
    if (to > log.logEndOffset || to < from) fail(`R6: high watermark ${from} -> ${to}, log end ${log.logEndOffset}`);
    if (role === 'follower') {
      if (to > this.#ledger.length) fail(`R6: follower ${broker} has high watermark ${to}, committed are ${this.#ledger.length}`);
      return;
    }
    const key = `${epoch}@${broker}`;
    if ((this.#leaderHighWatermarks.get(key) ?? 0) > to) fail(`R5: leader's high watermark went back to ${to}`);
    this.#leaderHighWatermarks.set(key, to);
    const content = contentOf(log);
    for (let offset = log.logStartOffset; offset < to; offset++) {
      const record = content[offset] as string;
      const committed = this.#ledger[offset];
      if (committed === undefined) this.#ledger.push(record);
      else if (committed !== record)
        fail(`R2: leader ${broker} commits ${record} at ${offset}, where ${committed} was committed`);
    }
    this.#checkValidHighWatermark(broker, epoch, to);
  }

  /** R8: what the controller's leader calls committed is in the log of every member of the controller's ISR. */
  #checkValidHighWatermark(broker: number, epoch: number, to: number): void {
    const { leader, leaderEpoch, isr } = this.#cluster.committed;
    if (leader !== broker || leaderEpoch !== epoch) return;
    for (const member of isr) {
      const end = this.#cluster.logOf(member)?.logEndOffset ?? 0;
      if (end < to) fail(`R8: high watermark ${to} of leader ${broker}, but ISR member ${member} ends at ${end}`);
    }
  }

  /** R1, R2, R4, R9: committed records stay in every log of the ISR, and logs agree below equal (offset, epoch). */
  afterStep(): void {
    // A log that changes tells of it.
    const { committed, trace } = this.#cluster;
    if (trace.length === this.#checked.events && committed === this.#checked.committed) return;
    this.#checked = { events: trace.length, committed };
    const contents = BROKERS.map((id) => {
      const log = this.#cluster.logOf(id);
      return log === undefined ? [] : contentOf(log);
    });
    for (const member of this.#cluster.committed.isr) {
      const content = contents[member] as Content;
      for (let offset = 0; offset < this.#ledger.length; offset++) {
        if (content[offset] !== null && content[offset] !== this.#ledger[offset]) {
          fail(`R1/R9: ISR member ${member} has ${content[offset]} at ${offset}, committed is ${this.#ledger[offset]}`);
        }
      }
    }
    for (const id of BROKERS) {
      const log = this.#cluster.logOf(id);
      if (log !== undefined && log.highWatermark > log.logEndOffset) fail('R6: high watermark above the log end');
      this.#checkLogMatching(contents[id] as Content, contents[(id + 1) % BROKERS.length] as Content);
    }
  }

  #checkLogMatching(a: Content, b: Content): void {
    let last = Math.min(a.length, b.length) - 1;
    while (last >= 0 && epochAt(a, last) !== epochAt(b, last)) last--;
    for (let offset = last; offset >= 0; offset--) {
      if (a[offset] !== null && b[offset] !== null && a[offset] !== b[offset])
        fail(`R4: equal epochs at ${last}, but ${a[offset]} and ${b[offset]} at ${offset}`);
    }
  }

  /** L4, L5 after the cluster was healed: everybody in sync, all logs equal and committed to the end. */
  checkConverged(): void {
    const { isr, leader } = this.#cluster.committed;
    if (isr.length !== BROKERS.length) fail(`L4: the ISR is ${isr.join(',')}`);
    const ofLeader = contentOf(this.#cluster.logOf(leader) as Log);
    for (const id of BROKERS) {
      const log = this.#cluster.logOf(id) as Log;
      if (contentOf(log).join() !== ofLeader.join()) fail(`L5: broker ${id} differs from leader ${leader}`);
      if (log.highWatermark !== ofLeader.length)
        fail(`L5: broker ${id} has high watermark ${log.highWatermark} of ${ofLeader.length}`);
    }
    const { role } = this.#cluster.partitionOf(leader) ?? {};
    if (role?.kind !== 'leader' || role.isr.kind !== 'committed') fail('L6: an ISR change is still pending');
  }
}

function epochAt(content: Content, offset: number): string | undefined {
  return content[offset]?.split(':')[0];
}

function contentOf(log: Log): Content {
  const held = batchesOf(log).map(({ header }) => `${header.leaderEpoch}:${header.crc}`);
  return [...Array<null>(log.logStartOffset).fill(null), ...held];
}

function fail(message: string): never {
  throw new Error(message);
}
