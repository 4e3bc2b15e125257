import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a commit of a member that is not in the group is taken',
  source: ['design: group fencing'],
  difficulty: 'medium',
  expects: ['GR4'],
  scenario: 'rebalance-storm',
  file: 'core/group/offsets.ts',
  find: `    const invalid = validateMember(group, request.memberId, request.groupInstanceId);
    if (invalid !== ErrorCode.NONE) return invalid;
    if (generation`,
  replace: `    const invalid = validateMember(group, request.memberId, request.groupInstanceId);
    if (zoo.instead(invalid !== ErrorCode.NONE, false)) return invalid;
    if (generation`,
} satisfies Mutant;
