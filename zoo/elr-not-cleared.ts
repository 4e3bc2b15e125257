import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'eligible leader replicas stay eligible when the ISR has its minimum again',
  source: ['KAFKA-15581', 'KIP-966'],
  difficulty: 'hard',
  expects: ['C18', 'C5', 'R1'],
  file: 'core/controller/partition-change.ts',
  find: '  if (targetIsr.length >= intent.minIsr) return [];',
  replace: '  if (zoo.instead(targetIsr.length >= intent.minIsr, false)) return [];',
  and: [
    {
      file: 'core/controller/partition-change.ts',
      find: '  if (record.isr !== null || !elrEnabled) targets.elr = [];',
      replace: '  if (!elrEnabled) targets.elr = [];',
    },
  ],
} satisfies Mutant;
