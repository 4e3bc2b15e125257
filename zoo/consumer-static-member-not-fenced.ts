import type { Mutant } from '../campaign/zoo/mutant.ts';

export default {
  title: 'a static member of a consumer group is replaced, and the one before stays in the group',
  source: ['KIP-848', 'KIP-345'],
  difficulty: 'easy',
  expects: ['GR8', 'GR11', 'GR3'],
  scenario: 'static-members',
  file: 'core/group/consumer/heartbeat.ts',
  find: '  draft.removeMember(holder.memberId);\n  draft.setMember(member);',
  replace: '  zoo.differs(true);\n  draft.setMember(member);',
} satisfies Mutant;
