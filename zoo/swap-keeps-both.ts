import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'recovery puts a compacted copy in place and leaves the segments it was made of',
  source: ['KAFKA-6264'],
  difficulty: 'medium',
  expects: ['S1', 'S4', 'R20'],
  scenario: 'compaction',
  file: 'core/log/recovery.ts',
  find: `    if (file !== null && file.offset >= from && file.offset < to) disk.remove(\`\${directory}/\${name}\`);`,
  replace: '    zoo.differs(file !== null && file.offset > from && file.offset < to);',
} satisfies Mutant;
