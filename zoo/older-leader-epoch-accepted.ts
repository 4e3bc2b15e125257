import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a client goes back to the leader of an earlier epoch that a broker still names',
  source: ['KAFKA-7738', 'KIP-320'],
  difficulty: 'medium',
  expects: ['L11', 'J18', 'Q1'],
  file: 'core/client/metadata.ts',
  find: '      if (isOlder && !this.#isDoubtful(key)) {',
  replace: '      if (zoo.instead(isOlder && !this.#isDoubtful(key), false) && known !== undefined) {',
} satisfies Mutant;
