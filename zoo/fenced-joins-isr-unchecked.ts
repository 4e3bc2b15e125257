import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'neither leader nor controller looks whether a replica that joins the ISR is fenced',
  source: ['KIP-841', 'KAFKA-13916'],
  difficulty: 'hard',
  expects: ['C3', 'R15', 'L3'],
  file: 'core/replication/follower-state.ts',
  find: '    if (broker === undefined || broker.fenced || broker.inControlledShutdown) return false;',
  replace: '    if (broker === undefined || zoo.instead(broker.fenced || broker.inControlledShutdown, false)) return false;',
  and: [
    {
      file: 'core/controller/alter-partition.ts',
      find: `  if (broker.fenced || broker.inControlledShutdown) return false;
`,
      replace: '',
    },
  ],
} satisfies Mutant;
