import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'acks=all is answered after the local append, as acks=1 is',
  source: ['design: acks'],
  difficulty: 'easy',
  expects: ['R12', 'R1', 'J4'],
  file: 'core/replication/replica-appends.ts',
  find: 'const waitsForReplicas = requiredAcks === -1;',
  replace: 'const waitsForReplicas = zoo.instead(requiredAcks === -1, false);',
} satisfies Mutant;
