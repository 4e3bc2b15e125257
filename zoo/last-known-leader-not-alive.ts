import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'the last known leader is elected though it is not alive',
  source: ['KAFKA-19522'],
  difficulty: 'medium',
  expects: ['C7', 'C3', 'L3'],
  file: 'core/controller/partition-change.ts',
  find: '  if (!intent.isAcceptableLeader(last)) return null;',
  replace: '  if (zoo.instead(!intent.isAcceptableLeader(last), false)) return null;',
} satisfies Mutant;
