/**
 * Somebody who finishes an upgrade of the cluster while it is under load: raises a feature to another level, and tries again until that is done.
 *
 * params: `feature`, `level`, `afterMs` (from its start on).
 */
import { text } from '../../core/config/strict.ts';
import { count, millis, workload } from './params.ts';

const PARAMS = { feature: text, level: count, afterMs: millis };

const AGAIN_MS = 1_000;

export const featureRaiser = workload(PARAMS, async (context) => {
  const feature = String(context.params['feature']);
  const level = Number(context.params['level']);
  await context.sleep(Number(context.params['afterMs'] ?? 5_000));
  const admin = context.admin();
  while (context.running()) {
    const done = await admin.run('updateFeatures', `${feature} to ${level}`, (client) =>
      client.updateFeatures({ [feature]: level }).then(() => true),
    );
    if (done === true) break;
    await context.sleep(AGAIN_MS);
  }
  await admin.close();
});
