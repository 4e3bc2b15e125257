/** Does a plan from a file fit the scenario and this version? What its schema can't say is looked at before it runs. */
import { BROKER_CONFIG } from '../core/config/index.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { FAULTS } from '../sim/faults/registry.ts';
import type { Plan } from '../sim/plan.ts';
import { UsageError } from './usage.ts';

/** Throws UsageError with the first thing that does not fit. */
export function checkPlan(plan: Plan, scenario: Scenario): void {
  plan.faults.forEach((fault, index) => {
    if (!FAULTS.has(fault.kind)) {
      throw new UsageError(`the plan's faults.${index}.kind "${fault.kind}" is no kind of fault; see "trial list faults"`);
    }
  });
  plan.clients.forEach((client, index) => {
    if (!scenario.workloads.has(client.workload)) {
      const known = [...scenario.workloads.keys()].join(', ');
      throw new UsageError(
        `the plan's clients.${index}.workload "${client.workload}" is no workload of scenario ${scenario.name}: give one of ${known}`,
      );
    }
  });
  for (const name of Object.keys(plan.cluster.properties)) {
    if (!Object.hasOwn(BROKER_CONFIG.keys, name)) {
      throw new UsageError(`the plan's cluster.properties has "${name}", which is no broker property; see "trial list configs"`);
    }
  }
  plan.topics.forEach((topic, index) => {
    if (topic.replicationFactor > plan.cluster.brokers) {
      throw new UsageError(
        `the plan's topics.${index}.replicationFactor ${topic.replicationFactor} is more than its ${plan.cluster.brokers} brokers`,
      );
    }
  });
}
