/** A quorum without a network, for tests: one log shared by some controllers; leadership and commits are given by hand. */
import { LeaderEpoch, Offset } from '../../protocol/numbers.ts';
import { AuthHelper } from '../../security/auth-helper.ts';
import { Authorizer } from '../../security/authorizer.ts';
import { ANONYMOUS, type KafkaPrincipal } from '../../security/principal.ts';
import { authorizerSettings } from '../../security/settings.ts';
import { BROKER_CONFIG, type BrokerConfig, parseConfig } from '../../config/index.ts';
import type { Crypto } from '../../../ports/crypto.ts';
import { bootstrapRecords, type InitialFeatures } from '../../metadata/features.ts';
import { LATEST_METADATA_VERSION } from '../../metadata/metadata-version.ts';
import { encodeRecord, type MetadataRecord } from '../../metadata/records.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../../protocol/messages/index.ts';
import { type CommittedBatch, NotLeaderError } from '../../raft/types.ts';
import { TestWorld } from '../../testing/test-world.ts';
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
  readonly world: TestWorld;
  readonly controllers: QuorumController[] = [];
  readonly snapshots: { endOffset: Offset; records: readonly Uint8Array[] }[] = [];
  readonly config: BrokerConfig;
  epoch = LeaderEpoch(0);
  leader = -1;
  highWatermark = Offset(0);
  #log: CommittedBatch[] = [];
  #auth: AuthHelper[] = [];
  #delivered: number[] = [];

  readonly #crypto: Crypto | undefined;
  readonly #features: InitialFeatures;

  constructor(
    options: {
      controllers?: number;
      config?: Record<string, string | number | boolean>;
      seed?: number;
      crypto?: Crypto;
      /** Which the cluster begins with; without eligible leader replicas by default. */
      features?: InitialFeatures;
    } = {},
  ) {
    this.#crypto = options.crypto;
    this.#features = options.features ?? { eligibleLeaderReplicas: 0, groupVersion: 0, transactionVersion: 0 };
    this.config = testConfig(options.config);
    this.world = new TestWorld({ seed: options.seed ?? 1 });
    for (let i = 0; i < (options.controllers ?? 1); i++) this.#addController();
  }

  get active(): QuorumController {
    return this.controllers[this.leader] as QuorumController;
  }

  get logEndOffset(): Offset {
    const last = this.#log.at(-1);
    return last === undefined ? Offset(0) : Offset(last.lastOffset + 1);
  }

  get committedBatches(): readonly CommittedBatch[] {
    return this.#log.filter((batch) => batch.lastOffset < this.highWatermark);
  }

  /** Controller `index` leads from now on, in a new epoch; what is not committed is lost unless `keep`. */
  elect(index: number, keep = false): void {
    if (!keep) this.#log = this.#log.filter((batch) => batch.lastOffset < this.highWatermark);
    const before = this.leader;
    this.leader = index;
    this.epoch = LeaderEpoch(this.epoch + 1);
    const { epoch } = this;
    if (before >= 0 && before !== index) this.controllers[before]?.handleLeaderChange({ leaderId: index, epoch });
    this.commit();
    this.controllers[index]?.handleLeaderChange({ leaderId: index, epoch });
  }

  /** A batch that some other controller has written. */
  append(...records: readonly MetadataRecord[]): void {
    const baseOffset = this.logEndOffset;
    this.#log.push({
      baseOffset,
      lastOffset: Offset(baseOffset + records.length - 1),
      epoch: this.epoch,
      appendTimestamp: this.world.nowMs,
      records: records.map((record) => encodeRecord(record, LATEST_METADATA_VERSION)),
    });
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

  /** Time goes on; what timers it brings due have not fired yet. */
  passUnnoticed(ms: number): void {
    const { processes } = this.world.world;
    for (const process of processes) process.pause();
    this.world.run(ms);
    for (const process of processes) process.resume();
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
    const state = { logEndOffset: (): Offset => this.logEndOffset, highWatermark: (): Offset => this.highWatermark };
    const raft = {
      get logEndOffset() {
        return state.logEndOffset();
      },
      get highWatermark() {
        return state.highWatermark();
      },
      scheduleAppend: (epoch: LeaderEpoch, records: readonly Uint8Array[]): Offset => {
        if (epoch !== this.epoch || this.leader !== index) throw new NotLeaderError('not the leader');
        const baseOffset = this.logEndOffset;
        const lastOffset = Offset(baseOffset + records.length - 1);
        this.#log.push({ baseOffset, lastOffset, epoch, appendTimestamp: this.world.nowMs, records: [...records] });
        return lastOffset;
      },
      createSnapshot: (endOffset: Offset, _epoch: LeaderEpoch, _timestamp: number, records: readonly Uint8Array[]): void => {
        this.snapshots.push({ endOffset, records });
      },
    };
    const ports = this.world.environment(`c${index}`);
    const env = this.#crypto === undefined ? ports : { ...ports, crypto: this.#crypto };
    const settings = authorizerSettings(this.config);
    const acls = () => this.controllers[index]?.image.acls ?? null;
    const auth = new AuthHelper(settings === null ? null : new Authorizer(settings, acls));
    this.#auth.push(auth);
    this.controllers.push(
      new QuorumController(env, {
        nodeId: index,
        clusterId: 'test',
        config: this.config,
        raft,
        auth,
        bootstrap: () => bootstrapRecords(this.#features),
      }),
    );
  }
}
