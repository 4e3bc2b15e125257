/** Rare states of the simulation worth reaching, with a line each. */
export const RUN_MARKS = {
  'a second process was registered under a node id whose session was over':
    'a wrongly configured broker took over the id of one that had died or was cut off',
  'a transaction coordinator came back to a partition that another had loaded meanwhile':
    'the leader of a state partition moved from one broker to another and back, each with what it remembered',
  'a transaction coordinator was gone before it had loaded': 'a partition of the transaction topic moved on while it was loaded',
} as const;

export type RunMark = keyof typeof RUN_MARKS;
