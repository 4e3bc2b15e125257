/** Looks for a topic before it is used, because clients wait in silence for one that does not come. */
import type { Admin } from '../core/client/admin/admin.ts';
import { KafkaError } from '../core/client/errors.ts';
import type { Terminal } from './terminal.ts';

/** A topic that is not there may be created by its use, so that is only told. Anything else that is wrong with it is thrown. */
export async function checkTopic(admin: Admin, topic: string, partition: number | null, terminal: Terminal): Promise<void> {
  try {
    const [description] = await admin.describeTopics([topic]);
    const count = description?.partitions.length ?? 0;
    if (partition !== null && partition >= count)
      terminal.note(`trial: warning: topic ${topic} has no partition ${partition} (yet); it has ${count}.`);
  } catch (error) {
    if (!(error instanceof KafkaError) || error.errorName !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
    terminal.note(`trial: warning: there is no topic ${topic} (yet) (UNKNOWN_TOPIC_OR_PARTITION).`);
  }
}
