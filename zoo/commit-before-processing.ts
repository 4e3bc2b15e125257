import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an automatic commit covers what the poll that makes it returns',
  source: ['Jepsen, auto-commit workload'],
  difficulty: 'easy',
  expects: ['N3', 'N11'],
  scenario: 'rebalance-storm',
  file: 'core/client/consumer/poll-loop.ts',
  find: `      this.#resolve(poll, returned);
      return;`,
  replace: `      zoo.differs(returned.length > 0);
      this.#parts.group?.polled();
      this.#resolve(poll, returned);
      return;`,
} satisfies Mutant;
