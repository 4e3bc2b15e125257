/**
 * Scenarios as tests of AVA, Vitest, Jest or node:test.
 *
 *     import { testScenario } from 'kafka-trial/test';
 */
export { type RunnerTest, testScenario, type TestScenarioOptions } from './reports/test-scenario.ts';
