import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a controlled shutdown is granted before the other brokers know the new leaders',
  source: ['KIP-631'],
  difficulty: 'medium',
  expects: ['C12', 'Q1'],
  scenario: 'rolling-restart',
  file: 'core/controller/heartbeats.ts',
  find: `        return (shutdownOffset ?? 0) <= this.#lowestActiveOffset() ? 'shutdown-now' : 'controlled-shutdown';`,
  replace: `        return zoo.instead((shutdownOffset ?? 0) <= this.#lowestActiveOffset(), true) ? 'shutdown-now' : 'controlled-shutdown';`,
} satisfies Mutant;
