import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'an epoch is entered behind ones that contradict it',
  source: ['KAFKA-7415'],
  difficulty: 'hard',
  expects: ['R11'],
  file: 'core/log/epoch-cache.ts',
  find: '    while (keep > 0 && contradicts(this.#entries[keep - 1] as EpochEntry, epoch, startOffset)) keep--;',
  replace: '    zoo.differs(keep > 0 && contradicts(this.#entries[keep - 1] as EpochEntry, epoch, startOffset));',
} satisfies Mutant;
