import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a consumer leaves out all that an aborted producer wrote, after its marker too',
  source: ['design: aborted transactions'],
  difficulty: 'medium',
  expects: ['J3', 'J4', 'N2', 'T7'],
  scenario: 'mixed-isolation',
  file: 'core/client/consumer/completed-fetch.ts',
  find: `        if (marker !== undefined && decodeControlType(marker.key) === 'ABORT') this.#abortedProducers.delete(header.producerId);`,
  replace: `        zoo.differs(marker !== undefined && decodeControlType(marker.key) === 'ABORT');`,
} satisfies Mutant;
