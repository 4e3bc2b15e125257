/** A quorum without a network, for tests: one log shared by some controllers; leadership and commits are given by hand. */
import { AuthHelper } from '../../security/auth-helper.ts';
import { Authorizer } from '../../security/authorizer.ts';
import { ANONYMOUS, type KafkaPrincipal } from '../../security/principal.ts';
import { authorizerSettings } from '../../security/settings.ts';
import { BROKER_CONFIG, type BrokerConfig, parseConfig } from '../../config/index.ts';
import type { Crypto } from '../../../ports/crypto.ts';
import type { Environment } from '../../environment.ts';
import type { RandomStream } from '../../../ports/random.ts';
import type { Timer } from '../../../ports/time.ts';
import { pureCompression } from '../../protocol/compression.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../../protocol/messages/index.ts';
import { type CommittedBatch, NotLeaderError } from '../../raft/types.ts';
import type { TraceEvent } from '../../trace.ts';
import { controllerApis } from '../../broker/offered-apis.ts';
import { decidedApi } from '../../broker/request-router.ts';
import type { ControllerRequest, DecidedApi } from '../decision.ts';
import { QuorumController } from '../quorum-controller.ts';

/** An answer, when it has come. */
export interface Answer<A extends ApiName> {
  body: ResponseTypes[A] | null;
}

export interface AskOptions {
  /** Index of the controller; the leader if absent. */
  readonly to?: number;
  readonly version?: number;
  readonly principal?: KafkaPrincipal;
}

/** A broker's properties that hold for the controllers of a test. */
function testConfig(overrides: Record<string, string | number | boolean> = {}): BrokerConfig {
  return parseConfig(BROKER_CONFIG, {
    'process.roles': 'controller',
    'node.id': 100,
    'controller.quorum.voters': '100@c100:9093',
    listeners: 'CONTROLLER://:9093',
    'log.dirs': '/data',
    'metadata.max.idle.interval.ms': 0,
    ...overrides,
  });
}

export class TestQuorum {
  readonly events: { node: number; event: TraceEvent }[] = [];
  readonly controllers: QuorumController[] = [];
  readonly snapshots: { endOffset: number; records: readonly Uint8Array[] }[] = [];
  readonly config: BrokerConfig;
  nowMs = 1_000;
  epoch = 0;
  leader = -1;
  highWatermark = 0;
  #log: CommittedBatch[] = [];
  #auth: AuthHelper[] = [];
  #delivered: number[] = [];
  #timers: { atMs: number; callback: () => void; cancelled: boolean }[] = [];
  #seed: number;

  readonly #crypto: Crypto | undefined;

  constructor(
    options: {
      controllers?: number;
      config?: Record<string, string | number | boolean>;
      seed?: number;
      crypto?: Crypto;
    } = {},
  ) {
    this.#crypto = options.crypto;
    this.config = testConfig(options.config);
    this.#seed = options.seed ?? 1;
    for (let i = 0; i < (options.controllers ?? 1); i++) this.#addController();
  }

  get active(): QuorumController {
    return this.controllers[this.leader] as QuorumController;
  }

  get logEndOffset(): number {
    const last = this.#log.at(-1);
    return last === undefined ? 0 : last.lastOffset + 1;
  }

  get committedBatches(): readonly CommittedBatch[] {
    return this.#log.filter((batch) => batch.lastOffset < this.highWatermark);
  }

  /** Controller `index` leads from now on, in a new epoch; what is not committed is lost unless `keep`. */
  elect(index: number, keep = false): void {
    if (!keep) this.#log = this.#log.filter((batch) => batch.lastOffset < this.highWatermark);
    const before = this.leader;
    this.leader = index;
    this.epoch++;
    const { epoch } = this;
    if (before >= 0 && before !== index) this.controllers[before]?.handleLeaderChange({ leaderId: index, epoch });
    this.commit();
    this.controllers[index]?.handleLeaderChange({ leaderId: index, epoch });
  }

  /** Commits everything appended and tells all controllers. */
  commit(): void {
    this.highWatermark = this.logEndOffset;
    this.controllers.forEach((_, index) => this.deliver(index));
  }

  deliver(index: number): void {
    const from = this.#delivered[index] as number;
    const batches = this.#log.filter((batch) => batch.baseOffset >= from && batch.lastOffset < this.highWatermark);
    if (batches.length === 0) return;
    this.#delivered[index] = (batches.at(-1) as CommittedBatch).lastOffset + 1;
    this.controllers[index]?.handleCommit(batches);
  }

  /** Sends a request to a controller; the answer's body appears when it is answered. */
  ask<A extends ApiName>(api: A, body: RequestTypes[A], options: AskOptions = {}): Answer<A> {
    const answer: Answer<A> = { body: null };
    const to = options.to ?? this.leader;
    const request: ControllerRequest = {
      principal: options.principal ?? ANONYMOUS,
      clientHost: 'test',
      api,
      version: options.version ?? 3,
      body,
      respond: (given) => {
        answer.body = given as ResponseTypes[A];
      },
      closeConnection: () => undefined,
    };
    this.controllers[to]?.handle(request, this.#decided(to, api));
    return answer;
  }

  /** Asks the leader, commits, and gives the answer. */
  call<A extends ApiName>(api: A, body: RequestTypes[A], options: AskOptions = {}): ResponseTypes[A] {
    const answer = this.ask(api, body, options);
    this.commit();
    if (answer.body === null) throw new Error(`${api} was not answered`);
    return answer.body;
  }

  advance(ms: number): void {
    const end = this.nowMs + ms;
    for (;;) {
      const due = this.#timers.filter((timer) => !timer.cancelled && timer.atMs <= end);
      due.sort((a, b) => a.atMs - b.atMs);
      const next = due[0];
      if (next === undefined) break;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.cancelled = true;
      next.callback();
    }
    this.#timers = this.#timers.filter((timer) => !timer.cancelled);
    this.nowMs = end;
  }

  #decided(node: number, name: ApiName): DecidedApi {
    const api = controllerApis().find((offered) => offered.name === name);
    const side = api?.controller ?? null;
    if (api === undefined || side === null || !('decide' in side)) throw new Error(`${name} is not decided by the controller`);
    return decidedApi(this.#auth[node] as AuthHelper, side, api.failed);
  }

  #addController(): void {
    const index = this.controllers.length;
    this.#delivered.push(0);
    const state = { logEndOffset: (): number => this.logEndOffset, highWatermark: (): number => this.highWatermark };
    const raft = {
      get logEndOffset() {
        return state.logEndOffset();
      },
      get highWatermark() {
        return state.highWatermark();
      },
      scheduleAppend: (epoch: number, records: readonly Uint8Array[]): number => {
        if (epoch !== this.epoch || this.leader !== index) throw new NotLeaderError('not the leader');
        const baseOffset = this.logEndOffset;
        const lastOffset = baseOffset + records.length - 1;
        this.#log.push({ baseOffset, lastOffset, epoch, appendTimestamp: this.nowMs, records: [...records] });
        return lastOffset;
      },
      createSnapshot: (endOffset: number, _epoch: number, _timestamp: number, records: readonly Uint8Array[]): void => {
        this.snapshots.push({ endOffset, records });
      },
    };
    const env = this.environment(index);
    const settings = authorizerSettings(this.config);
    const acls = () => this.controllers[index]?.image.acls ?? null;
    const auth = new AuthHelper(settings === null ? null : new Authorizer(settings, acls));
    this.#auth.push(auth);
    this.controllers.push(new QuorumController(env, { nodeId: index, clusterId: 'test', config: this.config, raft, auth }));
  }

  environment(node: number): Environment {
    const absent = (): never => {
      throw new Error('not in this test');
    };
    const streams = new Map<string, RandomStream>();
    return {
      nodeName: `c${node}`,
      host: `c${node}`,
      clock: { wallMs: () => this.nowMs, monotonicMs: () => this.nowMs },
      timers: {
        after: (delayMs, callback): Timer => {
          const timer = { atMs: this.nowMs + delayMs, callback, cancelled: false };
          this.#timers.push(timer);
          return {
            cancel() {
              timer.cancelled = true;
            },
          };
        },
      },
      random: {
        stream: (name) => {
          let stream = streams.get(name);
          if (stream === undefined) streams.set(name, (stream = testStream(`${this.#seed}/${name}`)));
          return stream;
        },
        sometimes: () => false,
      },
      compression: pureCompression,
      tracer: { emit: (event) => void this.events.push({ node, event }) },
      ...(this.#crypto === undefined ? {} : { crypto: this.#crypto }),
      network: { connect: absent, listen: absent },
      disk: {
        open: absent,
        exists: absent,
        list: absent,
        makeDirectory: absent,
        rename: absent,
        remove: absent,
        syncDirectory: absent,
      },
      halt: absent,
    };
  }
}

/** A stream of numbers that depends on its name alone. */
export function testStream(name: string): RandomStream {
  let state = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) state = Math.imul(state ^ name.charCodeAt(i), 0x01000193);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  return {
    below,
    between: (min, max) => min + below(max - min + 1),
    chance: (numerator, denominator) => below(denominator) < numerator,
    pick: (items) => items[below(items.length)] as never,
  };
}
