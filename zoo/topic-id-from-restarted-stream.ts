import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'topic ids are drawn from a stream that begins anew with every leadership',
  source: ['KIP-516'],
  difficulty: 'easy',
  expects: ['C14', 'X1', 'S12'],
  scenario: 'topics-come-and-go',
  file: 'core/controller/active.ts',
  find: 'const chance = env.random.stream(`controller/topics/n${options.nodeId}-e${options.epoch}`);',
  replace: `const stream = env.random.stream(\`controller/topics/n\${options.nodeId}-e\${options.epoch}\`);
    let drawn = 0;
    const below = (limit: number, label: string): number => {
      if (label !== 'uuid') return stream.below(limit, label);
      zoo.differs();
      drawn = (drawn * 31 + 7) % 65_521;
      return drawn % limit;
    };
    const chance = new Proxy(stream, {
      get: (of, name) => {
        if (name === 'below') return below;
        const value = Reflect.get(of, name, of) as unknown;
        return typeof value === 'function' ? value.bind(of) : value;
      },
    });`,
  and: [
    {
      file: 'core/controller/topics.ts',
      find: `if (!id.startsWith('-') && !image.topicsById.has(id)) return id;`,
      replace: `if (!id.startsWith('-')) return id;`,
    },
  ],
} satisfies Mutant;
