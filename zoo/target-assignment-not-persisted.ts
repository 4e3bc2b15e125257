import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'of a target assignment its epoch is written and not what the members are to have',
  source: ['KIP-848'],
  difficulty: 'easy',
  expects: ['GR11', 'L10'],
  scenario: 'consumer-protocol',
  file: 'core/group/consumer/consumer-group-writer.ts',
  find: 'const records = draft.records.map((record) => encodeConsumerGroupRecord(group.id, record, wallMs));',
  replace: `zoo.differs(draft.records.some(({ kind }) => kind === 'target'));
    const records = draft.records
      .filter(({ kind }) => kind !== 'target')
      .map((record) => encodeConsumerGroupRecord(group.id, record, wallMs));`,
} satisfies Mutant;
