/** Some RaftClients in the simulated world, but for the network: in its place a bus that delays and drops single messages. For tests. */
import type { Environment } from '../../environment.ts';
import type { RandomStream } from '../../../ports/random.ts';
import type { Process } from '../../../world/process.ts';
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from '../../protocol/codec.ts';
import type { ApiName } from '../../protocol/messages/index.ts';
import { TestWorld } from '../../testing/test-world.ts';
import type { TraceEvent } from '../../trace.ts';
import { type CommittedBatch, type LeaderAndEpoch, RaftClient, type RaftOptions, type RaftTransport } from '../raft-client.ts';
import { VoterSet } from '../voter-set.ts';

const VERSIONS: { readonly [api: string]: number } = {
  Vote: 2,
  BeginQuorumEpoch: 1,
  EndQuorumEpoch: 1,
  Fetch: 18,
  FetchSnapshot: 1,
  DescribeQuorum: 2,
};

export interface RaftWorldOptions {
  readonly seed: number;
  readonly voters: number;
  readonly observers?: number;
  readonly dropPercent?: number;
  readonly maxDelayMs?: number;
  /** Of a sync, long-tailed. */
  readonly syncJitterUs?: number;
  readonly onEvent?: (node: number, event: TraceEvent) => void;
  readonly onHalt?: (node: number, reason: string) => void;
  readonly onRequest?: (from: number, api: ApiName, body: object) => void;
  readonly onApplied?: (node: number, values: readonly string[]) => void;
  /** Takes the place of chance inside the nodes, in [0, bound). */
  readonly draw?: (node: number, bound: number, label: string) => number;
}

/** A process and the disk under it. */
export class RaftNode {
  readonly id: number;
  readonly process: Process;
  client: RaftClient | null = null;
  halted: string | null = null;
  /** What the state machine was given, by offset, since its last snapshot. */
  applied: string[] = [];
  batches: CommittedBatch[] = [];
  leaderChanges: LeaderAndEpoch[] = [];

  constructor(id: number, process: Process) {
    this.id = id;
    this.process = process;
  }
}

/** The APIs of the quorum are methods of its client. */
type QuorumApi = keyof RaftClient & ApiName;

export class RaftWorld extends TestWorld {
  dropPercent: number;
  readonly nodes: RaftNode[] = [];
  /** Pairs that can't talk, `from-to`. */
  readonly cut = new Set<string>();
  readonly #options: RaftWorldOptions;
  readonly #bus: RandomStream;

  constructor(options: RaftWorldOptions) {
    super({ seed: options.seed, disk: { syncJitterUs: options.syncJitterUs ?? 1000 } });
    this.#options = options;
    this.#bus = this.stream('bus');
    this.dropPercent = options.dropPercent ?? 0;
    for (let id = 1; id <= options.voters + (options.observers ?? 0); id++) this.#addNode(id);
    this.world.observe({
      onEvent: (node, _incarnation, _timeUs, event) => options.onEvent?.(idOf(node), event as TraceEvent),
      onProcess: ({ process, change, reason }) => {
        if (change !== 'halted') return;
        const node = this.node(idOf(process));
        node.halted = reason ?? '';
        node.client = null;
        options.onHalt?.(node.id, node.halted);
      },
    });
  }

  node(id: number): RaftNode {
    return this.nodes[id - 1] as RaftNode;
  }

  startAll(): void {
    for (const node of this.nodes) this.start(node);
  }

  start(node: RaftNode): void {
    node.halted = null;
    node.applied = [];
    node.batches = [];
    node.leaderChanges = [];
    const client = new RaftClient(this.#environment(node), this.#raftOptions(node));
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
    const { process } = node;
    node.client = null;
    if (!process.alive) return;
    if (losesPower) {
      process.machine.powerOff();
      process.machine.powerOn();
    } else process.kill();
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

  /** Its data directory is there, and durable. */
  #addNode(id: number): void {
    const name = `n${id}`;
    const { disk } = this.environment(name);
    disk.makeDirectory('data');
    let isDurable = false;
    disk.syncDirectory('', () => (isDurable = true));
    this.runUntil(() => isDurable, 10_000);
    const process = this.process(name);
    process.kill();
    this.nodes.push(new RaftNode(id, process));
  }

  #raftOptions(node: RaftNode): RaftOptions {
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
        'controller.quorum.fetch.max.bytes': 2_000_000,
        'controller.quorum.fetch.snapshot.max.bytes': 1_000_000,
      },
      logConfig: { 'segment.bytes': 2000 },
      rpc: { send: this.#transport(node) },
    };
  }

  #transport(from: RaftNode): RaftTransport['send'] {
    const { incarnation } = from.process;
    return (endpoint, api, request, options, done) => {
      const to = this.node(Number(endpoint.id));
      const version = VERSIONS[api] as number;
      const bytes = encodeRequest(api, version, 1, null, request);
      this.#options.onRequest?.(from.id, api, request);
      let isDone = false;
      const finish = (result: Parameters<typeof done>[0]): void => {
        if (isDone || incarnation?.alive !== true) return;
        isDone = true;
        done(result);
      };
      this.after(options.timeoutMs ?? 2000, () => finish({ ok: false, reason: 'timed-out', sent: true }));
      this.#deliver(from, to, () => {
        const { client } = to;
        if (client === null) return void this.after(1, () => finish({ ok: false, reason: 'disconnected', sent: false }));
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
    if (this.cut.has(`${from.id}-${to.id}`) || this.#bus.below(100, 'dropped') < this.dropPercent) return;
    this.after(this.#bus.between(1, this.#options.maxDelayMs ?? 5, 'delay'), run);
  }

  #environment(node: RaftNode): Environment {
    const env = this.environment(`n${node.id}`);
    const { draw } = this.#options;
    if (draw === undefined) return env;
    const stream: RandomStream = {
      below: (bound, label) => draw(node.id, bound, label),
      between: (min, max, label) => min + draw(node.id, max - min + 1, label),
      chance: (numerator, denominator, label) => draw(node.id, denominator, label) < numerator,
      pick: (items, label) => items[draw(node.id, items.length, label)] as (typeof items)[number],
    };
    return { ...env, random: { ...env.random, stream: () => stream } };
  }
}

function idOf(name: string): number {
  return Number(name.slice(1));
}
