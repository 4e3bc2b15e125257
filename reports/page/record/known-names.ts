/** Who stands behind ids in what is told: members of groups by their clients, topics by their names. Ids mean nothing to who reads a page. */
import type { TraceEvent } from '../../../core/trace.ts';

/** Characters of a Uuid in base64, which a partition's index may follow. */
const ID_LENGTH = 22;
const ID = /[\w-]{22,}/g;
/** So many tell it from the others. */
const ID_SHOWN = 4;

export class KnownNames {
  readonly #names = new Map<string, string>();

  /** `process`: the name of who tells of it. */
  onEvent(process: string, event: TraceEvent): void {
    // A member id of the classic protocol begins with its client's name already, and is longer.
    if (event.type === 'consumer-rebalanced') this.#learn(event.member, `${process} (${event.member.slice(0, ID_SHOWN)}…)`);
    else if (event.type === 'metadata-applied') for (const { topicId, topic } of event.partitions) this.#learn(topicId, topic);
  }

  /** The text with names in place of ids. */
  in(text: string): string {
    return text.replaceAll(ID, (word) => {
      const name = this.#names.get(word.slice(0, ID_LENGTH));
      return name === undefined ? word : name + word.slice(ID_LENGTH);
    });
  }

  #learn(id: string, name: string): void {
    if (id.length === ID_LENGTH && !this.#names.has(id)) this.#names.set(id, name);
  }
}
