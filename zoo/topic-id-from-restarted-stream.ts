import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'topic ids are drawn from a stream that begins anew with every leadership',
  source: ['KIP-516'],
  difficulty: 'easy',
  expects: ['C14', 'X1', 'S12'],
  scenario: 'topics-come-and-go',
  file: 'core/controller/active.ts',
  find: 'const chance = env.random.stream(`controller/topics/n${options.nodeId}-e${options.epoch}`);',
  replace: `zoo.differs();
    const chance = env.random.stream(\`controller/topics/n0-e\${Math.min(options.epoch, 0)}\`);`,
  and: [
    {
      file: 'core/controller/topics.ts',
      find: `if (!id.startsWith('-') && !image.topicsById.has(id)) return id;`,
      replace: `if (!id.startsWith('-')) return id;`,
    },
  ],
} satisfies Mutant;
