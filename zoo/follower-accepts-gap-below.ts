import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a follower appends a batch below the end of its log',
  source: ['design: replication'],
  difficulty: 'hard',
  expects: ['X1', 'S4', 'R4'],
  file: 'core/log/log-appender.ts',
  find: '      if (header.baseOffset < expected) {',
  replace: '      if (zoo.instead(header.baseOffset < expected, false)) {',
} satisfies Mutant;
