import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an answer to a heartbeat of an earlier generation ends the membership',
  source: ['KAFKA-9823', 'KAFKA-13419'],
  difficulty: 'medium',
  expects: ['L10', 'GR3'],
  scenario: 'rebalance-storm',
  file: 'core/client/consumer/group-membership.ts',
  find: `    if (sent !== this.#generation) return false;
    if (error`,
  replace: `    if (zoo.instead(sent !== this.#generation, false)) return false;
    if (error`,
  and: [
    {
      file: 'core/client/consumer/group-membership.ts',
      find: `    else if (!sameGeneration)
`,
      replace: `    else if (!sameGeneration && error === ErrorCode.NONE)
`,
    },
  ],
} satisfies Mutant;
