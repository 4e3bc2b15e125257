/** The phase verify: a fresh consumer reads everything, the applications end, and the checkers judge the end. */
import { kafkaEnvironment } from '../kafka-environment.ts';
import { bootstrapServers } from '../cluster.ts';
import type { DurabilityGhost } from '../durability.ts';
import { FinalReading, type IsolationLevel, probeTransactionalIds } from '../workload/final.ts';
import type { RunParts } from './parts.ts';
import { Patience } from './patience.ts';
import { HARNESS } from './stage.ts';

/** Without coming nearer to the end of a partition. */
const FINAL_READ_LIMIT_MS = 120_000;

/** Programs are killed long before, if they do not end in order. */
const PROGRAMS_END_MS = 120_000;

type VerifyParts = Pick<
  RunParts,
  | 'plan'
  | 'world'
  | 'stage'
  | 'applications'
  | 'recorder'
  | 'ghost'
  | 'guarantees'
  | 'checkers'
  | 'findings'
  | 'refused'
  | 'pace'
  | 'start'
  | 'view'
  | 'show'
>;

export async function verify(run: VerifyParts): Promise<void> {
  const { pace, applications } = run;
  pace.enter('verify');
  run.start(HARNESS);
  applications.endPrograms();
  await pace.until(100, PROGRAMS_END_MS, () => applications.programsEnded);
  const reads = await readAll(run, 'read_uncommitted');
  run.show(reads, run.recorder.transactions === 0 ? reads : await readAll(run, 'read_committed'));
  const view = run.view();
  applications.stopRunning();
  await pace.until(500, 120_000, () => applications.allEnded);
  await probeIds(run);
  for (const checker of run.checkers) checker.atEnd?.({ ...view, nodes: run.stage.inspections(), phase: 'verify' });
}

/** Every transactional id must be usable again; those who had them are gone by now. */
async function probeIds(run: VerifyParts): Promise<void> {
  const { plan, world, pace, recorder, findings, refused } = run;
  const ids = usableIds(recorder.transactionalIds, run);
  if (ids.length === 0) return;
  let outcome = null as readonly string[] | null;
  world.process(HARNESS).spawn(async (env) => {
    outcome = await probeTransactionalIds(kafkaEnvironment(env), recorder, bootstrapServers(plan), ids);
  });
  await pace.until(200, FINAL_READ_LIMIT_MS, () => outcome !== null);
  findings.evaluated('L13');
  const last = refused.about(['InitProducerId']);
  if (outcome === null)
    findings.violated('L13', `new producers of ${ids.join(', ')} did not get their ids within ${FINAL_READ_LIMIT_MS} ms${last}`);
  else if (outcome.length > 0) findings.violated('L13', `${outcome.join('; ')}${last}`);
}

/** Those that a coordinator can be expected for; the property is excused for the others. */
export function usableIds(
  transactionalIds: Iterable<string>,
  { guarantees, findings }: Pick<VerifyParts, 'guarantees'> & { readonly findings: Pick<VerifyParts['findings'], 'excuse'> },
): string[] {
  const unavailable = guarantees.unavailablePartitions();
  return [...transactionalIds].filter((id) => {
    if (guarantees.decisionExcused('L13', id)) return false;
    const partition = guarantees.statePartition(id);
    const reason = partition === null ? undefined : unavailable.get(partition);
    if (reason !== undefined) findings.excuse('L13', `${partition} is left out: ${reason}`);
    return reason === undefined;
  });
}

/** What a fresh consumer of that isolation level reads of every partition; null, and a violation, where it does not come to the end. */
async function readAll(
  { plan, world, pace, recorder, guarantees, ghost, refused, findings }: VerifyParts,
  isolation: IsolationLevel,
): Promise<FinalReading['reads']> {
  const reading = new FinalReading(plan, guarantees.unavailablePartitions(), isolation);
  world.process(HARNESS).spawn((env) => reading.run(kafkaEnvironment(env), bootstrapServers(plan)));
  const patience = new Patience(FINAL_READ_LIMIT_MS, world.now, recorder.acknowledged);
  await pace.until(200, patience.longestMs, () => {
    for (const [partition, at] of reading.positions) patience.heard(partition, at, world.now);
    return reading.unread.size === 0 || patience.isOver(world.now);
  });
  if (reading.unread.size > 0) {
    const facts = [...reading.unread].map(
      ([partition, fact]) => `${partition} ${fact}${leadership(ghost, partition)}${refused.about([partition])}`,
    );
    const [partition] = reading.unread.keys();
    findings.violated(
      'L11',
      `a fresh ${isolation} consumer could not read every partition to its end, and came no nearer for ${FINAL_READ_LIMIT_MS} ms: ${facts.join('; ')}`,
      partition === undefined ? {} : { partition },
    );
  }
  return reading.reads;
}

/** What the controller has committed of a partition, in brackets. */
function leadership(durability: DurabilityGhost, partition: string): string {
  for (const ghost of durability.partitions) {
    if (ghost.partition === partition) return ` (leader ${ghost.leader}, in-sync set [${ghost.isr.join(', ')}])`;
  }
  return '';
}
