/** The page's worker: makes runs and answers questions about them, one after the other. It has no clock, network or chance of its own. */
import { checkPlan } from '../../../campaign/check-plan.ts';
import { concerning } from '../../../campaign/concerns.ts';
import { factsOf, narrate } from '../../../campaign/narrate.ts';
import { printable } from '../../../campaign/printable.ts';
import { SCENARIOS } from '../../../scenarios/registry.ts';
import type { Scenario } from '../../../scenarios/scenario.ts';
import { type Plan, parsePlan } from '../../../sim/plan.ts';
import { type Recorded, recordRun } from '../record/record-run.ts';
import type { RunRecord } from '../record/run-record.ts';
import type { LineText, Progress, RequestKind, RequestMessage, Requests, RunOrder, WorkerMessage } from '../protocol.ts';
import { createBrowserHost, listenForRejections } from './browser-host.ts';
import { Checkpoints } from './checkpoints.ts';
import { failingShare, smallest } from './experiments.ts';
import { logPage } from './log-page.ts';
import { nodeState } from './node-state.ts';
import type { Still, Subject } from './standing-run.ts';

/** What a worker's global scope has, of which this needs so much. */
export interface WorkerScope {
  postMessage(message: WorkerMessage): void;
  addEventListener(type: 'message', listener: (event: { readonly data: RequestMessage }) => void): void;
  addEventListener(
    type: 'unhandledrejection',
    listener: (event: { readonly reason: unknown; preventDefault(): void }) => void,
  ): void;
}

type Report = (progress: Progress) => void;
type Handlers = { readonly [K in RequestKind]: (ask: Requests[K]['ask'], report: Report) => Promise<Requests[K]['answer']> };

/** `own`: the scenario that the page was made for, if it is none of the registry. */
export function serve(scope: WorkerScope, own: Scenario | null): void {
  listenForRejections(scope);
  const service = new Service(own);
  let previous: Promise<void> = Promise.resolve();
  scope.addEventListener('message', ({ data: { id, kind, ask } }) => {
    service.interrupt();
    previous = previous.then(async () => {
      try {
        const answer = await service.answer(kind, ask, (progress) => scope.postMessage({ id, progress }));
        scope.postMessage({ id, answer });
      } catch (error) {
        scope.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
      }
    });
  });
}

class Service {
  readonly #own: Scenario | null;
  #recorded: Recorded | null = null;
  #checkpoints: { readonly plan: string; readonly checkpoints: Checkpoints } | null = null;
  #still: Still | null = null;

  constructor(own: Scenario | null) {
    this.#own = own;
  }

  answer<K extends RequestKind>(kind: K, ask: Requests[K]['ask'], report: Report): Promise<Requests[K]['answer']> {
    return this.#handlers[kind](ask, report);
  }

  /** Something else is asked for than what is done ahead. */
  interrupt(): void {
    this.#checkpoints?.checkpoints.interrupt();
  }

  readonly #handlers: Handlers = {
    record: async (order, report) => {
      const { scenario, plan, driven } = this.#subject(order);
      const onProgress = (simulatedMs: number): void => report({ simulatedMs });
      const onSoFar = (record: RunRecord): void => report({ record });
      this.#recorded = await recordRun(scenario, plan, { host: createBrowserHost(), driven, onProgress, onSoFar });
      return this.#recorded.record;
    },
    lines: async ({ indexes }) => {
      const { lines, names } = this.#known();
      return indexes.flatMap((index): LineText[] => {
        const line = lines[index];
        if (line === undefined) return [];
        const facts = factsOf(line.what).map(([name, value]) => [name, names.in(printable(value))] as const);
        return [{ index, text: names.in(narrate(line)), facts }];
      });
    },
    about: async ({ subjects }) => {
      const wanted = new Set(subjects);
      const found: number[] = [];
      for (const [index, line] of this.#known().lines.entries()) {
        const isAlways = line.what.type === 'fault' || line.what.type === 'phase' || line.what.type === 'violation';
        if (isAlways || wanted.has(line.node) || concerning(line.what, wanted) !== null) found.push(index);
      }
      return Uint32Array.from(found);
    },
    frame: async ({ index }) => plain(this.#known().frames.decoded(index)),
    node: async ({ us, node, endUs, ...order }) => {
      const still = await this.#checkpointsOf(order, endUs).at(us);
      if (still === null) throw new Error('the run ends before this moment');
      this.#still = still;
      return nodeState(still, node);
    },
    log: async ({ node, partition, fromOffset }) => {
      const page = this.#still === null ? null : logPage(this.#still, node, partition, fromOffset);
      if (page === null) throw new Error(`${node} has no log of ${partition} at this moment`);
      return page;
    },
    prepare: async () => (await this.#checkpoints?.checkpoints.refill()) ?? false,
    share: async ({ schedules, fingerprint, fromUs, failedAtUs, ...order }, report) =>
      await failingShare(this.#subject(order), { schedules, fingerprint, fromUs, failedAtUs }, (runs) => report({ runs })),
    shrink: async ({ fingerprint, ...order }, report) =>
      await smallest(this.#subject(order), fingerprint, (runs, plan) => report({ runs, plan })),
  };

  #known(): Recorded {
    if (this.#recorded === null) throw new Error('nothing was recorded here');
    return this.#recorded;
  }

  #checkpointsOf(order: RunOrder, endUs: number): Checkpoints {
    const plan = JSON.stringify(order.plan);
    if (this.#checkpoints?.plan !== plan) {
      this.#checkpoints = { plan, checkpoints: new Checkpoints(this.#subject(order), endUs, createBrowserHost) };
    }
    return this.#checkpoints.checkpoints;
  }

  /** Throws with one sentence if the plan can't be used. */
  #subject({ plan: given, driven }: RunOrder): Subject {
    const plan: Plan = parsePlan(given);
    const scenario = this.#own?.name === plan.scenario ? this.#own : SCENARIOS.get(plan.scenario);
    if (scenario === undefined) throw new Error(`this page does not hold the scenario "${plan.scenario}"`);
    checkPlan(plan, scenario);
    return { scenario, plan, driven };
  }
}

/** As data that can be sent: maps as objects, bytes as their digits. */
function plain(value: unknown): never {
  const text = JSON.stringify(value, (_, inner: unknown) => {
    if (inner instanceof Map) return Object.fromEntries(inner);
    if (inner instanceof Uint8Array) return bytesText(inner);
    return inner;
  });
  return JSON.parse(text) as never;
}

const BYTES_SHOWN = 64;

function bytesText(bytes: Uint8Array): string {
  const digits = Array.from(bytes.subarray(0, BYTES_SHOWN), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${bytes.length} bytes${bytes.length === 0 ? '' : `: ${digits}${bytes.length > BYTES_SHOWN ? '...' : ''}`}`;
}
