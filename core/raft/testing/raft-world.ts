/** Some RaftClients on a virtual clock, with disks in memory and a message bus that delays, drops and splits. For tests. */
import type { Environment } from '../../environment.ts';
import type { RandomStream } from '../../../ports/random.ts';
import type { Timer } from '../../../ports/time.ts';
import { pureCompression } from '../../protocol/compression.ts';
import { MemoryDisk } from '../../log/testing/memory-disk.ts';
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from '../../protocol/codec.ts';
import type { ApiName } from '../../protocol/messages/index.ts';
import type { TraceEvent } from '../../trace.ts';
import { type CommittedBatch, type LeaderAndEpoch, RaftClient, type RaftOptions, type RaftTransport } from '../raft-client.ts';
import { VoterSet } from '../voter-set.ts';

const VERSIONS: { readonly [api: string]: number } = {
  Vote: 2,
  BeginQuorumEpoch: 1,
  EndQuorumEpoch: 1,
  Fetch: 17,
  FetchSnapshot: 1,
  DescribeQuorum: 2,
};

export interface WorldOptions {
  readonly seed: number;
  readonly voters: number;
  readonly observers?: number;
  readonly dropPercent?: number;
  readonly maxDelayMs?: number;
  readonly maxSyncMs?: number;
  readonly onEvent?: (node: number, event: TraceEvent) => void;
  readonly onHalt?: (node: number, reason: string) => void;
  readonly onApplied?: (node: number, values: readonly string[]) => void;
  /** Takes the place of chance inside the nodes, in [0, bound). */
  readonly draw?: (node: number, bound: number, label: string) => number;
}

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** A process and the disk under it. */
export class RaftNode {
  readonly id: number;
  readonly disk = new MemoryDisk();
  incarnation = 0;
  client: RaftClient | null = null;
  halted: string | null = null;
  /** What the state machine was given, by offset, since its last snapshot. */
  applied: string[] = [];
  batches: CommittedBatch[] = [];
  leaderChanges: LeaderAndEpoch[] = [];
  syncing = false;

  constructor(id: number) {
    this.id = id;
    this.disk.makeDirectory('data');
    this.disk.syncDirectory('', () => {});
    this.disk.completeSyncs();
  }
}

/** The APIs of the quorum are methods of its client. */
type QuorumApi = keyof RaftClient & ApiName;

export class RaftWorld {
  nowMs = 1000;
  dropPercent: number;
  readonly nodes: RaftNode[] = [];
  readonly trace: { readonly node: number; readonly event: TraceEvent }[] = [];
  /** Pairs that can't talk, `from-to`. */
  readonly cut = new Set<string>();
  readonly #options: WorldOptions;
  readonly #queue: Event[] = [];
  #order = 0;
  #state: number;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.dropPercent = options.dropPercent ?? 0;
    this.#state = options.seed | 0;
    for (let id = 1; id <= options.voters + (options.observers ?? 0); id++) this.nodes.push(new RaftNode(id));
  }

  node(id: number): RaftNode {
    return this.nodes[id - 1] as RaftNode;
  }

  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % bound;
  }

  startAll(): void {
    for (const node of this.nodes) this.start(node);
  }

  start(node: RaftNode): void {
    node.incarnation += 1;
    node.halted = null;
    node.applied = [];
    node.batches = [];
    node.leaderChanges = [];
    const env = this.#environment(node);
    const client = new RaftClient(env, this.#raftOptions(node, node.incarnation));
    node.client = client;
    client.start({
      handleCommit: (batches) => {
        const values = batches.flatMap(({ records }) => records.map((record) => new TextDecoder().decode(record)));
        node.batches.push(...batches);
        node.applied.push(...values);
        this.#options.onApplied?.(node.id, values);
      },
      handleLoadSnapshot: (snapshot) => {
        node.applied = snapshot.batches.flatMap((batch) => batch.records.map((record) => new TextDecoder().decode(record)));
      },
      handleLeaderChange: (leader) => node.leaderChanges.push(leader),
    });
  }

  crash(node: RaftNode, losesPower: boolean): void {
    if (node.client === null) return;
    node.client = null;
    node.incarnation += 1;
    if (losesPower) node.disk.losePower((_path, lost) => this.below(lost + 1));
    else node.disk.crash();
  }

  leader(): RaftNode | null {
    let best: RaftNode | null = null;
    for (const node of this.nodes) {
      if (node.client?.roleName !== 'leader') continue;
      if (best === null || (best.client as RaftClient).leaderAndEpoch.epoch < node.client.leaderAndEpoch.epoch) best = node;
    }
    return best;
  }

  /** The node whose state machine was told that it leads, if its client agrees. */
  activeLeader(): RaftNode | null {
    const node = this.leader();
    const told = node?.leaderChanges[node.leaderChanges.length - 1];
    return told?.leaderId === node?.id ? node : null;
  }

  append(node: RaftNode, ...values: string[]): number {
    const client = node.client as RaftClient;
    return client.scheduleAppend(
      client.leaderAndEpoch.epoch,
      values.map((value) => new TextEncoder().encode(value)),
    );
  }

  after(delayMs: number, run: () => void): void {
    this.#order += 1;
    this.#queue.push({ atMs: this.nowMs + delayMs, order: this.#order, run });
  }

  run(forMs: number): void {
    this.runUntil(() => false, forMs);
  }

  /** True once `condition` holds, within `limitMs`. */
  runUntil(condition: () => boolean, limitMs: number): boolean {
    const endMs = this.nowMs + limitMs;
    this.#scheduleSyncs();
    for (;;) {
      if (condition()) return true;
      let next = -1;
      for (let at = 0; at < this.#queue.length; at++) {
        const event = this.#queue[at] as Event;
        const best = this.#queue[next];
        if (best === undefined || event.atMs < best.atMs || (event.atMs === best.atMs && event.order < best.order)) next = at;
      }
      const event = this.#queue[next];
      if (event === undefined || event.atMs > endMs) break;
      this.#queue.splice(next, 1);
      this.nowMs = Math.max(this.nowMs, event.atMs);
      event.run();
      this.#scheduleSyncs();
    }
    this.nowMs = endMs;
    return condition();
  }

  #scheduleSyncs(): void {
    for (const node of this.nodes) {
      if (node.syncing || node.disk.pendingSyncs === 0) continue;
      node.syncing = true;
      this.after(this.below(this.#options.maxSyncMs ?? 3), () => {
        node.syncing = false;
        node.disk.completeSyncs();
      });
    }
  }

  #raftOptions(node: RaftNode, incarnation: number): RaftOptions {
    const voters = [];
    for (let id = 1; id <= this.#options.voters; id++) voters.push({ id, host: `n${id}`, port: 9093 });
    return {
      nodeId: node.id,
      clusterId: 'cluster',
      directory: 'data/__cluster_metadata-0',
      directoryId: `AAAAAAAAAAAAAAAAAAAAA${'ABCDEFGHIJ'[node.id] as string}`.replace(/.$/, 'AQgw'[node.id % 4] as string),
      voters: new VoterSet(voters),
      config: {
        'controller.quorum.election.timeout.ms': 1000,
        'controller.quorum.fetch.timeout.ms': 2000,
        'controller.quorum.election.backoff.max.ms': 1000,
        'controller.quorum.request.timeout.ms': 2000,
        'controller.quorum.retry.backoff.ms': 20,
        'controller.quorum.append.linger.ms': 5,
      },
      logConfig: { 'segment.bytes': 2000 },
      rpc: { send: this.#transport(node, incarnation) },
    };
  }

  #transport(from: RaftNode, incarnation: number): RaftTransport['send'] {
    const isAlive = (): boolean => from.incarnation === incarnation;
    return (endpoint, api, request, options, done) => {
      const to = this.node(Number(endpoint.id));
      const version = VERSIONS[api] as number;
      const bytes = encodeRequest(api, version, 1, null, request);
      let isDone = false;
      const finish = (result: Parameters<typeof done>[0]): void => {
        if (isDone || !isAlive()) return;
        isDone = true;
        done(result);
      };
      this.after(options.timeoutMs ?? 2000, () => finish({ ok: false, reason: 'timed-out', sent: true }));
      this.#deliver(from, to, () => {
        const { client } = to;
        if (client === null) return this.after(1, () => finish({ ok: false, reason: 'disconnected', sent: false }));
        const decoded = decodeRequest(bytes.subarray(4));
        client[decoded.api as QuorumApi]({
          body: decoded.body as never,
          closeConnection: () => undefined,
          respond: (body: object) => {
            const response = encodeResponse(api, version, 1, body as never);
            this.#deliver(to, from, () =>
              finish({ ok: true, response: decodeResponse(api, version, response.subarray(4)).body, version }),
            );
          },
        });
      });
    };
  }

  #deliver(from: RaftNode, to: RaftNode, run: () => void): void {
    if (this.cut.has(`${from.id}-${to.id}`) || this.below(100) < this.dropPercent) return;
    this.after(1 + this.below(this.#options.maxDelayMs ?? 5), run);
  }

  #environment(node: RaftNode): Environment {
    const { incarnation } = node;
    const isAlive = (): boolean => node.incarnation === incarnation;
    const draw = this.#options.draw ?? ((_node: number, bound: number) => this.below(bound));
    const stream: RandomStream = {
      below: (bound, label) => draw(node.id, bound, label),
      between: (min, max, label) => min + draw(node.id, max - min + 1, label),
      chance: (numerator, denominator, label) => draw(node.id, denominator, label) < numerator,
      pick: (items, label) => items[draw(node.id, items.length, label)] as (typeof items)[number],
    };
    const after = (delayMs: number, callback: () => void): Timer => {
      let isCancelled = false;
      this.after(delayMs, () => {
        if (!isCancelled && isAlive()) callback();
      });
      return {
        cancel: () => {
          isCancelled = true;
        },
      };
    };
    const refuse = (): never => {
      throw new Error('no network here');
    };
    return {
      nodeName: `n${node.id}`,
      host: `n${node.id}`,
      clock: { wallMs: () => 1_700_000_000_000 + this.nowMs, monotonicMs: () => this.nowMs },
      timers: { after },
      network: { connect: refuse, listen: refuse },
      random: { stream: () => stream, sometimes: () => false },
      disk: node.disk,
      halt: (reason) => {
        node.halted = reason;
        this.#options.onHalt?.(node.id, reason);
        this.crash(node, false);
      },
      compression: pureCompression,
      tracer: {
        emit: (event) => {
          if (!isAlive()) return;
          this.trace.push({ node: node.id, event });
          this.#options.onEvent?.(node.id, event);
        },
      },
    };
  }
}
