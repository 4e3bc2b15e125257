import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a second incarnation of a broker registers while the first one is alive',
  source: ['KIP-631'],
  difficulty: 'medium',
  expects: ['C17'],
  file: 'core/controller/cluster.ts',
  find: '  if (!isSameIncarnation && heartbeats.hasValidSession(brokerId, nowMs)) {',
  replace: '  if (zoo.instead(!isSameIncarnation && heartbeats.hasValidSession(brokerId, nowMs), false)) {',
} satisfies Mutant;
