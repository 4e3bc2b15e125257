/** What a run is made of. Each phase says which of it it uses. */
import type { DurabilityGhost } from '../durability.ts';
import type { FaultInjector } from '../faults/injector.ts';
import type { Checker, ClusterView, FinalRead, RunGuarantees } from '../observe.ts';
import type { Plan } from '../plan.ts';
import type { ProtocolStates } from '../protocol-states.ts';
import type { Recorder } from '../workload/recorder.ts';
import type { World } from '../../world/world.ts';
import type { Applications } from './applications.ts';
import type { Findings } from './findings.ts';
import type { LastRefused } from './last-refused.ts';
import type { Pace } from './pace.ts';
import type { Stage } from './stage.ts';
import type { Demand } from './unmet.ts';

export interface RunParts {
  readonly plan: Plan;
  readonly world: World;
  readonly stage: Stage;
  readonly applications: Applications;
  readonly recorder: Recorder;
  readonly demand: Demand;
  readonly injector: FaultInjector;
  readonly ghost: DurabilityGhost;
  readonly guarantees: RunGuarantees;
  readonly checkers: readonly Checker[];
  readonly findings: Findings;
  readonly refused: LastRefused;
  readonly states: ProtocolStates;
  readonly pace: Pace;
  /** Nodes that heal has started: whoever of them stops in order is started again. */
  readonly healed: Set<string>;
  /** Starts a process with what it runs: a node, or a client with its workload. One that is up is resumed. */
  readonly start: (name: string) => void;
  /** The cluster as it is now. */
  readonly view: () => ClusterView;
  /** From here on views have what fresh consumers of either isolation level read (null: one did not come that far). */
  readonly show: (
    finalReads: ReadonlyMap<string, FinalRead> | null,
    finalCommittedReads: ReadonlyMap<string, FinalRead> | null,
  ) => void;
}
