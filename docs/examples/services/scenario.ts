/** invoices.ts on trial, as a scenario: `npx trial campaign --scenario docs/examples/services/scenario.ts`. */
import { appScenario } from '../../../apps/app-scenario.ts';

export default appScenario({
  name: 'invoices',
  entry: new URL('./invoices.ts', import.meta.url),
  topics: { orders: 3, invoices: 3 },
  inputs: { orders: 200 },
  expect: { atLeastOncePer: 'orderId', in: 'invoices' },
});
