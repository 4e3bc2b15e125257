import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'recovery keeps the segments behind one that ends in a bad batch',
  source: ['design: log recovery'],
  difficulty: 'medium',
  expects: ['S1', 'R4', 'X1'],
  scenario: 'power-loss',
  file: 'core/log/recovery.ts',
  find: `      env.tracer.emit({ type: 'mark', name: 'log/recovery-cut-a-segment' });
      isCut = true;`,
  replace: `      env.tracer.emit({ type: 'mark', name: 'log/recovery-cut-a-segment' });
      zoo.differs(at < bases.length - 1);`,
} satisfies Mutant;
