/** Does a plan fit the scenario and this version? What its schema can't say is looked at before it runs. */
import { meant } from '../core/config/index.ts';
import { misfit, strictObject } from '../core/config/strict.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { topicsMadeBy } from '../scenarios/misfits.ts';
import { madeTopics, topicsMisfit } from '../scenarios/workloads/params.ts';
import { writer } from '../scenarios/workloads/writer.ts';
import { checkPlan as checkPlanAlone } from '../sim/check-plan.ts';
import type { ClientPlan, Plan } from '../sim/plan.ts';
import { UsageError } from './usage.ts';

/** Throws UsageError or PlanError with the first thing that does not fit. */
export function checkPlan(plan: Plan, scenario: Scenario): void {
  checkPlanAlone(plan);
  // A topic that the plan does not have is created by the brokers for who writes to it.
  const written = plan.clients.filter(({ workload }) => scenario.workloads.get(workload) === writer);
  const topics = [
    ...plan.topics.map(({ name }) => name),
    ...plan.clients.flatMap(({ params }) => madeTopics(params)),
    ...topicsMadeBy(scenario.spec.clients),
    ...written.flatMap(({ params }) => String(params['topics']).split(',')),
  ];
  for (const [index, client] of plan.clients.entries()) {
    const wrong = clientMisfit(client, scenario, topics);
    if (wrong !== null) throw new UsageError(`the plan can't be used: clients.${index}.${wrong}`);
  }
}

function clientMisfit({ workload, params }: ClientPlan, scenario: Scenario, topics: readonly string[]): string | null {
  const run = scenario.workloads.get(workload);
  if (run === undefined) {
    const known = [...scenario.workloads.keys()];
    const hint = meant(known, workload) || `: give one of ${known.join(', ')}`;
    return `workload "${workload}" is no workload of scenario ${scenario.name}${hint}`;
  }
  if (run.params === undefined) return null;
  const wrong = misfit(strictObject(run.params), params);
  if (wrong !== null) return `params: ${wrong}`;
  const ofTopics = 'topics' in run.params ? topicsMisfit(String(params['topics']), topics) : null;
  return ofTopics === null ? null : `params: ${ofTopics}`;
}
