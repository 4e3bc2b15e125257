/**
 * Trial as a library: write scenarios, run plans and campaigns. (`kafka-trial/test` makes tests of them.)
 *
 *     import { scenario, writer, simulate } from 'kafka-trial';
 */
export { app, type AppOptions } from './apps/app.ts';
export { appScenario, type AppScenarioOptions, type Input, type InputRecord } from './apps/app-scenario.ts';
export { campaign, type CampaignOptions, type CampaignReport, type Failure } from './campaign/campaign.ts';
export type { SeedOutcome } from './campaign/outcome.ts';
export { simulate, type SimulateInput, type SimulateOptions } from './campaign/simulate.ts';
export { Totals } from './campaign/totals.ts';
export { UsageError } from './campaign/usage.ts';
export { verify, type VerifyOptions, type VerifyReport } from './campaign/verify.ts';
export { narrate } from './campaign/narrate.ts';
export { failureMessage } from './reports/failure-message.ts';
export { SCENARIOS } from './scenarios/registry.ts';
export { between, oneOf, scenario, type Scenario, type ScenarioClient, type ScenarioOptions } from './scenarios/scenario.ts';
export type { FaultKind } from './sim/faults/registry.ts';
export type { PropertyId } from './properties/registry.ts';
export { bank } from './scenarios/workloads/bank.ts';
export { featureRaiser } from './scenarios/workloads/feature-raiser.ts';
export { groupReader } from './scenarios/workloads/group-reader.ts';
export { handReader } from './scenarios/workloads/hand-reader.ts';
export { hangingFinder } from './scenarios/workloads/hanging-finder.ts';
export { leaderMover } from './scenarios/workloads/leader-mover.ts';
export { operator } from './scenarios/workloads/operator.ts';
export { pipeline } from './scenarios/workloads/pipeline.ts';
export { service } from './scenarios/workloads/service.ts';
export { scanner } from './scenarios/workloads/scanner.ts';
export { strayWriter } from './scenarios/workloads/stray-writer.ts';
export { tokenRing, tokenSource } from './scenarios/workloads/token-ring.ts';
export { topicKeeper } from './scenarios/workloads/topic-keeper.ts';
export { transactionalWriter } from './scenarios/workloads/transactional-writer.ts';
export { writer } from './scenarios/workloads/writer.ts';
export type { HistoryEvent } from './sim/history.ts';
export type { CheckContext, Checker, ClusterView, PropertyDefinition, Violation } from './sim/observe.ts';
export { keyValueStore } from './sim/service/key-value-store.ts';
export type { Service, ServiceAnswer, ServiceRequest } from './sim/service/service.ts';
export type { Tables } from './sim/service/store.ts';
export { parsePlan, type Plan } from './sim/plan.ts';
export type { RunResult } from './sim/result.ts';
export type { TraceLine } from './sim/run.ts';
export type { Workload, WorkloadContext } from './sim/workload/context.ts';
