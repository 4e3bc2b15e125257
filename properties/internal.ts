/** The checkers that look inside the cluster, by its trace events and inspections. */
import type { PropertyDefinition } from '../sim/observe.ts';
import { controller } from './internal/controller.ts';
import { convergence } from './internal/convergence.ts';
import { groups } from './internal/groups.ts';
import { highWatermarks } from './internal/high-watermark.ts';
import { idempotence } from './internal/idempotence.ts';
import { inSync } from './internal/in-sync.ts';
import { logAgreement } from './internal/log-agreement.ts';
import { quorum } from './internal/quorum.ts';
import { storage } from './internal/storage.ts';

export const INTERNAL_PROPERTIES: readonly PropertyDefinition[] = [
  logAgreement,
  highWatermarks,
  inSync,
  quorum,
  controller,
  storage,
  idempotence,
  groups,
  convergence,
];
