/**
 * Scenarios, and applications, as tests of AVA, Vitest, Jest or node:test.
 *
 *     import { testScenario, trialApp } from 'kafka-trial/test';
 */
export type { Expectation, RecordExpectation, TopicRecord, TopicsAtEnd } from './apps/expectations.ts';
export { type RunnerTest, testScenario, type TestScenarioOptions } from './reports/test-scenario.ts';
export { trialApp, type TrialAppOptions } from './reports/trial-app.ts';
