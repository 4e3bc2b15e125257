/** Hears a run, line by line, and makes of it what the page shows. It keeps the lines themselves too, for whoever asks for their text. */
import { fingerprint } from '../../../campaign/fingerprint.ts';
import { TraceMemory } from '../../../campaign/trace-memory.ts';
import { storyOf, subjectsOf } from '../../../campaign/explain/story.ts';
import { PROPERTY_TITLES } from '../../../properties/registry.ts';
import type { HistoryEvent } from '../../../sim/history.ts';
import type { WorldChange } from '../../../sim/observe.ts';
import type { Plan } from '../../../sim/plan.ts';
import type { RunResult } from '../../../sim/result.ts';
import { RUN_PROPERTIES, type TraceLine } from '../../../sim/run.ts';
import type { Scenario } from '../../../scenarios/scenario.ts';
import type { FrameLog } from '../../../sim/wire/frame-log.ts';
import type { CauseLog } from '../../../world/cause-log.ts';
import type { TraceEvent } from '../../../core/trace.ts';
import { float64, Names, uint16, uint8 } from './columns.ts';
import { FaultSpans } from './fault-spans.ts';
import { frameColumns } from './frame-columns.ts';
import { GroupTracks } from './group-tracks.ts';
import { KnownNames } from './known-names.ts';
import { PartitionTracks } from './partition-tracks.ts';
import { ProcessTracks } from './process-tracks.ts';
import { NOBODY, type RunRecord, type Story, type ViolationMark } from './run-record.ts';
import { TransactionTracks } from './transaction-tracks.ts';

/** Sides of `TraceLine['what']` that are no events of core. */
const WORLD_CHANGES: ReadonlySet<string> = new Set([
  'started',
  'crashed',
  'stopped',
  'paused',
  'resumed',
  'slowed',
  'power-lost',
  'disk-wiped',
  'disk-restored',
  'disk-corrupted',
  'sync-lied',
]);

/** What a run comes to beside what was heard of it. */
type Came = Pick<
  RunRecord,
  'isWhole' | 'verdict' | 'error' | 'traceHash' | 'events' | 'excuses' | 'marks' | 'violations' | 'wallMs'
>;

export class Recorder {
  readonly lines: TraceLine[] = [];
  /** Who stands behind ids in what is told. */
  readonly names = new KnownNames();
  readonly #scenario: Scenario;
  readonly #plan: Plan;
  readonly #us = float64();
  readonly #type = uint16();
  readonly #process = uint8();
  readonly #types = new Names();
  readonly #phases: { phase: string; us: number }[] = [];
  readonly #violations: Omit<ViolationMark, 'fingerprint'>[] = [];
  readonly #processes: ProcessTracks;
  readonly #faults: FaultSpans;
  readonly #partitions = new PartitionTracks();
  readonly #groups = new GroupTracks();
  readonly #transactions = new TransactionTracks();

  constructor(scenario: Scenario, plan: Plan) {
    this.#scenario = scenario;
    this.#plan = plan;
    this.#processes = new ProcessTracks(plan);
    this.#faults = new FaultSpans(plan);
  }

  onLine(line: TraceLine): void {
    const { timeUs: us, node, what } = line;
    const process = this.#processes.indexOf(node);
    this.lines.push(line);
    this.#us.push(us);
    this.#type.push(this.#types.indexOf(what.type));
    this.#process.push(process === -1 ? NOBODY : process);
    if ('session' in what) {
      this.#groups.onHistory(us, process, what as HistoryEvent);
      return;
    }
    switch (what.type) {
      case 'phase':
        this.#phases.push({ phase: what.phase, us });
        if (what.phase === 'chaos') this.#faults.onChaos(us);
        break;
      case 'fault':
        this.#faults.onFault(
          us,
          what,
          what.targets.map((name) => this.#processes.indexOf(name)),
        );
        break;
      case 'violation': {
        const { property, message, facts } = what;
        this.#violations.push({ property, title: this.#titleOf(property), message, us, facts, line: this.lines.length - 1 });
        break;
      }
      case 'note':
        break;
      default:
        if (WORLD_CHANGES.has(what.type)) this.#onWorld(us, process, what as WorldChange);
        else if (process !== -1) {
          this.names.onEvent(node, what as TraceEvent);
          this.#onEvent(us, process, what as TraceEvent);
        }
    }
  }

  get hasViolation(): boolean {
    return this.#violations.length > 0;
  }

  /** What came of it all. */
  record(result: RunResult, frames: FrameLog, causes: CauseLog | null, wallMs: number): RunRecord {
    const { verdict, error, traceHash, events, excuses, marks } = result;
    const violations = this.#violations.flatMap((mark): ViolationMark[] => {
      const violation = result.violations.find(({ property }) => property === mark.property);
      return violation === undefined ? [] : [{ ...mark, fingerprint: fingerprint(violation) }];
    });
    const came = { isWhole: true, verdict, error, traceHash, events, excuses, marks, violations, wallMs };
    return this.#with(came, result.simulatedMs * 1_000, frames, causes);
  }

  /** What came of it until now. */
  recordSoFar(nowUs: number, frames: FrameLog, causes: CauseLog | null, wallMs: number): RunRecord {
    const came = {
      isWhole: false,
      verdict: this.hasViolation ? ('fail' as const) : ('pass' as const),
      error: null,
      traceHash: '',
      events: 0,
      excuses: {},
      marks: {},
      violations: this.#violations.map((mark) => ({ ...mark, fingerprint: '' })),
      wallMs,
    };
    return this.#with(came, nowUs, frames, causes);
  }

  #with(came: Came, atLeastUs: number, frames: FrameLog, causes: CauseLog | null): RunRecord {
    const endUs = Math.max(this.#us.last || 0, atLeastUs);
    return {
      ...came,
      violations: came.violations.map((mark) => ({ ...mark, message: this.names.in(mark.message) })),
      endUs,
      phases: this.#phases,
      processes: this.#processes.tracks,
      faults: this.#faults.spans(endUs),
      lines: {
        count: this.lines.length,
        us: this.#us.toArray(),
        type: this.#type.toArray(),
        process: this.#process.toArray(),
        types: this.#types.list,
      },
      frames: frameColumns(frames, (name) => this.#processes.indexOf(name)),
      partitions: this.#partitions.tracks,
      groups: this.#groups.tracks(endUs),
      transactions: this.#transactions.tracks(endUs),
      story: causes === null ? null : this.#story(came.violations[0], causes),
    };
  }

  #onEvent(us: number, process: number, event: TraceEvent): void {
    this.#processes.onEvent(us, process, event);
    this.#partitions.onEvent(us, process, event);
    this.#groups.onEvent(us, process, event);
    this.#transactions.onEvent(us, process, event);
  }

  #onWorld(us: number, process: number, change: WorldChange): void {
    if (!this.#processes.onWorld(us, process, change)) return;
    this.#processes.onEnded(us, process);
    this.#partitions.onEnded(us, process);
  }

  /** Of the first violation, by the same slice as `trial explain`. */
  #story(violation: ViolationMark | undefined, causes: CauseLog): Story | null {
    if (violation === undefined || violation.line === -1) return null;
    const before = this.lines.slice(0, violation.line + 1);
    const memory = new TraceMemory(this.#plan);
    for (const line of before) memory.add(line);
    const subjects = subjectsOf(violation, memory, this.#plan);
    const indexes = new Map(before.map((line, index) => [`${line.step} ${line.node} ${line.what.type}`, index]));
    const told = storyOf(before, causes, this.#plan, subjects, violation.facts).map(({ line, sentence }) => ({
      us: line.timeUs,
      line: indexes.get(`${line.step} ${line.node} ${line.what.type}`) ?? -1,
      sentence: this.names.in(sentence),
    }));
    return { subjects: [...subjects], told };
  }

  #titleOf(property: string): string {
    const own = [...RUN_PROPERTIES, ...this.#scenario.checks.flatMap((definition) => definition.properties)];
    return PROPERTY_TITLES.get(property) ?? own.find(({ id }) => id === property)?.title ?? '';
  }
}
