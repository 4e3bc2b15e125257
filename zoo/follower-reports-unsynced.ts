import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'with flush.messages a follower asks beyond what it has synced',
  source: ['design: flush.messages'],
  difficulty: 'medium',
  expects: ['R25', 'S1', 'R1'],
  scenario: 'power-loss',
  file: 'core/replication/replica-fetcher.ts',
  find: `const isSynced = log.visibleEndOffset >= log.logEndOffset;
    if`,
  replace: `const isSynced = zoo.instead(log.visibleEndOffset >= log.logEndOffset, true);
    if`,
  and: [
    {
      file: 'core/replication/replica-fetcher.ts',
      find: 'if (partition.log.visibleEndOffset < partition.log.logEndOffset) this.#unsynced.add(key);',
      replace: '',
    },
  ],
} satisfies Mutant;
