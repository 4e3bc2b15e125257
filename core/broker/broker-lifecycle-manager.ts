/**
 * A broker's life as the active controller sees it: registration, heartbeats, fenced or not, controlled shutdown (KIP-631).
 *
 *   STARTING: registered, reading the metadata log up to its own registration
 *   RECOVERY: caught up; logs are being loaded; asks to be unfenced once ready
 *   RUNNING: unfenced at least once
 *   PENDING_CONTROLLED_SHUTDOWN: asks the controller to move leaderships away
 *   SHUTTING_DOWN: no more communication
 */
import type { BrokerConfig } from '../config/index.ts';
import type { Environment } from '../environment.ts';
import type { Timer } from '../../ports/time.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { BrokerHeartbeatResponse } from '../protocol/messages/index.ts';
import { BrokerEpoch, NONE } from '../protocol/numbers.ts';
import type { NodeToControllerChannel } from './node-to-controller-channel.ts';
import { Refusals } from '../refusals.ts';
import { SECURITY_PROTOCOL_IDS } from '../security/protocols.ts';
import type { Listener } from './node-settings.ts';

export type BrokerState = 'NOT_RUNNING' | 'STARTING' | 'RECOVERY' | 'RUNNING' | 'PENDING_CONTROLLED_SHUTDOWN' | 'SHUTTING_DOWN';

const FIRST_BACKOFF_MS = 100;
const STARTING_HEARTBEAT_MS = 10;
const FIRST_SHUTDOWN_HEARTBEAT_MS = 50;

export interface LifecycleOptions {
  readonly config: BrokerConfig;
  readonly clusterId: string;
  readonly incarnationId: string;
  readonly listeners: readonly Listener[];
  readonly features: readonly {
    readonly name: string;
    readonly minSupportedVersion: number;
    readonly maxSupportedVersion: number;
  }[];
  /** Ids of the log directories that work. */
  readonly directoryIds: readonly string[];
  /** Ids of the log directories that take no new replicas; null: the cluster's metadata cannot hold them. */
  readonly cordonedDirectoryIds: () => readonly string[] | null;
  /** The epoch of the last registration if the last run ended cleanly, else -1. */
  readonly previousBrokerEpoch: number;
  readonly channel: NodeToControllerChannel;
  /** The last offset of the metadata log that this broker applied. */
  readonly appliedOffset: () => number;
  /** The broker knows the metadata up to its own registration. Called once. */
  readonly onCaughtUp: () => void;
  /** Nothing holds the broker any more: the controller let it go, or it was never running. Called once. */
  readonly onReleased: () => void;
}

export class BrokerLifecycleManager {
  readonly #env: Environment;
  readonly #options: LifecycleOptions;
  readonly #refusals: Refusals;
  #state: BrokerState = 'NOT_RUNNING';
  #brokerEpoch: BrokerEpoch = NONE;
  #registered = false;
  #everRegistered = false;
  #readyToUnfence = false;
  #inFlight = false;
  #soonAgain = false;
  #failedAttempts = 0;
  #gotShutdownAnswer = false;
  #communication: Timer | null = null;
  /** Directory id -> has the controller been told? */
  readonly #offlineDirectories = new Map<string, boolean>();

  constructor(env: Environment, options: LifecycleOptions) {
    this.#env = env;
    this.#options = options;
    this.#refusals = new Refusals(env.clock);
  }

  get state(): BrokerState {
    return this.#state;
  }

  /** The epoch of the present registration, -1 before the first. */
  get brokerEpoch(): BrokerEpoch {
    return this.#brokerEpoch;
  }

  start(): void {
    this.#moveTo('STARTING');
    this.#env.timers.after(this.#options.config['initial.broker.registration.timeout.ms'], () => {
      if (this.#everRegistered || this.#state === 'SHUTTING_DOWN') return;
      this.#env.halt('the broker could not register with the controller in time');
    });
    this.#scheduleCommunication(0);
  }

  /** The broker can serve: from now on heartbeats ask to be unfenced. */
  setReadyToUnfence(): void {
    this.#readyToUnfence = true;
    this.#communicateSoon();
  }

  /** The same incarnation registers anew, because there is more to tell than before; it keeps its epoch and its state. */
  registerAgain(): void {
    if (!this.#registered) return;
    this.#registered = false;
    this.#communicateSoon();
  }

  /** Tells the controller of a failed log directory; a broker that cannot tell it in time ends itself. */
  reportOfflineDirectory(directoryId: string): void {
    if (this.#offlineDirectories.has(directoryId)) return;
    this.#offlineDirectories.set(directoryId, false);
    if (this.#registered) this.#communicateSoon();
    this.#env.timers.after(this.#options.config['log.dir.failure.timeout.ms'], () => {
      if (this.#state === 'SHUTTING_DOWN' || this.#offlineDirectories.get(directoryId)) return;
      this.#env.halt(`the controller could not be told that log directory ${directoryId} failed`);
    });
  }

  /** Other log directories are cordoned: tells the controller soon. */
  onCordoned(): void {
    if (this.#registered) this.#communicateSoon();
  }

  /** Asks the controller to take this broker's leaderships; a broker that is not RUNNING is released at once. */
  beginControlledShutdown(): void {
    if (this.#state === 'PENDING_CONTROLLED_SHUTDOWN' || this.#state === 'SHUTTING_DOWN') return;
    if (this.#state !== 'RUNNING') {
      this.#release();
      return;
    }
    this.#moveTo('PENDING_CONTROLLED_SHUTDOWN');
    this.#communicateSoon();
  }

  /** Ends all communication. */
  close(): void {
    if (this.#state === 'SHUTTING_DOWN') return;
    this.#moveTo('SHUTTING_DOWN');
    this.#communication?.cancel();
    this.#options.channel.close();
  }

  #release(): void {
    this.close();
    this.#options.onReleased();
  }

  #moveTo(state: BrokerState): void {
    const from = this.#state;
    this.#state = state;
    this.#env.tracer.emit({ type: 'broker-state-changed', from, to: state, brokerEpoch: this.#brokerEpoch });
  }

  #communicateSoon(): void {
    if (this.#inFlight) this.#soonAgain = true;
    else this.#scheduleCommunication(0);
  }

  #scheduleCommunication(delayMs: number): void {
    this.#communication?.cancel();
    const delay = this.#soonAgain ? 0 : delayMs;
    this.#soonAgain = false;
    this.#communication = this.#env.timers.after(delay, () => this.#communicate());
  }

  #communicateAfterFailure(): void {
    const ceiling = this.#options.config['broker.session.timeout.ms'];
    const backoff = Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(this.#failedAttempts, 16), ceiling);
    // Two percent of jitter, so that brokers that failed together do not come back together.
    const percent = this.#env.random.stream('broker/lifecycle').between(98, 102, 'retry-jitter');
    this.#failedAttempts++;
    // Never at once after a failure, whatever was asked for meanwhile.
    this.#soonAgain = false;
    this.#scheduleCommunication(Math.floor((backoff * percent) / 100));
  }

  #communicate(): void {
    this.#communication = null;
    if (this.#state === 'SHUTTING_DOWN' || this.#inFlight) return;
    if (this.#registered) this.#sendHeartbeat();
    else this.#sendRegistration();
  }

  #sendRegistration(): void {
    const options = this.#options;
    this.#inFlight = true;
    options.channel.send(
      'BrokerRegistration',
      {
        brokerId: options.config['node.id'],
        clusterId: options.clusterId,
        incarnationId: options.incarnationId,
        listeners: options.listeners.map(({ advertised, security }) => ({
          ...advertised,
          securityProtocol: SECURITY_PROTOCOL_IDS[security.protocol],
        })),
        features: options.features,
        rack: options.config['broker.rack'],
        logDirs: [...options.directoryIds].sort(),
        previousBrokerEpoch: options.previousBrokerEpoch,
      },
      (result) => {
        this.#inFlight = false;
        if (this.#state === 'SHUTTING_DOWN') return;
        if (!result.ok || result.response.errorCode !== ErrorCode.NONE) {
          if (result.ok) this.#reject('BrokerRegistration', result.response.errorCode);
          this.#communicateAfterFailure();
          return;
        }
        this.#failedAttempts = 0;
        this.#brokerEpoch = BrokerEpoch(result.response.brokerEpoch);
        this.#registered = true;
        this.#everRegistered = true;
        this.#scheduleCommunication(0);
      },
    );
  }

  #sendHeartbeat(): void {
    const told = [...this.#offlineDirectories.keys()];
    this.#inFlight = true;
    this.#options.channel.send(
      'BrokerHeartbeat',
      {
        brokerId: this.#options.config['node.id'],
        brokerEpoch: this.#brokerEpoch,
        currentMetadataOffset: this.#options.appliedOffset(),
        wantFence: !this.#readyToUnfence,
        wantShutDown: this.#state === 'PENDING_CONTROLLED_SHUTDOWN',
        offlineLogDirs: told,
        // Before it has caught up the broker does not know how it is configured.
        cordonedLogDirs: this.#state === 'STARTING' ? null : (this.#options.cordonedDirectoryIds()?.slice() ?? null),
      },
      (result) => {
        this.#inFlight = false;
        if (this.#state === 'SHUTTING_DOWN') return;
        if (!result.ok || result.response.errorCode !== ErrorCode.NONE) {
          if (result.ok) this.#reject('BrokerHeartbeat', result.response.errorCode);
          this.#communicateAfterFailure();
          return;
        }
        this.#failedAttempts = 0;
        for (const directory of told) this.#offlineDirectories.set(directory, true);
        this.#onHeartbeatAnswered(result.response);
      },
    );
  }

  #onHeartbeatAnswered(answer: BrokerHeartbeatResponse): void {
    const intervalMs = this.#options.config['broker.heartbeat.interval.ms'];
    switch (this.#state) {
      case 'STARTING':
        this.#scheduleCommunication(STARTING_HEARTBEAT_MS);
        if (answer.isCaughtUp) {
          this.#moveTo('RECOVERY');
          this.#options.onCaughtUp();
        }
        return;
      case 'RECOVERY':
        this.#scheduleCommunication(intervalMs);
        if (!answer.isFenced) this.#moveTo('RUNNING');
        return;
      case 'PENDING_CONTROLLED_SHUTDOWN':
        if (answer.shouldShutDown) {
          this.#release();
          return;
        }
        this.#scheduleCommunication(this.#gotShutdownAnswer ? intervalMs : FIRST_SHUTDOWN_HEARTBEAT_MS);
        this.#gotShutdownAnswer = true;
        return;
      default:
        this.#scheduleCommunication(this.#heartbeatDelayMs(intervalMs));
    }
  }

  #heartbeatDelayMs(intervalMs: number): number {
    if (this.#env.random.sometimes('broker/skipped-heartbeat')) return 2 * intervalMs;
    return this.#env.random.sometimes('broker/early-heartbeat') ? Math.ceil(intervalMs / 10) : intervalMs;
  }

  #reject(api: string, error: number): void {
    const times = this.#refusals.count(`${api}/${error}/${this.#state}`);
    if (times > 0) this.#env.tracer.emit({ type: 'request-rejected', api, error, detail: `in state ${this.#state}`, times });
  }
}
