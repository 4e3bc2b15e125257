/** All scripts, in the order they run in: each finds what those before it left. */
import type { OracleScript } from '../conversation.ts';
import { CLUSTER } from './cluster.ts';
import { CONFIGS } from './configs.ts';
import { CONSUMER_GROUPS } from './consumer-groups/index.ts';
import { GROUP_MIGRATION, GROUP_UPGRADE } from './consumer-groups/migration.ts';
import { CORDONED } from './cordoned.ts';
import { ELIGIBLE } from './eligible.ts';
import { GROUPS } from './groups.ts';
import { KAFKAJS } from './kafkajs.ts';
import { MIN_INSYNC } from './min-insync.ts';
import { NODES } from './nodes.ts';
import { OWN_CLIENTS } from './own-clients.ts';
import { RECORDS } from './records.ts';
import { TOPICS } from './topics.ts';
import { TRANSACTIONS } from './transactions/index.ts';
import { VERSIONS } from './versions.ts';

export const SCRIPTS: readonly OracleScript[] = [
  VERSIONS,
  TOPICS,
  GROUPS,
  CONSUMER_GROUPS,
  GROUP_MIGRATION,
  RECORDS,
  CONFIGS,
  CLUSTER,
  CORDONED,
  KAFKAJS,
  OWN_CLIENTS,
  MIN_INSYNC,
  NODES,
  ELIGIBLE,
  GROUP_UPGRADE,
  ...TRANSACTIONS,
];
