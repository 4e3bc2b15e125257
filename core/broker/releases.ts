/**
 * Older releases of Kafka, by what a node or a client of them speaks beside those of this one (RELEASE_APIS): where the versions of an API
 * ended, which APIs there were not, and up to which levels its nodes know features. What is not named here was there as it is now, but for
 * the oldest versions of 3.9: those that 4.0 gave up (KIP-896) have no schemas here.
 *
 * So say `ApiMessageType` of kafka-clients 3.9.1 and 4.0.1, of which stable versions count (4.0.0 differs in one thing: it had not taken
 * back JoinGroup 0 and 1 yet, KAFKA-19444), and `MetadataVersion` and the features of kafka-server-common 3.9.1 and 4.0.0.
 */
import { ELR_FEATURE } from '../metadata/eligible-leader-replicas.ts';
import { GROUP_VERSION, type SupportedFeature, SUPPORTED_FEATURES, TRANSACTION_VERSION } from '../metadata/features.ts';
import { METADATA_VERSION } from '../metadata/metadata-version.ts';
import type { ApiName } from '../protocol/messages/index.ts';
import { type ApiRanges, endingAt, RELEASE_APIS } from '../rpc/api-versions.ts';

/** `ends`: the highest version of each API that has later ones, as the release's message schemas have it; 'none': it did not have the API. */
interface Facts {
  readonly ends: { readonly [A in ApiName]?: number | 'none' };
  /** The highest level of each feature that it knows less of. */
  readonly levels: Readonly<Record<string, number>>;
}

/** Of groups of other kinds (KIP-932, KIP-1071): up to 4.0 they are missing, or there in versions that are not stable. */
const LATER_GROUPS = {
  ShareGroupHeartbeat: 'none',
  ShareGroupDescribe: 'none',
  ShareFetch: 'none',
  ShareAcknowledge: 'none',
  InitializeShareGroupState: 'none',
  ReadShareGroupState: 'none',
  WriteShareGroupState: 'none',
  DeleteShareGroupState: 'none',
  ReadShareGroupStateSummary: 'none',
  DescribeShareGroupOffsets: 'none',
  AlterShareGroupOffsets: 'none',
  DeleteShareGroupOffsets: 'none',
  StreamsGroupHeartbeat: 'none',
  StreamsGroupDescribe: 'none',
  StreamsGroupTopologyDescriptionUpdate: 'none',
} as const;

const KAFKA_4_0 = {
  ends: {
    ...LATER_GROUPS,
    Produce: 12,
    Fetch: 17,
    ListOffsets: 10,
    OffsetCommit: 9,
    OffsetFetch: 9,
    ApiVersions: 4,
    WriteTxnMarkers: 1,
    DescribeLogDirs: 4,
    DeleteGroups: 2,
    BrokerHeartbeat: 1,
    ListConfigResources: 0,
    ListTransactions: 1,
    TxnOffsetCommit: 5,
    AlterPartitionReassignments: 0,
    AddRaftVoter: 0,
    UnregisterController: 'none',
  },
  /** 4.0-IV3. */
  levels: { [METADATA_VERSION]: 25 },
} as const satisfies Facts;

const KAFKA_3_9 = {
  ends: {
    ...KAFKA_4_0.ends,
    Produce: 11,
    ListOffsets: 9,
    Metadata: 12,
    DescribeGroups: 5,
    DescribeCluster: 1,
    Vote: 1,
    UpdateFeatures: 1,
    EndTxn: 4,
    TxnOffsetCommit: 4,
    ConsumerGroupHeartbeat: 0,
    ConsumerGroupDescribe: 0,
  },
  /** 3.9-IV0, before there were eligible leader replicas (KIP-966), and before transactions had levels (KIP-890). */
  levels: { [METADATA_VERSION]: 21, [ELR_FEATURE]: 0, [GROUP_VERSION]: 0, [TRANSACTION_VERSION]: 0 },
} as const satisfies Facts;

/** What a node or a client of a release is given. */
export interface ReleaseTable {
  readonly apis: ApiRanges;
  readonly features: readonly SupportedFeature[];
}

export type OlderRelease = '3.9' | '4.0';

export const OLDER_RELEASES: Readonly<Record<OlderRelease, ReleaseTable>> = {
  '3.9': tableOf(KAFKA_3_9),
  '4.0': tableOf(KAFKA_4_0),
};

/** The highest level of a feature that a node of a release runs with; 0 of one that it does not know. */
export function highestLevel(release: OlderRelease, feature: string): number {
  return OLDER_RELEASES[release].features.find(({ name }) => name === feature)?.maxSupportedVersion ?? 0;
}

function tableOf({ ends, levels }: Facts): ReleaseTable {
  return {
    apis: endingAt(RELEASE_APIS, ends),
    features: SUPPORTED_FEATURES.flatMap((feature) => {
      const level = levels[feature.name] ?? feature.maxSupportedVersion;
      const isKnown = feature.name in levels ? level > 0 : true;
      return isKnown ? [{ ...feature, maxSupportedVersion: Math.min(level, feature.maxSupportedVersion) }] : [];
    }),
  };
}
