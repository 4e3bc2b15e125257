/** What consumer groups are governed by, beside what their members say. */
import type { Migration } from './conversion.ts';
import type { TopicsView } from './topics-view.ts';

/** Of one group: its own configs over those of its broker. */
export interface ConsumerGroupConfig {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly assignmentIntervalMs: number;
  readonly maxSize: number;
  /** For groups whose members ask for none. */
  readonly defaultAssignor: string;
  readonly assignors: readonly string[];
  readonly regexRefreshMs: number;
}

export interface ConsumerGroupSettings {
  readonly topics: () => TopicsView;
  readonly group: (id: string) => ConsumerGroupConfig;
  readonly migration: () => Migration;
}
