import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'with flush.messages a leader counts what it has not synced',
  source: ['design: flush.messages'],
  difficulty: 'medium',
  expects: ['R25', 'R8', 'S1', 'R1'],
  scenario: 'power-loss',
  file: 'core/replication/high-watermark.ts',
  find: `const leaderEndOffset = log.visibleEndOffset;
    const members`,
  replace: `const leaderEndOffset = zoo.instead(log.visibleEndOffset, log.logEndOffset);
    const members`,
} satisfies Mutant;
