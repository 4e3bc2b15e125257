/**
 * A controller of the cluster: follows the committed metadata log, and while it leads the quorum decides what comes next.
 * It is the quorum client's listener on a node with the controller role; a broker on the same node publishes from `loader`.
 */
import type { BrokerConfig } from '../config/index.ts';
import type { Environment } from '../environment.ts';
import { invariant } from '../../ports/invariant.ts';
import type { MetadataImage } from '../metadata/image.ts';
import { type LoaderRaft, MetadataLoader } from '../metadata/loader.ts';
import type { MetadataRecord } from '../metadata/records.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { ApiName } from '../protocol/messages/index.ts';
import type { BrokerId, LeaderEpoch } from '../protocol/numbers.ts';
import type { CommittedBatch, LeaderAndEpoch, LoadedSnapshot, RaftListener } from '../raft/types.ts';
import { Refusals } from '../refusals.ts';
import { type FailedAnswer, refuse } from '../rpc/failure.ts';
import type { AuthHelper } from '../security/auth-helper.ts';
import { ActiveController, type ActiveRaft } from './active.ts';
import { ApiError } from './api-error.ts';
import type { Changes } from './changes.ts';
import type { ControllerRequest, DecidedApi, Decision } from './decision.ts';

/** What the controller asks of the quorum's client; a RaftClient is one. */
type ControllerRaft = ActiveRaft & LoaderRaft;

export interface QuorumControllerOptions {
  readonly nodeId: BrokerId;
  readonly clusterId: string;
  readonly config: BrokerConfig;
  readonly raft: ControllerRaft;
  readonly auth: AuthHelper;
  /** What the metadata of a new cluster begins with; asked for when this controller is the first. */
  readonly bootstrap: () => readonly MetadataRecord[];
}

/** As long as the thread that has a request may be suspended. */
const LATE_MS = 20;

/** What an operation is refused with at a node that is not, or no longer, the active controller. */
const NOT_ACTIVE = 'not-active';

export class QuorumController implements RaftListener {
  /** The committed metadata of this node. */
  readonly loader: MetadataLoader;
  readonly #env: Environment;
  readonly #options: QuorumControllerOptions;
  readonly #refusals: Refusals;
  #active: ActiveController | null = null;
  #closed = false;

  constructor(env: Environment, options: QuorumControllerOptions) {
    this.#env = env;
    this.#options = options;
    this.#refusals = new Refusals(env.clock);
    const { raft, config } = options;
    this.loader = new MetadataLoader(env, { role: 'controller', raft, config });
  }

  get isActive(): boolean {
    return this.#active !== null;
  }

  /** The committed image. */
  get image(): MetadataImage {
    return this.loader.image;
  }

  /**
   * Decides a request; it is answered when the decision is committed. Requests of different connections come to the controller in any
   * order: Kafka's are handled by several threads.
   */
  handle(request: ControllerRequest, api: DecidedApi): void {
    if (this.#env.random.sometimes('controller/late-turn', 16)) this.#env.timers.after(LATE_MS, () => this.#decide(request, api));
    else this.#decide(request, api);
  }

  #decide(request: ControllerRequest, { decide, failed }: DecidedApi): void {
    if (this.#closed) return;
    const active = this.#active;
    if (active === null) {
      this.#refuse(request, failed, ErrorCode.NOT_CONTROLLER, 'This is not the active controller.');
      return;
    }
    let decision: Decision<ApiName>;
    try {
      decision = decide({ env: this.#env, active, hasAuthorizer: this.#options.auth.authorizer !== null }, request);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#refuse(request, failed, error.code, error.message);
      return;
    }
    active.write(request.api, decision.changes, {
      succeed: () => {
        if (this.#closed) return;
        decision.onAnswer?.();
        request.respond(decision.body);
      },
      fail: (code) => this.#refuse(request, failed, code, 'This is no longer the active controller.'),
    });
  }

  /** Not a request: somebody who runs the node wants this done. `done` is told when it is committed, or why it can't be; null: it is. */
  operate(
    operation: string,
    decide: (active: ActiveController, changes: Changes) => void,
    done: (refusal: string | null) => void,
  ): void {
    const active = this.#closed ? null : this.#active;
    if (active === null) return done(NOT_ACTIVE);
    const changes = active.begin();
    try {
      decide(active, changes);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return done(error.message);
    }
    active.write(operation, changes, { succeed: () => done(null), fail: () => done(NOT_ACTIVE) });
  }

  handleCommit(batches: readonly CommittedBatch[]): void {
    if (this.#closed) return;
    this.loader.handleCommit(batches);
    this.#active?.handleCommitted(this.loader.image);
  }

  handleLoadSnapshot(snapshot: LoadedSnapshot): void {
    if (this.#closed) return;
    invariant(this.#active === null, () => `a snapshot up to ${snapshot.endOffset} came to the active controller`);
    this.loader.handleLoadSnapshot(snapshot);
  }

  /** The quorum's client names this node only after all that was committed before its epoch has been handed over. */
  handleLeaderChange(leader: LeaderAndEpoch): void {
    if (this.#closed) return;
    if (this.#active !== null) {
      if (leader.leaderId === this.#options.nodeId && leader.epoch === this.#active.epoch) return;
      this.#renounce(`the leader is ${leader.leaderId} in epoch ${leader.epoch}`);
    }
    if (leader.leaderId === this.#options.nodeId) this.#claim(leader.epoch);
  }

  /** No request is answered any more. */
  close(): void {
    this.#closed = true;
    this.loader.close();
    this.#active?.close();
    this.#active = null;
  }

  #claim(epoch: LeaderEpoch): void {
    const { clusterId, nodeId, config, raft, bootstrap } = this.#options;
    const active = new ActiveController(this.#env, {
      epoch,
      clusterId,
      nodeId,
      config,
      raft,
      committed: this.loader.image,
      onNotLeader: () => {
        if (this.#active === active) this.#renounce('the quorum has another leader');
      },
    });
    this.#active = active;
    this.#env.tracer.emit({ type: 'controller-activated', epoch, claimOffset: active.claimOffset });
    const { isTransactionOpen } = this.loader;
    active.activate({ isTransactionOpen, bootstrap: () => this.loader.withoutLacking(bootstrap()) });
  }

  /** Back to the committed image alone; who waits for a commit is told to look for the new controller. */
  #renounce(reason: string): void {
    const active = this.#active;
    invariant(active !== null, () => 'only an active controller can renounce');
    this.#active = null;
    this.#env.tracer.emit({ type: 'controller-renounced', epoch: active.epoch, reason });
    active.close();
  }

  #refuse(request: ControllerRequest, failed: FailedAnswer, code: number, message: string): void {
    if (this.#closed) return;
    const times = this.#refusals.count(`${request.api}/${code}/${message}`);
    if (times > 0) {
      this.#env.tracer.emit({ type: 'request-rejected', api: request.api, error: code, detail: message, times });
    }
    refuse(request, failed, code, message);
  }
}
