/** Reads the trace of a RaftWorld and says what must never happen (K1-K9, K14 and the listener's view). For tests. */
import { forEachBatch, readBatchHeader } from '../../protocol/records.ts';
import type { TraceEvent } from '../../trace.ts';

interface Entry {
  readonly lastOffset: number;
  readonly epoch: number;
  readonly crc: number;
}

interface NodeView {
  /** Batches by base offset. */
  log: Map<number, Entry>;
  start: number;
  end: number;
  flushed: number;
  highWatermark: number;
  durableEpoch: number;
}

export class QuorumChecker {
  readonly violations: string[] = [];
  commits = 0;
  elections = 0;
  truncations = 0;
  downloads = 0;
  readonly #nodes = new Map<number, NodeView>();
  readonly #leaders = new Map<number, number>();
  readonly #votes = new Map<string, number>();
  /** What is committed, by base offset, and by the leader of which epoch. */
  readonly #ledger = new Map<number, Entry & { readonly committedIn: number }>();
  #ledgerEnd = 0;

  restarted(node: number): void {
    const view = this.#view(node);
    view.highWatermark = 0;
    view.log = new Map();
  }

  #view(node: number): NodeView {
    let view = this.#nodes.get(node);
    if (view === undefined) {
      view = { log: new Map(), start: 0, end: 0, flushed: 0, highWatermark: 0, durableEpoch: 0 };
      this.#nodes.set(node, view);
    }
    return view;
  }

  #fail(property: string, message: string): void {
    this.violations.push(`${property}: ${message}`);
  }

  observe(node: number, event: TraceEvent): void {
    const view = this.#view(node);
    switch (event.type) {
      case 'log-loaded':
        view.log = new Map(
          event.batches.map((b) => [b.baseOffset, { lastOffset: b.lastOffset, epoch: b.leaderEpoch, crc: b.crc }]),
        );
        view.start = event.logStartOffset;
        view.end = event.logEndOffset;
        view.highWatermark = 0;
        view.flushed = Math.min(view.flushed, event.logEndOffset);
        break;
      case 'log-appended':
        forEachBatch(event.batch, (header, position) => {
          const { crc } = readBatchHeader(event.batch, position);
          view.log.set(header.baseOffset, { lastOffset: header.lastOffset, epoch: header.leaderEpoch, crc });
          if (header.baseOffset !== view.end) this.#fail('K4', `node ${node} appended ${header.baseOffset} at ${view.end}`);
          view.end = header.lastOffset + 1;
        });
        break;
      case 'log-truncated':
        this.truncations += 1;
        if (event.reason === 'diverging-epoch' && event.to < view.highWatermark) {
          this.#fail('K9', `node ${node} truncated to ${event.to} below ${view.highWatermark}`);
        }
        for (const base of [...view.log.keys()])
          if (base >= event.to || event.reason !== 'diverging-epoch') view.log.delete(base);
        view.end = event.to;
        if (event.reason === 'diverging-epoch') view.flushed = Math.min(view.flushed, event.to);
        else view.start = event.to;
        break;
      case 'log-start-offset-advanced':
        view.start = event.to;
        break;
      case 'log-flushed':
        view.flushed = Math.max(view.flushed, event.upTo);
        break;
      case 'snapshot-loaded':
        if (event.source === 'fetched') this.downloads += 1;
        view.flushed = Math.max(view.flushed, event.endOffset);
        view.highWatermark = Math.max(view.highWatermark, event.endOffset);
        break;
      case 'quorum-voted': {
        const known = this.#votes.get(`${node}/${event.epoch}`);
        if (known !== undefined && known !== event.candidate) this.#fail('K2', `node ${node} voted twice in ${event.epoch}`);
        this.#votes.set(`${node}/${event.epoch}`, event.candidate);
        const isUpToDate =
          event.candidateLastEpoch > event.lastEpoch ||
          (event.candidateLastEpoch === event.lastEpoch && event.candidateEndOffset >= event.endOffset);
        if (!isUpToDate) this.#fail('K14', `node ${node} voted for a shorter log`);
        break;
      }
      case 'quorum-state-persisted':
        if (event.epoch < view.durableEpoch) this.#fail('K3', `node ${node} went from ${view.durableEpoch} to ${event.epoch}`);
        view.durableEpoch = event.epoch;
        break;
      case 'quorum-leader-elected':
        this.elections += 1;
        if (this.#leaders.has(event.epoch)) this.#fail('K1/K11', `epoch ${event.epoch} led again, by ${node}`);
        this.#leaders.set(event.epoch, node);
        this.#checkPrefix('K6', node, view, this.#committedBefore(event.epoch));
        break;
      case 'quorum-high-watermark-advanced':
        this.#onHighWatermark(node, view, event);
        break;
      default:
    }
  }

  #onHighWatermark(node: number, view: NodeView, event: Extract<TraceEvent, { type: 'quorum-high-watermark-advanced' }>): void {
    if (event.to < view.highWatermark || event.to > view.end)
      this.#fail('K9', `node ${node}: ${view.highWatermark} to ${event.to}`);
    view.highWatermark = event.to;
    if (event.role === 'leader') {
      this.commits += 1;
      if (event.to <= event.epochStartOffset) this.#fail('K8', `node ${node} commits ${event.to}`);
      const holding = event.voters.filter((voter) => this.#view(voter).flushed >= event.to).length;
      if (holding * 2 <= event.voters.length) this.#fail('K7', `${event.to} is on ${holding} disks`);
    } else if (event.to > this.#ledgerEnd) this.#fail('K5', `node ${node} has ${event.to} before a leader`);
    if (event.to > this.#ledgerEnd) {
      for (const [base, entry] of view.log)
        if (base >= this.#ledgerEnd && base < event.to) this.#ledger.set(base, { ...entry, committedIn: event.epoch });
      this.#ledgerEnd = event.to;
    }
    this.#checkPrefix('K5', node, view, event.to);
  }

  /** The end of what leaders of earlier epochs have committed. Who was elected long ago, and only now has that on disk, need not have more. */
  #committedBefore(epoch: number): number {
    for (const [base, { committedIn }] of this.#ledger) if (committedIn >= epoch) return base;
    return this.#ledgerEnd;
  }

  /** Everything committed below `upTo` is in this node's log, or below its start. */
  #checkPrefix(property: string, node: number, view: NodeView, upTo: number): void {
    for (const [base, entry] of this.#ledger) {
      if (base >= upTo || base < view.start) continue;
      const held = view.log.get(base);
      if (held === undefined || held.crc !== entry.crc || held.epoch !== entry.epoch) {
        this.#fail(property, `node ${node} at ${base}: ${JSON.stringify(held)}, committed is ${JSON.stringify(entry)}`);
        return;
      }
    }
    if (view.end < upTo) this.#fail(property, `node ${node} ends at ${view.end}, committed is ${upTo}`);
  }
}
