/** The checkers that look inside the cluster, by its trace events and inspections. */
import { propertyDefinitions } from '../sim/observe.ts';
import { acknowledgements } from './internal/acknowledgements.ts';
import { brokerSessions } from './internal/broker-sessions.ts';
import { checkQuorum } from './internal/check-quorum.ts';
import { checkpoints } from './internal/checkpoints.ts';
import { commitOrder } from './internal/commit-order.ts';
import { controlledShutdown } from './internal/controlled-shutdown.ts';
import { controller } from './internal/controller.ts';
import { convergence } from './internal/convergence.ts';
import { deliveries } from './internal/deliveries.ts';
import { eligibleReplicas } from './internal/eligible-replicas.ts';
import { expiredOffsets } from './internal/expired-offsets.ts';
import { groups } from './internal/groups.ts';
import { highWatermarks } from './internal/high-watermark.ts';
import { idempotence } from './internal/idempotence.ts';
import { inSync } from './internal/in-sync.ts';
import { laggingReplicas } from './internal/lagging-replicas.ts';
import { logAgreement } from './internal/log-agreement.ts';
import { logStart } from './internal/log-start.ts';
import { overtakenIsrChanges } from './internal/overtaken-isr-changes.ts';
import { producerState } from './internal/producer-state.ts';
import { quorum } from './internal/quorum.ts';
import { replicaLag } from './internal/replica-lag.ts';
import { stableReads } from './internal/stable-reads.ts';
import { storage } from './internal/storage.ts';
import { transactionConvergence } from './internal/transaction-convergence.ts';
import { transactionLogs } from './internal/transaction-logs.ts';
import { transactionTimeouts } from './internal/transaction-timeouts.ts';
import { transactionalOffsets } from './internal/transactional-offsets.ts';
import { transactionStates } from './internal/transaction-states.ts';

export const INTERNAL_PROPERTIES = propertyDefinitions(
  logAgreement,
  logStart,
  highWatermarks,
  inSync,
  acknowledgements,
  replicaLag,
  laggingReplicas,
  overtakenIsrChanges,
  quorum,
  checkQuorum,
  controller,
  controlledShutdown,
  eligibleReplicas,
  brokerSessions,
  storage,
  checkpoints,
  deliveries,
  idempotence,
  producerState,
  groups,
  expiredOffsets,
  commitOrder,
  stableReads,
  transactionStates,
  transactionTimeouts,
  transactionLogs,
  transactionalOffsets,
  transactionConvergence,
  convergence,
);
