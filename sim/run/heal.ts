/** The phase heal: every fault ends, and who is down is started. */
import type { RunParts } from './parts.ts';

export async function heal(
  run: Pick<RunParts, 'plan' | 'world' | 'stage' | 'applications' | 'injector' | 'pace' | 'healed' | 'start'>,
): Promise<void> {
  const { plan, world, stage, injector, pace } = run;
  pace.enter('heal');
  injector.end();
  const controllers = stage.nodes.filter((node) => node.isController && !node.isBroker);
  const mayStayDown = plan.heal.leaveMinorityDown ? Math.floor((controllers.length - 1) / 2) : 0;
  const left = new Set(controllers.slice(0, mayStayDown).map((node) => node.name));
  const inspections = stage.inspections();
  for (const node of stage.nodes) {
    if (left.has(node.name)) continue;
    // Kafka takes a log directory back only at a restart: whoever has one offline is restarted in any case.
    const hasOfflineDirectory = (inspections.get(node.name)?.broker?.offlineDirectories.length ?? 0) > 0;
    const restart = plan.heal.restartAll || hasOfflineDirectory;
    if (restart && injector.budget.admits('process', [node.name])) world.process(node.name).kill();
    run.start(node.name);
    run.healed.add(node.name);
  }
  for (const name of left) world.process(name).kill();
  for (const client of plan.clients) run.start(client.name);
  // Writers go on for a moment, so that what they send goes through the healed cluster too.
  await pace.pass(2_000);
  run.applications.stopWriting();
}
