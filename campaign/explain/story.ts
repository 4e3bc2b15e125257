/** The story of a violation: the lines that it depends on, as sentences, each with what it came of. */
import type { Plan } from '../../sim/plan.ts';
import { processesOf, type TraceLine } from '../../sim/run.ts';
import { nodesOf } from '../../sim/cluster.ts';
import type { ViolationFacts } from '../../sim/observe.ts';
import type { CauseLog } from '../../world/cause-log.ts';
import { concerning, mentioned, type Subjects } from '../concerns.ts';
import { isNoise, narrateTime } from '../narrate.ts';
import type { TraceMemory } from '../trace-memory.ts';
import { type NodeNames, sentenceOf } from './sentences.ts';
import { causalSlice } from './slice.ts';

export interface Told {
  readonly line: TraceLine;
  readonly sentence: string;
}

/** Lines of a story, beside its faults. */
const LINES_MOST = 24;

/** What a violation is about: partitions, groups and transactions of its facts, or else its processes, or else what its sentence mentions. */
export function subjectsOf(
  { message, facts }: { readonly message: string; readonly facts: ViolationFacts },
  memory: TraceMemory,
  plan: Plan,
): Subjects {
  const things = new Set([...memory.partitions, ...memory.groups]);
  const inFacts = [facts.partition, facts.group].filter((name) => name !== undefined && things.has(name)) as string[];
  const transactionalId = facts.producerId === undefined ? undefined : memory.transactionalIds.get(facts.producerId);
  if (transactionalId !== undefined) inFacts.push(transactionalId, `producer ${facts.producerId}`);
  if (inFacts.length > 0) return new Set(inFacts);
  const ids = [facts.nodeId, facts.otherNodeId, facts.brokerId];
  const processes = nodesOf(plan).flatMap(({ nodeId, name }) => (ids.includes(nodeId) ? [name] : []));
  if (facts.client !== undefined) processes.push(facts.client);
  if (processes.length > 0) return new Set(processes);
  const inMessage = mentioned(message, things);
  return inMessage.size > 0 ? inMessage : mentioned(message, memory.processes);
}

/** `lines`: all of the run up to the violation, which is the last. */
export function storyOf(
  lines: readonly TraceLine[],
  causes: CauseLog,
  plan: Plan,
  subjects: Subjects,
  facts: ViolationFacts,
): readonly Told[] {
  const processes = processesOf(plan);
  const names: NodeNames = new Map(nodesOf(plan).map(({ nodeId, name }) => [nodeId, name]));
  const offset = facts.partition === undefined ? undefined : facts.offset;
  const slice = causalSlice(lines, causes, { most: LINES_MOST, tells: (line) => telling(line, subjects, offset) });
  return slice.map((line, index) => {
    const sentence = sentenceOf(line, names);
    // The harness starts and ends processes: that came of nothing inside. And what is done in one event came of one thing.
    const isSaid = line.node === '' || LIVES.has(line.what.type) || slice[index - 1]?.step === line.step;
    const because = isSaid ? '' : originOf(line, causes, processes);
    return { line, sentence: because === '' ? sentence : `${sentence}, ${because}` };
  });
}

/** What happens to a process or its disk. */
const LIVES: ReadonlySet<string> = new Set(['started', 'crashed', 'stopped', 'paused', 'resumed', 'power-lost', 'disk-wiped']);

/** Of daily work only what was done to the record that the violation is about. */
function telling(line: TraceLine, subjects: Subjects, offset: number | undefined): TraceLine | null {
  const { what } = line;
  if (what.type === 'fault') return line;
  if (what.type === 'phase' || what.type === 'note' || what.type === 'violation' || what.type === 'mark') return null;
  // That everybody starts at first is no news.
  if (what.type === 'started' && what.incarnation === 0) return null;
  if (LIVES.has(what.type)) return line;
  if (subjects.has(line.node)) return isDaily(line) ? null : line;
  const ours = concerning(what, subjects);
  if (ours === null) return null;
  const isTold = !isDaily({ ...line, what: ours }) || (offset !== undefined && isAbout(what, offset));
  return isTold ? { ...line, what: ours } : null;
}

/** What says little in a narration, and what another line of the same event says better. */
function isDaily(line: TraceLine): boolean {
  const { what } = line;
  if (what.type === 'producer-state-rebuilt') return true;
  if (what.type === 'log-start-offset-advanced') return what.reason === 'snapshot';
  if (what.type === 'log-loaded') return what.logEndOffset === 0;
  // The vote, and the election, have lines of their own.
  if (what.type === 'quorum-transition') return what.to === 'voted' || what.to === 'leader';
  return isNoise(line);
}

function isAbout(what: TraceLine['what'], offset: number): boolean {
  if ('baseOffset' in what && 'lastOffset' in what) return what.baseOffset <= offset && offset <= what.lastOffset;
  if (what.type === 'high-watermark-advanced') return what.from <= offset && offset < what.to;
  if (what.type === 'log-start-offset-advanced') return what.from <= offset && offset <= what.to;
  if (what.type === 'fetch-applied') return what.fromOffset <= offset && offset < what.endOffset;
  return false;
}

/** What its event came of, if that is somebody else's frame, an own timer or a disk. */
function originOf({ step, node }: TraceLine, causes: CauseLog, processes: readonly string[]): string {
  const kind = causes.kindOf(step);
  // Events of the world stand between: bytes that arrive, a sync that ends.
  let [cause] = causes.causesOf(step).toReversed();
  while (cause !== undefined && causes.processOf(cause) === 0) [cause] = causes.causesOf(cause);
  if (cause === undefined) return '';
  const at = narrateTime(causes.timeOf(cause)).trim();
  const by = processes[causes.processOf(cause) - 1];
  if (kind === 'chunk' && by !== undefined && by !== node) return `on a frame that ${by} sent at ${at}`;
  if (kind === 'timer') return `by a timer set at ${at}`;
  return kind === 'synced' ? `by a sync begun at ${at}` : '';
}
