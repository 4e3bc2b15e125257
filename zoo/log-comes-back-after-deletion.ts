import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a log that was deleted keeps its entries in the checkpoints until they are written anyway',
  source: ['design: topic deletion'],
  difficulty: 'hard',
  expects: ['S12', 'S1', 'X1'],
  scenario: 'topics-come-and-go',
  file: 'core/log/log-manager.ts',
  find: '      for (const file of files) directory.checkpoint(file, done);',
  replace: `      zoo.differs();
      for (const _file of files) done();`,
} satisfies Mutant;
