/** ListTransactions: the transactional ids that this broker coordinates and the sender may describe. */
import { ApiError } from '../../controller/api-error.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { AclOperation } from '../../security/acl.ts';
import { onTransactionalId } from '../../security/permissions.ts';
import { compileRe2, PatternError } from '../../transaction/re2-pattern.ts';
import { defineApi } from '../api.ts';

/** All filters, by producer, state, age and (from version 2 on) pattern of the id, hold together. */
export const listTransactionsApi = defineApi({
  name: 'ListTransactions',
  versions: [0, 2],
  failed: ({ errorCode }) => ({ errorCode }),
  controller: null,
  broker: {
    authorization: { items: { describe: onTransactionalId(AclOperation.DESCRIBE) } },
    handle({ transactions }, request, may) {
      const { producerIdFilters, stateFilters, durationFilter, transactionalIdPattern } = request.body;
      const { transactionStates = [], ...rest } = transactions.list({
        producerIds: producerIdFilters,
        states: stateFilters,
        longerThanMs: durationFilter,
        matches: () => matcher(transactionalIdPattern),
      });
      const allowed = transactionStates.filter(({ transactionalId }) => may.describe(transactionalId ?? ''));
      request.respond({ ...rest, transactionStates: allowed });
    },
  },
});

/** Null and the empty pattern are every id's. */
function matcher(pattern: string | null): (transactionalId: string) => boolean {
  if (pattern === null || pattern === '') return () => true;
  try {
    return compileRe2(pattern);
  } catch (error) {
    if (error instanceof PatternError) throw new ApiError(ErrorCode.INVALID_REGULAR_EXPRESSION, error.message);
    throw error;
  }
}
