import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a replica whose log directory is offline is elected leader',
  source: ['KIP-858'],
  difficulty: 'medium',
  expects: ['L3', 'C7', 'R1'],
  scenario: 'disk-failure',
  file: 'core/controller/partition-updates.ts',
  find: 'return isDirectoryOnline(broker, partition.directories[partition.replicas.indexOf(brokerId)]);',
  replace: 'return zoo.instead(isDirectoryOnline(broker, partition.directories[partition.replicas.indexOf(brokerId)]), true);',
} satisfies Mutant;
