/** All that a line of the trace can be about: for `trial list events` and for `--until`. */
import { TRACE_EVENTS } from '../core/trace-events.ts';
import type { HistoryEvent } from '../sim/history.ts';
import type { TraceEventType } from '../core/trace.ts';
import type { Phase, WorldChange } from '../sim/observe.ts';
import type { TraceLine } from '../sim/run.ts';

const PHASES: Readonly<Record<Phase, string>> = {
  boot: 'phase: the cluster comes up and gets its topics',
  'warm-up': 'phase: applications work, nothing happens to the cluster',
  chaos: 'phase: faults happen',
  heal: 'phase: faults end, what is down is started',
  settle: 'phase: the cluster must come to rest, applications write no more',
  verify: 'phase: everything is read once more and judged',
  done: 'phase: the run is over',
};

const WORLD: Readonly<Record<WorldChange['type'], string>> = {
  started: 'a process started',
  crashed: 'a process, or the session of a client with it, crashed',
  'power-lost': 'a machine lost power',
  'disk-wiped': 'a disk was emptied',
  'disk-restored': 'a disk was put back to what it held some time before',
  'disk-corrupted': 'durable bytes changed under a node',
  'sync-lied': 'a sync failed or lied, and bytes that it left off the medium count as written',
  stopped: 'a process ended in order',
  paused: 'a process stood still',
  resumed: 'a process went on',
  slowed: 'a process takes so many times as long for all it does from now on',
};

const HISTORY: Readonly<Record<Exclude<HistoryEvent['type'], WorldChange['type']>, string>> = {
  opened: 'an application made a client',
  closed: 'an application closed a client',
  invoke: 'an application called a client',
  ok: 'a call of an application succeeded',
  fail: 'a call of an application failed: certainly without effect',
  info: 'a call of an application ended with an unknown effect',
  assigned: 'a consumer of an application got partitions',
  revoked: 'a consumer of an application gave partitions back',
  lost: 'a consumer of an application lost partitions',
  processed: 'an application has processed records',
  stored: 'a simulated service has made changes of its tables durable',
  'offsets-committed': 'a program was told that offsets of its group are committed',
};

type OfRun = Exclude<TraceLine['what']['type'], TraceEventType | WorldChange['type'] | HistoryEvent['type'] | 'phase'>;

const RUN: Readonly<Record<OfRun, string>> = {
  fault: 'a fault begins, is refused or ends',
  violation: 'a property is violated, for the first time',
  note: 'the simulation has something to say',
};

/** Each type with a line about it. */
export const EVENT_TYPES: ReadonlyMap<string, string> = new Map([
  ...Object.entries(TRACE_EVENTS),
  ...Object.entries(WORLD),
  ...Object.entries(HISTORY),
  ...Object.entries(PHASES),
  ...Object.entries(RUN),
]);
