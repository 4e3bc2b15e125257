/** What is remembered of a run while it is told: its last lines, every name it has shown, and which faults are under way. */
import { type Micros, micros } from '../ports/time.ts';
import type { Plan } from '../sim/plan.ts';
import type { FaultChange } from '../sim/observe.ts';
import type { TraceLine } from '../sim/run.ts';

/** Lines that are kept, at least. */
const LINES_MIN = 50_000;

export interface FaultUnderWay {
  readonly fault: FaultChange;
  readonly sinceUs: Micros;
}

export class TraceMemory {
  readonly #lines: TraceLine[] = [];
  readonly #faults = new Set<FaultUnderWay>();
  readonly partitions = new Set<string>(['__cluster_metadata-0']);
  readonly groups = new Set<string>();
  readonly processes = new Set<string>();
  /** Transactional ids by producer id. */
  readonly transactionalIds = new Map<number, string>();

  constructor(plan: Plan) {
    for (const { name, properties } of plan.clients) {
      this.processes.add(name);
      if (properties['group.id'] !== undefined) this.groups.add(String(properties['group.id']));
    }
  }

  add(line: TraceLine): void {
    this.#lines.push(line);
    if (this.#lines.length >= 2 * LINES_MIN) this.#lines.splice(0, LINES_MIN);
    const { what } = line;
    if (line.node !== '') this.processes.add(line.node);
    if ('partition' in what && typeof what.partition === 'string') this.partitions.add(what.partition);
    if ('group' in what && typeof what.group === 'string') this.groups.add(what.group);
    if ('transactionalId' in what && 'producerId' in what && what.producerId !== -1) {
      this.transactionalIds.set(what.producerId, what.transactionalId);
    }
    if (what.type === 'fault') this.#onFault(what, line.timeUs);
  }

  /** In the order in which they were told. */
  get lines(): readonly TraceLine[] {
    return this.#lines;
  }

  /** In the order in which they began. */
  get faults(): readonly FaultUnderWay[] {
    return [...this.#faults];
  }

  #onFault(fault: FaultChange, timeUs: Micros): void {
    if (fault.change === 'begins' && fault.forMs !== null) this.#faults.add({ fault, sinceUs: timeUs });
    if (fault.change !== 'ends') return;
    // Of several that are alike the one whose time is over first.
    const isOf = `${fault.kind} ${fault.targets.join()}`;
    const alike = [...this.#faults].filter(({ fault: { kind, targets } }) => `${kind} ${targets.join()}` === isOf);
    const [over] = alike.toSorted((a, b) => endUs(a) - endUs(b));
    if (over !== undefined) this.#faults.delete(over);
  }
}

function endUs({ fault, sinceUs }: FaultUnderWay): number {
  return sinceUs + micros(fault.forMs ?? 0);
}
