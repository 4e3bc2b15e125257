import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'after an unclean election the old ISR stays',
  source: ['KIP-704', 'KAFKA-13587'],
  difficulty: 'medium',
  expects: ['C5', 'C7', 'R4'],
  scenario: 'power-loss',
  file: 'core/controller/partition-change.ts',
  find: `      record.isr = [elected.leader];
      if (partition`,
  replace: `      zoo.differs();
      if (partition`,
} satisfies Mutant;
