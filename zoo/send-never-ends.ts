import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a batch that expires in flight is not told to the application',
  source: ['KIP-91'],
  difficulty: 'medium',
  expects: ['N8', 'L8'],
  file: 'core/client/producer/sender.ts',
  find: '      if (!due || batch.isDone) continue;',
  replace: '      if (zoo.instead(!due || batch.isDone, true)) continue;',
} satisfies Mutant;
