import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a sync that began before a truncation counts for what was written after it',
  source: ['KIP-595'],
  difficulty: 'hard',
  expects: ['K7'],
  scenario: 'controller-failover',
  file: 'core/raft/metadata-log.ts',
  find: 'if (error === null && generation === this.#generation) this.#flushedTo',
  replace: 'if (error === null && zoo.instead(generation === this.#generation, true)) this.#flushedTo',
} satisfies Mutant;
