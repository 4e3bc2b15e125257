import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a voter asks for what comes after records that it has not synced',
  source: ['KIP-595'],
  difficulty: 'medium',
  expects: ['K7', 'K5'],
  scenario: 'controller-failover',
  file: 'core/raft/fetcher.ts',
  find: 'const mustFlush = this.#quorum.isVoter && !log.isFlushed;',
  replace: 'const mustFlush = zoo.instead(this.#quorum.isVoter && !log.isFlushed, false);',
} satisfies Mutant;
