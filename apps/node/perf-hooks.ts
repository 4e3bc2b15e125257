/** `node:perf_hooks` and `performance` of a realm: the process's monotonic clock. */
import type { Realm } from '../realm.ts';

interface Entry {
  readonly name: string;
  readonly entryType: 'mark' | 'measure';
  readonly startTime: number;
  readonly duration: number;
  readonly detail: unknown;
}

/** The module. */
export function perfHooksOf(realm: Realm) {
  const { clock } = realm.env;
  const startedMs = clock.monotonicMs();
  const timeOrigin = clock.wallMs();
  let entries: Entry[] = [];
  const now = (): number => clock.monotonicMs() - startedMs;
  const add = (entry: Entry): Entry => {
    entries.push(entry);
    return entry;
  };
  const at = (mark: unknown, otherwise: number): number =>
    typeof mark === 'number' ? mark : (entries.findLast(({ name }) => name === mark)?.startTime ?? otherwise);
  const performance = {
    now,
    timeOrigin,
    mark: (name: string, options: { readonly startTime?: number; readonly detail?: unknown } = {}) =>
      add({ name, entryType: 'mark', startTime: options.startTime ?? now(), duration: 0, detail: options.detail ?? null }),
    measure: (name: string, from?: unknown, to?: unknown) => {
      const options = (typeof from === 'object' && from !== null ? from : { start: from, end: to }) as Record<string, unknown>;
      const startTime = at(options['start'], 0);
      return add({
        name,
        entryType: 'measure',
        startTime,
        duration: at(options['end'], now()) - startTime,
        detail: options['detail'] ?? null,
      });
    },
    clearMarks: (name?: string) => {
      entries = entries.filter((entry) => entry.entryType !== 'mark' || (name !== undefined && entry.name !== name));
    },
    clearMeasures: (name?: string) => {
      entries = entries.filter((entry) => entry.entryType !== 'measure' || (name !== undefined && entry.name !== name));
    },
    getEntries: () => [...entries],
    getEntriesByName: (name: string) => entries.filter((entry) => entry.name === name),
    getEntriesByType: (type: string) => entries.filter((entry) => entry.entryType === type),
    eventLoopUtilization: () => ({ idle: 0, active: 0, utilization: 0 }),
    timerify: <T>(callback: T): T => callback,
    toJSON: () => ({ timeOrigin }),
  };
  const closed = (name: string) => realm.closed('node:perf_hooks', name, 'it measures the process that runs the simulation');
  return {
    performance,
    constants: {},
    createHistogram: closed('createHistogram'),
    monitorEventLoopDelay: closed('monitorEventLoopDelay'),
    PerformanceObserver: closed('PerformanceObserver'),
  };
}
