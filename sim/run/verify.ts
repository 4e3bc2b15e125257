/** The phase verify: a fresh consumer reads everything, the applications end, and the checkers judge the end. */
import { kafkaEnvironment } from '../kafka-environment.ts';
import { bootstrapServers } from '../cluster.ts';
import type { DurabilityGhost } from '../durability.ts';
import { FinalReading } from '../workload/final.ts';
import type { RunParts } from './parts.ts';
import { HARNESS } from './stage.ts';

const FINAL_READ_LIMIT_MS = 120_000;

export async function verify(
  run: Pick<
    RunParts,
    | 'plan'
    | 'world'
    | 'stage'
    | 'applications'
    | 'ghost'
    | 'guarantees'
    | 'checkers'
    | 'findings'
    | 'refused'
    | 'pace'
    | 'start'
    | 'view'
    | 'show'
  >,
): Promise<void> {
  const { plan, pace, applications } = run;
  pace.enter('verify');
  const reading = new FinalReading(plan, run.guarantees.unavailablePartitions());
  run.start(HARNESS);
  run.world.process(HARNESS).spawn((env) => reading.run(kafkaEnvironment(env), bootstrapServers(plan)));
  await pace.until(200, FINAL_READ_LIMIT_MS, () => reading.unread.size === 0);
  if (reading.unread.size > 0) {
    const facts = [...reading.unread].map(
      ([partition, fact]) => `${partition} ${fact}${leadership(run.ghost, partition)}${run.refused.about([partition])}`,
    );
    run.findings.violated(
      'L11',
      `a fresh consumer could not read every partition to its end within ${FINAL_READ_LIMIT_MS} ms: ${facts.join('; ')}`,
    );
  }
  run.show(reading.reads);
  const view = run.view();
  applications.stopRunning();
  await pace.until(500, 120_000, () => applications.allEnded);
  for (const checker of run.checkers) checker.atEnd?.({ ...view, nodes: run.stage.inspections(), phase: 'verify' });
}

/** What the controller has committed of a partition, in brackets. */
function leadership(durability: DurabilityGhost, partition: string): string {
  for (const ghost of durability.partitions) {
    if (ghost.partition === partition) return ` (leader ${ghost.leader}, in-sync set [${ghost.isr.join(', ')}])`;
  }
  return '';
}
