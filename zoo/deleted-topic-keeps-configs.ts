import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a deleted topic leaves its configs to the next one of its name',
  source: ['design: metadata images'],
  difficulty: 'hard',
  expects: ['C9', 'L7'],
  scenario: 'topics-come-and-go',
  file: 'core/metadata/delta.ts',
  find: `    this.#passingTopics.push(topic);
    this.#deleteConfigs(\`topic:\${name}\`);`,
  replace: `    this.#passingTopics.push(topic);
    zoo.differs(this.image.configs.has(\`topic:\${name}\`));`,
} satisfies Mutant;
