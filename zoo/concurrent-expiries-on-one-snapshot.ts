import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'two sessions that expire together are both handled on the state before the first',
  source: ['KAFKA-13173'],
  difficulty: 'medium',
  expects: ['C3', 'C5', 'X1', 'C9'],
  file: 'core/controller/active.ts',
  find: `  #fenceStaleBrokers(): void {
    while (!this.#closed) {`,
  replace: `  #fenceStaleBrokers(): void {
    const before = this.#image;
    while (!this.#closed) {`,
  and: [
    {
      file: 'core/controller/active.ts',
      find: `      const changes = this.begin();
      const broker = changes.image.brokers.get(brokerId);`,
      replace: `      zoo.differs(before !== this.#image);
      const changes = new Changes(before, this.#nextWriteOffset);
      const broker = changes.image.brokers.get(brokerId);`,
    },
  ],
} satisfies Mutant;
