import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a replica that may have lost records stays eligible to lead',
  source: ['KIP-966'],
  difficulty: 'hard',
  expects: ['C4', 'C18', 'R1'],
  file: 'core/controller/partition-change.ts',
  find: 'return [...candidates].filter((replica) => !targetIsr.includes(replica) && uncleanShutdownReplicas?.includes(replica) !== true);',
  replace: `return [...candidates].filter(
    (replica) =>
      !targetIsr.includes(replica) && zoo.instead(uncleanShutdownReplicas?.includes(replica) !== true, true),
  );`,
} satisfies Mutant;
