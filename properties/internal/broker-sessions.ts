/** Who counts as alive: C16 (no broker is fenced before its session has passed) and C17 (a node id has one life at a time). */
import type { TraceEventOf } from '../../core/trace.ts';
import type { BrokerRegistrationSummary } from '../../core/trace/metadata-events.ts';
import { ErrorCode } from '../../core/protocol/errors.ts';
import { type Micros, micros, millis } from '../../ports/time.ts';
import { MAX_MONOTONIC_DRIFT_PPM } from '../../world/clock.ts';
import { BROKER_CONFIG, numberGiven } from '../../core/config/index.ts';
import type { Checker, Occurrence, PropertyDefinition } from '../../sim/observe.ts';
import type { CheckContext } from '../judge.ts';
import { type CommittedListener, type CommittedMetadata, committedOf } from './committed.ts';

/** When the active controller last heard of a broker, and of which registration. */
interface Contact {
  readonly brokerEpoch: number;
  readonly incarnationId: string | null;
  timeUs: Micros;
  /** It expired, or the broker asked to be fenced: nobody has to wait for it any more. */
  over: boolean;
}

/** What may have fenced one registration of a broker: each time for a reason that was judged by itself. */
interface Grounds {
  readonly brokerEpoch: number;
  /** It asked to be unfenced. Before that it was fenced, and what it wishes while it starts fences nobody. */
  wasReady: boolean;
  /** How often its session expired, or it wished to be fenced, less the fencings that were seen. */
  left: number;
}

/** One controller in one epoch of its activity: what it has heard of, it heard itself. */
interface Activity {
  readonly sinceUs: Micros;
  readonly contacts: Map<number, Contact>;
}

class BrokerSessions implements CommittedListener {
  readonly #context: CheckContext;
  readonly #metadata: CommittedMetadata;
  /** By controller. */
  readonly #active = new Map<number, Activity>();
  /** By broker, what allows its fencing. */
  readonly #grounds = new Map<number, Grounds>();
  /** The session time-out as the fastest clock sees it pass. */
  readonly #sessionUs: Micros;

  constructor(context: CheckContext) {
    this.#context = context;
    this.#metadata = committedOf(context);
    this.#metadata.listeners.push(this);
    const sessionMs = numberGiven(BROKER_CONFIG, context.plan.cluster.properties, 'broker.session.timeout.ms');
    this.#sessionUs = Math.floor(micros(sessionMs) / (1 + MAX_MONOTONIC_DRIFT_PPM / 1_000_000));
    context.on('controller-activated', (_event, at) => {
      this.#active.set(at.nodeId, { sinceUs: at.timeUs, contacts: new Map() });
    });
    context.on('controller-renounced', (_event, at) => void this.#active.delete(at.nodeId));
    context.on('broker-heartbeat-received', (event, at) => this.#onHeartbeat(event, at));
    context.on('broker-registration-accepted', (event, at) => this.#onRegistration(event, at));
    context.on('broker-session-expired', (event, at) => this.#onExpired(event, at));
    context.on('request-rejected', (event) => {
      if (event.api === 'BrokerRegistration' && event.error === ErrorCode.DUPLICATE_BROKER_REGISTRATION) context.evaluated('C17');
    });
  }

  #onHeartbeat(event: TraceEventOf<'broker-heartbeat-received'>, at: Occurrence): void {
    const activity = this.#active.get(at.nodeId);
    if (activity === undefined) return;
    const { brokerId, brokerEpoch } = event;
    const contact = activity.contacts.get(brokerId);
    // One of an earlier registration is refused, and says nothing of this one.
    if (contact !== undefined && brokerEpoch < contact.brokerEpoch) return;
    const over = event.wantFence || event.wantShutDown;
    const grounds = this.#groundsOf(brokerId, brokerEpoch);
    if (!over) grounds.wasReady = true;
    else if (grounds.wasReady || event.wantShutDown) grounds.left++;
    if (contact?.brokerEpoch === brokerEpoch) {
      contact.timeUs = at.timeUs;
      contact.over = over;
    } else {
      const registered = this.#metadata.brokers.get(brokerId);
      const incarnationId = registered?.brokerEpoch === brokerEpoch ? registered.incarnationId : null;
      activity.contacts.set(brokerId, { brokerEpoch, incarnationId, timeUs: at.timeUs, over });
    }
  }

  #onRegistration(event: TraceEventOf<'broker-registration-accepted'>, at: Occurrence): void {
    const activity = this.#active.get(at.nodeId);
    if (activity === undefined) return;
    const { brokerId, brokerEpoch, incarnationId } = event;
    const other = this.#liveSession(activity, brokerId, at);
    const isAnother = other !== null && other.incarnationId !== incarnationId;
    if (this.#metadata.brokers.has(brokerId)) this.#context.evaluated('C17');
    if (isAnother) {
      const message = `${at.node} registered incarnation ${incarnationId} of broker ${brokerId} while the session of ${other.incarnationId} was alive, last heard of ${millis(at.timeUs - other.sinceUs)} ms before`;
      this.#context.violated('C17', message, { nodeId: at.nodeId, brokerId });
    }
    activity.contacts.set(brokerId, { brokerEpoch, incarnationId, timeUs: at.timeUs, over: true });
  }

  /** The incarnation that surely has a session with this controller: committed as unfenced, heard of, and not given up. */
  #liveSession(activity: Activity, brokerId: number, at: Occurrence): { incarnationId: string; sinceUs: Micros } | null {
    const registered = this.#metadata.brokers.get(brokerId);
    if (registered === undefined || registered.fenced || registered.inControlledShutdown) return null;
    const contact = activity.contacts.get(brokerId);
    if (contact !== undefined && (contact.over || contact.brokerEpoch !== registered.brokerEpoch)) return null;
    const sinceUs = contact?.timeUs ?? activity.sinceUs;
    return at.timeUs - sinceUs < this.#sessionUs ? { incarnationId: registered.incarnationId, sinceUs } : null;
  }

  /** C16, the decision: who expires was not heard of, by this controller in this epoch, for as long as a session lasts. */
  #onExpired(event: TraceEventOf<'broker-session-expired'>, at: Occurrence): void {
    const activity = this.#active.get(at.nodeId);
    if (activity === undefined) return;
    this.#context.evaluated('C16');
    const { brokerId, brokerEpoch } = event;
    this.#groundsOf(brokerId, brokerEpoch).left++;
    const contact = activity.contacts.get(brokerId);
    const heardUs = contact?.brokerEpoch === brokerEpoch ? contact.timeUs : activity.sinceUs;
    if (contact?.brokerEpoch === brokerEpoch) contact.over = true;
    else activity.contacts.set(brokerId, { brokerEpoch, incarnationId: null, timeUs: activity.sinceUs, over: true });
    const silentUs = at.timeUs - heardUs;
    if (silentUs >= this.#sessionUs) return;
    const since = contact?.brokerEpoch === brokerEpoch ? 'its last heartbeat came' : 'this controller became active';
    const message = `${at.node} let the session of broker ${brokerId} (epoch ${brokerEpoch}) expire ${millis(silentUs)} ms after ${since}; a session lasts ${millis(this.#sessionUs)} ms`;
    this.#context.violated('C16', message, { nodeId: at.nodeId, brokerId });
  }

  /** C16, what came of it: nobody is fenced but by an expired session or at its own wish. */
  onBroker(before: BrokerRegistrationSummary | null, after: BrokerRegistrationSummary, offset: number): void {
    const wasFenced = before === null || before.fenced || before.brokerEpoch !== after.brokerEpoch;
    if (wasFenced) return;
    if (!after.fenced) return;
    const grounds = this.#groundsOf(after.brokerId, after.brokerEpoch);
    if (grounds.left > 0) {
      grounds.left--;
      return;
    }
    const message = `broker ${after.brokerId} (epoch ${after.brokerEpoch}) was fenced at offset ${offset}: its session had not expired, and it had not asked for it`;
    this.#context.violated('C16', message, { brokerId: after.brokerId, offset });
  }

  #groundsOf(brokerId: number, brokerEpoch: number): Grounds {
    let grounds = this.#grounds.get(brokerId);
    if (grounds === undefined || grounds.brokerEpoch < brokerEpoch) {
      grounds = { brokerEpoch, wasReady: false, left: 0 };
      this.#grounds.set(brokerId, grounds);
    }
    return grounds;
  }
}

export const brokerSessions = {
  properties: [
    { id: 'C16', title: 'no broker is fenced before its session has passed since its last heartbeat came' },
    { id: 'C17', title: 'a node id has one life: no other incarnation is registered while a session is alive' },
  ],
  create: (context): Checker => {
    new BrokerSessions(context);
    return {};
  },
} as const satisfies PropertyDefinition;
