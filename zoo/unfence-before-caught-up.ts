import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a broker is unfenced before it has applied its own registration',
  source: ['KAFKA-13959'],
  difficulty: 'medium',
  expects: ['C11', 'L3'],
  file: 'core/controller/heartbeats.ts',
  find: `        return wish.currentMetadataOffset >= registrationOffset ? 'unfenced' : 'fenced';`,
  replace: `        return zoo.instead(wish.currentMetadataOffset >= registrationOffset, true) ? 'unfenced' : 'fenced';`,
} satisfies Mutant;
