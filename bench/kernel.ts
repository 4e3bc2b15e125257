/** The kernel alone: events that do nothing but set the next, against a plain binary heap in a loop. */
import { createNodeHost } from '../campaign/host-node.ts';
import { Chance } from '../world/chance.ts';
import { type EventTarget, kindId } from '../world/event-queue.ts';
import { Kernel } from '../world/kernel.ts';
import { TraceHash } from '../world/trace-hash.ts';
import type { Figure } from './figure.ts';
import { spread, stopwatch } from './statistics.ts';

/** Waiting at any time, about as many as in a run. */
const PENDING = 1000;
const MAX_DELAY_US = 10_000;

/** Events per second of both, over the same number of events. */
export async function measureKernel(events: number, rounds: number): Promise<Figure[]> {
  await kernelRate(events);
  heapRate(events);
  const kernel: number[] = [];
  const heap: number[] = [];
  for (let i = 0; i < rounds; i++) {
    kernel.push(await kernelRate(events));
    heap.push(heapRate(events));
  }
  const figure = (id: string, title: string, unit: string, values: readonly number[]): Figure => ({
    id: `kernel.${id}`,
    title,
    unit,
    clock: 'cpu',
    value: spread(values),
  });
  return [
    figure('events-per-second', 'kernel, empty events', '/s', kernel),
    figure('heap-per-second', 'binary heap in a loop, empty events', '/s', heap),
    figure(
      'ratio',
      'time of a kernel event per time of a heap entry',
      '',
      kernel.map((rate, i) => (heap[i] ?? Number.NaN) / rate),
    ),
  ];
}

async function kernelRate(events: number): Promise<number> {
  const chance = new Chance(1);
  const limits = { maxEventsPerInstant: Number.POSITIVE_INFINITY, stallLimitMs: Number.POSITIVE_INFINITY };
  const kernel = new Kernel(chance.stream('schedule'), new TraceHash(), limits);
  const delays = chance.stream('bench');
  let left = events - PENDING;
  const target: EventTarget = {
    kind: kindId('world'),
    fire: () => {
      if (--left >= 0) kernel.schedule(kernel.now + delays.between(1, MAX_DELAY_US, 'delay'), null, target);
    },
  };
  for (let i = 0; i < PENDING; i++) kernel.schedule(delays.between(1, MAX_DELAY_US, 'delay'), null, target);
  const elapsed = stopwatch();
  await kernel.run({ until: Number.POSITIVE_INFINITY, host: createNodeHost() });
  return (kernel.handled / elapsed().threadMs) * 1000;
}

interface Entry {
  readonly time: number;
  readonly run: () => void;
}

function heapRate(events: number): number {
  const delays = new Chance(1).stream('bench');
  const heap: Entry[] = [];
  let now = 0;
  let handled = 0;
  let left = events - PENDING;
  const run = (): void => {
    if (--left >= 0) push(heap, { time: now + delays.between(1, MAX_DELAY_US, 'delay'), run });
  };
  for (let i = 0; i < PENDING; i++) push(heap, { time: delays.between(1, MAX_DELAY_US, 'delay'), run });
  const elapsed = stopwatch();
  for (let entry = pop(heap); entry !== undefined; entry = pop(heap)) {
    now = entry.time;
    handled++;
    entry.run();
  }
  return (handled / elapsed().threadMs) * 1000;
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as Entry;
    if (above.time <= entry.time) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): Entry | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return first;
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    const right = child + 1;
    if (right < heap.length && (heap[right] as Entry).time < (heap[child] as Entry).time) child = right;
    if ((heap[child] as Entry).time >= last.time) break;
    heap[at] = heap[child] as Entry;
    at = child;
  }
  heap[at] = last;
  return first;
}
