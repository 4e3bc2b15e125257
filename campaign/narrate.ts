/** A line of the trace as text for people: time, node and its life, what happened. */
import type { Micros } from '../ports/time.ts';
import { clipped, printable } from './printable.ts';
import type { FaultChange } from '../sim/observe.ts';
import type { TraceLine } from '../sim/run.ts';
import type { Completion, HistoryEvent, Invocation } from '../sim/history.ts';

type What = TraceLine['what'];

/** Events that say little and come by the thousand; shown only when asked for. */
const NOISE: ReadonlySet<string> = new Set([
  'fetch-served',
  'fetch-applied',
  'follower-progressed',
  'log-flushed',
  'log-appended',
  'produce-appended',
  'producer-batch-sent',
  'checkpoint-written',
  'high-watermark-advanced',
  'quorum-high-watermark-advanced',
  'quorum-state-persisted',
  'offset-fetched',
  'producer-state-told',
  'broker-heartbeat-received',
  'group-heartbeat-received',
  'controller-write-completed',
]);

/** True for what a narration leaves out unless it is verbose: replication's daily work and polls that brought nothing. */
export function isNoise({ what }: TraceLine): boolean {
  if (NOISE.has(what.type)) return true;
  if (what.type === 'metadata-applied') {
    const { partitions, removedPartitions, brokers, removedBrokers, configs } = what;
    return [partitions, removedPartitions, brokers, removedBrokers, configs].every((changed) => changed.length === 0);
  }
  if (!('session' in what)) return false;
  if (what.type === 'invoke') return what.call.f !== 'transaction';
  return what.type === 'ok' && what.result.f === 'poll' && what.result.records.length === 0;
}

/** `   12.345678 s  b2#1       log-truncated orders-0, from 17, to 12, reason diverging-epoch` */
export function narrate(line: TraceLine): string {
  const who = line.node === '' ? '' : line.incarnation > 0 ? `${line.node}#${line.incarnation}` : line.node;
  return `${narrateTime(line.timeUs)}  ${who.padEnd(12)} ${printable(clipped(narrateWhat(line.what)))}`;
}

export function narrateTime(timeUs: Micros): string {
  return `${(timeUs / 1e6).toFixed(6).padStart(12)} s`;
}

/** What happened, without when and where. */
export function narrateWhat(what: What): string {
  if ('session' in what) return narrateOperation(what);
  if (what.type === 'phase') return `--- ${what.phase} ---`;
  if (what.type === 'note') return `* ${what.text}`;
  if (what.type === 'violation') return `* VIOLATED ${what.property}: ${what.message}`;
  if (what.type === 'fault') return `* ${narrateFault(what)}`;
  const { type, ...rest } = what as { readonly type: string } & Record<string, unknown>;
  return `${type}${details(rest)}`;
}

/** `fault isolate on b1 begins, for 8128 ms` */
function narrateFault({ kind, targets, change, forMs }: FaultChange): string {
  const what = `fault ${kind} on ${targets.join(', ') || 'nobody'} ${change}`;
  if (change === 'refused') return `${what}: the budget or the state of the world forbids it`;
  return forMs === null ? what : `${what}, for ${forMs} ms`;
}

/** Fields that the line says already. */
const SAID: ReadonlySet<string> = new Set(['timeUs', 'step', 'node', 'nodeId', 'incarnation']);

/** Every field of an event with its value, for people. */
export function factsOf(what: What): readonly (readonly [name: string, value: string])[] {
  if ('session' in what) return [['operation', narrateOperation(what)]];
  return (
    Object.entries(what)
      // What is there for checkers to call is no fact.
      .filter(([name, value]) => name !== 'type' && !SAID.has(name) && typeof value !== 'function')
      .map(([name, value]) => [words(name), show(value)] as const)
  );
}

function details(fields: Readonly<Record<string, unknown>>): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (SAID.has(name) || value === undefined || typeof value === 'function' || (Array.isArray(value) && value.length === 0))
      continue;
    parts.push((name === 'partition' || name === 'group') && typeof value === 'string' ? value : `${words(name)} ${show(value)}`);
  }
  return parts.length === 0 ? '' : ` ${parts.join(', ')}`;
}

/** `leaderEpoch` as `leader epoch`. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

const LIST_MAX = 20;

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) {
    const shown = value.slice(0, LIST_MAX).map(show).join(' ');
    return value.length > LIST_MAX ? `[${shown} ... ${value.length} in all]` : `[${shown}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).map(([name, inner]) => `${words(name)} ${show(inner)}`);
    return `(${parts.join(', ')})`;
  }
  return String(value);
}

function narrateOperation(event: HistoryEvent): string {
  return `${event.session.kind} ${event.session.id}: ${narrateDone(event)}`;
}

/** What an application did or saw, without who it is. */
export function narrateDone(event: HistoryEvent): string {
  switch (event.type) {
    case 'invoke':
      return `${call(event.call, event.op)} ...`;
    case 'ok':
      return `${call(event.call, event.op)} -> ${result(event.result)}`;
    case 'fail':
      return `${call(event.call, event.op)} FAILED: ${event.error}`;
    case 'info':
      return `${call(event.call, event.op)} UNKNOWN: ${event.error}`;
    case 'assigned':
    case 'revoked':
    case 'lost':
      return `${event.type} ${partitions(event.partitions)} in generation ${event.generation}`;
    case 'processed':
      return `processed ${event.records.map((r) => `${r.topic}-${r.partition}@${r.offset}`).join(' ')}`;
    case 'offsets-committed':
      return `committed ${event.offsets.map((o) => `${o.topic}-${o.partition}@${o.offset}`).join(' ')} of group ${event.group}`;
    case 'stored':
      return `${event.service} keeps ${event.changes.map(({ key, value }) => `${key} = ${value ?? 'nothing'}`).join(', ')}`;
    case 'closed':
    case 'crashed':
    case 'opened':
      return event.type;
  }
}

function call(invocation: Invocation, op: number): string {
  switch (invocation.f) {
    case 'send': {
      const to = invocation.partition === null ? invocation.topic : `${invocation.topic}-${invocation.partition}`;
      return `send ${short(invocation.value)}${invocation.key === null ? '' : ` with key ${invocation.key}`} to ${to}${inTransaction(invocation)}`;
    }
    case 'init-transactions':
      return `init transactions of ${invocation.transactionalId}`;
    case 'transaction':
      return `transaction ${invocation.attempt} of ${invocation.transactionalId} (operation ${op})`;
    case 'send-offsets':
      return `send ${offsets(invocation.offsets)} of group ${invocation.group}${inTransaction(invocation)}`;
    case 'end-transaction':
      return `${invocation.commit ? 'commit' : 'abort'}${inTransaction(invocation)}`;
    case 'poll':
      return 'poll';
    case 'commit':
      return `commit ${invocation.mode}${invocation.offsets === null ? '' : ` ${offsets(invocation.offsets)}`}`;
    case 'seek':
      return `seek ${invocation.topic}-${invocation.partition} to ${invocation.offset}`;
    case 'subscribe':
      return `subscribe ${invocation.topics.join(' ')}`;
    case 'assign':
    case 'committed':
      return `${invocation.f} ${partitions(invocation.partitions)}`;
    case 'list-offsets':
      return `list offsets of ${invocation.topic}-${invocation.partition} at ${invocation.at}`;
    case 'admin':
      return `${invocation.operation} ${invocation.detail}`;
  }
}

function result(completion: Completion): string {
  switch (completion.f) {
    case 'send':
      return `partition ${completion.partition}, offset ${completion.offset}`;
    case 'poll':
      return completion.records.length === 0
        ? 'nothing'
        : completion.records.map((r) => `${r.topic}-${r.partition}@${r.offset} ${short(r.value)}`).join(', ');
    case 'commit':
    case 'committed':
      return offsets(completion.offsets);
    case 'list-offsets':
      return `${completion.offset} in leader epoch ${completion.leaderEpoch}`;
    case 'transaction':
      return completion.outcome;
    case 'init-transactions':
    case 'send-offsets':
    case 'end-transaction':
    case 'seek':
    case 'subscribe':
    case 'assign':
    case 'admin':
      return 'done';
  }
}

function inTransaction({ transaction }: { readonly transaction?: number }): string {
  return transaction === undefined ? '' : ` in the transaction of operation ${transaction}`;
}

function short(value: string): string {
  return value.length > 40 ? `${value.slice(0, 37)}...` : value;
}

function partitions(list: readonly { readonly topic: string; readonly partition: number }[]): string {
  return list.length === 0 ? 'nothing' : list.map((p) => `${p.topic}-${p.partition}`).join(' ');
}

function offsets(list: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[]): string {
  return list.length === 0 ? 'nothing' : list.map((p) => `${p.topic}-${p.partition}@${p.offset}`).join(' ');
}
