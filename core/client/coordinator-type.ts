/** What a coordinator is looked for, by the numbers of FindCoordinator. */
export const CoordinatorType = { group: 0, transaction: 1 } as const;
